// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "hex.h"
#include "ledger.h"
#include "order.h"
#include "prim_openssl.h"

enum refusal order_merchant(struct call *c, struct merchant *m)
{
	enum store_result r = store_merchant_find(c->st, c->peer.spki, m);

	return r == STORE_NONE ? RF_PEER_UNKNOWN : refusal_of_store(r);
}

void order_settle(struct merchant_order *o, __u64 now)
{
	if (o->expires > now)
		return;
	if (o->state == ORDER_NOTPAY) {
		o->state = ORDER_CLOSED;
	} else if (o->state == ORDER_USERPAYING) {
		o->state = ORDER_PAYERROR;
		strcpy(o->reason, refusal_code(RF_NOT_CONFIRMED));
		o->time = o->expires;
	}
}

enum refusal order_draw_ref(struct merchant_order *o)
{
	__u8 ref[STORE_REF_LEN / 2];

	if (prim_random(ref, sizeof(ref)))
		return RF_FAILED;
	hex_encode(o->ref, ref, sizeof(ref));
	return RF_OK;
}

const char *order_state_name(const struct merchant_order *o)
{
	static const char *const names[] = {
		[ORDER_NOTPAY] = "NOTPAY", [ORDER_USERPAYING] = "USERPAYING", [ORDER_SUCCESS] = "SUCCESS",
		[ORDER_PAYERROR] = "PAYERROR", [ORDER_REVOKED] = "REVOKED", [ORDER_CLOSED] = "CLOSED",
	};

	return o->state == ORDER_SUCCESS && o->refunded ? "REFUND" : names[o->state];
}

enum refusal order_put(struct call *c, const struct merchant_order *o)
{
	return refusal_of_store(store_order_put(c->st, o));
}

enum refusal order_end(struct call *c, struct merchant_order *o, enum refusal paid, const char *payment)
{
	enum refusal ret;

	o->state = paid == RF_OK ? ORDER_SUCCESS : ORDER_PAYERROR;
	strcpy(o->payment, paid == RF_OK ? payment : "");
	strcpy(o->reason, paid == RF_OK ? "" : refusal_code(paid));
	o->time = call_now(c);
	ret = order_put(c, o);
	return ret == RF_OK ? paid : ret;
}

enum refusal order_query(struct call *c, const char *order_no, struct merchant_order *o)
{
	struct merchant m;
	enum store_result r;
	enum refusal ret;

	memset(o, 0, sizeof(*o));
	strcpy(o->order_no, order_no);
	ret = order_merchant(c, &m);
	if (ret != RF_OK)
		return ret;
	o->merchant = m.party;
	r = store_order_find(c->st, o);
	order_settle(o, call_now(c));
	return r == STORE_NONE ? RF_ORDER_UNKNOWN : refusal_of_store(r);
}

static enum refusal create(struct call *c, struct merchant_order *o)
{
	struct merchant_order past = *o;
	enum store_result r = store_order_find(c->st, &past);
	enum refusal ret;

	if (r == STORE_NONE) {
		o->state = ORDER_NOTPAY;
		o->time = call_now(c);
		o->expires = o->time + 60ULL * c->gw->set.order_minutes;
		ret = order_draw_ref(o);
		return ret == RF_OK ? order_put(c, o) : ret;
	}
	if (r != STORE_OK)
		return refusal_of_store(r);
	order_settle(&past, call_now(c));
	if (past.state == ORDER_REVOKED)
		return RF_ORDER_REVOKED;
	if (past.kind != ORDER_SCAN || past.amount != o->amount || strcmp(past.currency, o->currency))
		return RF_ORDER_CONFLICT;
	*o = past;
	return RF_OK;
}

enum refusal order_create(struct call *c, const char *order_no, long long amount, const char *currency,
			  struct merchant_order *o)
{
	struct merchant m;
	enum store_result r;
	enum refusal ret;

	memset(o, 0, sizeof(*o));
	o->kind = ORDER_SCAN;
	o->amount = amount;
	strcpy(o->order_no, order_no);
	strcpy(o->currency, currency);
	ret = order_merchant(c, &m);
	if (ret == RF_OK)
		ret = ledger_allows(c, amount, currency);
	if (ret != RF_OK)
		return ret;
	o->merchant = m.party;
	r = store_begin(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	ret = create(c, o);
	if (ret == RF_OK)
		return refusal_of_store(store_commit(c->st));
	store_rollback(c->st);
	return ret;
}
