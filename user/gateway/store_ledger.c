// SPDX-License-Identifier: GPL-2.0-or-later
/* parties, accounts, transfers. */
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "db_postgres.h"
#include "store_schema.h"

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
	acc->revoked = db_int(q, 9);
}

#define ACCOUNT	"SELECT a.id, a.party, p.kind, p.name, a.currency, a.balance, " \
		"coalesce(a.confirm_above, -1), coalesce(a.per_day, -1), coalesce(a.per_payment, -1), " \
		"EXISTS (SELECT 1 FROM merchant m JOIN revoked r ON r.peer = substr(m.spki, 1, 16) WHERE m.party = a.party) " \
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

/* Another text than store_account_of()'s, as both are under way at once. */
#define OTHER		ACCOUNT "WHERE a.currency = $2 AND a.party = $1"
#define SPENT		"SELECT coalesce(sum(amount), 0) FROM transfer WHERE " \
			"debit = (SELECT id FROM account WHERE party = $1 AND currency = $2) AND time > $3"
/* The numbers name the partitions; those below 2^40 are from before there were any. */
#define RECENTLY	" AND (id >= ($3 - 86400) * " TRANSFERS_A_SECOND " OR id < 1099511627776)"

/* All three are asked before the first answer is read. The sum sees what was committed while the row was waited for. */
enum store_result store_account_hold(struct store *st, long long party, const char *currency, __u64 since,
				     struct account *acc, long long other_party, struct account *other)
{
	struct query *o = other ? db(st, OTHER, "it", other_party, currency) : NULL;
	struct query *a = db(st, ACCOUNT "WHERE a.party = $1 AND a.currency = $2 FOR NO KEY UPDATE OF a", "it", party, currency);
	struct query *sum = db(st, db_sql(st, SPENT, SPENT RECENTLY), "iti", party, currency, (long long)since);
	enum store_result r = STORE_OK;

	if (other)
		r = one_account(st, o, other);
	if (r == STORE_OK)
		r = one_account(st, a, acc);
	else
		db_end(a, r);
	if (r == STORE_OK)
		r = db_row(st, sum);
	if (r == STORE_OK)
		acc->spent = db_int(sum, 0);
	return db_end(sum, r);
}

enum store_result store_account_hold_one(struct store *st, long long account)
{
	struct query *q = db(st, "SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", "i", account);

	return db_end(q, db_row(st, q));
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
	return db_run(st, db(st, "UPDATE account SET confirm_above = CASE WHEN $2 >= 0 THEN $2 END, "
			     "per_day = CASE WHEN $3 >= 0 THEN $3 END, per_payment = CASE WHEN $4 >= 0 THEN $4 END WHERE id = $1",
			     "iiii", acc->id, acc->confirm_above, acc->per_day, acc->per_payment));
}

/* By the database's clock, which all gateways share: what comes later has the higher number. */
#define INSERT_TRANSFER \
	"INSERT INTO transfer (id, debit, credit, currency, amount, time) " \
	"SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT) * " TRANSFERS_A_SECOND " + " \
	"nextval('transfer_number') % " TRANSFERS_A_SECOND ", $1, $2, a.currency, $3, $4 FROM account a WHERE a.id = $1 "
/* Without the transfer there is no account of that number. */
#define MOVE_BALANCES \
	"b AS (UPDATE account SET balance = balance + CASE WHEN id = $1 THEN -$3 ELSE $3 END WHERE id IN ($1, $2)) "

enum store_result store_transfer(struct store *st, long long debit, long long credit,
				 long long amount, __u64 now, long long *id)
{
	if (db_is_postgres(st))
		return db_insert(st, db(st, "WITH t AS (" INSERT_TRANSFER "RETURNING id), " MOVE_BALANCES "SELECT id FROM t",
					"iiii", debit, credit, amount, (long long)now), id);
	/* The trigger on transfer writes both entries and moves both balances. */
	return db_insert(st, db(st, "INSERT INTO transfer (debit, credit, amount, time) VALUES ($1, $2, $3, $4) RETURNING id",
				"iiii", debit, credit, amount, (long long)now), id);
}

