// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "identify.h"
#include "ledger.h"
#include "notice.h"
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
static enum refusal pay(struct call *c, const struct pay_order *req, const struct device_key *key,
			struct merchant_order *o)
{
	struct payment p = { .kind = PAYMENT_ORDER, .key = key->id };
	struct account payer, payee;
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
	ret = authorised_fresh(c, &req->auth);
	if (ret != RF_OK)
		return ret;
	r = store_device_turn(c->st, key->device);
	if (r == STORE_OK)
		r = key_arrived(c, key);
	if (r == STORE_OK)
		r = ledger_hold(c, key->party, &payee, &payer);
	if (r != STORE_OK)
		return r == STORE_NONE ? RF_WRONG_CURRENCY : refusal_of_store(r);
	ret = ledger_pay(c, &payer, &payee, o->amount, &p);
	/* The order stays open: somebody else may pay it, or this one when there is money. */
	if (ret == RF_OK)
		ret = order_end(c, o, ret, p.id);
	return ret == RF_OK ? notice_order(c, key, o, payee.name) : ret;
}

enum refusal pay_order(struct call *c, const struct pay_order *req, struct merchant_order *o)
{
	const struct authorised what = {
		.purpose = VP_PURPOSE_PAY_ORDER, .amount = req->amount, .currency = req->currency,
		.order = req->ref, .payee = req->payee,
	};
	struct device_key key;
	enum store_result r;
	enum refusal ret;

	memset(o, 0, sizeof(*o));
	ret = authorised_check(c, &req->auth, &what, &key);
	if (ret != RF_OK)
		return ret;
	r = store_begin(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	ret = pay(c, req, &key, o);
	if (ret == RF_OK)
		return refusal_of_store(store_commit(c->st));
	store_rollback(c->st);
	return ret;
}
