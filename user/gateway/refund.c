// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A refund is a transfer that mirrors the payment's. That never more goes back
 * than was paid is looked at here, within the transaction, so that the till
 * gets a sentence; triggers of the database see to it, whatever is written here.
 */
#include <stdio.h>
#include <string.h>

#include "ledger.h"
#include "order.h"
#include "refund.h"

/* The order, and RF_OK only if it was paid and has not been reversed. */
static enum refusal find_paid(struct call *c, struct merchant_order *o)
{
	enum store_result r = store_order_find(c->st, o);

	if (r != STORE_OK)
		return r == STORE_NONE ? RF_ORDER_UNKNOWN : refusal_of_store(r);
	if (o->state == ORDER_REVOKED)
		return RF_ORDER_REVOKED;
	return o->state == ORDER_SUCCESS ? RF_OK : RF_ORDER_UNPAID;
}

static enum refusal give_back(struct call *c, const struct merchant_order *o, const char *refund_no,
			      long long amount, struct refund *b)
{
	enum refusal ret;

	memset(b, 0, sizeof(*b));
	b->merchant = o->merchant;
	strcpy(b->payment, o->payment);
	strcpy(b->refund_no, refund_no);
	strcpy(b->order_no, o->order_no);
	strcpy(b->currency, o->currency);
	b->amount = amount;
	b->total = o->refunded + amount;
	ret = ledger_give_back(c, b);
	if (ret == RF_NOT_ENOUGH)
		snprintf(c->detail, sizeof(c->detail),
			 "Your own balance does not cover this. Pay in or wait for sales, then send it again with the same number; nothing was given back.");
	return ret;
}

/* In the transaction. Has this refund number an answer? */
static bool answered(struct call *c, const struct refund_request *req, struct refund *b, enum refusal *ret)
{
	enum store_result r;

	strcpy(b->refund_no, req->refund_no);
	r = store_refund_find(c->st, b);
	if (r == STORE_NONE)
		return false;
	*ret = refusal_of_store(r);
	if (r == STORE_OK && (strcmp(b->order_no, req->order_no) || b->amount != req->amount ||
			      strcmp(b->currency, req->currency)))
		*ret = RF_ORDER_CONFLICT;
	return true;
}

static enum refusal refund(struct call *c, const struct refund_request *req, struct refund *out)
{
	struct merchant_order o = { .merchant = out->merchant };
	enum refusal ret;

	if (answered(c, req, out, &ret))
		return ret;
	strcpy(o.order_no, req->order_no);
	ret = find_paid(c, &o);
	if (ret != RF_OK)
		return ret;
	if (strcmp(o.currency, req->currency))
		return RF_WRONG_CURRENCY;
	if (req->amount > o.amount - o.refunded)
		return RF_REFUND_TOO_MUCH;
	return give_back(c, &o, req->refund_no, req->amount, out);
}

enum refusal refund_order(struct call *c, const struct refund_request *req, struct refund *out)
{
	struct merchant m;
	enum store_result r;
	enum refusal ret;

	memset(out, 0, sizeof(*out));
	ret = order_merchant(c, &m);
	if (ret != RF_OK)
		return ret;
	out->merchant = m.party;
	r = store_begin(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	ret = refund(c, req, out);
	if (ret == RF_OK)
		return refusal_of_store(store_commit(c->st));
	store_rollback(c->st);
	return ret;
}

enum refusal refund_query(struct call *c, const char *refund_no, struct refund *out)
{
	struct merchant m;
	enum store_result r;
	enum refusal ret;

	memset(out, 0, sizeof(*out));
	strcpy(out->refund_no, refund_no);
	ret = order_merchant(c, &m);
	if (ret != RF_OK)
		return ret;
	out->merchant = m.party;
	r = store_refund_find(c->st, out);
	return r == STORE_NONE ? RF_ORDER_UNKNOWN : refusal_of_store(r);
}

/* In the transaction. */
static enum refusal reverse(struct call *c, struct merchant_order *o)
{
	enum store_result r = store_order_find(c->st, o);
	enum refusal ret = RF_OK;
	struct refund b;

	if (r == STORE_NONE)
		o->kind = ORDER_NONE;	/* a row all the same: the charge may still be on its way */
	else if (r != STORE_OK)
		return refusal_of_store(r);
	if (o->state == ORDER_REVOKED && r == STORE_OK)
		return RF_OK;	/* whatever waited for a device's word waits no more */
	if (o->state == ORDER_SUCCESS && r == STORE_OK) {
		/* What was given back in parts is a sale that stood: the rest is another refund. */
		if (o->refunded)
			return RF_ORDER_REFUNDED;
		ret = give_back(c, o, "", o->amount, &b);
		o->refunded = o->amount;
	}
	o->state = ORDER_REVOKED;
	*o->reason = '\0';
	o->time = call_now(c);
	return ret == RF_OK ? order_put(c, o) : ret;
}

enum refusal reverse_order(struct call *c, const char *order_no, struct merchant_order *out)
{
	struct merchant m;
	enum store_result r;
	enum refusal ret;

	memset(out, 0, sizeof(*out));
	strcpy(out->order_no, order_no);
	ret = order_merchant(c, &m);
	if (ret != RF_OK)
		return ret;
	out->merchant = m.party;
	r = store_begin(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	ret = reverse(c, out);
	if (ret == RF_OK)
		return refusal_of_store(store_commit(c->st));
	store_rollback(c->st);
	return ret;
}