enum store_result store_pay(struct store *st, long long debit, long long credit, long long amount, __u64 now,
			    const struct payment *p)
{
	enum store_result r;
	long long id;

	/* One statement, and nothing that the caller has to know: it goes with the commit. */
	if (db_is_postgres(st))
		return db_later(st, db(st, "WITH t AS (" INSERT_TRANSFER "RETURNING id), " MOVE_BALANCES ", "
				       "s AS (INSERT INTO spent (key, ordinal) SELECT $7, $8 WHERE $8 <> 0) "
				       "INSERT INTO payment (id, kind, transfer, key, ordinal) "
				       "SELECT $5, $6, t.id, nullif($7, 0), nullif($8, 0) FROM t", "iiiittii", debit, credit, amount,
				       (long long)now, p->id, store_payment_kinds[p->kind], p->key, (long long)p->ordinal), STORE_TAKEN);
	r = store_transfer(st, debit, credit, amount, now, &id);
	if (r != STORE_OK)
		return r;
	/* No key and no code have the number 0. */
	return db_run(st, db(st, "INSERT INTO payment (id, kind, transfer, key, ordinal) "
			     "VALUES ($1, $2, $3, nullif($4, 0), nullif($5, 0))", "ttiii",
			     p->id, store_payment_kinds[p->kind], id, p->key, (long long)p->ordinal));
}

enum store_result store_each_account(struct store *st,
				     void (*fn)(void *arg, const struct account *acc), void *arg)
{
	struct query *q = db(st, ACCOUNT "ORDER BY a.id", "*");
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
	struct query *q;
	enum store_result r;

	/* It takes what the ledger is long. */
	db_patient(st);
	/* One statement, so that all figures are of one moment. */
	q = db(st, db_sql(st,
		"SELECT (SELECT coalesce(sum(amount), 0) FROM entry), (SELECT count(*) FROM account), "
		"(SELECT count(*) FROM transfer), (SELECT count(*) FROM entry), "
		"(SELECT count(*) FROM account a LEFT JOIN "
		"  (SELECT account, sum(amount) AS total FROM entry GROUP BY account) e ON e.account = a.id "
		"  WHERE a.balance <> coalesce(e.total, 0)) + "
		"(SELECT count(*) FROM transfer t WHERE 2 <> (SELECT count(*) FROM entry e WHERE e.transfer = t.id)) + "
		"(SELECT count(*) FROM payment p LEFT JOIN transfer t ON t.id = p.transfer WHERE t.id IS NULL)",
		/* Entries are the transfers themselves there; that two payments share one is what could be wrong. */
		"SELECT (SELECT coalesce(sum(amount), 0) FROM entry), (SELECT count(*) FROM account), "
		"(SELECT count(*) FROM transfer), (SELECT 2 * count(*) FROM transfer), "
		"(SELECT count(*) FROM account a LEFT JOIN "
		"  (SELECT account, sum(amount) AS total FROM entry GROUP BY account) e ON e.account = a.id "
		"  WHERE a.balance <> coalesce(e.total, 0)) + "
		"(SELECT count(*) - count(DISTINCT transfer) FROM payment) + "
		"(SELECT count(*) FROM (SELECT key, ordinal FROM payment WHERE ordinal IS NOT NULL "
		"  GROUP BY key, ordinal HAVING count(*) > 1) d)"), "");
	r = db_row(st, q);
	if (r == STORE_OK)
		read_audit(q, audit);
	return db_end(q, r);
}

/*
 * The accounts that the newest transfers touch are not summed up: one busy
 * merchant's entries are as many as the whole ledger's.
 */
