// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ram_host DIR N: the side of vm/ram-search and its like that is not in the guest.
 * Answers N requests that appear in DIR, as the gateway, and writes what the device
 * must hide to DIR/secrets, for ram_search.
 *
 * The gateway computes every Diffie-Hellman value itself. The device's private
 * keys it cannot know: a module built with CONFIG_VOICEPAY_TEST_SECRETS makes
 * them from a counter, and here the first of them are made again.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/sha.h>

#include "enrol.h"

#define KEYS	40	/* private keys the device may have made */
#define LEN	32	/* of every secret */

static FILE *secrets;

static void hide(const char *name, int n, const void *what)
{
	const __u8 *p = what;
	int i;

	fprintf(secrets, "%s.%d ", name, n);
	for (i = 0; i < LEN; i++)
		fprintf(secrets, "%02x", p[i]);
	putc('\n', secrets);
}

/*
 * The keys as HMAC uses them: padded, and the states after that block, of which the
 * first bytes will do.
 */
static void hide_hmac(int n, const struct vp_root_keys *keys)
{
	static const struct { __u8 pad; const char *padded, *state, *padded512, *state512; } half[] = {
		{ 0x36, "K^ipad", "inner", "K512^ipad", "inner512" },
		{ 0x5c, "K^opad", "outer", "K512^opad", "outer512" },
	};
	__u8 block[128];
	SHA256_CTX ctx;
	SHA512_CTX ctx512;
	int h, i;

	for (h = 0; h < 2; h++) {
		memset(block, half[h].pad, sizeof(block));
		for (i = 0; i < VP_KEY_LEN; i++)
			block[i] ^= keys->code[i];
		SHA256_Init(&ctx);
		SHA256_Update(&ctx, block, 64);
		hide(half[h].padded, n, block);
		hide(half[h].state, n, ctx.h);

		memset(block, half[h].pad, sizeof(block));
		for (i = 0; i < VP_KEY512_LEN; i++)
			block[i] ^= keys->code512[i];
		SHA512_Init(&ctx512);
		SHA512_Update(&ctx512, block, sizeof(block));
		hide(half[h].padded512, n, block);
		hide(half[h].state512, n, ctx512.h);
	}
}

static void hide_dh(const char *name, int n, const __u8 *priv, const __u8 *pub)
{
	__u8 shared[LEN];

	if (vp_prim_dh(shared, priv, pub))
		abort();
	hide(name, n, shared);
}

static int answer(struct test_gateway *gw, int n, const __u8 *msg1, __u8 *msg2)
{
	__u8 payload[512], psk[VP_KEY_LEN];
	struct vp_root_keys keys;
	struct vp_noise hs;
	int len;

	gw->grant.epoch = n;
	/* Codes of odd epochs use the one key, those of even epochs the other. */
	gw->grant.modes = n % 2 ? PAYCODE_MODE(PAYCODE_PLAIN) | PAYCODE_MODE(PAYCODE_PLAIN_512) : 0;
	if (vp_noise_init_responder(&hs, 1, VP_AGREE_PROLOGUE, VP_AGREE_PROLOGUE_LEN,
				    gw->s, gw->s_pub) ||
	    vp_noise_read_msg1(&hs, msg1, VP_MSG1_LEN, payload) ||
	    vp_agree_ticket_psk(psk, gw->ticket))
		return -EBADMSG;
	hide("ck-after-1", n, hs.ck);
	hide("k-after-1", n, hs.k);
	hide("ticket-psk", n, psk);
	hide_dh("es", n, hs.s, hs.re);
	hide_dh("ss", n, hs.s, hs.rs);
	len = vp_agree_encode_grant(payload, &gw->grant);
	if (len < 0 || vp_noise_write_msg2(&hs, psk, msg2, payload, len) ||
	    vp_agree_root_keys(&keys, &hs))
		return -EBADMSG;
	hide_dh("ee", n, hs.e, hs.re);
	hide_dh("se", n, hs.e, hs.rs);
	hide("ck", n, hs.ck);
	hide("k", n, hs.k);
	hide("K", n, keys.code);
	hide("auth", n, keys.auth);
	hide("psk", n, keys.psk);
	hide("K512", n, keys.code512);
	hide("K512-end", n, keys.code512 + VP_KEY512_LEN - LEN);
	hide_hmac(n, &keys);
	fflush(secrets);
	return len + (int)VP_NOISE_MSG2_OVERHEAD;
}

static void hide_private(void)
{
	__u8 in[21] = "voicepay test key", key[LEN];
	int n;

	for (n = 0; n < KEYS; n++) {
		in[20] = n;
		SHA256(in, sizeof(in), key);
		key[0] &= 248;
		key[31] = (key[31] & 127) | 64;
		hide("private", n, key);
	}
}

/* Whole files appear under their name, never half of one. */
static void put(const char *dir, const char *name, const void *data, size_t len)
{
	char tmp[512], path[512];
	int fd;

	snprintf(tmp, sizeof(tmp), "%s/.%s", dir, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd) || rename(tmp, path)) {
		perror(path);
		exit(1);
	}
}

static void get(const char *dir, const char *name, void *data, size_t len)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	while ((fd = open(path, O_RDONLY)) < 0)
		usleep(20000);
	if (read(fd, data, len) != (ssize_t)len)
		exit(1);
	close(fd);
}

static int gateway(const char *dir, int rounds)
{
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	struct test_gateway gw;
	char name[32];
	int n, len;

	snprintf(name, sizeof(name), "%s/secrets", dir);
	secrets = fopen(name, "w");
	if (!secrets)
		return 1;
	test_gateway_init(&gw);
	hide_private();
	memcpy(msg2, gw.s_pub, 32);
	memcpy(msg2 + 32, gw.device, 16);
	memcpy(msg2 + 48, gw.ticket, 24);
	put(dir, "gateway", msg2, 72);
	for (n = 1; n <= rounds; n++) {
		snprintf(name, sizeof(name), "msg1.%d", n);
		get(dir, name, msg1, sizeof(msg1));
		len = answer(&gw, n, msg1, msg2);
		if (len < 0)
			return 1;
		snprintf(name, sizeof(name), "msg2.%d", n);
		put(dir, name, msg2, len);
	}
	return fclose(secrets) ? 1 : 0;
}

int main(int argc, char **argv)
{
	return argc == 3 ? gateway(argv[1], atoi(argv[2])) : 2;
}
