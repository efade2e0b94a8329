// SPDX-License-Identifier: GPL-2.0-or-later
/* The handshake, both roles, against the published vectors and against tampering. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hex.h"
#include "hkdf.h"
#include "noise.h"
#include "vectors.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

int __real_vp_prim_keypair(__u8 priv[VP_KEY_LEN], __u8 pub[VP_KEY_LEN]);
int __wrap_vp_prim_keypair(__u8 priv[VP_KEY_LEN], __u8 pub[VP_KEY_LEN]);

static const char *next_private;	/* hexadecimal; NULL: a random one */

static void public_of(__u8 pub[VP_KEY_LEN], const __u8 priv[VP_KEY_LEN])
{
	static const __u8 base[VP_KEY_LEN] = { 9 };

	assert_int_equal(vp_prim_dh(pub, priv, base), 0);
}

int __wrap_vp_prim_keypair(__u8 priv[VP_KEY_LEN], __u8 pub[VP_KEY_LEN])
{
	if (!next_private)
		return __real_vp_prim_keypair(priv, pub);
	unhex(priv, VP_KEY_LEN, next_private);
	public_of(pub, priv);
	return 0;
}

static void hmac_known(void **state)
{
	__u8 key[256], data[256], mac[VP_HASH512_LEN], out[VP_HASH512_LEN];
	size_t i, key_len;

	for (i = 0; i < ARRAY_SIZE(hmac_vectors); i++) {
		struct vp_piece piece = { data, unhex(data, sizeof(data), hmac_vectors[i].data) };

		key_len = unhex(key, sizeof(key), hmac_vectors[i].key);
		unhex(mac, sizeof(mac), hmac_vectors[i].mac);
		assert_int_equal(vp_prim_hmac(out, key, key_len, &piece, 1), 0);
		assert_memory_equal(out, mac, VP_HASH_LEN);
		unhex(mac, sizeof(mac), hmac_vectors[i].mac512);
		assert_int_equal(vp_prim_hmac512(out, key, key_len, &piece, 1), 0);
		assert_memory_equal(out, mac, sizeof(mac));
	}
}

static void hkdf_known(void **state)
{
	__u8 ikm[128], salt[128], info[128], prk[32], okm[128], out[128];
	size_t i, ikm_len, salt_len, okm_len;

	for (i = 0; i < ARRAY_SIZE(hkdf_vectors); i++) {
		const struct hkdf_vector *v = &hkdf_vectors[i];
		struct vp_piece piece = { info, unhex(info, sizeof(info), v->info) };

		ikm_len = unhex(ikm, sizeof(ikm), v->ikm);
		salt_len = unhex(salt, sizeof(salt), v->salt);
		unhex(prk, sizeof(prk), v->prk);
		okm_len = unhex(okm, sizeof(okm), v->okm);
		assert_int_equal(vp_hkdf_extract(out, salt, salt_len, ikm, ikm_len), 0);
		assert_memory_equal(out, prk, sizeof(prk));
		assert_int_equal(vp_hkdf_expand(out, okm_len, prk, sizeof(prk), &piece, 1), 0);
		assert_memory_equal(out, okm, okm_len);
	}
	assert_int_equal(vp_hkdf_expand(out, 255 * 32 + 1, prk, sizeof(prk), NULL, 0), -EINVAL);
}

struct pair {
	struct vp_noise init, resp;
	__u8 prologue[32], psk[VP_KEY_LEN], payload[2][64], msg[2][256];
	size_t prologue_len, payload_len[2], msg_len[2];
	const __u8 *pskp;
};

