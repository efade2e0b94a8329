// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The database is filled by SQL: rows of the usual size, eight aliases each; PostgreSQL by COPY. The
 * indexes by which a code is not found are left out: room on the disk, and the same work. Keys
 * that are not asked for are random bytes instead of sealed keys.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hex.h"
#include "identify.h"
#include "many_keys.h"
#include "prim_openssl.h"
#include "db_sqlite.h"

#define ALIASES		8
#define PROBES		2000
#define SEALED		20000	/* more than SQLite keeps the pages of */

/* Of so many keys one is sealed. */
static long long step_of(long long keys)
{
	return keys > SEALED ? keys / SEALED : 1;
}

/* The @i-th of @keys, counted from 1: sealed if it is one that is asked for, else a piece of @noise. */
static void nth_key(struct world *w, long long keys, long long i, const __u8 noise[512], struct device_key *key)
{
	struct vp_root_keys roots;
	struct row_name row;

	for (int b = 0; b < 8; b++)
		key->device[b] = i >> (56 - 8 * b);
	if (i % step_of(keys)) {
		memcpy(key->sealed, noise + i % 256, key->sealed_len);
		return;
	}
	row = row_of_key(key->device, 0, 1);
	memset(&roots, i, sizeof(roots));
	assert_int_equal(keystore_seal(&w->gw.keys, row.bytes, row.len, (__u8 *)&roots, sizeof(roots), key->sealed), 0);
}

double many_keys_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void sql(struct store *st, const char *text)
{
	char *err = NULL;

	if (sqlite3_exec(db_sqlite(st), text, NULL, NULL, &err) != SQLITE_OK)
		fail_msg("%s: %s", text, err);
}

/* Aliases rise from row to row, so that a large table is written from front to end; keys do not. */
static void alias_of(long long n, long long keys, char alias[VP_ALIAS_DIGITS + 1])
{
	snprintf(alias, VP_ALIAS_DIGITS + 1, "%010llu", (unsigned long long)n * (10000000000ULL / (keys * ALIASES)) % 10000000000ULL);
}

static long long key_of_alias(long long n, long long keys)
{
	return n * 7919 % keys + 1;	/* a prime: each key gets as many */
}

static void fill_keys(struct world *w, long long keys)
{
	sqlite3_stmt *q;
	struct device_key key = { .slot = 0, .epoch = 1, .sealed_len = sizeof(struct vp_root_keys) + KEYSTORE_OVERHEAD };
	__u8 noise[512];

	assert_int_equal(prim_random(noise, sizeof(noise)), 0);
	assert_int_equal(sqlite3_prepare_v2(db_sqlite(w->st), "INSERT INTO device_key (id, device, slot, epoch, party, state, sealed, "
		"created, not_after, modes) VALUES (?1, ?2, 0, 1, ?3, 'current', ?4, 1, ?5, 382)", -1, &q, NULL), SQLITE_OK);
	for (long long i = 1; i <= keys; i++) {
		nth_key(w, keys, i, noise, &key);
		sqlite3_bind_int64(q, 1, i);
		sqlite3_bind_blob(q, 2, key.device, 16, SQLITE_STATIC);
		sqlite3_bind_int64(q, 3, w->alice.party);
		sqlite3_bind_blob(q, 4, key.sealed, key.sealed_len, SQLITE_STATIC);
		sqlite3_bind_int64(q, 5, w->now + 86400);
		assert_int_equal(sqlite3_step(q), SQLITE_DONE);
		sqlite3_reset(q);
	}
	sqlite3_finalize(q);
}

static void fill_aliases(struct world *w, long long keys)
{
	char alias[VP_ALIAS_DIGITS + 1];
	sqlite3_stmt *q;

	assert_int_equal(sqlite3_prepare_v2(db_sqlite(w->st), "INSERT INTO alias (alias, key) VALUES (?1, ?2)", -1, &q, NULL), SQLITE_OK);
	for (long long n = 0; n < keys * ALIASES; n++) {
		alias_of(n, keys, alias);
		sqlite3_bind_int64(q, 1, atoll(alias));
		sqlite3_bind_int64(q, 2, key_of_alias(n, keys));
		assert_int_equal(sqlite3_step(q), SQLITE_DONE);
		sqlite3_reset(q);
	}
	sqlite3_finalize(q);
}

static void ask(PGconn *conn, const char *text, ExecStatusType want)
{
	PGresult *res = PQexec(conn, text);

	if (PQresultStatus(res) != want)
		fail_msg("%s: %s", text, PQerrorMessage(conn));
	PQclear(res);
}

static void hand_over(PGconn *conn, const char *line, int len)
{
	if (PQputCopyData(conn, line, len) != 1)
		fail_msg("%s", PQerrorMessage(conn));
}

static void copied(PGconn *conn)
{
	PGresult *res;

	assert_int_equal(PQputCopyEnd(conn, NULL), 1);
	res = PQgetResult(conn);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s", PQerrorMessage(conn));
	PQclear(res);
	assert_null(PQgetResult(conn));
}

