// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Order in which things are decided: the code's form, the order's past, the
 * rations of wrong guesses, one look-up of the alias and three HMACs; then, in one
 * transaction, the watermark and the booking. What was decided before the
 * transaction and can have changed is looked at again inside it.
 *
 * In a file each is looked up when its turn comes, so that the first no saves the rest. A
 * database on the network is asked for all look-ups at once, before anything is
 * decided (charge_ahead(): also for who turns out to be no merchant, or to have no
 * tries left), then for all locks at once, then to book: three round trips.
 */
#include <stdio.h>
#include <string.h>

#include "bind.h"
#include "charge.h"
#include "confirm.h"
#include "identify.h"
#include "ledger.h"
#include "notice.h"
#include "order.h"
#include "prim_openssl.h"
#include "step.h"

/*
 * Has this order an answer already? True: @ret is it. An order that failed may
 * be tried again with another code, for the same amount.
 */
static bool answered(struct call *c, struct merchant_order *want, struct merchant_order *past,
		     bool hold, enum refusal *ret)
{
	enum store_result r;
	bool same_code;

	memset(past, 0, sizeof(*past));
	past->merchant = want->merchant;
	strcpy(past->order_no, want->order_no);
	r = hold ? store_order_find(c->st, past) : store_order_of_peer(c->st, c->peer.spki, past);
	if (r == STORE_NONE)
		return false;
	if (r != STORE_OK) {
		*ret = refusal_of_store(r);
		return true;
	}
	want->there = true;
	order_settle(past, call_now(c));
	same_code = past->kind == ORDER_CODE && !memcmp(past->code, want->code, sizeof(past->code));
	if (past->state == ORDER_REVOKED)
		*ret = RF_ORDER_REVOKED;
	else if (past->amount != want->amount || strcmp(past->currency, want->currency))
		*ret = RF_ORDER_CONFLICT;
	else if (past->state == ORDER_PAYERROR && !same_code)
		return false;
	else if (!same_code)
		*ret = RF_ORDER_CONFLICT;
	else
		*ret = past->state == ORDER_PAYERROR ? refusal_by_code(past->reason) : RF_OK;
	return true;
}

/* In the transaction: spends the code and pays. On RF_OK or what ledger_refuses(), commit. */
static enum refusal book(struct call *c, const struct identity *id, struct merchant_order *o)
{
	struct payment p = { .kind = PAYMENT_CODE, .key = id->key.id, .ordinal = id->ordinal };
	struct account payer, payee;
	enum store_result r;
	enum refusal ret, told;

	if (identify_spend_ahead(c, id)) {
		ledger_hold_for(c, id->key.party, o->merchant, o->currency, &payee, &payer);
		store_ahead_end(c->st);
	}
	ret = identify_spend(c, id);
	if (ret != RF_OK)
		return ret;
	r = ledger_hold_for(c, id->key.party, o->merchant, o->currency, &payee, &payer);
	if (r != STORE_OK)
		return r == STORE_NONE ? RF_WRONG_CURRENCY : refusal_of_store(r);
	/*
	 * The code is spent now; the money moves when its owner says so. Digits
	 * that were shown or spoken may have been dictated to a swindler.
	 */
	if (ledger_needs_owner(c, &payer, o->amount, id->mode == PAYCODE_SHOWN)) {
		ret = confirm_ask(c, o, id->key.id, id->ordinal);
	} else {
		ret = ledger_pay(c, &payer, &payee, o->amount, &p);
		if (ret != RF_OK && !ledger_refuses(ret))
			return ret;
		ret = order_end(c, o, ret, p.id);
	}
	if (ret != RF_OK && !ledger_refuses(ret))
		return ret;
	told = notice_order(c, &id->key, o, payee.name);
	return told == RF_OK ? ret : told;
}

/*
 * What V 2 to 4 are bound to, from what the till asks for: the amount, and who
 * it is by its certificate. A till that has given a challenge wants a code that
 * is bound to it, and no other will do.
 */
static enum refusal bind_of(struct call *c, const struct charge *req, const struct merchant *m,
			    unsigned int mode, __u8 bind[PAYCODE_BIND_MAX])
{
	bool by_amount = mode == PAYCODE_AMOUNT || mode == PAYCODE_BOUND;
	bool by_merchant = mode == PAYCODE_MERCHANT || mode == PAYCODE_BOUND;
	struct paycode_terms terms = { 0 };

	if (req->challenge && !by_merchant) {
		snprintf(c->detail, sizeof(c->detail), "This code is not bound to your challenge. Ask the customer for one that is; nothing was charged.");
		return RF_CODE_UNSUPPORTED;
	}
	if (by_amount) {
		terms.amount = req->amount;
		memcpy(terms.currency, req->currency, sizeof(terms.currency));
	}
	if (by_merchant) {
		memcpy(terms.merchant, m->id, strlen(m->id));
		if (req->challenge)
			memcpy(terms.challenge, req->challenge, strlen(req->challenge));
	}
	return paycode_bind(bind, &terms, mode) ? RF_FAILED : RF_OK;
}

