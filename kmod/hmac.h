/* SPDX-License-Identifier: GPL-2.0 */
/* Hashes, and HMAC from prepared states. */
#ifndef VP_HMAC_H
#define VP_HMAC_H

#include "common/prim.h"

/* The hashes there are. SHA-1 for authenticators, SHA-384 for TLS, both if the kernel has them. */
enum vp_hash {
	VP_SHA256,
	VP_SHA1,
	VP_SHA512,
	VP_SHA384,
	VP_HASHES,
};

/*
 * What must be kept of a state after whole blocks: the words of the hash and the count of
 * bytes, which every kernel's state begins with (vp_hmac_init() sees to it). The rest is
 * room for a block that has only begun.
 */
#define VP_SHA_STATE_LEN	40
#define VP_ANY_STATE_LEN	80

/**
 * struct vp_hmac_states - an HMAC-SHA-256 key, taken half way
 * @inner: state after the block key ^ ipad
 * @outer: state after the block key ^ opad
 *
 * As good as the key itself: keep and wipe it like one. An HMAC over a message
 * of up to 55 bytes then costs two compressions instead of four.
 */
struct vp_hmac_states {
	u8 inner[VP_SHA_STATE_LEN] __aligned(8);
	u8 outer[VP_SHA_STATE_LEN] __aligned(8);
};

/* The same for any of the hashes; which one its owner remembers. */
struct vp_mac_states {
	u8 inner[VP_ANY_STATE_LEN] __aligned(8);
	u8 outer[VP_ANY_STATE_LEN] __aligned(8);
};

#define VP_HMAC_BLOCK	64	/* of SHA-256 */

int vp_hmac_init(void);
void vp_hmac_exit(void);

int vp_hmac_prepare(struct vp_hmac_states *states, const u8 *key, size_t len);
int vp_hmac(u8 out[VP_HASH_LEN], const struct vp_hmac_states *states,
	    const struct vp_piece *pieces, size_t n);
int vp_hmac_head(u64 *head, const struct vp_hmac_states *states, u8 block[VP_HMAC_BLOCK],
		 size_t len);
int vp_sha256(u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n);

size_t vp_mac_size(enum vp_hash hash);
int vp_mac_prepare(struct vp_mac_states *states, enum vp_hash hash, const u8 *key, size_t len);
int vp_mac(u8 *out, const struct vp_mac_states *states, enum vp_hash hash,
	   const struct vp_piece *pieces, size_t n);

#endif /* VP_HMAC_H */