static void copy_keys(struct world *w, PGconn *conn, long long keys)
{
	struct device_key key = { .slot = 0, .epoch = 1, .sealed_len = sizeof(struct vp_root_keys) + KEYSTORE_OVERHEAD };
	char line[2 * STORE_SEALED_MAX + 200], device[33], sealed[2 * STORE_SEALED_MAX + 1];
	__u8 noise[512];
	int len;

	assert_int_equal(prim_random(noise, sizeof(noise)), 0);
	ask(conn, "COPY device_key (id, device, slot, epoch, party, state, sealed, created, not_after, modes) FROM STDIN", PGRES_COPY_IN);
	for (long long i = 1; i <= keys; i++) {
		nth_key(w, keys, i, noise, &key);
		hex_encode(device, key.device, 16);
		hex_encode(sealed, key.sealed, key.sealed_len);
		len = snprintf(line, sizeof(line), "%lld\t\\\\x%s\t0\t1\t%lld\tcurrent\t\\\\x%s\t1\t%llu\t382\n", i, device,
			       w->alice.party, sealed, (unsigned long long)w->now + 86400);
		hand_over(conn, line, len);
	}
	copied(conn);
}

static void copy_aliases(PGconn *conn, long long keys)
{
	char alias[VP_ALIAS_DIGITS + 1], line[64];
	int len;

	ask(conn, "COPY alias (alias, key) FROM STDIN", PGRES_COPY_IN);
	for (long long n = 0; n < keys * ALIASES; n++) {
		alias_of(n, keys, alias);
		len = snprintf(line, sizeof(line), "%lld\t%lld\n", atoll(alias), key_of_alias(n, keys));
		hand_over(conn, line, len);
	}
	copied(conn);
}

static double fill_there(struct world *w, long long keys)
{
	PGconn *conn = world_superuser(w);

	ask(conn, "DROP INDEX alias_key, alias_rest, device_key_ends, device_key_current; "
		  "ALTER TABLE device_key DROP CONSTRAINT device_key_device_slot_epoch_key; "
		  "ALTER TABLE alias DROP CONSTRAINT alias_pkey", PGRES_COMMAND_OK);
	copy_keys(w, conn, keys);
	copy_aliases(conn, keys);
	ask(conn, "SET maintenance_work_mem = '512MB'", PGRES_COMMAND_OK);
	ask(conn, "ALTER TABLE alias ADD PRIMARY KEY (alias)", PGRES_COMMAND_OK);
	ask(conn, "VACUUM (ANALYZE) alias", PGRES_COMMAND_OK);
	ask(conn, "VACUUM (ANALYZE) device_key", PGRES_COMMAND_OK);
	ask(conn, "CHECKPOINT", PGRES_COMMAND_OK);
	PQfinish(conn);
	return world_number(w, "SELECT pg_database_size(current_database())") / 1e6;
}

double many_keys_fill(struct world *w, long long keys)
{
	struct stat sb;

	if (world_on_postgres())
		return fill_there(w, keys);
	/* Nothing here is worth a journal. */
	sql(w->st, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -1000000;"
		   "PRAGMA secure_delete = OFF; DROP INDEX alias_key; DROP INDEX device_key_ends; DROP INDEX device_key_current; BEGIN");
	fill_keys(w, keys);
	fill_aliases(w, keys);
	sql(w->st, "COMMIT");
	store_close(w->st);
	assert_int_equal(store_open(&w->st, w->gw.db_path, false), STORE_OK);
	assert_int_equal(stat(w->gw.db_path, &sb), 0);
	return sb.st_size / 1e6;
}

void many_keys_into_memory(struct world *w)
{
	static char buf[1 << 20];
	int fd;

	if (world_on_postgres()) {
		world_number(w, "SELECT count(*) FROM alias");
		world_number(w, "SELECT count(sealed) FROM device_key");
		return;
	}
	fd = open(w->gw.db_path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

static void commit_something(struct store *st, int round, long n)
{
	char text[32];

	snprintf(text, sizeof(text), "%d %ld", round, n);
	assert_int_equal(store_begin(st), STORE_OK);
	assert_int_equal(store_meta_set(st, "elsewhere", text), STORE_OK);
	assert_int_equal(store_commit(st), STORE_OK);
}

double many_keys_probe(struct world *w, long long keys, int round, struct store *other)
{
	struct call call = { .gw = &w->gw, .st = w->st, .now_ms = w->now * 1000 };
	struct identity id;
	double t, spent = 0;
	long done = 0;

	/* Key i has an alias n with n * 7919 = i - 1 (mod keys). */
	for (long long n = 0; n < keys * ALIASES && done < PROBES; n++) {
		long long key;
		struct paycode code = { .prefix = "71", .mode = PAYCODE_PLAIN, .mac = n % 1000000000 };
		char alias[VP_ALIAS_DIGITS + 1];

		/* Jumps about in the table of aliases. */
		long long at = (n * 1000003 + 17 + round * 7777777LL) % (keys * ALIASES);

		key = key_of_alias(at, keys);
		if (key % step_of(keys))
			continue;
		alias_of(at, keys, alias);
		memcpy(code.alias, alias, VP_ALIAS_DIGITS);
		if (other)
			commit_something(other, round, done);
		t = many_keys_now();
		assert_int_equal(identify_code(&call, &code, NULL, 0, &id), RF_CODE_EXPIRED);
		spent += many_keys_now() - t;
		assert_int_equal(id.key.id, key);
		done++;
	}
	assert_int_equal(done, PROBES);
	return spent / done * 1e6;
}
