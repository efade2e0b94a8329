// SPDX-License-Identifier: GPL-2.0-or-later
/* The pool's message. Compiled into the module and into the gateway. */

#include "pool.h"
#include "wire.h"

#define POOL_LABEL		"voicepay-1 pool"
#define POOL_LABEL_LEN	15
#define POOL_VERSION	1
#define BODY_LEN	32

static int pool_ok(const struct vp_pool *pool)
{
	return pool->count && pool->count <= VP_POOL_CODES_MAX && pool->epoch &&
	       pool->serial && pool->serial < VP_POOL_SERIAL_END;
}

static int mac_of(__u8 mac[VP_HASH_LEN], const __u8 body[BODY_LEN],
		  const __u8 device[VP_DEVICE_ID_LEN], const __u8 auth[VP_KEY_LEN])
{
	const struct vp_piece pieces[] = {
		{ POOL_LABEL, POOL_LABEL_LEN }, { device, VP_DEVICE_ID_LEN }, { body, BODY_LEN },
	};

	return vp_prim_hmac(mac, auth, VP_KEY_LEN, pieces, 3);
}

#ifdef VP_GATEWAY_SIDE
/* u8 version, u8 count, u16 zero, u32 slot, u64 epoch, u64 serial, u64 not after; MAC */
int vp_pool_encode(__u8 out[VP_POOL_LEN], const struct vp_pool *pool,
		   const __u8 device[VP_DEVICE_ID_LEN], const __u8 auth[VP_KEY_LEN])
{
	__u8 *p = out;

	if (!pool_ok(pool))
		return -EPROTO;
	p = vp_wire_put_be(p, POOL_VERSION, 1);
	p = vp_wire_put_be(p, pool->count, 1);
	p = vp_wire_put_be(p, 0, 2);
	p = vp_wire_put_be(p, pool->slot, 4);
	p = vp_wire_put_be(p, pool->epoch, 8);
	p = vp_wire_put_be(p, pool->serial, 8);
	p = vp_wire_put_be(p, pool->not_after, 8);
	return mac_of(p, out, device, auth);
}
#endif

int vp_pool_decode(struct vp_pool *pool, const __u8 *in, size_t len,
		   const __u8 device[VP_DEVICE_ID_LEN], const __u8 auth[VP_KEY_LEN])
{
	__u8 mac[VP_HASH_LEN];
	unsigned int differ = 0;
	size_t i;
	int err;

	memset(pool, 0, sizeof(*pool));
	if (len != VP_POOL_LEN)
		return -EPROTO;
	err = mac_of(mac, in, device, auth);
	for (i = 0; i < sizeof(mac); i++)	/* all of it, whatever it finds */
		differ |= mac[i] ^ in[BODY_LEN + i];
	vp_prim_wipe(mac, sizeof(mac));
	if (err)
		return err;
	if (differ)
		return -EBADMSG;
	pool->count = in[1];
	pool->slot = (__u32)vp_wire_get_be(in + 4, 4);
	pool->epoch = vp_wire_get_be(in + 8, 8);
	pool->serial = vp_wire_get_be(in + 16, 8);
	pool->not_after = vp_wire_get_be(in + 24, 8);
	if (in[0] != POOL_VERSION || in[2] || in[3] || !pool_ok(pool))
		return -EPROTO;
	return 0;
}
