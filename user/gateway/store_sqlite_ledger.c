// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite: parties, accounts, transfers. */
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "store_sqlite.h"

static const char *const kind_name[] = {
	[PARTY_USER] = "user", [PARTY_MERCHANT] = "merchant", [PARTY_EQUITY] = "equity",
};

enum store_result store_party_add(struct store *st, enum party_kind kind, const char *name,
				  const char *currency, struct account *acc)
{
	enum store_result r;
	long long party;

	r = sq_run(st, sq(st, "INSERT INTO party (kind, name) VALUES (?1, ?2)", "tt", kind_name[kind], name));
	if (r != STORE_OK)
		return r;
	party = sqlite3_last_insert_rowid(st->db);
	r = sq_run(st, sq(st, "INSERT INTO account (party, currency, overdraft) VALUES (?1, ?2, ?3)", "iti",
			  party, currency, (long long)(kind == PARTY_EQUITY)));
	if (r != STORE_OK)
		return r;
	return store_account_of(st, party, currency, acc);
}

static void read_account(sqlite3_stmt *q, struct account *acc)
{
	char kind[16];

	memset(acc, 0, sizeof(*acc));
	acc->id = sqlite3_column_int64(q, 0);
	acc->party = sqlite3_column_int64(q, 1);
	sq_text(q, 2, kind, sizeof(kind));
	for (int k = PARTY_USER; k <= PARTY_EQUITY; k++)
		if (!strcmp(kind, kind_name[k]))
			acc->kind = k;
	sq_text(q, 3, acc->name, sizeof(acc->name));
	sq_text(q, 4, acc->currency, sizeof(acc->currency));
	acc->balance = sqlite3_column_int64(q, 5);
	acc->confirm_above = sqlite3_column_int64(q, 6);
	acc->per_day = sqlite3_column_int64(q, 7);
	acc->per_payment = sqlite3_column_int64(q, 8);
}

#define ACCOUNT	"SELECT a.id, a.party, p.kind, p.name, a.currency, a.balance, " \
		"coalesce(a.confirm_above, -1), coalesce(a.per_day, -1), coalesce(a.per_payment, -1) " \
		"FROM account a JOIN party p ON p.id = a.party "

static enum store_result one_account(struct store *st, sqlite3_stmt *q, struct account *acc)
{
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK)
		read_account(q, acc);
	return sq_end(q, r);
}

enum store_result store_account_by_name(struct store *st, const char *name, const char *currency,
					struct account *acc)
{
	return one_account(st, sq(st, ACCOUNT "WHERE p.name = ?1 AND a.currency = ?2", "tt", name, currency), acc);
}

enum store_result store_account_of(struct store *st, long long party, const char *currency,
				   struct account *acc)
{
	return one_account(st, sq(st, ACCOUNT "WHERE a.party = ?1 AND a.currency = ?2", "it", party, currency), acc);
}

enum store_result store_merchant_add(struct store *st, struct merchant *m)
{
	char hex[2 * 6 + 1];

	if (!*m->id) {
		hex_encode(hex, m->spki, 6);
		snprintf(m->id, sizeof(m->id), "m%s", hex);
	}
	return sq_run(st, sq(st, "INSERT INTO merchant (party, spki, id) VALUES (?1, ?2, ?3)", "ibt", m->party,
			     m->spki, sizeof(m->spki), m->id));
}

enum store_result store_merchant_find(struct store *st, const __u8 spki[32], struct merchant *m)
{
	sqlite3_stmt *q = sq(st, "SELECT party, id FROM merchant WHERE spki = ?1", "b", spki, (size_t)32);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK) {
		m->party = sqlite3_column_int64(q, 0);
		memcpy(m->spki, spki, sizeof(m->spki));
		sq_text(q, 1, m->id, sizeof(m->id));
	}
	return sq_end(q, r);
}

enum store_result store_account_limits(struct store *st, const struct account *acc)
{
	return sq_run(st, sq(st, "UPDATE account SET confirm_above = nullif(max(?2, -1), -1), "
			     "per_day = nullif(max(?3, -1), -1), per_payment = nullif(max(?4, -1), -1) WHERE id = ?1",
			     "iiii", acc->id, acc->confirm_above, acc->per_day, acc->per_payment));
}