static void set_up(struct pair *p, const struct noise_vector *v)
{
	__u8 s[VP_KEY_LEN], s_pub[VP_KEY_LEN], rs[VP_KEY_LEN];
	int i;

	p->prologue_len = unhex(p->prologue, sizeof(p->prologue), v->prologue);
	unhex(p->psk, sizeof(p->psk), v->psk);
	p->pskp = v->with_psk ? p->psk : NULL;
	for (i = 0; i < 2; i++)
		p->payload_len[i] = unhex(p->payload[i], sizeof(p->payload[i]), v->payload[i]);
	p->msg_len[0] = p->payload_len[0] + VP_NOISE_MSG1_OVERHEAD;
	p->msg_len[1] = p->payload_len[1] + VP_NOISE_MSG2_OVERHEAD;

	unhex(rs, sizeof(rs), v->resp_static_public);
	unhex(s, sizeof(s), v->init_static);
	public_of(s_pub, s);
	assert_int_equal(vp_noise_init_initiator(&p->init, v->with_psk, p->prologue,
						 p->prologue_len, s, s_pub, rs), 0);
	unhex(s, sizeof(s), v->resp_static);
	public_of(s_pub, s);
	assert_memory_equal(s_pub, rs, sizeof(rs));
	assert_int_equal(vp_noise_init_responder(&p->resp, v->with_psk, p->prologue,
						 p->prologue_len, s, s_pub), 0);
}

static void handshake_known(void **state)
{
	__u8 expected[256], out[256];
	struct pair p;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(noise_vectors); i++) {
		const struct noise_vector *v = &noise_vectors[i];

		set_up(&p, v);
		next_private = v->init_ephemeral;
		assert_int_equal(vp_noise_write_msg1(&p.init, p.msg[0], p.payload[0],
						     p.payload_len[0]), 0);
		n = unhex(expected, sizeof(expected), v->message[0]);
		assert_int_equal(n, p.msg_len[0]);
		assert_memory_equal(p.msg[0], expected, n);
		assert_int_equal(vp_noise_read_msg1(&p.resp, p.msg[0], p.msg_len[0], out), 0);
		assert_memory_equal(out, p.payload[0], p.payload_len[0]);
		assert_memory_equal(p.resp.rs, p.init.s_pub, VP_KEY_LEN);

		next_private = v->resp_ephemeral;
		assert_int_equal(vp_noise_write_msg2(&p.resp, p.pskp, p.msg[1], p.payload[1],
						     p.payload_len[1]), 0);
		n = unhex(expected, sizeof(expected), v->message[1]);
		assert_int_equal(n, p.msg_len[1]);
		assert_memory_equal(p.msg[1], expected, n);
		assert_int_equal(vp_noise_read_msg2(&p.init, p.pskp, p.msg[1], p.msg_len[1], out), 0);
		assert_memory_equal(out, p.payload[1], p.payload_len[1]);

		unhex(expected, sizeof(expected), v->handshake_hash);
		assert_memory_equal(p.init.h, expected, VP_HASH_LEN);
		assert_memory_equal(p.resp.h, expected, VP_HASH_LEN);
		assert_memory_equal(p.init.ck, p.resp.ck, VP_HASH_LEN);
		next_private = NULL;
	}
}

static int is_wiped(const struct vp_noise *hs)
{
	const __u8 *p = (const __u8 *)hs;
	size_t i;

	for (i = 0; i < sizeof(*hs); i++)
		if (p[i])
			return 0;
	return 1;
}

/* Attack: whoever carries message 1 alters it. Each bit is covered, and a failure wipes. */
static void altered_msg1(void **state)
{
	const struct noise_vector *v = &noise_vectors[1];
	__u8 out[256];
	struct pair p;
	size_t bit;

	for (bit = 0; bit < 8 * (16 + VP_NOISE_MSG1_OVERHEAD); bit += 3) {
		set_up(&p, v);
		assert_int_equal(vp_noise_write_msg1(&p.init, p.msg[0], p.payload[0],
						     p.payload_len[0]), 0);
		p.msg[0][bit / 8] ^= 1 << bit % 8;
		assert_int_equal(vp_noise_read_msg1(&p.resp, p.msg[0], p.msg_len[0], out), -EBADMSG);
		assert_true(is_wiped(&p.resp));
	}
}

