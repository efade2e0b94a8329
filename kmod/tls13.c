// SPDX-License-Identifier: GPL-2.0
/* HKDF-Expand-Label of RFC 8446, 7.1, and the three things that are made with it here. */

#include <linux/string.h>
#include <linux/tls.h>

#include "voicepay.h"
#include "tls13.h"

static const struct vp_suite suites[] = {
	{ TLS_CIPHER_AES_GCM_128, 0x1301, VP_SHA256, 32, 16 },
	{ TLS_CIPHER_AES_GCM_256, 0x1302, VP_SHA384, 48, 32 },
	{ TLS_CIPHER_CHACHA20_POLY1305, 0x1303, VP_SHA256, 32, 32 },
};

/**
 * vp_suite_of() - the suite of TLS 1.3 that has a cipher
 * @cipher: TLS_CIPHER_...
 *
 * Return: it, or NULL if it is none of ours.
 */
const struct vp_suite *vp_suite_of(u16 cipher)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		if (suites[i].cipher == cipher)
			return &suites[i];
	return NULL;
}

/* No more than one block of the hash is ever asked for: T(1) of RFC 5869. */
static int expand_label(const struct vp_suite *suite, const u8 *secret, const char *label,
			const u8 *context, size_t context_len, u8 *out, size_t len)
{
	static const u8 one = 1;
	size_t label_len = strlen(label);
	u8 head[3] = { 0, len, 6 + label_len }, tail = context_len;
	const struct vp_piece pieces[] = {
		{ head, sizeof(head) }, { "tls13 ", 6 }, { label, label_len },
		{ &tail, 1 }, { context, context_len }, { &one, 1 },
	};
	struct vp_mac_states states;
	u8 block[VP_HASH512_LEN];
	int err;

	if (WARN_ON_ONCE(len > suite->secret_len || context_len > 255))
		return -EINVAL;
	err = vp_mac_prepare(&states, suite->hash, secret, suite->secret_len);
	if (!err)
		err = vp_mac(block, &states, suite->hash, pieces, ARRAY_SIZE(pieces));
	if (!err)
		memcpy(out, block, len);
	memzero_explicit(&states, sizeof(states));
	memzero_explicit(block, sizeof(block));
	return err;
}

/**
 * vp_tls13_next() - the traffic secret after a KeyUpdate
 * @suite: the session's
 * @secret: the one before it
 * @next: out, zero-filled; not @secret
 *
 * Return: 0 or a negative errno, and then @next is undefined.
 */
int vp_tls13_next(const struct vp_suite *suite, const u8 secret[VOICEPAY_SECRET_MAX],
		  u8 next[VOICEPAY_SECRET_MAX])
{
	memset(next, 0, VOICEPAY_SECRET_MAX);
	return expand_label(suite, secret, "traffic upd", NULL, 0, next, suite->secret_len);
}

/**
 * vp_tls13_keys() - key and IV of a direction
 * @suite: the session's
 * @secret: its traffic secret
 * @keys: out; the caller wipes them, on every path
 *
 * Return: 0 or a negative errno.
 */
int vp_tls13_keys(const struct vp_suite *suite, const u8 secret[VOICEPAY_SECRET_MAX],
		  struct vp_traffic_keys *keys)
{
	int err;

	err = expand_label(suite, secret, "key", NULL, 0, keys->key, suite->key_len);
	if (!err)
		err = expand_label(suite, secret, "iv", NULL, 0, keys->iv, sizeof(keys->iv));
	return err;
}

/**
 * vp_tls13_psk() - the PSK that goes with a ticket (RFC 8446, 4.6.1)
 * @suite: the session's
 * @resumption: its resumption master secret
 * @nonce: the ticket's
 * @nonce_len: its length
 * @psk: out, zero-filled; the caller wipes it, on every path
 *
 * Return: 0 or a negative errno.
 */
int vp_tls13_psk(const struct vp_suite *suite, const u8 resumption[VOICEPAY_SECRET_MAX],
		 const u8 *nonce, size_t nonce_len, u8 psk[VOICEPAY_SECRET_MAX])
{
	memset(psk, 0, VOICEPAY_SECRET_MAX);
	return expand_label(suite, resumption, "resumption", nonce, nonce_len, psk,
			    suite->secret_len);
}
