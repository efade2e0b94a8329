// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite: the connection, its transactions and its statements. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_sqlite.h"
#include "db_sqlite_log.h"
#include "filemode.h"
#include "log.h"
#include "step.h"

#define BUSY_MS	5000

/*
 * The inner pages of the trees of ten million keys, so that finding one reads their leaves alone. The file
 * is not mapped: with each commit on another connection SQLite gives the whole mapping back, and reading
 * anew by page faults takes longer than by calls (performance.md).
 */
#define CACHE_KB	"65536"

struct sqlite_query {
	struct query head;
	const char *sql;	/* NULL: not kept */
	sqlite3_stmt *stmt;
	__u8 place[DB_PARAMETERS + 1];	/* SQLite's number of $n, which to it is a name; 0: it is not in there */
};

struct sqlite {
	struct store head;
	sqlite3 *db;
	struct sqlite *via;	/* between begin and commit: whose connection is written on */
	struct writer *writer;	/* of those who answer calls; NULL: written on this one */
	bool looking;		/* a transaction is open that reads */
	bool sure;		/* of what it found in the log: begin_anew() */
	bool joined;		/* what is written is a savepoint in a transaction that others began */
	struct sqlite_query cache[DB_STATEMENTS];
};

/*
 * Those who answer calls write on one connection of the process. With each commit on another one a
 * connection throws away all that it has read of the file: with a writer each, every transaction would begin
 * by reading it anew. They read on their own, where nobody waits for whoever writes.
 */
struct writer {
	struct writer *next;
	struct sqlite *conn;
	int users;
};

/* One caller's share of a transaction, until that has ended. */
struct part {
	struct part *next;
	bool done;
	enum store_result result;
};

/*
 * Writers of this process queue here, in order and without polling; writers of
 * other processes (the administrator's commands) are waited for by SQLite.
 *
 * What costs time is the commit, which is over when the disk says so. So those who queue
 * share one: who is done, and sees that somebody waits, leaves the transaction open, and waits for
 * its end; the next one goes on in it, on the same connection, in a savepoint. Who is done and sees
 * nobody commits for all of them. Nobody returns before his part is on the disk, or none of
 * them is. Who begins needs no savepoint, for which SQLite puts aside each page that is changed:
 * nobody joins before he is done, so his part is taken back with the whole transaction.
 */
static struct {
	pthread_mutex_t lock;	/* whoever has it writes */
	pthread_cond_t ended;
	atomic_int waiting;	/* for the lock, to begin */
	struct sqlite *conn;	/* whose transaction is open, or NULL */
	struct part *parts;	/* that wait for its end */
	int joined;
	struct writer *writers;	/* one for each file */
} group = { .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER };

/* So that the first of a group does not wait for ever in a crowd. */
#define GROUP_MAX	64

static struct sqlite *of(struct store *st)
{
	struct sqlite *lite = (struct sqlite *)st;

	return lite->via ? lite->via : lite;
}

static sqlite3_stmt *stmt(struct query *q)
{
	return ((struct sqlite_query *)q)->stmt;
}

sqlite3 *db_sqlite(struct store *st)
{
	return of(st)->db;
}

static enum store_result failed(struct store *st, int rc, const char *what)
{
	const char *why = sqlite3_errmsg(of(st)->db);

	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return STORE_BUSY;
	/* The schema's only CHECK that a well-formed request can run into is the one on balances. */
	if (rc == SQLITE_CONSTRAINT_CHECK && strstr(why, "not_enough"))
		return STORE_POOR;
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
		return STORE_TAKEN;
	log_error("database: %s: %s", what, why);
	return STORE_FAILED;
}

static enum store_result lite_exec(struct store *st, const char *sql)
{
	int rc = sqlite3_exec(of(st)->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? STORE_OK : failed(st, rc, "statement");
}

/* The statement without the lock that it ends with: there is no other writer. */
static int length_of(const char *sql)
{
	const char *lock = strstr(sql, " FOR NO KEY UPDATE");

	return lock ? (int)(lock - sql) : -1;
}

static struct sqlite_query *find(struct sqlite *lite, const char *sql, bool keep)
{
	struct sqlite_query *q = NULL;
	int i = 0;

