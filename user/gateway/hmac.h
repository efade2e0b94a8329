/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HMAC-SHA-256 from prepared states: the key's two blocks are hashed once, and each
 * message costs its own blocks and one more. No allocation, nothing that can fail: a
 * payment takes five of these, and OpenSSL's own interface takes more for one than for what
 * it computes.
 */
#ifndef VPG_HMAC_H
#define VPG_HMAC_H

#include "prim.h"

/* As secret as the key that they are made of. */
struct hmac_states {
	__u32 inner[8], outer[8];
};

void hmac_prepare(struct hmac_states *hs, const __u8 key[VP_KEY_LEN]);
void hmac_sum(const struct hmac_states *hs, __u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n);

#endif /* VPG_HMAC_H */