/* What makes two charges the same one: the code, and the challenge if there is one. */
static int content_of(__u8 out[VP_HASH_LEN], const struct charge *req)
{
	const char *challenge = req->challenge ? req->challenge : "";
	const struct vp_piece pieces[] = { { req->code, PAYCODE_DIGITS }, { challenge, strlen(challenge) } };

	return vp_prim_hash(out, pieces, 2);
}

/* The code is genuine, or why not. Takes a try from the rations of wrong ones. */
static enum refusal try_code(struct call *c, const struct charge *req, const struct merchant *m,
			     const struct paycode *code, struct identity *id)
{
	bool bound = paycode_is_bound(code->mode);
	struct throttle *th = c->gw->throttle;
	__u8 bind[PAYCODE_BIND_MAX];
	enum refusal ret;
	enum taken took;

	/* Only the mode that V says is tried: any other would be a second guess for free. */
	if (memcmp(code->prefix, c->gw->set.prefix, sizeof(code->prefix)) ||
	    !(c->gw->set.modes & PAYCODE_MODE(code->mode)))
		return RF_CODE_UNSUPPORTED;
	if (bound || req->challenge) {
		ret = bind_of(c, req, m, code->mode, bind);
		if (ret != RF_OK)
			return ret;
	}
	took = throttle_take(th, m->party, req->code, call_now(c));
	if (took == THROTTLE_NOTHING_LEFT)
		return RF_TOO_MANY_WRONG;
	ret = identify_code(c, code, bound ? bind : NULL, m->party, id);
	if (ret != RF_CODE_EXPIRED) {
		/* By what was kept a code is good as often as it is asked for: that gives nothing before it has paid. */
		id->unthanked = id->kept && took == THROTTLE_TOOK;
		if (took == THROTTLE_TOOK)
			throttle_give_back(th, m->party, req->code, ret == RF_OK && !id->kept);
		return ret;
	}
	throttle_wrong(th, c->st, m->party, req->code, call_now(c));
	if (bound)
		snprintf(c->detail, sizeof(c->detail), "The code is no longer good, or is for another %s. Ask the customer for a new one; nothing was charged.",
			 code->mode == PAYCODE_AMOUNT ? "amount" : code->mode == PAYCODE_MERCHANT ? "merchant or challenge" : "sale");
	return ret;
}

void charge_ahead(struct call *c, const char *order_no, const char *digits)
{
	struct merchant_order o;
	struct paycode code;
	struct merchant m;

	if (paycode_parse(&code, digits, strlen(digits)))
		return;
	strcpy(o.order_no, order_no);
	store_merchant_find(c->st, c->peer.spki, &m);
	store_order_of_peer(c->st, c->peer.spki, &o);
	identify_ahead(c, &code);
}

static enum refusal charge(struct call *c, const struct charge *req, struct identity *id, struct merchant_order *out)
{
	struct merchant_order o = { .kind = ORDER_CODE, .amount = req->amount };
	struct merchant m;
	struct paycode code;
	enum store_result r;
	enum refusal ret, past;

	ret = order_merchant(c, &m);
	if (ret != RF_OK)
		return ret;
	o.merchant = m.party;
	strcpy(o.order_no, req->order_no);
	if (paycode_parse(&code, req->code, strlen(req->code)))
		return RF_CODE_MISREAD;
	ret = ledger_allows(c, req->amount, req->currency);
	if (ret != RF_OK)
		return ret;
	strcpy(o.currency, req->currency);
	if (content_of(o.code, req))
		return RF_FAILED;
	if (answered(c, &o, out, false, &ret))
		return ret;
	ret = try_code(c, req, &m, &code, id);
	if (ret != RF_OK && ret != RF_CODE_USED)
		return ret;
	step("verified");

	r = store_begin(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	/*
	 * An order that was there may have been answered meanwhile, on another connection or by
	 * another gateway. One that was not is inserted, which fails if it has come since: then
	 * all of this is run again.
	 */
	if (o.there && answered(c, &o, out, true, &ret)) {
		store_rollback(c->st);
		return ret;
	}
	ret = ret == RF_CODE_USED ? ret : book(c, id, &o);
	if (ret != RF_OK && !ledger_refuses(ret)) {
		store_rollback(c->st);
		/*
		 * Who had to wait for the device's turn may find that it was this very request that had it. The turn is
		 * given back before the order is looked at: whoever confirms one holds the order, and waits for the turn.
		 */
		return ret == RF_CODE_USED && answered(c, &o, out, false, &past) ? past : ret;
	}
	r = store_commit(c->st);
	if (r != STORE_OK)
		return ledger_committed(r);
	if (id->unthanked)
		throttle_good(c->gw->throttle, m.party, call_now(c));
	/* Not if it was refused for money, or waits for its owner. */
	if (ret == RF_OK && o.state == ORDER_SUCCESS)
		identify_paid(c, id);
	*out = o;
	return ret;
}

enum refusal charge_code(struct call *c, const struct charge *req, struct merchant_order *out)
{
	struct identity id = { 0 };
	enum refusal ret = charge(c, req, &id, out);

	identify_forget(&id);
	return ret;
}
