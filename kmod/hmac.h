/* SPDX-License-Identifier: GPL-2.0 */
/* SHA-256, and HMAC from prepared states. */
#ifndef VP_HMAC_H
#define VP_HMAC_H

#include "common/prim.h"

/* Room for an exported SHA-256 state on every kernel that this builds for. */
#define VP_SHA_STATE_MAX	128

/**
 * struct vp_hmac_states - an HMAC-SHA-256 key, taken half way
 * @inner: state after the block key ^ ipad
 * @outer: state after the block key ^ opad
 *
 * As good as the key itself: keep and wipe it like one. An HMAC over a message
 * of up to 55 bytes then costs two compressions instead of four.
 */
struct vp_hmac_states {
	u8 inner[VP_SHA_STATE_MAX];
	u8 outer[VP_SHA_STATE_MAX];
};

int vp_hmac_init(void);
void vp_hmac_exit(void);

int vp_hmac_prepare(struct vp_hmac_states *states, const u8 *key, size_t len);
int vp_hmac(u8 out[VP_HASH_LEN], const struct vp_hmac_states *states,
	    const struct vp_piece *pieces, size_t n);
int vp_sha256(u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n);

#endif /* VP_HMAC_H */
