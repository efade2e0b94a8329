// SPDX-License-Identifier: GPL-2.0-or-later
/* prim.h over OpenSSL 3. Algorithms are fetched once: a fetch costs more than a hash. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "prim_openssl.h"

static struct {
	EVP_MD *sha256;
	EVP_MAC *hmac;
	EVP_CIPHER *chacha, *gcm;
} alg;

static void fetch(void)
{
	alg.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	alg.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	alg.chacha = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	alg.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static int fetched(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch);
	return alg.sha256 && alg.hmac && alg.chacha && alg.gcm;
}

int vp_prim_hash(__u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n)
{
	EVP_MD_CTX *ctx;
	int ok;

	if (!fetched())
		return -EOPNOTSUPP;
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestInit_ex2(ctx, alg.sha256, NULL);
	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

static EVP_MAC_CTX *hmac_start(const char *digest, const __u8 *key, size_t key_len)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	static const __u8 none[1];
	EVP_MAC_CTX *ctx;

	if (!fetched())
		return NULL;
	ctx = EVP_MAC_CTX_new(alg.hmac);
	/* OpenSSL takes a NULL key for "the same as before". */
	if (ctx && !EVP_MAC_init(ctx, key ? key : none, key_len, params)) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static int hmac_pieces(EVP_MAC_CTX *ctx, __u8 *out, size_t len, const struct vp_piece *pieces, size_t n)
{
	int ok = ctx != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_MAC_update(ctx, pieces[i].data, pieces[i].len);
	ok = ok && EVP_MAC_final(ctx, out, NULL, len);
	EVP_MAC_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

int vp_prim_hmac(__u8 out[VP_HASH_LEN], const __u8 *key, size_t key_len,
		 const struct vp_piece *pieces, size_t n)
{
	return hmac_pieces(hmac_start("SHA2-256", key, key_len), out, VP_HASH_LEN, pieces, n);
}

int vp_prim_hmac512(__u8 out[VP_HASH512_LEN], const __u8 *key, size_t key_len,
		    const struct vp_piece *pieces, size_t n)
{
	return hmac_pieces(hmac_start("SHA2-512", key, key_len), out, VP_HASH512_LEN, pieces, n);
}

int vp_prim_dh(__u8 out[VP_KEY_LEN], const __u8 priv[VP_KEY_LEN], const __u8 pub[VP_KEY_LEN])
{
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, priv, VP_KEY_LEN);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, pub, VP_KEY_LEN);
	EVP_PKEY_CTX *ctx = own ? EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL) : NULL;
	static const __u8 zero[VP_KEY_LEN];
	size_t len = VP_KEY_LEN;
	int ret = -EIO;

	if (ctx && peer && EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, peer) > 0) {
		/* OpenSSL refuses an all-zero result too; the check is not left to it alone. */
		if (EVP_PKEY_derive(ctx, out, &len) <= 0 || len != VP_KEY_LEN ||
		    !CRYPTO_memcmp(out, zero, VP_KEY_LEN))
			ret = -EKEYREJECTED;
		else
			ret = 0;
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	return ret;
}

int prim_public(__u8 pub[VP_KEY_LEN], const __u8 priv[VP_KEY_LEN])
{
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, priv, VP_KEY_LEN);
	size_t len = VP_KEY_LEN;
	int ok = own && EVP_PKEY_get_raw_public_key(own, pub, &len) > 0 && len == VP_KEY_LEN;

	EVP_PKEY_free(own);
	return ok ? 0 : -EIO;
}

int prim_random(void *out, size_t len)
{
	return RAND_priv_bytes(out, len) == 1 ? 0 : -EIO;
}

int vp_prim_keypair(__u8 priv[VP_KEY_LEN], __u8 pub[VP_KEY_LEN])
{
	int ret = prim_random(priv, VP_KEY_LEN);

	if (ret)
		return ret;
	/* RFC 7748 clamps on use; a key stored clamped reads the same everywhere. */
	priv[0] &= 248;
	priv[31] = (priv[31] & 127) | 64;
	return prim_public(pub, priv);
}

static int aead_seal(const EVP_CIPHER *cipher, __u8 *out, const __u8 *key, const __u8 *nonce,
		     const __u8 *ad, size_t ad_len, const __u8 *in, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, ok;

	ok = ctx && EVP_EncryptInit_ex2(ctx, cipher, key, nonce, NULL);
	if (ok && ad_len)
		ok = EVP_EncryptUpdate(ctx, NULL, &n, ad, ad_len);
	if (ok && len)
		ok = EVP_EncryptUpdate(ctx, out, &n, in, len);
	ok = ok && EVP_EncryptFinal_ex(ctx, out + len, &n) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, VP_TAG_LEN, out + len) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