	for (; keep && i < DB_STATEMENTS && lite->cache[i].sql; i++)
		if (lite->cache[i].sql == sql)
			return &lite->cache[i];
	if (keep)
		q = i < DB_STATEMENTS ? &lite->cache[i] : NULL;
	else
		q = calloc(1, sizeof(*q));
	if (!q || sqlite3_prepare_v3(lite->db, sql, length_of(sql), keep ? SQLITE_PREPARE_PERSISTENT : 0, &q->stmt, NULL) != SQLITE_OK) {
		log_error("database: cannot prepare: %s", sqlite3_errmsg(lite->db));
		if (!keep)
			free(q);
		return NULL;
	}
	q->head.st = &lite->head;
	q->sql = keep ? sql : NULL;
	memset(q->place, 0, sizeof(q->place));
	for (i = 1; i <= sqlite3_bind_parameter_count(q->stmt); i++) {
		const char *name = sqlite3_bind_parameter_name(q->stmt, i);
		int number = name ? atoi(name + 1) : 0;

		if (number > 0 && number <= DB_PARAMETERS)
			q->place[number] = i;
	}
	return q;
}

static void lite_end(struct query *q)
{
	struct sqlite_query *lq = (struct sqlite_query *)q;

	if (lq->sql) {
		sqlite3_reset(lq->stmt);
		sqlite3_clear_bindings(lq->stmt);
		return;
	}
	sqlite3_finalize(lq->stmt);
	free(lq);
}

/* What begins and ends transactions: prepared when the connection is opened, so that the end of one wants no memory. */
static const char sql_look[] = "BEGIN", sql_looked[] = "END", sql_begin[] = "BEGIN IMMEDIATE", sql_commit[] = "COMMIT",
		  sql_rollback[] = "ROLLBACK", sql_part[] = "SAVEPOINT part", sql_part_done[] = "RELEASE part", sql_part_back[] = "ROLLBACK TO part";

static bool prepare_controls(struct sqlite *lite)
{
	const char *const all[] = { sql_look, sql_looked, sql_begin, sql_commit, sql_rollback, sql_part, sql_part_done, sql_part_back };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!find(lite, all[i], true))
			return false;
	return true;
}

static enum store_result control(struct store *st, const char *sql)
{
	struct sqlite_query *q = find(of(st), sql, true);
	enum store_result r = STORE_FAILED;

	if (q) {
		int rc = sqlite3_step(q->stmt);

		r = rc == SQLITE_DONE ? STORE_OK : failed(st, rc, sql);
		lite_end(&q->head);
	}
	return r;
}

/* All parts have come to this. The transaction is over. */
static void group_over(enum store_result result)
{
	struct part *next;

	for (struct part *p = group.parts; p; p = next) {
		next = p->next;	/* it is gone once its owner sees that it is done */
		p->result = result;
		p->done = true;
	}
	group.parts = NULL;
	group.joined = 0;
	group.conn = NULL;
	pthread_cond_broadcast(&group.ended);
}

static bool is_open(const struct sqlite *lite)
{
	return !sqlite3_get_autocommit(lite->db);
}

/* Some errors have ended the transaction already. One that stays open would be everybody's. */
static void undo(struct sqlite *conn)
{
	if (is_open(conn))
		control(&conn->head, sql_rollback);
	if (is_open(conn)) {
		log_error("database: a transaction does not end; ending, to be started again");
		abort();
	}
}

/*
 * A transaction that changes a page, and nothing that matters: the file's user_version. It lies in the log where the
 * last one that failed lay, or in a log begun anew, and has been flushed.
 */
static enum store_result settle(struct store *st)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(of(st)->db, "PRAGMA user_version", -1, &q, NULL);
	char sql[64];

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc != SQLITE_ROW) {
		sqlite3_finalize(q);
		return failed(st, rc, "user_version");
	}
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %u", (sqlite3_column_int(q, 0) + 1U) & INT_MAX);
	sqlite3_finalize(q);
	return lite_exec(st, sql);
}

