// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An older database is copied into a new one, table by table, under the new
 * one's constraints and triggers. The ledger is not copied but posted again
 * from its transfers, and must come out the same: a database that was damaged
 * does not become a good one of a newer version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "schema.h"
#include "store_schema.h"
#include "db.h"

/* In an order in which what is referred to is there before. */
static const struct table {
	const char *name;
	/* What a column that the old one lacks is filled with; else its default. */
	struct {
		const char *column, *value;
	} fill[3];
	const char *zero;	/* a column that starts at 0, as posting fills it */
	const char *split;	/* the old table that held its columns before it was there */
	const char *where;	/* rows that are of use still */
} tables[] = {
	{ "party" },
	{ "merchant", { { "id", "'m' || lower(hex(substr(spki, 1, 6)))" } } },
	{ "account", .zero = "balance" },
	{ "transfer" },
	/* Up to version 2 they were kept under another name: good for minutes, so the user asks for another. */
	{ "ticket", .where = "length(id) = 32" },
	{ "device_key" },
	{ "agreement", { { "key", "id" } }, .split = "device_key" },
	{ "alias" },
	{ "payment" },
	{ "merchant_order", { { "kind", "'code'" } } },
	{ "refund" },
	{ "voice_order" },
	{ "voice_token" },
	{ "pool" },
	{ "online_code" },
	{ "authorisation" },
	{ "alarm" },
	{ "notification" },
	{ "certificate" },
	{ "revoked" },
};

/* Where the rows come from; NULL: nowhere, it is a table of later days. */
static const char *source_of(struct store *st, const struct table *t)
{
	const char *from[] = { t->name, t->split };

	for (int i = 0; i < 2 && from[i]; i++) {
		struct query *q = db(st, "SELECT 1 FROM pragma_table_info($1, 'old')", "t", from[i]);

		if (db_end(q, db_row(st, q)) == STORE_OK)
			return from[i];
	}
	return NULL;
}

static bool old_has(struct store *st, const char *table, const char *column)
{
	struct query *q = db(st, "SELECT 1 FROM pragma_table_info($1, 'old') WHERE name = $2", "tt", table, column);

	return db_end(q, db_row(st, q)) == STORE_OK;
}

static const char *value_of(struct store *st, const struct table *t, const char *source,
			    const char *column)
{
	if (t->zero && !strcmp(t->zero, column))
		return "0";
	if (old_has(st, source, column))
		return column;
	for (int i = 0; i < 3 && t->fill[i].column; i++)
		if (!strcmp(t->fill[i].column, column))
			return t->fill[i].value;
	return NULL;
}

/* INSERT INTO t (columns) SELECT values FROM old.t */
static enum store_result copy_table(struct store *st, const struct table *t)
{
	char into[1024] = "", from[1024] = "", sql[2700], column[64];
	const char *source = source_of(st, t);
	enum store_result r;
	struct query *q;
	size_t n;

	if (!source)
		return STORE_OK;
	q = db(st, "SELECT name FROM pragma_table_info($1, 'main')", "t", t->name);
	for (n = 0; (r = db_row(st, q)) == STORE_OK; n++) {
		const char *value;

		db_text(q, 0, column, sizeof(column));
		value = value_of(st, t, source, column);
		if (!value)
			continue;
		snprintf(into + strlen(into), sizeof(into) - strlen(into), "%s%s", *into ? ", " : "", column);
		snprintf(from + strlen(from), sizeof(from) - strlen(from), "%s%s", *from ? ", " : "", value);
	}
	db_end(q, r);
	if (r != STORE_NONE || !n)
		return STORE_FAILED;
	snprintf(sql, sizeof(sql), "INSERT INTO main.%s (%s) SELECT %s FROM old.%s WHERE %s ORDER BY 1", t->name, into, from,
		 source, t->where ?: "1");
	return db_exec(st, sql);
}

/* Nothing may differ: the same entries, the same balances, as many rows of each. */
static enum store_result compare(struct store *st)
{
	enum store_result r;
	struct audit audit;
	struct query *q;
	long long wrong = 0;

	q = db(st, "SELECT (SELECT count(*) FROM (SELECT * FROM main.entry EXCEPT SELECT * FROM old.entry)) + "
		   "(SELECT count(*) FROM (SELECT * FROM old.entry EXCEPT SELECT * FROM main.entry)) + "
		   "(SELECT count(*) FROM main.account m JOIN old.account o ON o.id = m.id WHERE o.balance <> m.balance)", "");
	r = db_row(st, q);
	if (r == STORE_OK)
		wrong = db_int(q, 0);
	db_end(q, r);
	for (size_t i = 0; r == STORE_OK && i < sizeof(tables) / sizeof(tables[0]); i++) {
		const char *source = source_of(st, &tables[i]);
		struct query *raw;
		char sql[200];

		if (!source)
			continue;
		snprintf(sql, sizeof(sql), "SELECT (SELECT count(*) FROM main.%s) <> (SELECT count(*) FROM old.%s WHERE %s)",
			 tables[i].name, source, tables[i].where ?: "1");
		raw = db(st, sql, "!");
		r = db_row(st, raw);
		if (r == STORE_OK)
			wrong += db_int(raw, 0);
		db_end(raw, r);
	}
	if (r == STORE_OK)
		r = store_audit(st, &audit);
	if (r == STORE_OK && (wrong || audit.sum || audit.wrong)) {
		log_error("database: the ledger, posted again, is not what it was: nothing was changed; see \"voicepay-gateway ledger\" of the old program");
		r = STORE_FAILED;
	}
	return r;
}

static enum store_result copy_all(struct store *st, const char *path)
{
	enum store_result r = db_run(st, db(st, "ATTACH $1 AS old", "t", path));

	if (r > STORE_NONE)
		return r;
	r = db_exec(st, "BEGIN IMMEDIATE");
	for (size_t i = 0; r == STORE_OK && i < sizeof(tables) / sizeof(tables[0]); i++)
		r = copy_table(st, &tables[i]);
	if (r == STORE_OK)
		r = compare(st);
	if (r == STORE_OK)
		r = db_exec(st, "COMMIT");
	/* Nothing may be left in a journal that is not renamed with its file. */
	if (r == STORE_OK)
		r = db_exec(st, "DETACH old; PRAGMA journal_mode = DELETE");
	return r;
}

/* The old file whole, without a journal beside it; its version. */
static enum store_result settle(const char *path, int *version)
{
	struct store *st;
	enum store_result r = db_sqlite_open(&st, path);

	if (r != STORE_OK)
		return r;
	*version = store_version(st);
	if (*version == SCHEMA_VERSION) {
		r = STORE_NONE;
	} else if (*version < 1 || *version > SCHEMA_VERSION) {
		log_error("database: version %d is not one that this program can bring to %d", *version, SCHEMA_VERSION);
		r = STORE_FAILED;
	} else {
		r = db_exec(st, "PRAGMA journal_mode = DELETE");
	}
	store_close(st);
	return r;
}

enum store_result store_migrate(const char *path, const char *to, int *version)
{
	enum store_result r = settle(path, version);
	struct store *st;

	if (r != STORE_OK)
		return r;
	r = store_open(&st, to, true);
	if (r != STORE_OK)
		return r;
	r = copy_all(st, path);
	store_close(st);
	if (r != STORE_OK)
		unlink(to);
	return r;
}