/* Without a @cipher it is the one that @ctx has. */
static int aead_open(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, __u8 *out, const __u8 *key, const __u8 *nonce,
		     const __u8 *ad, size_t ad_len, const __u8 *in, size_t len)
{
	__u8 tag[VP_TAG_LEN];
	int n = 0, ok, ret = -EIO;

	if (len < VP_TAG_LEN)
		return -EBADMSG;
	len -= VP_TAG_LEN;
	memcpy(tag, in + len, VP_TAG_LEN);
	ok = ctx && EVP_DecryptInit_ex2(ctx, cipher, key, nonce, NULL) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, VP_TAG_LEN, tag) > 0;
	if (ok && ad_len)
		ok = EVP_DecryptUpdate(ctx, NULL, &n, ad, ad_len);
	if (ok && len)
		ok = EVP_DecryptUpdate(ctx, out, &n, in, len);
	if (ok) {
		__u8 none[1];

		ret = EVP_DecryptFinal_ex(ctx, len ? out + len : none, &n) > 0 ? 0 : -EBADMSG;
	}
	if (ret && len)
		OPENSSL_cleanse(out, len);
	return ret;
}

/* Noise's nonce for this cipher: 32 zero bits, then the counter, little endian. */
static void noise_nonce(__u8 iv[12], __u64 nonce)
{
	memset(iv, 0, 4);
	for (int i = 0; i < 8; i++)
		iv[4 + i] = nonce >> (8 * i);
}

int vp_prim_seal(__u8 *out, const __u8 key[VP_KEY_LEN], __u64 nonce,
		 const __u8 *ad, size_t ad_len, const __u8 *in, size_t len)
{
	__u8 iv[12];

	if (!fetched())
		return -EOPNOTSUPP;
	noise_nonce(iv, nonce);
	return aead_seal(alg.chacha, out, key, iv, ad, ad_len, in, len);
}

int vp_prim_open(__u8 *out, const __u8 key[VP_KEY_LEN], __u64 nonce,
		 const __u8 *ad, size_t ad_len, const __u8 *in, size_t len)
{
	EVP_CIPHER_CTX *ctx;
	__u8 iv[12];
	int ret;

	if (!fetched())
		return -EOPNOTSUPP;
	noise_nonce(iv, nonce);
	ctx = EVP_CIPHER_CTX_new();
	ret = aead_open(ctx, alg.chacha, out, key, iv, ad, ad_len, in, len);
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

/*
 * A thread's own context for AES-256-GCM: a payment opens one key, and making a context
 * costs more than that.
 */
static pthread_key_t gcm_key;
static bool gcm_key_made;

static void free_gcm(void *ctx)
{
	EVP_CIPHER_CTX_free(ctx);
}

static void make_gcm_key(void)
{
	gcm_key_made = !pthread_key_create(&gcm_key, free_gcm);
}

static EVP_CIPHER_CTX *thread_gcm(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	EVP_CIPHER_CTX *ctx;

	pthread_once(&once, make_gcm_key);
	if (!fetched() || !gcm_key_made)
		return NULL;
	ctx = pthread_getspecific(gcm_key);
	if (ctx)
		return ctx;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx && EVP_DecryptInit_ex2(ctx, alg.gcm, NULL, NULL, NULL) && !pthread_setspecific(gcm_key, ctx))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int gcm_seal(__u8 *out, const __u8 key[32], const __u8 nonce[GCM_NONCE_LEN],
	     const __u8 *ad, size_t ad_len, const __u8 *in, size_t len)
{
	return fetched() ? aead_seal(alg.gcm, out, key, nonce, ad, ad_len, in, len) : -EOPNOTSUPP;
}

int gcm_open(__u8 *out, const __u8 key[32], const __u8 nonce[GCM_NONCE_LEN],
	     const __u8 *ad, size_t ad_len, const __u8 *in, size_t len)
{
	static const __u8 nobodys[32];
	EVP_CIPHER_CTX *ctx = thread_gcm();
	int ret = ctx ? aead_open(ctx, NULL, out, key, nonce, ad, ad_len, in, len) : -EOPNOTSUPP;

	/* What the context had of the key is overwritten with another's. */
	if (ctx && !EVP_DecryptInit_ex2(ctx, NULL, nobodys, nonce, NULL)) {
		if (len > GCM_TAG_LEN)
			OPENSSL_cleanse(out, len - GCM_TAG_LEN);
		ret = -EIO;
	}
	return ret;
}

void vp_prim_wipe(void *p, size_t len)
{
	/* Not OPENSSL_cleanse(), which goes by eight bytes at most: a code has nine of these. */
	explicit_bzero(p, len);
}
