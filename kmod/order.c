// SPDX-License-Identifier: GPL-2.0
/*
 * Authorises orders: the gateway is to know that this device's kernel has seen
 * an order, and asked for a press where that is the policy, and not only
 * somebody who has stolen a session or the device's certificate.
 */

#include <linux/math64.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "clock.h"
#include "device.h"
#include "give.h"
#include "order.h"
#include "slot.h"

static int compute(const struct vp_key *key, struct vp_order *order)
{
	u8 bytes[VP_AUTHORISE_MAX], auth[VP_KEY_LEN];
	struct vp_piece piece = { bytes, 0 };
	int err, len;

	len = vp_authorise_encode(bytes, &order->what);
	if (len < 0)
		return len;
	piece.len = len;
	err = vp_key_read_auth(key, auth);
	if (!err)
		err = vp_prim_hmac(order->mac, auth, sizeof(auth), &piece, 1);
	memzero_explicit(auth, sizeof(auth));
	return err;
}

/* What the caller does not say, as he must not choose it. */
static int fill_in(const struct vp_slot *slot, const struct vp_key *key,
		   struct vp_authorise *what)
{
	const struct vp_key_terms *grant = &key->grant;
	struct vp_device dev;
	u64 now_ms;
	int err;

	if (key->kind != VOICEPAY_SLOT_PAYMENT)
		return -EMEDIUMTYPE;
	if (vp_clock_now_ms(&now_ms))
		return -ETIME;
	err = vp_device_get(&dev);
	if (err)
		return -ENOKEY;
	memcpy(what->device, dev.id, sizeof(what->device));
	what->slot = slot->id;
	what->epoch = grant->epoch;
	what->time = div_u64(now_ms, MSEC_PER_SEC);
	if (what->time < grant->not_before)
		return -ECANCELED;
	return what->time >= grant->not_after ? -EKEYEXPIRED : 0;
}

static int authorise(struct vp_slot *slot, u64 boot_ms, bool may, bool *drawn, void *arg)
{
	struct vp_order *order = arg;
	struct vp_key *key;
	int err, idx;

	if (!may)
		return -EDQUOT;
	idx = srcu_read_lock(&vp_key_srcu);
	key = srcu_dereference(slot->key, &vp_key_srcu);
	err = key ? fill_in(slot, key, &order->what) : -ENOKEY;
	if (!err)
		err = compute(key, order);
	srcu_read_unlock(&vp_key_srcu, idx);
	*drawn = !err;
	return err;
}

/**
 * vp_order_authorise() - authorise an order
 * @slot: with whose key
 * @caller: for whom
 * @order: the order; gets what else was authorised, and the MAC
 *
 * Return: 0 or what VOICEPAY_IOC_AUTHORISE documents.
 */
int vp_order_authorise(struct vp_slot *slot, const struct vp_caller *caller,
		       struct vp_order *order)
{
	u32 purpose = order->what.purpose;
	const struct vp_give authorisations = {
		.right = VOICEPAY_RIGHT_AUTHORISE, .event = VOICEPAY_EVENT_AUTHORISE,
		/* What lowers a risk, or is of use only after another press. */
		.no_press = purpose == VP_PURPOSE_DENY || purpose == VP_PURPOSE_POOL,
		.has_amount = purpose <= VP_PURPOSE_CONFIRM,
		.amount = order->what.amount,
	};
	u8 bytes[VP_AUTHORISE_MAX];

	if (!purpose || purpose > VP_PURPOSE_LIMITS)
		return -EOPNOTSUPP;
	/* The form first, so that no press is spent on what cannot be. */
	if (vp_authorise_encode(bytes, &order->what) < 0)
		return -EINVAL;
	return vp_give(slot, caller, &authorisations, authorise, order);
}
