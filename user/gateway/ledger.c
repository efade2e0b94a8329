// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "ledger.h"
#include "log.h"
#include "notice.h"
#include "prim_openssl.h"
#include "store_certs.h"

#define EQUITY_NAME	"equity"
#define DAY_SECONDS	86400

enum store_result ledger_hold(struct call *c, long long party, const struct account *payee, struct account *payer)
{
	enum store_result r = STORE_OK;

	/*
	 * A user's row is held from before it is looked at. A merchant's, which many want at
	 * once, is not touched before the money moves. Two users who pay each other do not
	 * wait in a ring: they hold both rows, in the same order.
	 */
	if (payee->kind == PARTY_USER && payee->party < party)
		r = store_account_hold_one(c->st, payee->id);
	if (r == STORE_OK)
		r = store_account_hold(c->st, party, payee->currency, call_now(c) - DAY_SECONDS, payer, 0, NULL);
	if (r == STORE_OK && payee->kind == PARTY_USER && payee->party > party)
		r = store_account_hold_one(c->st, payee->id);
	return r;
}

enum store_result ledger_hold_for(struct call *c, long long party, long long merchant, const char *currency,
				  struct account *payee, struct account *payer)
{
	return store_account_hold(c->st, party, currency, call_now(c) - DAY_SECONDS, payer, merchant, payee);
}

/* Its time in letters, then 96 random bits: those of one month lie together. See schema-postgres.sql. */
static int payment_id(char id[STORE_PAYMENT_LEN + 1], __u64 now)
{
	__u8 random[(STORE_PAYMENT_LEN - 8) / 2];
	int ret = prim_random(random, sizeof(random));

	for (int i = 0; i < 8; i++)
		id[i] = 'A' + (now >> (28 - 4 * i) & 0xf);
	hex_encode(id + 8, random, sizeof(random));
	return ret;
}

bool ledger_refuses(enum refusal r)
{
	return r == RF_NOT_ENOUGH || r == RF_OVER_DAY_LIMIT || r == RF_OVER_LIMIT;
}

bool ledger_needs_owner(const struct call *c, const struct account *payer, long long amount, bool shown)
{
	/* What would be refused all the same is not asked for. */
	if (payer->balance < amount || (payer->per_payment >= 0 && amount > payer->per_payment))
		return false;
	return shown || amount > (payer->confirm_above >= 0 ? payer->confirm_above : c->gw->set.confirm_above);
}

enum refusal ledger_allows(const struct call *c, long long amount, const char *currency)
{
	if (strcmp(currency, c->gw->set.currency))
		return RF_WRONG_CURRENCY;
	if (amount > c->gw->set.max_payment)
		return RF_OVER_LIMIT;
	return RF_OK;
}

static enum refusal spent_twice(void)
{
	/* A key and ordinal that have paid before: the watermark should have stopped it. */
	log_alarm("a code that was below no watermark had paid already");
	return RF_CODE_USED;
}

enum refusal ledger_committed(enum store_result r)
{
	return r == STORE_TAKEN ? spent_twice() : refusal_of_store(r);
}

enum refusal ledger_pay(struct call *c, const struct account *payer, const struct account *payee,
			long long amount, struct payment *p)
{
	long long limit = payer->per_day >= 0 ? payer->per_day : c->gw->set.max_day;
	enum store_result r;

	/*
	 * An order or a name outlives the merchant's leave to call: whoever took the
	 * key made the order, and the money must not follow it. Before what
	 * ledger_refuses(), as it says nothing about the payer.
	 */
	if (payee->revoked) {
		snprintf(c->detail, sizeof(c->detail), "The operator has revoked this payee, who is paid no more. Pay the merchant another way; nothing was paid.");
		return RF_PAYEE_UNKNOWN;
	}
	/* ledger_hold() has it, so it is so until the commit; the database checks again. */
	if (payer->per_payment >= 0 && amount > payer->per_payment)
		return RF_OVER_LIMIT;
	if (payer->balance < amount)
		return RF_NOT_ENOUGH;
	if (limit && payer->spent > limit - amount)
		return RF_OVER_DAY_LIMIT;
	if (payment_id(p->id, call_now(c)))
		return RF_FAILED;
	r = store_pay(c->st, payer->id, payee->id, amount, call_now(c), p);
	if (r == STORE_TAKEN)
		return spent_twice();
	strcpy(p->payer, payer->name);
	strcpy(p->payee, payee->name);
	strcpy(p->currency, payer->currency);
	p->amount = amount;
	p->time = call_now(c);
	c->paid = r == STORE_OK;
	return refusal_of_store(r);
}

enum refusal ledger_give_back(struct call *c, struct refund *b)
{
	__u8 id[STORE_PAYMENT_LEN / 2];
	struct device_key key;
	struct payment p;
	enum store_result r;
	bool told = false;

	if (prim_random(id, sizeof(id)))
		return RF_FAILED;
	hex_encode(b->id, id, sizeof(id));
	b->time = call_now(c);
	r = store_payment_find(c->st, b->payment, &p);
	if (r != STORE_OK)
		return refusal_of_store(r);
	r = notice_whose(c, &p, &key);
	told = r == STORE_OK;
	if (told)
		r = store_device_turn(c->st, key.device);
	/* The customer's row before the merchant's, as a charge has it. */
	if (r <= STORE_NONE)
		r = store_account_hold_one(c->st, p.debit);
	if (r == STORE_OK)
		r = store_transfer(c->st, p.credit, p.debit, b->amount, b->time, &b->transfer);
	if (r == STORE_OK)
		r = store_refund_add(c->st, b);
	c->gave_back = r == STORE_OK;
	if (r != STORE_OK)
		return refusal_of_store(r);
	return told ? notice_refund(c, b, &p, &key) : RF_OK;
}

enum store_result ledger_open_account(struct store *st, enum party_kind kind, const char *name,
				      const char *currency, long long balance, __u64 now,
				      struct account *acc)
{
	struct account equity;
	enum store_result r;
	long long id;

	/* Nobody may be called what opening balances come from. */
	if (!strcmp(name, EQUITY_NAME))
		return STORE_TAKEN;
	r = store_party_add(st, kind, name, currency, acc);
	if (r != STORE_OK || !balance)
		return r;
	r = store_account_by_name(st, EQUITY_NAME, currency, &equity);
	if (r == STORE_NONE)
		r = store_party_add(st, PARTY_EQUITY, EQUITY_NAME, currency, &equity);
	if (r == STORE_OK)
		r = store_transfer(st, equity.id, acc->id, balance, now, &id);
	return r;
}
