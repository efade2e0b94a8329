// SPDX-License-Identifier: GPL-2.0
/* The primitives of the shared sources, over the kernel's crypto. */

#include <crypto/chacha20poly1305.h>
#include <crypto/curve25519.h>
#include <linux/random.h>
#ifdef CONFIG_VOICEPAY_KUNIT_TEST
#include <kunit/static_stub.h>
#endif

#include "voicepay.h"
#include "hmac.h"

__visible int vp_prim_hash(u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n)
{
	return vp_sha256(out, pieces, n);
}

int vp_prim_hmac(u8 out[VP_HASH_LEN], const u8 *key, size_t key_len,
		 const struct vp_piece *pieces, size_t n)
{
	struct vp_hmac_states states;
	int err;

	err = vp_hmac_prepare(&states, key, key_len);
	if (!err)
		err = vp_hmac(out, &states, pieces, n);
	memzero_explicit(&states, sizeof(states));
	return err;
}

__visible int vp_prim_hmac512(u8 out[VP_HASH512_LEN], const u8 *key, size_t key_len,
			      const struct vp_piece *pieces, size_t n)
{
	struct vp_mac_states states;
	int err;

	err = vp_mac_prepare(&states, VP_SHA512, key, key_len);
	if (!err)
		err = vp_mac(out, &states, VP_SHA512, pieces, n);
	memzero_explicit(&states, sizeof(states));
	return err;
}

int vp_prim_dh(u8 out[VP_KEY_LEN], const u8 priv[VP_KEY_LEN], const u8 pub[VP_KEY_LEN])
{
	return curve25519(out, priv, pub) ? 0 : -EKEYREJECTED;
}

static int random_key(u8 priv[VP_KEY_LEN])
{
#ifdef CONFIG_VOICEPAY_TEST_SECRETS
	/* The n-th key is a hash of n, for a search of memory that must know it. */
	static atomic_t made = ATOMIC_INIT(0);
	__be32 n = cpu_to_be32(atomic_inc_return(&made) - 1);
	const struct vp_piece pieces[] = { { "voicepay test key", 17 }, { &n, sizeof(n) } };

	vp_sha256(priv, pieces, 2);
#else
	/*
	 * Not curve25519_generate_secret(): it waits for the first boot's entropy,
	 * too, but makes a key all the same if a signal ends the wait.
	 */
	if (get_random_bytes_wait(priv, VP_KEY_LEN)) {
		memzero_explicit(priv, VP_KEY_LEN);
		return -EAGAIN;
	}
#endif
	curve25519_clamp_secret(priv);
	return 0;
}

int vp_prim_keypair(u8 priv[VP_KEY_LEN], u8 pub[VP_KEY_LEN])
{
	int err;

#ifdef CONFIG_VOICEPAY_KUNIT_TEST
	/* The published vectors fix the ephemeral keys. */
	KUNIT_STATIC_STUB_REDIRECT(vp_prim_keypair, priv, pub);
#endif
	err = random_key(priv);
	if (err)
		return err;
	return curve25519_generate_public(pub, priv) ? 0 : -EKEYREJECTED;
}

int vp_prim_seal(u8 *out, const u8 key[VP_KEY_LEN], u64 nonce, const u8 *ad, size_t ad_len,
		 const u8 *in, size_t len)
{
	chacha20poly1305_encrypt(out, in, len, ad, ad_len, nonce, key);
	return 0;
}

int vp_prim_open(u8 *out, const u8 key[VP_KEY_LEN], u64 nonce, const u8 *ad, size_t ad_len,
		 const u8 *in, size_t len)
{
	return chacha20poly1305_decrypt(out, in, len, ad, ad_len, nonce, key) ? 0 : -EBADMSG;
}

void vp_prim_wipe(void *p, size_t len)
{
	memzero_explicit(p, len);
}