/*
 * A commit whose flush has failed lies in the log, whole: rolled back here, and a commit for whoever
 * reads the log after a crash. The till is told that nothing was booked, and takes cash. So that
 * commit is written over first, on the disk; and if that cannot be done, nobody is told anything. One that
 * could not be written lacks its end, and is none for anybody.
 */
static void take_back(struct sqlite *conn, int why)
{
	if (settle(&conn->head) == STORE_OK || why == SQLITE_FULL || why == SQLITE_IOERR_WRITE)
		return;
	log_error("database: a commit that failed cannot be taken back from the disk; ending, to be started again");
	abort();
}

/* The log's bytes once more, where they are, and flushed. Nobody else writes to it meanwhile: this holds its lock. */
static enum store_result rewrite_log(struct store *st)
{
	const char *name = sqlite3_filename_wal(sqlite3_db_filename(of(st)->db, "main"));
	int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	enum store_result r = STORE_FAILED;
	static char buf[65536];	/* group.lock is held */
	off_t at = 0;
	ssize_t n;

	if (fd < 0) {
		if (errno == ENOENT)
			return STORE_OK;
		log_error("database: cannot open %s: %m", name);
		return STORE_FAILED;
	}
	while ((n = pread(fd, buf, sizeof(buf), at)) > 0 && pwrite(fd, buf, n, at) == n)
		at += n;
	if (!n && !fdatasync(fd))
		r = STORE_OK;
	else
		log_error("database: cannot write %s: %m", name);
	close(fd);
	return r;
}

/*
 * Before a connection first writes, or answers calls. What is found in the log may be of a process that ended because
 * of a flush that failed (take_back()): what the kernel has of it in memory is not on the disk then, and no later
 * flush would bring it there. And behind what other processes know of the log there may be a commit that is none.
 */
static enum store_result begin_anew(struct sqlite *conn)
{
	enum store_result r = control(&conn->head, sql_begin);

	if (r != STORE_OK)
		return r;
	r = rewrite_log(&conn->head);
	if (r == STORE_OK)
		r = settle(&conn->head);
	if (r == STORE_OK)
		r = control(&conn->head, sql_commit);
	if (r != STORE_OK)
		undo(conn);
	conn->sure = r == STORE_OK;
	return r;
}

static void group_commit(void)
{
	struct sqlite *conn = group.conn;
	enum store_result r = STORE_FAILED;

	if (is_open(conn)) {
		r = control(&conn->head, sql_commit);
		/* One that was refused before it began to write is still open. */
		if (r != STORE_OK && !is_open(conn))
			take_back(conn, sqlite3_extended_errcode(conn->db));
	}
	if (r != STORE_OK)
		undo(conn);
	group_over(r);
}

/* Comes back when the transaction that @part is in has ended; gives the lock back. */
static enum store_result group_leave(void)
{
	struct part part = { .next = group.parts };

	group.parts = &part;
	group.joined++;
	if (!is_open(group.conn) || !atomic_load(&group.waiting) || group.joined >= GROUP_MAX)
		group_commit();
	while (!part.done)
		pthread_cond_wait(&group.ended, &group.lock);
	pthread_mutex_unlock(&group.lock);
	return part.result;
}

static bool same_file(const struct sqlite *a, const struct sqlite *b)
{
	return !strcmp(sqlite3_db_filename(a->db, "main"), sqlite3_db_filename(b->db, "main"));
}

/* What is read meanwhile is found in one moment's file, which is looked for once. */
static void lite_look(struct store *st, bool looking)
{
	struct sqlite *own = (struct sqlite *)st;

	if (own->looking == looking)
		return;
	own->looking = looking && control(st, sql_look) == STORE_OK;
	/* An error may have ended it already. */
	if (!looking && is_open(own) && control(st, sql_looked) != STORE_OK)
		undo(own);
}

static enum store_result lite_begin(struct store *st, bool alone)
{
	struct sqlite *own = of(st), *conn = own->writer ? own->writer->conn : own;
	enum store_result r = STORE_OK;

