/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cryptographic primitives that the shared sources stand on: X25519,
 * ChaCha20-Poly1305, SHA-256 and HMAC, in the shapes Noise and PC1 ask for. The
 * module implements them over the kernel's crypto (kmod/prim.c), userspace
 * over OpenSSL (user/gateway/prim_openssl.c).
 *
 * All return 0 or a negative errno; a caller that gets an error must treat
 * every output as undefined and wipe it.
 */
#ifndef VP_PRIM_H
#define VP_PRIM_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/errno.h>
#else
#include <stddef.h>
#include <string.h>
#include <errno.h>
#endif
#include <linux/types.h>

/*
 * What the gateway alone does with what both speak is in the module for the suites of
 * kmod/tests/ only, which play both.
 */
#if !defined(__KERNEL__) || defined(CONFIG_VOICEPAY_KUNIT_TEST)
#define VP_GATEWAY_SIDE		1
#endif

#define VP_KEY_LEN	32	/* X25519, ChaCha20-Poly1305 and PSK alike */
#define VP_HASH_LEN	32	/* SHA-256 */
#define VP_TAG_LEN	16	/* Poly1305 */
#define VP_HASH512_LEN	64	/* SHA-512 */
#define VP_KEY512_LEN	64	/* a key for HMAC-SHA-512 */

/* A piece of a message that is hashed in several pieces. */
struct vp_piece {
	const void *data;
	size_t len;
};

/* SHA-256 over @n pieces, one after the other; @out may be one of them. */
int vp_prim_hash(__u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n);

/* HMAC-SHA-256 (RFC 2104) over @n pieces under @key. */
int vp_prim_hmac(__u8 out[VP_HASH_LEN], const __u8 *key, size_t key_len,
		 const struct vp_piece *pieces, size_t n);

/* HMAC-SHA-512, the same. */
int vp_prim_hmac512(__u8 out[VP_HASH512_LEN], const __u8 *key, size_t key_len,
		    const struct vp_piece *pieces, size_t n);

/*
 * X25519 (RFC 7748). -EKEYREJECTED if the result is all zero, which a peer
 * can force with a point of small order and must not be used as a secret
 * (RFC 7748 section 6.1).
 */
int vp_prim_dh(__u8 out[VP_KEY_LEN], const __u8 priv[VP_KEY_LEN],
	       const __u8 pub[VP_KEY_LEN]);

/* A fresh X25519 pair from the system's random number generator. */
int vp_prim_keypair(__u8 priv[VP_KEY_LEN], __u8 pub[VP_KEY_LEN]);

/*
 * AEAD_CHACHA20_POLY1305 (RFC 8439) with Noise's nonce: 32 zero bits, then
 * @nonce as 64 bits little endian. @out of seal takes @len + VP_TAG_LEN bytes;
 * @len of open counts the tag, which -EBADMSG says is wrong.
 */
int vp_prim_seal(__u8 *out, const __u8 key[VP_KEY_LEN], __u64 nonce,
		 const __u8 *ad, size_t ad_len, const __u8 *in, size_t len);
int vp_prim_open(__u8 *out, const __u8 key[VP_KEY_LEN], __u64 nonce,
		 const __u8 *ad, size_t ad_len, const __u8 *in, size_t len);

/* Wipes memory in a way that the compiler cannot drop. */
void vp_prim_wipe(void *p, size_t len);

#endif /* VP_PRIM_H */
