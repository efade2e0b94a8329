// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "confirm.h"
#include "identify.h"
#include "ledger.h"
#include "notice.h"
#include "order.h"

enum refusal confirm_ask(struct call *c, struct merchant_order *o, long long key, __u64 ordinal)
{
	enum refusal ret = order_draw_ref(o);

	o->state = ORDER_USERPAYING;
	o->time = call_now(c);
	o->expires = o->time + c->gw->set.confirm_seconds;
	o->key = key;
	o->ordinal = ordinal;
	return ret == RF_OK ? order_put(c, o) : ret;
}

/*
 * The one place that decides whether an answer is the owner's: the kernel of the
 * device whose code it was has authorised what was shown, @by a key of the same
 * slot and owner. The code's own key may have been overtaken since.
 */
static enum refusal authorised(const struct confirmation *conf, const struct merchant_order *o,
			       const struct device_key *by, const struct device_key *key, const struct account *payee)
{
	if (memcmp(key->device, by->device, sizeof(key->device)) || key->slot != by->slot || key->party != by->party)
		return RF_CONFIRM_OVER;
	if (strcmp(conf->payee, payee->name) || strcmp(conf->currency, o->currency) || conf->amount != o->amount)
		return RF_ORDER_CONFLICT;
	return RF_OK;
}

static enum refusal pay(struct call *c, struct merchant_order *o, const struct device_key *key,
			const struct account *payee)
{
	struct payment p = { .kind = PAYMENT_CODE, .key = key->id, .ordinal = o->ordinal };
	struct account payer;
	enum store_result r = ledger_hold(c, key->party, payee, &payer);
	enum refusal ret, told;

	if (r != STORE_OK)
		return refusal_of_store(r);
	ret = ledger_pay(c, &payer, payee, o->amount, &p);
	if (ret != RF_OK && !ledger_refuses(ret))
		return ret;
	ret = order_end(c, o, ret, p.id);
	if (ret != RF_OK && !ledger_refuses(ret))
		return ret;
	told = notice_order(c, key, o, payee->name);
	return told == RF_OK ? ret : told;
}

/* In the transaction. */
static enum refusal answer(struct call *c, const struct confirmation *conf, const struct device_key *by,
			   struct merchant_order *o)
{
	struct device_key key;
	struct account payee;
	enum store_result r;
	enum refusal ret;

	r = store_order_by_ref(c->st, conf->ref, o);
	if (r == STORE_NONE || (r == STORE_OK && o->kind != ORDER_CODE))
		return RF_CONFIRM_OVER;
	if (r == STORE_OK)
		r = store_key_by_id(c->st, o->key, &key);
	if (r == STORE_OK)
		r = store_device_turn(c->st, key.device);
	if (r == STORE_OK)
		r = store_account_of(c->st, o->merchant, o->currency, &payee);
	if (r != STORE_OK)
		return refusal_of_store(r);
	ret = authorised(conf, o, by, &key, &payee);
	if (ret != RF_OK)
		return ret;
	order_settle(o, call_now(c));
	if (o->state == ORDER_USERPAYING) {
		ret = authorised_fresh(c, &conf->auth);
		if (ret == RF_OK)
			ret = refusal_of_store(key_arrived(c, by));
		if (ret != RF_OK)
			return ret;
	}
	if (o->state == ORDER_USERPAYING && conf->yes)
		return pay(c, o, &key, &payee);
	if (o->state == ORDER_USERPAYING) {
		ret = order_end(c, o, RF_DENIED, "");
		return ret == RF_DENIED ? RF_OK : ret;
	}
	/* Asked again. */
	if (conf->yes && o->state == ORDER_SUCCESS)
		return RF_OK;
	if (!conf->yes && o->state == ORDER_PAYERROR && !strcmp(o->reason, refusal_code(RF_DENIED)))
		return RF_OK;
	if (conf->yes && o->state == ORDER_PAYERROR && ledger_refuses(refusal_by_code(o->reason)))
		return refusal_by_code(o->reason);
	return RF_CONFIRM_OVER;
}

enum refusal confirm_answer(struct call *c, const struct confirmation *conf, struct merchant_order *o)
{
	const struct authorised what = {
		.purpose = conf->yes ? VP_PURPOSE_CONFIRM : VP_PURPOSE_DENY, .amount = conf->amount,
		.currency = conf->currency, .order = conf->ref, .payee = conf->payee,
	};
	struct device_key by;
	enum store_result r;
	enum refusal ret, end;

	ret = authorised_check(c, &conf->auth, &what, &by);
	if (ret != RF_OK)
		return ret;
	r = store_begin(c->st);
	if (r != STORE_OK)
		return refusal_of_store(r);
	memset(o, 0, sizeof(*o));
	ret = answer(c, conf, &by, o);
	if (ret != RF_OK && !ledger_refuses(ret)) {
		store_rollback(c->st);
		return ret;
	}
	end = ledger_committed(store_commit(c->st));
	return end == RF_OK ? ret : end;
}
