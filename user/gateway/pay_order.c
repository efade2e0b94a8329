// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ledger.h"
#include "order.h"
#include "pay_order.h"

/* Of a code that waits for its owner nobody is told anything here. */
static enum refusal find(struct call *c, const char *ref, struct merchant_order *o, struct account *payee)
{
	enum store_result r = store_order_by_ref(c->st, ref, o);

	if (r == STORE_OK && o->kind != ORDER_SCAN)
		r = STORE_NONE;
	if (r == STORE_NONE)
		return RF_ORDER_UNKNOWN;
	if (r == STORE_OK)
		r = store_account_of(c->st, o->merchant, o->currency, payee);
	order_settle(o, call_now(c));
	return refusal_of_store(r);
}

enum refusal pay_order_show(struct call *c, const char *ref, struct merchant_order *o, struct account *payee)
{
	enum store_result r = store_device_known(c->st, c->peer.device, call_now(c));

	if (r != STORE_OK)
		return r == STORE_NONE ? RF_PEER_UNKNOWN : refusal_of_store(r);
	return find(c, ref, o, payee);
}

/* Did this device pay it? */
static enum refusal paid_by(struct call *c, const struct merchant_order *o)
{
	struct device_key key;
	struct payment p;
	enum store_result r = store_payment_find(c->st, o->payment, &p);

	if (r == STORE_OK)
		r = store_key_by_id(c->st, p.key, &key);
	if (r != STORE_OK)
		return refusal_of_store(r);
	return memcmp(key.device, c->peer.device, sizeof(key.device)) ? RF_ORDER_PAID : RF_OK;
}

/* In the transaction. */
static enum refusal pay(struct call *c, const struct pay_order *req, struct merchant_order *o)
{
	struct payment p = { .kind = PAYMENT_ORDER };
	struct account payer, payee;
	struct device_key key;
	enum store_result r;
	enum refusal ret;

	ret = find(c, req->ref, o, &payee);
	if (ret != RF_OK)
		return ret;
	if (strcmp(req->payee, payee.name) || strcmp(req->currency, o->currency) || req->amount != o->amount)
		return RF_ORDER_CONFLICT;
	if (o->state == ORDER_SUCCESS)
		return paid_by(c, o);
	if (o->state != ORDER_NOTPAY)
		return o->state == ORDER_REVOKED ? RF_ORDER_REVOKED : RF_ORDER_CLOSED;
	r = store_key_of_slot(c->st, c->peer.device, req->slot, call_now(c), &key);
	if (r != STORE_OK)
		return r == STORE_NONE ? RF_PEER_UNKNOWN : refusal_of_store(r);
	r = store_account_of(c->st, key.party, o->currency, &payer);
	if (r != STORE_OK)
		return r == STORE_NONE ? RF_WRONG_CURRENCY : refusal_of_store(r);
	p.key = key.id;
	ret = ledger_pay(c, &payer, &payee, o->amount, &p);
	/* The order stays open: somebody else may pay it, or this one when there is money. */
	return ret == RF_OK ? order_end(c, o, ret, p.id) : ret;
}

enum refusal pay_order(struct call *c, const struct pay_order *req, struct merchant_order *o)
{
	enum store_result r = store_begin(c->st);
	enum refusal ret;

	if (r != STORE_OK)
		return refusal_of_store(r);
	memset(o, 0, sizeof(*o));
	ret = pay(c, req, o);
	if (ret == RF_OK)
		return refusal_of_store(store_commit(c->st));
	store_rollback(c->st);
	return ret;
}
