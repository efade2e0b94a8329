// SPDX-License-Identifier: GPL-2.0-or-later
/* parties, accounts, transfers. */
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "db.h"

static const char *const kind_name[] = {
	[PARTY_USER] = "user", [PARTY_MERCHANT] = "merchant", [PARTY_EQUITY] = "equity",
};

enum store_result store_party_add(struct store *st, enum party_kind kind, const char *name,
				  const char *currency, struct account *acc)
{
	enum store_result r;
	long long party;

	r = db_taken(db_insert(st, db(st, "INSERT INTO party (kind, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id",
				      "tt", kind_name[kind], name), &party));
	if (r != STORE_OK)
		return r;
	r = db_run(st, db(st, "INSERT INTO account (party, currency, overdraft) VALUES ($1, $2, $3)", "iti",
			  party, currency, (long long)(kind == PARTY_EQUITY)));
	if (r != STORE_OK)
		return r;
	return store_account_of(st, party, currency, acc);
}

static void read_account(struct query *q, struct account *acc)
{
	char kind[16];

	memset(acc, 0, sizeof(*acc));
	acc->id = db_int(q, 0);
	acc->party = db_int(q, 1);
	db_text(q, 2, kind, sizeof(kind));
	for (int k = PARTY_USER; k <= PARTY_EQUITY; k++)
		if (!strcmp(kind, kind_name[k]))
			acc->kind = k;
	db_text(q, 3, acc->name, sizeof(acc->name));
	db_text(q, 4, acc->currency, sizeof(acc->currency));
	acc->balance = db_int(q, 5);
	acc->confirm_above = db_int(q, 6);
	acc->per_day = db_int(q, 7);
	acc->per_payment = db_int(q, 8);
}

#define ACCOUNT	"SELECT a.id, a.party, p.kind, p.name, a.currency, a.balance, " \
		"coalesce(a.confirm_above, -1), coalesce(a.per_day, -1), coalesce(a.per_payment, -1) " \
		"FROM account a JOIN party p ON p.id = a.party "

static enum store_result one_account(struct store *st, struct query *q, struct account *acc)
{
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_account(q, acc);
	return db_end(q, r);
}

enum store_result store_account_by_name(struct store *st, const char *name, const char *currency,
					struct account *acc)
{
	return one_account(st, db(st, ACCOUNT "WHERE p.name = $1 AND a.currency = $2", "tt", name, currency), acc);
}

enum store_result store_account_of(struct store *st, long long party, const char *currency,
				   struct account *acc)
{
	return one_account(st, db(st, ACCOUNT "WHERE a.party = $1 AND a.currency = $2", "it", party, currency), acc);
}

enum store_result store_merchant_add(struct store *st, struct merchant *m)
{
	char hex[2 * 6 + 1];

	if (!*m->id) {
		hex_encode(hex, m->spki, 6);
		snprintf(m->id, sizeof(m->id), "m%s", hex);
	}
	return db_run(st, db(st, "INSERT INTO merchant (party, spki, id) VALUES ($1, $2, $3)", "ibt", m->party,
			     m->spki, sizeof(m->spki), m->id));
}

enum store_result store_merchant_find(struct store *st, const __u8 spki[32], struct merchant *m)
{
	struct query *q = db(st, "SELECT party, id FROM merchant WHERE spki = $1", "b", spki, (size_t)32);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK) {
		m->party = db_int(q, 0);
		memcpy(m->spki, spki, sizeof(m->spki));
		db_text(q, 1, m->id, sizeof(m->id));
	}
	return db_end(q, r);
}

enum store_result store_account_limits(struct store *st, const struct account *acc)
{
	return db_run(st, db(st, "UPDATE account SET confirm_above = nullif(max($2, -1), -1), "
			     "per_day = nullif(max($3, -1), -1), per_payment = nullif(max($4, -1), -1) WHERE id = $1",
			     "iiii", acc->id, acc->confirm_above, acc->per_day, acc->per_payment));
}

enum store_result store_spent(struct store *st, long long account, __u64 since, long long *sum)
{
	struct query *q = db(st, "SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit = $1 AND time > $2", "ii",
			     account, (long long)since);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		*sum = db_int(q, 0);
	return db_end(q, r);
}

enum store_result store_transfer(struct store *st, long long debit, long long credit,
				 long long amount, __u64 now, long long *id)
{
	/* The trigger on transfer writes both entries and moves both balances. */
	return db_insert(st, db(st, "INSERT INTO transfer (debit, credit, amount, time) VALUES ($1, $2, $3, $4) RETURNING id",
				"iiii", debit, credit, amount, (long long)now), id);
}

enum store_result store_each_account(struct store *st,
				     void (*fn)(void *arg, const struct account *acc), void *arg)
{
	struct query *q = db(st, ACCOUNT "ORDER BY a.id", "");
	struct account acc;
	enum store_result r;

	while ((r = db_row(st, q)) == STORE_OK) {
		read_account(q, &acc);
		fn(arg, &acc);
	}
	return db_end(q, r == STORE_NONE ? STORE_OK : r);
}

static void read_audit(struct query *q, struct audit *audit)
{
	audit->sum = db_int(q, 0);
	audit->accounts = db_int(q, 1);
	audit->transfers = db_int(q, 2);
	audit->entries = db_int(q, 3);
	audit->wrong = db_int(q, 4);
}

enum store_result store_audit(struct store *st, struct audit *audit)
{
	/* One statement, so that all figures are of one moment. */
	struct query *q = db(st,
		"SELECT (SELECT coalesce(sum(amount), 0) FROM entry), (SELECT count(*) FROM account), "
		"(SELECT count(*) FROM transfer), (SELECT count(*) FROM entry), "
		"(SELECT count(*) FROM account a LEFT JOIN "
		"  (SELECT account, sum(amount) AS total FROM entry GROUP BY account) e ON e.account = a.id "
		"  WHERE a.balance <> coalesce(e.total, 0)) + "
		"(SELECT count(*) FROM transfer t WHERE 2 <> (SELECT count(*) FROM entry e WHERE e.transfer = t.id)) + "
		"(SELECT count(*) FROM payment p LEFT JOIN transfer t ON t.id = p.transfer WHERE t.id IS NULL)", "");
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_audit(q, audit);
	return db_end(q, r);
}

/*
 * The accounts that the newest transfers touch are not summed up: one busy
 * merchant's entries are as many as the whole ledger's.
 */
enum store_result store_audit_newest(struct store *st, long long transfers, struct audit *audit)
{
	struct query *q = db(st,
		"WITH newest AS (SELECT id, debit, credit, amount FROM transfer ORDER BY id DESC LIMIT $1), "
		"posted AS (SELECT n.*, (SELECT count(*) FROM entry e WHERE e.transfer = n.id) AS entries, "
		"  (SELECT coalesce(sum(e.amount), 0) FROM entry e WHERE e.transfer = n.id) AS total, "
		"  (SELECT e.amount FROM entry e WHERE e.transfer = n.id AND e.account = n.debit) AS out, "
		"  (SELECT e.amount FROM entry e WHERE e.transfer = n.id AND e.account = n.credit) AS into_ FROM newest n) "
		"SELECT coalesce(sum(total), 0), 0, count(*), coalesce(sum(entries), 0), "
		"coalesce(sum(entries <> 2 OR out IS NOT -amount OR into_ IS NOT amount), 0) FROM posted", "i", transfers);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		read_audit(q, audit);
	return db_end(q, r);
}
