// SPDX-License-Identifier: GPL-2.0
/* Takes pools: permission for codes that need no clock, from the gateway. */

#include <linux/math64.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "clock.h"
#include "device.h"
#include "prefetch.h"
#include "slot.h"

static int read_pool(const struct vp_slot *slot, const struct vp_key *key, const u8 *msg,
		     size_t len, struct vp_pool *pool)
{
	u8 auth[VP_KEY_LEN];
	struct vp_device dev;
	int err;

	err = vp_device_get(&dev);
	if (err)
		return -ENOKEY;
	err = vp_key_read_auth(key, auth);
	if (!err)
		err = vp_pool_decode(pool, msg, len, dev.id, auth);
	memzero_explicit(auth, sizeof(auth));
	/* The key is of this slot and epoch; a gateway that says otherwise is confused. */
	if (!err && (pool->slot != slot->id || pool->epoch != key->grant.epoch))
		err = -EPROTO;
	return err;
}

static bool is_over(const struct vp_pool *pool)
{
	u64 now_ms;

	return !vp_clock_now_ms(&now_ms) && div_u64(now_ms, MSEC_PER_SEC) >= pool->not_after;
}

static int take_pool(struct vp_key *key, const struct vp_pool *pool)
{
	int err = 0;

	spin_lock(&key->issue_lock);
	/* Attack: the same pool once more, when it is used up. */
	if (pool->serial <= key->pool.serial)
		err = -ESTALE;
	else
		key->pool = (struct vp_pool_state){
			.serial = pool->serial, .not_after = pool->not_after,
			.count = pool->count,
		};
	spin_unlock(&key->issue_lock);
	return err;
}

/**
 * vp_prefetch_put() - take a pool, in place of what is left of the last one
 * @slot: the slot
 * @msg: the gateway's message
 * @len: its length
 *
 * Return: 0; -ENOKEY if the slot is not enrolled; -EMEDIUMTYPE if it is an
 * authenticator; -EOPNOTSUPP if pools were not agreed on; -EBADMSG if the message
 * is not the gateway's for this device and key; -EPROTO if it makes no sense;
 * -EKEYEXPIRED past its last day; -ESTALE if it is not newer than the last one.
 */
int vp_prefetch_put(struct vp_slot *slot, const u8 *msg, size_t len)
{
	struct vp_pool pool;
	struct vp_key *key;
	int err;

	key = rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
	if (!key)
		return -ENOKEY;
	if (key->kind != VOICEPAY_SLOT_PAYMENT)
		return -EMEDIUMTYPE;
	if (!(key->grant.modes & PAYCODE_MODE(PAYCODE_POOL)))
		return -EOPNOTSUPP;
	err = read_pool(slot, key, msg, len, &pool);
	if (err)
		return err;
	return is_over(&pool) ? -EKEYEXPIRED : take_pool(key, &pool);
}
