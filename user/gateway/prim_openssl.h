/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What userspace adds to prim.h: AES-256-GCM for keys at rest, and random bytes. */
#ifndef VPG_PRIM_OPENSSL_H
#define VPG_PRIM_OPENSSL_H

#include "prim.h"

#define GCM_NONCE_LEN	12
#define GCM_TAG_LEN	16

/* AES-256-GCM; @out of seal takes len + GCM_TAG_LEN, @len of open counts the tag. */
int gcm_seal(__u8 *out, const __u8 key[32], const __u8 nonce[GCM_NONCE_LEN],
	     const __u8 *ad, size_t ad_len, const __u8 *in, size_t len);
int gcm_open(__u8 *out, const __u8 key[32], const __u8 nonce[GCM_NONCE_LEN],
	     const __u8 *ad, size_t ad_len, const __u8 *in, size_t len);

/* Random bytes, or -EIO. */
int prim_random(void *out, size_t len);
/* Public key of a private X25519 key. */
int prim_public(__u8 pub[VP_KEY_LEN], const __u8 priv[VP_KEY_LEN]);

#endif /* VPG_PRIM_OPENSSL_H */