	/* What is answered to a call is little, and any transaction here is alone in that it reads nothing that another changes. */
	alone = alone && !own->writer;
	lite_look(st, false);
	atomic_fetch_add(&group.waiting, 1);
	pthread_mutex_lock(&group.lock);
	atomic_fetch_sub(&group.waiting, 1);
	if (group.conn && (alone || !same_file(group.conn, own)))
		group_commit();
	if (!group.conn) {
		r = conn->sure ? STORE_OK : begin_anew(conn);
		if (r == STORE_OK)
			r = control(&conn->head, sql_begin);
		if (r != STORE_OK) {
			pthread_mutex_unlock(&group.lock);
			return r;
		}
		group.conn = own->via = conn;
		own->joined = false;
		return STORE_OK;
	}
	own->via = group.conn;
	own->joined = true;
	r = control(st, sql_part);
	if (r != STORE_OK) {
		own->via = NULL;
		group_commit();		/* for those before */
		pthread_mutex_unlock(&group.lock);
	}
	return r;
}

static void lite_rollback(struct store *st)
{
	struct store *conn = &group.conn->head;

	((struct sqlite *)st)->via = NULL;
	/* Some errors have ended the transaction already, with all that was in it. */
	if (!group.parts || !is_open(group.conn)) {
		undo(group.conn);
		group_over(STORE_FAILED);
		pthread_mutex_unlock(&group.lock);
		return;
	}
	if (control(conn, sql_part_back) != STORE_OK || control(conn, sql_part_done) != STORE_OK)
		undo(group.conn);
	/*
	 * What was read here may be what another part wrote, an answer to the same order,
	 * say, and must not be told before it is true. If it never will be, whoever asked
	 * hears nothing and asks again.
	 */
	if (group_leave() != STORE_OK) {
		log_error("database: what was read is not there any more; ending, to be started again");
		abort();
	}
}

static enum store_result lite_commit(struct store *st)
{
	struct sqlite *own = (struct sqlite *)st;
	enum store_result r = own->joined ? control(st, sql_part_done) : STORE_OK;

	if (r != STORE_OK) {
		lite_rollback(st);
		return r;
	}
	own->via = NULL;
	return group_leave();
}

