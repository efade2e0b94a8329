// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "order.h"

enum refusal order_merchant(struct call *c, long long *merchant)
{
	enum store_result r = store_merchant_find(c->st, c->peer.spki, merchant);

	return r == STORE_NONE ? RF_PEER_UNKNOWN : refusal_of_store(r);
}

const char *order_state_name(const struct merchant_order *o)
{
	static const char *const names[] = {
		[ORDER_SUCCESS] = "SUCCESS", [ORDER_PAYERROR] = "PAYERROR", [ORDER_REVOKED] = "REVOKED",
	};

	return o->state == ORDER_SUCCESS && o->refunded ? "REFUND" : names[o->state];
}

enum refusal order_put(struct call *c, const struct merchant_order *o)
{
	return refusal_of_store(store_order_put(c->st, o));
}

enum refusal order_query(struct call *c, const char *order_no, struct merchant_order *o)
{
	enum store_result r;
	enum refusal ret;

	memset(o, 0, sizeof(*o));
	strcpy(o->order_no, order_no);
	ret = order_merchant(c, &o->merchant);
	if (ret != RF_OK)
		return ret;
	r = store_order_find(c->st, o);
	return r == STORE_NONE ? RF_ORDER_UNKNOWN : refusal_of_store(r);
}
