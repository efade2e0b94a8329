// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite: the connection, its transactions and its statements. */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filemode.h"
#include "log.h"
#include "schema.h"
#include "step.h"
#include "store_sqlite.h"

/*
 * Writers of this process queue here, in order and without polling; writers of
 * other processes (the administrator's commands) are waited for by SQLite.
 */
static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;
#define BUSY_MS	5000

/* The inner pages of the trees of ten million keys, so that finding one reads their leaves alone. */
#define SQ_CACHE_KB	"65536"

static enum store_result failed(struct store *st, int rc, const char *what)
{
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return STORE_BUSY;
	/* The schema's only CHECK that a well-formed request can run into is the one on balances. */
	if (rc == SQLITE_CONSTRAINT_CHECK && strstr(sqlite3_errmsg(st->db), "not_enough"))
		return STORE_POOR;
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
		return STORE_TAKEN;
	log_error("database: %s: %s", what, sqlite3_errmsg(st->db));
	return STORE_FAILED;
}

enum store_result sq_exec(struct store *st, const char *sql)
{
	int rc = sqlite3_exec(st->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? STORE_OK : failed(st, rc, "statement");
}

static enum store_result create_schema(struct store *st)
{
	enum store_result r = sq_exec(st, "BEGIN EXCLUSIVE");

	if (r == STORE_OK)
		r = sq_exec(st, schema_sql);
	return r == STORE_OK ? sq_exec(st, "COMMIT") : r;
}

int sq_version(struct store *st)
{
	char version[16] = "";

	return store_meta(st, "schema", version, sizeof(version)) == STORE_OK ? atoi(version) : 0;
}

/* An older one is not changed under way: somebody may want to go back, and a copy takes its time. */
static enum store_result check_schema(struct store *st)
{
	int version = sq_version(st);

	if (version == SCHEMA_VERSION)
		return STORE_OK;
	if (version > 0 && version < SCHEMA_VERSION)
		log_error("database: it is of version %d, this program's is %d: stop the gateway and run \"voicepay-gateway migrate\", which keeps the old file",
			  version, SCHEMA_VERSION);
	else if (version > SCHEMA_VERSION)
		log_error("database: it is of version %d, from a newer program than this one, which knows %d: install that one again",
			  version, SCHEMA_VERSION);
	else
		log_error("database: it is not voicepay's");
	return STORE_FAILED;
}

/*
 * WAL with FULL: a commit is on the disk when it returns. Defensive mode and
 * cell checks turn a damaged file into an error.
 */
enum store_result sq_open(struct store **out, const char *path)
{
	struct store *st = calloc(1, sizeof(*st));
	enum store_result r;
	int rc;

	*out = NULL;
	if (!st)
		return STORE_FAILED;
	rc = sqlite3_open_v2(path, &st->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		log_error("database: cannot open %s: %s", path, sqlite3_errstr(rc));
		store_close(st);
		return STORE_FAILED;
	}
	sqlite3_extended_result_codes(st->db, 1);
	sqlite3_busy_timeout(st->db, BUSY_MS);
	sqlite3_db_config(st->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(st->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = sq_exec(st, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			"PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;"
			"PRAGMA cache_size = -" SQ_CACHE_KB);
	if (r != STORE_OK) {
		store_close(st);
		return r;
	}
	*out = st;
	return STORE_OK;
}

/* O_EXCL and 0600 are not SQLite's to give. */
static enum store_result make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) {
		log_error("database: cannot create %s: %m", path);
		return errno == EEXIST ? STORE_TAKEN : STORE_FAILED;
	}
	close(fd);
	return STORE_OK;
}

enum store_result store_open(struct store **out, const char *path, bool create)
{
	enum store_result r;

