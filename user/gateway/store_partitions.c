// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PostgreSQL: what grows with payments lies in partitions, one for each month of
 * UTC, made ahead of their time. What belongs in none of them, as rows that were
 * imported, is in the default partition.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db_postgres.h"
#include "log.h"
#include "store_schema.h"

#define AHEAD	3	/* months that are there besides this one */

#define META_PARTITIONS	"partitions"	/* the last month there are some for, as YYYYMM; "none": not here */

/* Those that were made before they had rights of their own have them now. */
#define META_CLOSED	"partitions-closed"

static const char *const tables[] = { "transfer", "payment", "spent", "notification" };
#define TABLES	(sizeof(tables) / sizeof(tables[0]))

/* A month is a number: years * 12 + months. */
static long long month_of(__u64 now)
{
	time_t t = now;
	struct tm tm;

	gmtime_r(&t, &tm);
	return (tm.tm_year + 1900) * 12LL + tm.tm_mon;
}

static __u64 begin_of(long long month)
{
	struct tm tm = { .tm_year = (int)(month / 12) - 1900, .tm_mon = (int)(month % 12), .tm_mday = 1 };

	return timegm(&tm);
}

/* Where the month that begins at @t begins in a table's key; see schema-postgres.sql. */
static void bound(char out[40], const char *table, __u64 t)
{
	if (!strcmp(table, "transfer")) {
		snprintf(out, 40, "%llu", (unsigned long long)t * 2097152);
	} else if (!strcmp(table, "spent")) {
		snprintf(out, 40, "%llu", (unsigned long long)t / 30 * 10);
	} else if (!strcmp(table, "notification")) {
		snprintf(out, 40, "%llu", (unsigned long long)t);
	} else {
		char *p = out;

		*p++ = '\'';
		for (int shift = 28; shift >= 0; shift -= 4)
			*p++ = 'A' + (t >> shift & 0xf);
		strcpy(p, "'");
	}
}

/*
 * A partition can be written to by its own name, and has rights of its own: what may not be done to
 * the table may not be done to it. The gateway names the table alone, whose rights count then.
 */
static enum store_result make(struct store *st, const char *table, const char *what)
{
	char sql[300];
	enum store_result r;

	snprintf(sql, sizeof(sql), "CREATE TABLE IF NOT EXISTS %s", what);
	r = db_exec(st, sql);
	if (r != STORE_OK || !strcmp(table, "notification"))
		return r;
	snprintf(sql, sizeof(sql), "REVOKE %sDELETE, TRUNCATE ON %.*s FROM CURRENT_USER", strcmp(table, "spent") ? "UPDATE, " : "",
		 (int)strcspn(what, " "), what);
	return db_exec(st, sql);
}

static enum store_result make_month(struct store *st, long long month)
{
	char what[200], from[40], to[40];
	enum store_result r = STORE_OK;

	for (size_t i = 0; i < TABLES && r == STORE_OK; i++) {
		bound(from, tables[i], begin_of(month));
		bound(to, tables[i], begin_of(month + 1));
		snprintf(what, sizeof(what), "%s_%04lld%02lld PARTITION OF %s FOR VALUES FROM (%s) TO (%s)",
			 tables[i], month / 12, month % 12 + 1, tables[i], from, to);
		r = make(st, tables[i], what);
	}
	return r;
}

static enum store_result note(struct store *st, long long month)
{
	char text[32];

	snprintf(text, sizeof(text), "%04lld%02lld", month / 12, month % 12 + 1);
	return store_meta_set(st, META_PARTITIONS, text);
}

static enum store_result make_up_to(struct store *st, long long from, long long to)
{
	/* Of two gateways that do it one waits, and finds it done. */
	enum store_result r = store_begin(st);