enum store_result store_spent(struct store *st, long long account, __u64 since, long long *sum)
{
	sqlite3_stmt *q = sq(st, "SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit = ?1 AND time > ?2", "ii",
			     account, (long long)since);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK)
		*sum = sqlite3_column_int64(q, 0);
	return sq_end(q, r);
}

enum store_result store_transfer(struct store *st, long long debit, long long credit,
				 long long amount, __u64 now, long long *id)
{
	enum store_result r;

	/* The trigger on transfer writes both entries and moves both balances. */
	r = sq_run(st, sq(st, "INSERT INTO transfer (debit, credit, amount, time) VALUES (?1, ?2, ?3, ?4)", "iiii",
			  debit, credit, amount, (long long)now));
	if (r == STORE_OK)
		*id = sqlite3_last_insert_rowid(st->db);
	return r;
}

enum store_result store_each_account(struct store *st,
				     void (*fn)(void *arg, const struct account *acc), void *arg)
{
	sqlite3_stmt *q = sq(st, ACCOUNT "ORDER BY a.id", "");
	struct account acc;
	enum store_result r;

	while ((r = sq_row(st, q)) == STORE_OK) {
		read_account(q, &acc);
		fn(arg, &acc);
	}
	return sq_end(q, r == STORE_NONE ? STORE_OK : r);
}

static void read_audit(sqlite3_stmt *q, struct audit *audit)
{
	audit->sum = sqlite3_column_int64(q, 0);
	audit->accounts = sqlite3_column_int64(q, 1);
	audit->transfers = sqlite3_column_int64(q, 2);
	audit->entries = sqlite3_column_int64(q, 3);
	audit->wrong = sqlite3_column_int64(q, 4);
}

enum store_result store_audit(struct store *st, struct audit *audit)
{
	/* One statement, so that all figures are of one moment. */
	sqlite3_stmt *q = sq(st,
		"SELECT (SELECT coalesce(sum(amount), 0) FROM entry), (SELECT count(*) FROM account), "
		"(SELECT count(*) FROM transfer), (SELECT count(*) FROM entry), "
		"(SELECT count(*) FROM account a LEFT JOIN "
		"  (SELECT account, sum(amount) AS total FROM entry GROUP BY account) e ON e.account = a.id "
		"  WHERE a.balance <> coalesce(e.total, 0)) + "
		"(SELECT count(*) FROM transfer t WHERE 2 <> (SELECT count(*) FROM entry e WHERE e.transfer = t.id)) + "
		"(SELECT count(*) FROM payment p LEFT JOIN transfer t ON t.id = p.transfer WHERE t.id IS NULL)", "");
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK)
		read_audit(q, audit);
	return sq_end(q, r);
}

/*
 * The accounts that the newest transfers touch are not summed up: one busy
 * merchant's entries are as many as the whole ledger's.
 */
enum store_result store_audit_newest(struct store *st, long long transfers, struct audit *audit)
{
	sqlite3_stmt *q = sq(st,
		"WITH newest AS (SELECT id, debit, credit, amount FROM transfer ORDER BY id DESC LIMIT ?1), "
		"posted AS (SELECT n.*, (SELECT count(*) FROM entry e WHERE e.transfer = n.id) AS entries, "
		"  (SELECT coalesce(sum(e.amount), 0) FROM entry e WHERE e.transfer = n.id) AS total, "
		"  (SELECT e.amount FROM entry e WHERE e.transfer = n.id AND e.account = n.debit) AS out, "
		"  (SELECT e.amount FROM entry e WHERE e.transfer = n.id AND e.account = n.credit) AS into_ FROM newest n) "
		"SELECT coalesce(sum(total), 0), 0, count(*), coalesce(sum(entries), 0), "
		"coalesce(sum(entries <> 2 OR out IS NOT -amount OR into_ IS NOT amount), 0) FROM posted", "i", transfers);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK)
		read_audit(q, audit);
	return sq_end(q, r);
}