/* The same for message 2, and for an answer made with another pre-shared key. */
static void altered_msg2(void **state)
{
	const struct noise_vector *v = &noise_vectors[1];
	__u8 out[256];
	struct pair p;
	size_t bit;

	for (bit = 0; bit <= 8 * (15 + VP_NOISE_MSG2_OVERHEAD); bit += 3) {
		set_up(&p, v);
		assert_int_equal(vp_noise_write_msg1(&p.init, p.msg[0], p.payload[0],
						     p.payload_len[0]), 0);
		assert_int_equal(vp_noise_read_msg1(&p.resp, p.msg[0], p.msg_len[0], out), 0);
		if (!bit)
			p.psk[31] ^= 1;
		assert_int_equal(vp_noise_write_msg2(&p.resp, p.psk, p.msg[1], p.payload[1],
						     p.payload_len[1]), 0);
		if (!bit)
			p.psk[31] ^= 1;
		else
			p.msg[1][(bit - 1) / 8] ^= 1 << (bit - 1) % 8;
		assert_int_equal(vp_noise_read_msg2(&p.init, p.psk, p.msg[1], p.msg_len[1], out),
				 -EBADMSG);
		assert_true(is_wiped(&p.init));
	}
}

/* Attack: a point of small order makes the shared secret zero, whoever computes it. */
static void small_order(void **state)
{
	static const __u8 zero[VP_KEY_LEN], one[VP_KEY_LEN] = { 1 };
	__u8 s[VP_KEY_LEN], s_pub[VP_KEY_LEN], msg[256], out[256];
	struct pair p;

	assert_int_equal(vp_prim_keypair(s, s_pub), 0);
	assert_int_equal(vp_noise_init_initiator(&p.init, 1, "", 0, s, s_pub, zero), 0);
	assert_int_equal(vp_noise_write_msg1(&p.init, msg, NULL, 0), -EKEYREJECTED);
	assert_int_equal(vp_noise_init_initiator(&p.init, 1, "", 0, s, s_pub, one), 0);
	assert_int_equal(vp_noise_write_msg1(&p.init, msg, NULL, 0), -EKEYREJECTED);

	set_up(&p, &noise_vectors[1]);
	memset(msg, 0, sizeof(msg));
	assert_int_equal(vp_noise_read_msg1(&p.resp, msg, p.msg_len[0], out), -EKEYREJECTED);
}

/* Lengths that cannot be, and steps out of order, are refused before any crypto. */
static void out_of_order(void **state)
{
	__u8 out[256], psk[VP_KEY_LEN] = { 1 };
	struct pair p;

	set_up(&p, &noise_vectors[1]);
	assert_int_equal(vp_noise_read_msg2(&p.init, psk, out, 200, out), -EPROTO);
	assert_int_equal(vp_noise_write_msg1(&p.init, p.msg[0], p.payload[0], 8), -EPROTO);

	set_up(&p, &noise_vectors[1]);
	assert_int_equal(vp_noise_read_msg1(&p.resp, out, VP_NOISE_MSG1_OVERHEAD - 1, out), -EPROTO);

	set_up(&p, &noise_vectors[1]);
	assert_int_equal(vp_noise_write_msg2(&p.resp, psk, p.msg[1], p.payload[1], 8), -EPROTO);

	set_up(&p, &noise_vectors[1]);
	assert_int_equal(vp_noise_write_msg1(&p.init, p.msg[0], p.payload[0], 16), 0);
	assert_int_equal(vp_noise_read_msg2(&p.init, psk, out, VP_NOISE_MSG2_OVERHEAD - 1, out),
			 -EPROTO);

	/* Leaving the pre-shared key out must not quietly give IK. */
	set_up(&p, &noise_vectors[1]);
	assert_int_equal(vp_noise_write_msg1(&p.init, p.msg[0], p.payload[0], 16), 0);
	assert_int_equal(vp_noise_read_msg2(&p.init, NULL, out, 200, out), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_known),
		cmocka_unit_test(hkdf_known),
		cmocka_unit_test(handshake_known),
		cmocka_unit_test(altered_msg1),
		cmocka_unit_test(altered_msg2),
		cmocka_unit_test(small_order),
		cmocka_unit_test(out_of_order),
	};

	return cmocka_run_group_tests_name("noise", tests, NULL, NULL);
}