	/*
	 * A new partition waits for all who read the table, a long export perhaps, and whoever pays
	 * waits behind it: so not for long. There is another try in an hour, and months to spare.
	 */
	if (r == STORE_OK)
		r = db_exec(st, "SET LOCAL lock_timeout = '1s'");
	for (long long m = from; m <= to && r == STORE_OK; m++)
		r = make_month(st, m);
	if (r == STORE_OK)
		r = note(st, to);
	if (r == STORE_OK)
		return store_commit(st);
	store_rollback(st);
	return r;
}

/* As make() does, once, for what a gateway of an earlier version has made. */
static enum store_result close_those_there(struct store *st)
{
	static const char all[] =
		"DO $$ DECLARE child record; BEGIN "
		"FOR child IN SELECT i.inhrelid::regclass AS name, p.relname <> 'spent' AS fixed FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent "
		"WHERE p.oid IN (to_regclass('transfer'), to_regclass('payment'), to_regclass('spent')) LOOP "
		"EXECUTE format('REVOKE %sDELETE, TRUNCATE ON %s FROM CURRENT_USER', CASE WHEN child.fixed THEN 'UPDATE, ' ELSE '' END, child.name); "
		"END LOOP; END $$";
	enum store_result r = store_begin(st);

	/* Of two gateways that do it one waits here, and finds it done. */
	if (r == STORE_OK)
		r = db_run(st, db(st, "INSERT INTO meta (name, value) VALUES ('" META_CLOSED "', '1') ON CONFLICT DO NOTHING", ""));
	if (r == STORE_OK)
		r = db_exec(st, all);
	if (r == STORE_OK)
		return store_commit(st);
	store_rollback(st);
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_partitions(struct store *st, __u64 now)
{
	long long want = month_of(now) + AHEAD, have, from;
	char text[32] = "", yes[4];
	enum store_result r, closed;

	if (!db_is_postgres(st))
		return STORE_OK;
	r = store_meta(st, META_PARTITIONS, text, sizeof(text));
	if (r > STORE_NONE || !strcmp(text, "none"))
		return r > STORE_NONE ? r : STORE_OK;
	closed = store_meta(st, META_CLOSED, yes, sizeof(yes));
	if (closed == STORE_NONE)
		closed = close_those_there(st);
	/* What cannot be had is no reason to be without the months to come. */
	if (closed == STORE_AGAIN)
		return closed;
	have = atoll(text) / 100 * 12 + atoll(text) % 100 - 1;
	if (r == STORE_OK && have >= want)
		return closed;
	/* A gateway that slept for a year makes none for what has passed. */
	from = r == STORE_OK && have + 1 > month_of(now) ? have + 1 : month_of(now);
	r = make_up_to(st, from, want);
	/* A month that has begun in the partition for everything else stays there. */
	if (r == STORE_FAILED && from == month_of(now))
		r = make_up_to(st, from + 1, want);
	return r == STORE_OK ? closed : r;
}

/* Within the transaction that makes the schema. */
enum store_result store_partitions_default(struct store *st, bool can)
{
	char what[80];
	enum store_result r = can ? STORE_OK : store_meta_set(st, META_PARTITIONS, "none");

	for (size_t i = 0; can && i < TABLES && r == STORE_OK; i++) {
		snprintf(what, sizeof(what), "%s_other PARTITION OF %s DEFAULT", tables[i], tables[i]);
		r = make(st, tables[i], what);
	}
	return r;
}

/* There is only one way to know. */
bool store_partitions_can(struct store *st)
{
	struct query *q;
	bool can = false;

	if (store_begin(st) != STORE_OK)
		return false;
	/* PostgreSQL's own know it by this table; others take the syntax for something else. */
	q = db(st, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'pg_catalog' AND table_name = 'pg_partitioned_table'", "");
	if (db_end(q, db_row(st, q)) == STORE_OK)
		can = db_exec(st, "CREATE TABLE voicepay_probe (a BIGINT) PARTITION BY RANGE (a)") == STORE_OK &&
		      db_exec(st, "CREATE TABLE voicepay_probe_1 PARTITION OF voicepay_probe FOR VALUES FROM (1) TO (2)") == STORE_OK;
	store_rollback(st);
	return can;
}