	*out = NULL;
	if (create)
		r = make_file(path);
	else
		r = filemode_good(path, S_IRWXO) ? STORE_OK : STORE_FAILED;
	if (r == STORE_OK)
		r = sq_open(out, path);
	if (r == STORE_OK)
		r = create ? create_schema(*out) : check_schema(*out);
	if (r != STORE_OK) {
		store_close(*out);
		*out = NULL;
	}
	return r;
}

void store_close(struct store *st)
{
	if (!st)
		return;
	store_rollback(st);
	for (int i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(st->cache[i].stmt);
	sqlite3_close(st->db);
	free(st);
}

enum store_result store_flush(struct store *st)
{
	return sq_exec(st, "PRAGMA wal_checkpoint(TRUNCATE)");
}

enum store_result store_meta(struct store *st, const char *name, char *value, size_t size)
{
	sqlite3_stmt *q = sq(st, "SELECT value FROM meta WHERE name = ?1", "t", name);
	enum store_result r = sq_row(st, q);

	if (r == STORE_OK)
		sq_text(q, 0, value, size);
	return sq_end(q, r);
}

enum store_result store_meta_set(struct store *st, const char *name, const char *value)
{
	if (value)
		return sq_run(st, sq(st, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
				     "tt", name, value));
	return sq_run(st, sq(st, "DELETE FROM meta WHERE name = ?1", "t", name));
}

enum store_result store_begin(struct store *st)
{
	enum store_result r;

	pthread_mutex_lock(&writer);
	r = sq_exec(st, "BEGIN IMMEDIATE");
	if (r != STORE_OK)
		pthread_mutex_unlock(&writer);
	else
		st->writing = true;
	step("begun");
	return r;
}

enum store_result store_commit(struct store *st)
{
	enum store_result r;

	step("before commit");
	r = sq_exec(st, "COMMIT");
	if (r != STORE_OK) {
		store_rollback(st);
		return r;
	}
	st->writing = false;
	pthread_mutex_unlock(&writer);
	step("committed");
	return STORE_OK;
}

void store_rollback(struct store *st)
{
	if (!st->writing)
		return;
	/* Some errors have ended the transaction already. */
	if (!sqlite3_get_autocommit(st->db))
		sq_exec(st, "ROLLBACK");
	st->writing = false;
	pthread_mutex_unlock(&writer);
}

sqlite3_stmt *sq(struct store *st, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *q = NULL;
	va_list ap;
	int i, rc = SQLITE_OK;

	for (i = 0; i < STORE_STATEMENTS && st->cache[i].sql; i++) {
		if (st->cache[i].sql == sql) {
			q = st->cache[i].stmt;
			break;
		}
	}
	if (!q) {
		if (i == STORE_STATEMENTS ||
		    sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q, NULL) != SQLITE_OK) {
			log_error("database: cannot prepare: %s", sqlite3_errmsg(st->db));
			return NULL;
		}
		st->cache[i].sql = sql;
		st->cache[i].stmt = q;
	}
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	va_start(ap, fmt);
	for (i = 1; *fmt && rc == SQLITE_OK; fmt++, i++) {
		if (*fmt == 'i') {
			rc = sqlite3_bind_int64(q, i, va_arg(ap, long long));
		} else if (*fmt == 't') {
			rc = sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		} else {
			const void *p = va_arg(ap, const void *);

			rc = sqlite3_bind_blob(q, i, p, (int)va_arg(ap, size_t), SQLITE_TRANSIENT);
		}
	}
	va_end(ap);
	if (rc != SQLITE_OK) {
		log_error("database: cannot bind: %s", sqlite3_errstr(rc));
		return NULL;
	}
	return q;
}

enum store_result sq_run(struct store *st, sqlite3_stmt *q)
{
	enum store_result r;
	int rc;

	if (!q)
		return STORE_FAILED;
	rc = sqlite3_step(q);
	if (rc == SQLITE_DONE || rc == SQLITE_ROW)
		r = sqlite3_changes(st->db) ? STORE_OK : STORE_NONE;
	else
		r = failed(st, rc, sqlite3_sql(q));
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	step("statement");
	return r;
}

enum store_result sq_row(struct store *st, sqlite3_stmt *q)
{
	int rc;

	if (!q)
		return STORE_FAILED;
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		return STORE_OK;
	return rc == SQLITE_DONE ? STORE_NONE : failed(st, rc, sqlite3_sql(q));
}

enum store_result sq_end(sqlite3_stmt *q, enum store_result r)
{
	if (q) {
		sqlite3_reset(q);
		sqlite3_clear_bindings(q);
	}
	return r;
}

void sq_text(sqlite3_stmt *q, int col, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(q, col);
	size_t len = text ? strlen(text) : 0;

	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
}

size_t sq_blob(sqlite3_stmt *q, int col, void *out, size_t max)
{
	const void *p = sqlite3_column_blob(q, col);
	size_t len = sqlite3_column_bytes(q, col);

	if (len > max)
		len = max;
	if (len)
		memcpy(out, p, len);
	return len;
}

enum store_result store_sweep(struct store *st, __u64 now, __u64 rest)
{
	enum store_result r = store_begin(st);
	long long t = now;

	if (r != STORE_OK)
		return r;
	/* Each may find nothing to do. */
	r = sq_run(st, sq(st, "UPDATE alias SET rests_until = ?1 + ?2 WHERE rests_until IS NULL AND key IN "
			  "(SELECT id FROM device_key WHERE state <> 'dead' AND not_after <= ?1 "
			  "UNION SELECT id FROM device_key WHERE state = 'old' AND old_until <= ?1)",
			  "ii", t, (long long)rest));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "UPDATE device_key SET state = 'dead' WHERE id IN "
				  "(SELECT id FROM device_key WHERE state <> 'dead' AND not_after <= ?1 "
				  "UNION SELECT id FROM device_key WHERE state = 'old' AND old_until <= ?1)", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "UPDATE device_key SET sealed = x'' WHERE id IN "
				  "(SELECT key FROM alias WHERE rests_until <= ?1)", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "UPDATE agreement SET answer = x'' WHERE key IN "
				  "(SELECT key FROM alias WHERE rests_until <= ?1)", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "DELETE FROM alias WHERE rests_until <= ?1", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "DELETE FROM voice_token WHERE expires < ?1 - 86400", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "UPDATE merchant_order SET state = 'PAYERROR', reason = 'NOT_CONFIRMED', "
				  "time = expires WHERE state = 'USERPAYING' AND expires <= ?1", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "DELETE FROM ticket WHERE expires < ?1 - 86400", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "DELETE FROM online_code WHERE expires < ?1", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "DELETE FROM pool WHERE not_after < ?1", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "DELETE FROM authorisation WHERE expires < ?1", "i", t));
	if (r <= STORE_NONE)
		r = sq_run(st, sq(st, "DELETE FROM notification WHERE time < ?1 - 30 * 86400", "i", t));
	if (r <= STORE_NONE)
		return store_commit(st);
	store_rollback(st);
	return r;
}
