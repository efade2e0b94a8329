/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pool: permission for a few codes (V = 8) that name no time, for a device
 * whose clock cannot be trusted. The gateway grants it, the kernel holds it and
 * counts it down; the deadline is kept by the gateway's clock.
 */
#ifndef VP_POOL_H
#define VP_POOL_H

#include "agreement.h"
#include "paycode.h"

#define VP_POOL_CODES_MAX	15
#define VP_POOL_LEN		64	/* 32 bytes and their MAC */
/* Serials stay below, so that serial * 16 + index is never beyond 64 bits. */
#define VP_POOL_SERIAL_END	(1ULL << 59)

/* What is granted to the holder of a key. */
struct vp_pool {
	__u8  count;		/* codes: 1 to VP_POOL_CODES_MAX, index 0 upwards */
	__u32 slot;
	__u64 epoch;		/* of the key that it belongs to */
	__u64 serial;		/* above that of every pool before under this key */
	__u64 not_after;	/* seconds since 1970 */
};

/* What stands in place of the step under the MAC of a pool's code. */
static inline __u64 paycode_pool_step(__u64 serial, unsigned int index)
{
	return serial * 16 + index;
}

/* Q of a pool's code: at most two of a pool's codes share one. */
static inline unsigned int paycode_pool_q(unsigned int index)
{
	return index % PAYCODE_PER_STEP;
}

/* 0, -EPROTO if a field is out of range, or an errno of vp_prim_hmac(). */
int vp_pool_encode(__u8 out[VP_POOL_LEN], const struct vp_pool *pool,
		   const __u8 device[VP_DEVICE_ID_LEN], const __u8 auth[VP_KEY_LEN]);

/* The same, and -EBADMSG unless it was made with this key for this device. */
int vp_pool_decode(struct vp_pool *pool, const __u8 *in, size_t len,
		   const __u8 device[VP_DEVICE_ID_LEN], const __u8 auth[VP_KEY_LEN]);

#endif /* VP_POOL_H */