static enum store_result lite_flush(struct store *st)
{
	return lite_exec(st, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static int bind(struct sqlite_query *q, int number, char type, va_list *ap)
{
	int at = number <= DB_PARAMETERS ? q->place[number] : 0;
	const void *p;
	size_t len;

	if (type == 'i') {
		long long n = va_arg(*ap, long long);

		return at ? sqlite3_bind_int64(q->stmt, at, n) : SQLITE_OK;
	}
	p = va_arg(*ap, const void *);
	len = type == 'b' ? va_arg(*ap, size_t) : p ? strlen(p) : 0;
	if (!at)
		return SQLITE_OK;
	if (type == 't')
		return sqlite3_bind_text(q->stmt, at, p, (int)len, SQLITE_TRANSIENT);
	return len ? sqlite3_bind_blob(q->stmt, at, p, (int)len, SQLITE_TRANSIENT) : sqlite3_bind_zeroblob(q->stmt, at, 0);
}

static struct query *lite_query(struct store *st, const char *sql, const char *fmt, va_list given)
{
	struct sqlite_query *q;
	bool keep = true;
	int rc = SQLITE_OK;
	va_list ap;

	for (; *fmt == '!' || *fmt == '*'; fmt++)
		keep = keep && *fmt != '!';
	q = find(of(st), sql, keep);
	if (!q)
		return NULL;
	sqlite3_reset(q->stmt);
	va_copy(ap, given);
	for (int i = 1; *fmt && rc == SQLITE_OK; fmt++, i++)
		rc = bind(q, i, *fmt, &ap);
	va_end(ap);
	if (rc == SQLITE_OK)
		return &q->head;
	log_error("database: cannot bind: %s", sqlite3_errstr(rc));
	lite_end(&q->head);
	return NULL;
}

/* What is written without a transaction of its own is not to wait for the end of one that only reads. */
static int advance(struct store *st, struct query *q)
{
	if (((struct sqlite *)st)->looking && !sqlite3_stmt_readonly(stmt(q)))
		lite_look(st, false);
	return sqlite3_step(stmt(q));
}

static enum store_result lite_run(struct store *st, struct query *q)
{
	enum store_result r;
	int rc = advance(st, q);

	if (rc == SQLITE_DONE || rc == SQLITE_ROW)
		r = sqlite3_changes(of(st)->db) ? STORE_OK : STORE_NONE;
	else
		r = failed(st, rc, sqlite3_sql(stmt(q)));
	lite_end(q);
	return r;
}

static enum store_result lite_later(struct store *st, struct query *q, enum store_result taken)
{
	enum store_result r = lite_run(st, q);

	return r == STORE_TAKEN ? taken : r;
}

static enum store_result lite_row(struct store *st, struct query *q)
{
	int rc = advance(st, q);

	if (rc == SQLITE_ROW)
		return STORE_OK;
	return rc == SQLITE_DONE ? STORE_NONE : failed(st, rc, sqlite3_sql(stmt(q)));
}

static long long lite_number(struct query *q, int col)
{
	return sqlite3_column_int64(stmt(q), col);
}

static const char *lite_text(struct query *q, int col)
{
	return (const char *)sqlite3_column_text(stmt(q), col);
}

static size_t lite_blob(struct query *q, int col, void *out, size_t max)
{
	const void *p = sqlite3_column_blob(stmt(q), col);
	size_t len = sqlite3_column_bytes(stmt(q), col);

	if (len > max)
		len = max;
	if (len)
		memcpy(out, p, len);
	return len;
}

static bool lite_null(struct query *q, int col)
{
	return sqlite3_column_type(stmt(q), col) == SQLITE_NULL;
}

static enum store_result lite_put(struct store *st, const char *sql, const struct db_value *v, int n)
{
	struct sqlite_query *q = find(of(st), sql, true);
	enum store_result r;
	int rc = SQLITE_OK;

	if (!q)
		return STORE_FAILED;
	for (int i = 0; i < n && rc == SQLITE_OK; i++) {
		int at = i < DB_PARAMETERS ? q->place[i + 1] : 0;

		if (!at || v[i].null)	/* what nobody binds is null */
			continue;
		if (v[i].type == 'i')
			rc = sqlite3_bind_int64(q->stmt, at, v[i].number);
		else if (v[i].type == 't')
			rc = sqlite3_bind_text(q->stmt, at, v[i].bytes, (int)v[i].len, SQLITE_TRANSIENT);
		else
			rc = v[i].len ? sqlite3_bind_blob(q->stmt, at, v[i].bytes, (int)v[i].len, SQLITE_TRANSIENT) :
					sqlite3_bind_zeroblob(q->stmt, at, 0);
	}
	if (rc != SQLITE_OK)
		log_error("database: cannot bind: %s", sqlite3_errstr(rc));
	r = rc == SQLITE_OK ? lite_run(st, &q->head) : STORE_FAILED;
	return r == STORE_NONE ? STORE_OK : r;
}

static void shut(struct sqlite *lite)
{
	for (int i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(lite->cache[i].stmt);
	sqlite3_close(lite->db);
	free(lite);
}

/* Nobody of its users is in a transaction when the last of them goes. */
static void writer_leave(struct writer *w)
{
	pthread_mutex_lock(&group.lock);
	if (!--w->users) {
		struct writer **at = &group.writers;

		while (*at != w)
			at = &(*at)->next;
		*at = w->next;
		shut(w->conn);
		free(w);
	}
	pthread_mutex_unlock(&group.lock);
}

static void lite_close(struct store *st)
{
	struct sqlite *lite = of(st);

	if (lite->writer)
		writer_leave(lite->writer);
	shut(lite);
}

static const struct db_ops lite_ops = {
	.close = lite_close, .look = lite_look, .begin = lite_begin, .commit = lite_commit, .rollback = lite_rollback,
	.exec = lite_exec, .flush = lite_flush, .query = lite_query, .run = lite_run, .later = lite_later,
	.row = lite_row, .end = lite_end, .number = lite_number, .text = lite_text, .blob = lite_blob,
	.null = lite_null, .put = lite_put,
};

/*
 * WAL with FULL: a commit is on the disk when it returns. Defensive mode forbids SQL that damages the
 * file, as writing to the schema does; it does not look for damage. Nor is each cell of a page looked at when it
 * is read: SQLite says so where it comes upon what cannot be, and a copy that is put back is checked as a
 * whole. What a transaction puts aside of its savepoints' pages, and what a query sorts, goes into files,
 * unless store_for_calls() says that it is little.
 */
static enum store_result open_by(struct store **out, const char *path, const char *vfs)
{
	struct sqlite *lite = calloc(1, sizeof(*lite));
	enum store_result r;
	int rc;

	*out = NULL;
	if (!lite)
		return STORE_FAILED;
	lite->head.ops = &lite_ops;
	rc = sqlite3_open_v2(path, &lite->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
	if (rc != SQLITE_OK) {
		log_error("database: cannot open %s: %s", path, sqlite3_errstr(rc));
		lite_close(&lite->head);
		return STORE_FAILED;
	}
	sqlite3_extended_result_codes(lite->db, 1);
	sqlite3_busy_timeout(lite->db, BUSY_MS);
	sqlite3_db_config(lite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(lite->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = lite_exec(&lite->head, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			"PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA mmap_size = 0;"
			"PRAGMA temp_store = FILE; PRAGMA cache_size = -" CACHE_KB);
	if (r == STORE_OK && !prepare_controls(lite))
		r = STORE_FAILED;
	if (r != STORE_OK) {
		lite_close(&lite->head);
		return r;
	}
	*out = &lite->head;
	return STORE_OK;
}

enum store_result db_sqlite_open(struct store **out, const char *path)
{
	return open_by(out, path, NULL);
}

static enum store_result keep_in_memory(struct store *st)
{
	return lite_exec(st, "PRAGMA temp_store = MEMORY");
}

/* What db_sqlite_log() wants: a page that went into the log earlier would wait there when its transaction is long over. */
static enum store_result keep_until_commit(struct store *st)
{
	return lite_exec(st, "PRAGMA cache_spill = OFF");
}

/* With the lock. */
static enum store_result writer_make(struct writer **out, const char *path)
{
	struct writer *w = calloc(1, sizeof(*w));
	const char *log = db_sqlite_log();
	enum store_result r;
	struct store *st;

	if (!w || !log || open_by(&st, path, log) != STORE_OK) {
		free(w);
		return STORE_FAILED;
	}
	w->conn = (struct sqlite *)st;
	/* It would wait for itself. */
	if (group.conn)
		group_commit();
	r = keep_in_memory(st);
	if (r == STORE_OK)
		r = keep_until_commit(st);
	if (r == STORE_OK)
		r = begin_anew(w->conn);
	if (r != STORE_OK) {
		shut(w->conn);
		free(w);
		return r;
	}
	w->next = group.writers;
	group.writers = w;
	*out = w;
	return STORE_OK;
}

enum store_result db_sqlite_for_calls(struct store *st)
{
	enum store_result r = STORE_OK;
	struct sqlite *lite = of(st);
	struct writer *w;

	if (lite->writer)
		return STORE_OK;
	pthread_mutex_lock(&group.lock);
	for (w = group.writers; w && !same_file(w->conn, lite); w = w->next)
		;
	if (!w)
		r = writer_make(&w, sqlite3_db_filename(lite->db, "main"));
	if (w)
		w->users++;
	pthread_mutex_unlock(&group.lock);
	if (r != STORE_OK)
		return r;
	lite->writer = w;
	return keep_in_memory(st);
}

/* O_EXCL and 0600 are not SQLite's to give. */
enum store_result db_sqlite_create(const char *path)
{
	int fd = filemode_make(path, O_RDWR);

	if (fd < 0) {
		log_error("database: cannot create %s: %m", path);
		return errno == EEXIST ? STORE_TAKEN : STORE_FAILED;
	}
	close(fd);
	return STORE_OK;
}
