/* SPDX-License-Identifier: GPL-2.0 */
/* The part of TLS 1.3's key schedule (RFC 8446, 7) that comes after the handshake. */
#ifndef VP_TLS13_H
#define VP_TLS13_H

#include <uapi/linux/voicepay.h>

#include "hmac.h"

#define VP_TLS13_IV_LEN		12
#define VP_TLS13_KEY_MAX	32
#define VP_TLS13_NONCE_MAX	255

/**
 * struct vp_suite - a cipher suite, as far as keys are concerned
 * @cipher: kernel TLS's number of its cipher
 * @number: RFC 8446, B.4
 * @hash: of its key schedule
 * @secret_len: bytes of a secret: the hash's
 * @key_len: bytes of a traffic key
 */
struct vp_suite {
	u16 cipher;
	u16 number;
	enum vp_hash hash;
	u32 secret_len;
	u32 key_len;
};

/* What one direction is encrypted with. */
struct vp_traffic_keys {
	u8 key[VP_TLS13_KEY_MAX];
	u8 iv[VP_TLS13_IV_LEN];
};

const struct vp_suite *vp_suite_of(u16 cipher);
int vp_tls13_next(const struct vp_suite *suite, const u8 secret[VOICEPAY_SECRET_MAX],
		  u8 next[VOICEPAY_SECRET_MAX]);
int vp_tls13_keys(const struct vp_suite *suite, const u8 secret[VOICEPAY_SECRET_MAX],
		  struct vp_traffic_keys *keys);
int vp_tls13_psk(const struct vp_suite *suite, const u8 resumption[VOICEPAY_SECRET_MAX],
		 const u8 *nonce, size_t nonce_len, u8 psk[VOICEPAY_SECRET_MAX]);

#endif /* VP_TLS13_H */
