// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Order of things, each reason for a no cheaper than the next: the code's
 * form, the order's past, the rations of wrong guesses, one look-up of the
 * alias and three HMACs; then, in one transaction, the watermark and the
 * booking. What was decided before the transaction and can have changed is
 * looked at again inside it.
 */
#include <string.h>

#include "charge.h"
#include "confirm.h"
#include "ledger.h"
#include "log.h"
#include "order.h"
#include "paycode.h"
#include "prim_openssl.h"
#include "step.h"
#include "verify.h"

/*
 * Has this order an answer already? True: @ret is it. An order that failed may
 * be tried again with another code, for the same amount.
 */
static bool answered(struct call *c, const struct merchant_order *want, struct merchant_order *past,
		     enum refusal *ret)
{
	enum store_result r;
	bool same_code;

	memset(past, 0, sizeof(*past));
	past->merchant = want->merchant;
	strcpy(past->order_no, want->order_no);
	r = store_order_find(c->st, past);
	if (r == STORE_NONE)
		return false;
	if (r != STORE_OK) {
		*ret = refusal_of_store(r);
		return true;
	}
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

/* Finds the code's key and tries it; for a nobody's alias the work is the same. */
static enum refusal identify(struct call *c, const struct paycode *code, struct device_key *key,
			     __u64 *ordinal)
{
	enum store_result r = store_key_alias(c->st, (const char *)code->alias, key);
	struct row_name row = row_of_nobody();
	struct vp_root_keys roots;
	enum verdict verdict;
	__u64 now = call_now(c);
	bool known = r == STORE_OK, lives;

	if (r > STORE_NONE)
		return refusal_of_store(r);
	if (known)
		row = row_of_key(key->device, key->slot, key->epoch);
	/* The length first: what is opened is written before it is known to be good. */
	if ((known && key->sealed_len != sizeof(roots) + KEYSTORE_OVERHEAD) ||
	    keystore_open(&c->gw->keys, row.bytes, row.len,
			  known ? key->sealed : c->gw->keys.dummy,
			  known ? key->sealed_len : c->gw->keys.dummy_len, (__u8 *)&roots)) {
		log_error("a device key does not open under this master key: is it the right one?");
		return RF_FAILED;
	}
	verdict = verify_code(code, roots.code, now / PAYCODE_STEP_SECONDS, known ? key->watermark : 0, ordinal);
	vp_prim_wipe(&roots, sizeof(roots));

	if (!known || verdict == VERDICT_WRONG)
		return RF_CODE_EXPIRED;
	lives = key->state != KEY_DEAD && key->not_after > now &&
		(key->state != KEY_OLD || key->old_until > now);
	if (!lives) {
		log_alarm("device %02x%02x%02x%02x slot %u: a good code under a key that has ended (epoch %llu): clone or restored image?",
			  key->device[0], key->device[1], key->device[2], key->device[3], key->slot, key->epoch);
		return RF_CODE_EXPIRED;
	}
	return verdict == VERDICT_USED ? RF_CODE_USED : RF_OK;
}

/* In the transaction: spends the code and pays. On RF_OK or what ledger_refuses(), commit. */
static enum refusal book(struct call *c, const struct device_key *key, __u64 ordinal,
			 struct merchant_order *o)
{
	struct payment p = { .kind = PAYMENT_CODE, .key = key->id, .ordinal = ordinal };
	struct account payer, payee;
	enum store_result r;
	enum refusal ret;

	r = store_key_accept(c->st, key->id, ordinal, call_now(c));
	if (r == STORE_NONE)
		return RF_CODE_USED;
	/* A key that was not known to have arrived has arrived now. */
	if (r == STORE_OK && key->state == KEY_NEXT) {
		r = store_key_promote(c->st, key, call_now(c) + OLD_KEY_SECONDS);
		if (r == STORE_NONE)	/* somebody else's code came first */
			r = STORE_OK;
	}
	if (r == STORE_OK)
		r = store_account_of(c->st, key->party, o->currency, &payer);
	if (r == STORE_OK)
		r = store_account_of(c->st, o->merchant, o->currency, &payee);
	if (r != STORE_OK)
		return r == STORE_NONE ? RF_WRONG_CURRENCY : refusal_of_store(r);
	/* The code is spent now; the money moves when its owner says so. */
	if (payer.balance >= o->amount && ledger_needs_owner(c, &payer, o->amount))
		return confirm_ask(c, o, key->id, ordinal);
	ret = ledger_pay(c, &payer, &payee, o->amount, &p);
	if (ret != RF_OK && !ledger_refuses(ret))
		return ret;
	return order_end(c, o, ret, p.id);
}

enum refusal charge_code(struct call *c, const struct charge *req, struct merchant_order *out)
{
	struct merchant_order o = { .kind = ORDER_CODE, .amount = req->amount };
	struct vp_piece digits = { req->code, PAYCODE_DIGITS };
	struct device_key key;
	struct paycode code;
	__u64 ordinal = 0;
	enum store_result r;
	enum refusal ret;

	ret = order_merchant(c, &o.merchant);
	if (ret != RF_OK)
		return ret;
	strcpy(o.order_no, req->order_no);
	if (paycode_parse(&code, req->code, strlen(req->code)))
		return RF_CODE_MISREAD;
	ret = ledger_allows(c, req->amount, req->currency);
	if (ret != RF_OK)
		return ret;
	strcpy(o.currency, req->currency);
	if (vp_prim_hash(o.code, &digits, 1))
		return RF_FAILED;
	if (answered(c, &o, out, &ret))
		return ret;
	/* Only the mode that V says is tried: any other would be a second guess for free. */
	if (memcmp(code.prefix, c->gw->set.prefix, sizeof(code.prefix)) || code.mode != PAYCODE_PLAIN)
		return RF_CODE_UNSUPPORTED;

	if (!throttle_take(c->gw->throttle, o.merchant, (const char *)code.alias, call_now(c)))
		return RF_TOO_MANY_WRONG;
	ret = identify(c, &code, &key, &ordinal);
	if (ret != RF_CODE_EXPIRED)
		throttle_give_back(c->gw->throttle, o.merchant, (const char *)code.alias);
	if (ret != RF_OK && ret != RF_CODE_USED)
		return ret;
	step("verified");

	r = store_begin(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	/* The same request may have been answered meanwhile, on another connection. */
	if (answered(c, &o, out, &ret)) {
		store_rollback(c->st);
		return ret;
	}
	ret = ret == RF_CODE_USED ? ret : book(c, &key, ordinal, &o);
	if (ret != RF_OK && !ledger_refuses(ret)) {
		store_rollback(c->st);
		return ret;
	}
	r = store_commit(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	*out = o;
	return ret;
}
