/* SPDX-License-Identifier: GPL-2.0 */
/* Authorises orders to the gateway. */
#ifndef VP_ORDER_H
#define VP_ORDER_H

#include "common/authorise.h"

struct vp_caller;
struct vp_slot;

/**
 * struct vp_order - an order that is to be authorised
 * @what: in: purpose, currency, amount, order and payee; out: the rest
 * @mac: out: HMAC-SHA-256 over it
 */
struct vp_order {
	struct vp_authorise what;
	u8 mac[VP_HASH_LEN];
};

__visible int vp_order_authorise(struct vp_slot *slot, const struct vp_caller *caller,
				 struct vp_order *order);

#endif /* VP_ORDER_H */
