// SPDX-License-Identifier: GPL-2.0-or-later
/* A copy of the database while it is written to, and what a copy that is put back must not believe. */
#include <stdio.h>
#include <stdlib.h>

#include "db.h"
#include "db_postgres.h"
#include "paycode.h"
#include "store_backup.h"
#include "store_schema.h"

/* Above what any gateway can have given away between a copy and its coming back. */
#define NUMBERS_AHEAD	1000000000LL

enum store_result store_backup(struct store *st, const char *path)
{
	enum store_result r = db_run(st, db(st, "VACUUM INTO $1", "t", path));

	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_is_whole(struct store *st)
{
	struct query *q = db(st, "PRAGMA integrity_check(1)", "");
	enum store_result r = db_row(st, q);
	char said[8] = "";

	if (r == STORE_OK)
		db_text(q, 0, said, sizeof(said));
	db_end(q, r);
	if (r == STORE_OK)
		r = db_row(st, q = db(st, "SELECT 1 FROM pragma_foreign_key_check LIMIT 1", ""));
	else
		return r;
	db_end(q, r);
	return r == STORE_NONE && said[0] == 'o' && said[1] == 'k' ? STORE_OK : r > STORE_NONE ? r : STORE_FAILED;
}

static enum store_result lite_ahead(struct store *st, const char *table)
{
	enum store_result r = db_run(st, db(st, "INSERT INTO sqlite_sequence (name, seq) SELECT $1, 0 "
					    "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)", "t", table));

	if (r > STORE_NONE)
		return r;
	return db_run(st, db(st, "UPDATE sqlite_sequence SET seq = seq + $2 WHERE name = $1", "ti", table, NUMBERS_AHEAD));
}

static enum store_result pg_ahead(struct store *st, const char *sequence)
{
	struct query *q = db(st, "SELECT setval($1::text::regclass, nextval($1::text::regclass) + $2)", "ti", sequence, NUMBERS_AHEAD);

	return db_end(q, db_row(st, q));
}

/* Numbers that were given away since are not given away again: codes follow from them. */
enum store_result store_numbers_ahead(struct store *st)
{
	static const char *const lite[] = { "pool", "online_code", "notification" };
	static const char *const pg[] = { "pool_serial_seq", "online_code_number_seq", "notification_number" };
	enum store_result r = STORE_OK;

	for (int i = 0; i < 3 && r <= STORE_NONE; i++)
		r = db_is_postgres(st) ? pg_ahead(st, pg[i]) : lite_ahead(st, lite[i]);
	return r;
}

static enum store_result crl_ahead(struct store *st)
{
	char text[32] = "";
	enum store_result r = store_meta(st, META_CRL_NUMBER, text, sizeof(text));

	if (r != STORE_OK)
		return r;
	snprintf(text, sizeof(text), "%lld", atoll(text) + NUMBERS_AHEAD);
	return store_meta_set(st, META_CRL_NUMBER, text);
}

enum store_result store_guard(struct store *st, __u64 now)
{
	/* The last code of the last step that can have been accepted until now. */
	long long last = (now / PAYCODE_STEP_SECONDS + 1) * PAYCODE_PER_STEP + PAYCODE_PER_STEP - 1;
	enum store_result r;
	char text[32];

	/* All keys that live, in one statement. */
	db_patient(st);
	r = store_begin_alone(st);
	if (r != STORE_OK)
		return r;
	r = db_run(st, db(st, "UPDATE device_key SET watermark = $1 WHERE watermark < $1 AND state <> 'dead'", "i", last));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM pool", ""));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM online_code", ""));
	if (r <= STORE_NONE)
		r = db_run(st, db(st, "DELETE FROM ticket WHERE used IS NULL", ""));
	if (r <= STORE_NONE)
		r = store_numbers_ahead(st);
	if (r <= STORE_NONE)
		r = crl_ahead(st);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)now);
	if (r <= STORE_NONE)
		r = store_meta_set(st, META_RESTORED, text);
	if (r == STORE_OK)
		return store_commit(st);
	store_rollback(st);
	return r;
}

enum store_result store_take_revoked(struct store *st, const char *from, long long *n)
{
	enum store_result r = db_run(st, db(st, "ATTACH $1 AS was", "t", from));
	struct query *q;

	*n = 0;
	if (r > STORE_NONE)
		return r;
	r = store_begin(st);
	if (r == STORE_OK)
		r = db_exec(st, "INSERT OR IGNORE INTO main.revoked (peer, since, reason) SELECT peer, since, reason FROM was.revoked");
	if (r == STORE_OK) {
		q = db(st, "SELECT changes()", "");
		if (db_row(st, q) == STORE_OK)
			*n = db_int(q, 0);
		db_end(q, STORE_OK);
		r = store_commit(st);
	} else {
		store_rollback(st);
	}
	db_exec(st, "DETACH was");
	return r;
}