#define LITE_NEWEST \
	"WITH newest AS (SELECT id, debit, credit, amount FROM transfer ORDER BY id DESC LIMIT $1), " \
	"posted AS (SELECT n.*, (SELECT count(*) FROM entry e WHERE e.transfer = n.id) AS entries, " \
	"  (SELECT coalesce(sum(e.amount), 0) FROM entry e WHERE e.transfer = n.id) AS total, " \
	"  (SELECT e.amount FROM entry e WHERE e.transfer = n.id AND e.account = n.debit) AS out, " \
	"  (SELECT e.amount FROM entry e WHERE e.transfer = n.id AND e.account = n.credit) AS into_ FROM newest n) " \
	"SELECT coalesce(sum(total), 0), 0, count(*), coalesce(sum(entries), 0), " \
	"coalesce(sum(CASE WHEN entries <> 2 OR out IS DISTINCT FROM -amount OR into_ IS DISTINCT FROM amount THEN 1 ELSE 0 END), 0) " \
	"FROM posted"

/* Its second in letters, as a payment's id begins with it. */
#define LETTERS(time)	"translate(lpad(to_hex(" time "), 8, '0'), '0123456789abcdef', 'ABCDEFGHIJKLMNOP')"

/*
 * There, an entry cannot be without its other side. What no constraint forbids: a transfer that is no payment,
 * no refund and no opening balance; two payments of one transfer; a payment that is not what its order says;
 * balances that do not make zero together, which is looked at where there are not too many. A transfer has its
 * payment's time, by which that is found; not those of before 2^40, which were imported. Imported payments, whose
 * hex digits are above all letters, were looked at when they came, and nobody may write to them: they
 * are for store_audit(). The number is
 * written into the text: a plan for any number would read all of the orders.
 */
#define PG_NEWEST \
	"WITH newest AS (SELECT id, debit, time FROM transfer ORDER BY id DESC LIMIT %lld), " \
	"recent AS (SELECT min(time) AS first, max(time) AS last FROM newest WHERE id >= 1099511627776), " \
	"beside AS (SELECT transfer FROM payment WHERE id >= (SELECT " LETTERS("first") " FROM recent) AND " \
	"  id < (SELECT " LETTERS("last + 1") " FROM recent)), " \
	"paid AS (SELECT id, kind, transfer FROM payment WHERE id < 'Q' ORDER BY id DESC LIMIT %lld) " \
	"SELECT (SELECT coalesce(sum(balance), 0) FROM account WHERE (SELECT count(*) FROM (SELECT 1 FROM account LIMIT 100001) a) <= 100000), " \
	"0, (SELECT count(*) FROM newest), (SELECT 2 * count(*) FROM newest), " \
	"(SELECT count(*) FROM newest n JOIN account a ON a.id = n.debit JOIN party p ON p.id = a.party " \
	"  WHERE n.id >= 1099511627776 AND p.kind <> 'equity' AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.transfer = n.id) AND " \
	"  NOT EXISTS (SELECT 1 FROM beside b WHERE b.transfer = n.id)) + " \
	"(SELECT count(*) - count(DISTINCT transfer) FROM paid) + " \
	"(SELECT count(*) FROM paid p JOIN transfer t ON t.id = p.transfer JOIN account a ON a.id = t.credit " \
	"  LEFT JOIN merchant_order o ON o.payment = p.id LEFT JOIN voice_order v ON v.payment = p.id " \
	"  WHERE CASE WHEN p.kind = 'voice' THEN v.payment IS NULL ELSE o.payment IS NULL OR o.amount <> t.amount OR " \
	"  o.currency <> t.currency OR o.merchant <> a.party OR o.state NOT IN ('SUCCESS', 'REVOKED') END)"

enum store_result store_audit_newest(struct store *st, long long transfers, struct audit *audit)
{
	char sql[sizeof(PG_NEWEST) + 40];
	struct query *q;
	enum store_result r;

	snprintf(sql, sizeof(sql), PG_NEWEST, transfers, transfers);
	q = db_is_postgres(st) ? db(st, sql, "!") : db(st, LITE_NEWEST, "i", transfers);
	r = db_row(st, q);
	if (r == STORE_OK)
		read_audit(q, audit);
	return db_end(q, r);
}
