// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SQLite's log written by one call a commit: it is one, what has been committed lies in the file, what
 * is too long to wait is read back, and what cannot be written is no commit and spoils no other.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db_sqlite.h"
#include "db_sqlite_log.h"
#include "fixture.h"

static bool counting;
static int writes, fail_at;	/* calls until now; the one from which on the disk is full, 0: none */
static long long room = -1;	/* bytes that the disk still takes; negative: all */
static int flushes_fail;	/* so many of the next; negative: all */

/*
 * What is on the disk of the ledger's log, where that differs from what reads as the file: a flush
 * takes the pages there that were written since the last one, and one that fails forgets them, as Linux does.
 */
#define PAGE		4096
static struct disk {
	off_t written[4000];	/* pages */
	int n;
	char on_it[8 << 20];
} *disk;

static bool is_log(int fd)
{
	static const char end[] = "/ledger.db-wal";
	char link[64], name[300];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name));
	return n > (ssize_t)strlen(end) && !strncmp(name + n - strlen(end), end, strlen(end));
}

/* SQLite finds these before the C library's, and so does the gateway. */
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	ssize_t n;

	writes += counting;
	if ((fail_at && writes >= fail_at) || !room) {
		errno = ENOSPC;
		return -1;
	}
	if (room > 0) {
		len = (long long)len < room ? len : (size_t)room;
		room -= len;
	}
	n = syscall(SYS_pwrite64, fd, data, len, at);
	if (disk && n > 0 && is_log(fd)) {
		for (off_t page = at / PAGE * PAGE; page < at + n; page += PAGE) {
			assert_true(disk->n < 4000 && page + PAGE <= (off_t)sizeof(disk->on_it));
			disk->written[disk->n++] = page;
		}
	}
	return n;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

int fdatasync(int fd)
{
	bool of_log = disk && is_log(fd);

	if (flushes_fail) {
		flushes_fail -= flushes_fail > 0;
		if (of_log)
			disk->n = 0;
		errno = EIO;
		return -1;
	}
	while (of_log && disk->n) {
		off_t at = disk->written[--disk->n];

		assert_true(pread(fd, disk->on_it + at, PAGE, at) > 0);
	}
	return syscall(SYS_fdatasync, fd);
}

static void count_writes(bool on)
{
	counting = on;
	writes = fail_at = 0;
}

static int run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static void good(sqlite3 *db, const char *sql)
{
	if (run(db, sql) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static long long ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;
	long long n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

static void is_whole(sqlite3 *db)
{
	assert_int_equal(ask(db, "SELECT count(*) = 1 AND max(integrity_check) = 'ok' FROM pragma_integrity_check"), 1);
}

static void name_of(const struct world *w, const char *name, char path[300])
{
	snprintf(path, 300, "%s/%s", w->dir, name);
}

static sqlite3 *opened(const struct world *w, const char *name, const char *vfs)
{
	char path[300];
	sqlite3 *db;

	name_of(w, name, path);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs), SQLITE_OK);
	good(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_spill = OFF;"
		 "CREATE TABLE IF NOT EXISTS a (n INTEGER PRIMARY KEY, t TEXT); CREATE TABLE IF NOT EXISTS b (n INTEGER PRIMARY KEY, t TEXT)");
	return db;
}

/* Rows from @from on, some bytes short of a page each. */
static void fill(sqlite3 *db, const char *table, int from, int rows)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "WITH RECURSIVE r(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM r WHERE n < %d) "
		 "INSERT INTO %s SELECT n, printf('%%.3900c', 'x') FROM r", from, from + rows - 1, table);
	good(db, sql);
}

static void copy(const struct world *w, const char *from, const char *to)
{
	char path[300];
	static char buf[1 << 20];
	int in, out;
	ssize_t n;

	name_of(w, from, path);
	in = open(path, O_RDONLY | O_CLOEXEC);
	name_of(w, to, path);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, n), n);
	close(in);
	close(out);
}

/* What a machine would find that lost its power now, with all that was written on its disk. */
static long long found_of(const struct world *w, const char *name, const char *sql)
{
	char path[300], log[64];
	long long n;
	sqlite3 *db;

	copy(w, name, "copy.db");
	snprintf(log, sizeof(log), "%s-wal", name);
	copy(w, log, "copy.db-wal");
	name_of(w, "copy.db-shm", path);
	unlink(path);
	db = opened(w, "copy.db", NULL);
	is_whole(db);
	n = ask(db, sql);
	sqlite3_close(db);
	return n;
}

static long long found(const struct world *w, const char *sql)
{
	return found_of(w, "log.db", sql);
}

static int writes_of_a_commit(const struct world *w, const char *name, const char *vfs)
{
	sqlite3 *db = opened(w, name, vfs);
	int n;

	fill(db, "a", 1, 10);
	count_writes(true);
	good(db, "BEGIN");
	fill(db, "a", 11, 10);
	fill(db, "b", 1, 10);
	assert_int_equal(writes, 0);
	good(db, "COMMIT");
	n = writes;
	count_writes(false);
	is_whole(db);
	sqlite3_close(db);
	return n;
}

static void one_call(void **state)
{
	struct world *w = *state;

	assert_true(writes_of_a_commit(w, "plain.db", NULL) > 40);
	assert_int_equal(writes_of_a_commit(w, "log.db", db_sqlite_log()), 1);
}

/* So do those who answer calls. */
static void of_a_charge(void **state)
{
	struct world *w = *state;
	char code[PAYCODE_DIGITS + 1];

	world_enrol(w);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "a", code, 1, NULL), "SUCCESS");
	assert_int_equal(store_for_calls(w->st), STORE_OK);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 1, code), 0);
	count_writes(true);
	assert_string_equal(world_charge(w, w->st, "b", code, 1, NULL), "SUCCESS");
	assert_int_equal(writes, 1);
	count_writes(false);
}

static void on_the_disk(void **state)
{
	struct world *w = *state;
	sqlite3 *db = opened(w, "log.db", db_sqlite_log()), *other = opened(w, "log.db", NULL);

	for (int i = 0; i < 5; i++) {
		good(db, "BEGIN");
		fill(db, "a", 1 + 10 * i, 10);
		assert_int_equal(ask(other, "SELECT count(*) FROM a"), 10 * i);
		assert_int_equal(found(w, "SELECT count(*) FROM a"), 10 * i);
		good(db, "COMMIT");
		assert_int_equal(ask(other, "SELECT count(*) FROM a"), 10 * (i + 1));
		assert_int_equal(found(w, "SELECT count(*) FROM a"), 10 * (i + 1));
		/* From its front again, at the next commit. */
		if (i == 2)
			good(db, "PRAGMA wal_checkpoint(RESTART)");
	}
	sqlite3_close(other);
	sqlite3_close(db);
}

/* A commit of more than waits. */
static void longer_than_it_waits(void **state)
{
	struct world *w = *state;
	sqlite3 *db = opened(w, "log.db", db_sqlite_log()), *other = opened(w, "log.db", NULL);

	good(db, "PRAGMA cache_size = 10; BEGIN");
	fill(db, "a", 1, 300);
	good(db, "UPDATE a SET t = t || n WHERE n % 7 = 0");
	assert_int_equal(ask(db, "SELECT sum(length(t)) FROM a WHERE n % 7 <> 0"), 3900 * (300 - 42));
	assert_int_equal(ask(db, "SELECT count(*) FROM a WHERE n % 7 = 0 AND substr(t, 3901) = CAST(n AS TEXT)"), 42);
	assert_int_equal(ask(other, "SELECT count(*) FROM a"), 0);
	good(db, "ROLLBACK; BEGIN");
	/* Over what was taken back, and shorter than that. */
	fill(db, "b", 1, 30);
	good(db, "SAVEPOINT s");
	fill(db, "a", 1, 100);
	good(db, "ROLLBACK TO s");
	fill(db, "b", 31, 30);
	good(db, "COMMIT");
	assert_int_equal(ask(other, "SELECT (SELECT count(*) FROM a) * 1000 + (SELECT sum(n) FROM b)"), 60 * 61 / 2);
	assert_int_equal(found(w, "SELECT (SELECT count(*) FROM a) * 1000 + (SELECT sum(n) FROM b)"), 60 * 61 / 2);
	is_whole(other);
	good(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	is_whole(db);
	sqlite3_close(other);
	sqlite3_close(db);
}

/* A page that is too long to wait at all. */
static void pages_of_any_size(void **state)
{
	struct world *w = *state;
	char path[300], sql[64];
	sqlite3 *db;

	for (int size = 512; size <= 65536; size *= 2) {
		name_of(w, "size.db", path);
		unlink(path);
		assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, db_sqlite_log()), SQLITE_OK);
		snprintf(sql, sizeof(sql), "PRAGMA page_size = %d; CREATE TABLE first (n)", size);
		good(db, sql);
		sqlite3_close(db);
		db = opened(w, "size.db", db_sqlite_log());
		fill(db, "a", 1, 200);
		sqlite3_close(db);
		db = opened(w, "size.db", NULL);
		assert_int_equal(ask(db, "PRAGMA page_size"), size);
		assert_int_equal(ask(db, "SELECT sum(n) FROM a"), 200 * 201 / 2);
		is_whole(db);
		sqlite3_close(db);
	}
}

/* The disk is full at one call after the other. */
static void not_written(void **state)
{
	struct world *w = *state;
	sqlite3 *db = opened(w, "log.db", db_sqlite_log()), *other = opened(w, "log.db", NULL);
	int rows = 10, failed = 0;

	good(db, "PRAGMA cache_size = 10");
	fill(db, "a", 1, rows);
	for (int n = 1; n < 20; n++) {
		int rc;

		count_writes(true);
		fail_at = n;
		rc = run(db, "BEGIN; WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 200) "
			 "INSERT INTO b SELECT n, printf('%.3900c', 'y') FROM r; COMMIT");
		count_writes(false);
		if (rc == SQLITE_OK) {
			good(db, "DELETE FROM b");
			continue;
		}
		failed++;
		assert_int_equal(rc, SQLITE_FULL);
		run(db, "ROLLBACK");
		assert_int_equal(ask(other, "SELECT count(*) FROM b"), 0);
		/* Nor is it written when there is room again, and the log is flushed for something else. */
		good(db, "PRAGMA wal_checkpoint(PASSIVE)");
		assert_int_equal(found(w, "SELECT count(*) FROM b"), 0);
		fill(db, "a", rows + 1, 10);
		rows += 10;
		assert_int_equal(ask(other, "SELECT count(*) FROM a"), rows);
		assert_int_equal(found(w, "SELECT count(*) FROM a"), rows);
		is_whole(other);
	}
	assert_true(failed >= 2 && failed < 19);
	sqlite3_close(other);
	sqlite3_close(db);
}

/* What a transaction wrote that is rolled back waits for nothing: others commit, and it must not come over that. */
static void rolled_back(void **state)
{
	struct world *w = *state;
	sqlite3 *mine, *other;

	assert_int_equal(store_for_calls(w->st), STORE_OK);
	other = opened(w, "ledger.db", NULL);
	good(other, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(store_begin(w->st), STORE_OK);
	mine = db_sqlite(w->st);
	good(mine, "PRAGMA cache_size = 10");
	fill(mine, "a", 1, 25);
	store_rollback(w->st);
	for (int i = 0; i < 20; i++)
		fill(other, "b", 1 + i, 1);
	/* It reads, and flushes the log. */
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(ask(db_sqlite(w->st), "SELECT count(*) FROM b"), 20);
	store_rollback(w->st);
	assert_int_equal(store_flush(w->st), STORE_OK);
	assert_int_equal(found_of(w, "ledger.db", "SELECT count(*) FROM b"), 20);
	is_whole(other);
	sqlite3_close(other);
}

static int charged(const struct world *w)
{
	return found_of(w, "ledger.db", "SELECT count(*) FROM merchant_order WHERE state = 'SUCCESS'");
}

/* The flush fails: the till hears that it was not booked, takes cash, and the power fails. Then it was not booked. */
static void not_flushed(void **state)
{
	struct world *w = *state;
	char code[PAYCODE_DIGITS + 1];
	int status;
	pid_t pid;

	world_enrol(w);
	assert_int_equal(store_for_calls(w->st), STORE_OK);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	flushes_fail = 1;
	assert_string_equal(world_charge(w, w->st, "a", code, 1, NULL), "FAILED");
	assert_int_equal(flushes_fail, 0);
	assert_int_equal(charged(w), 0);
	assert_string_equal(world_charge(w, w->st, "a", code, 1, NULL), "SUCCESS");
	assert_int_equal(charged(w), 1);
	/* It goes on failing: nobody is told what may turn out otherwise. */
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 1, code), 0);
	pid = fork();
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		flushes_fail = -1;
		world_charge(w, w->st, "b", code, 1, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/*
 * The process that could not flush is gone, and the kernel still has what it wrote: the next one finds it
 * in the log, writes behind it, and tells of it. Then the power fails.
 */
static void found_and_not_flushed(void **state)
{
	struct world *w = *state;
	char code[PAYCODE_DIGITS + 1], path[300];
	int status, f;
	long long n;
	sqlite3 *db;
	pid_t pid;

	world_enrol(w);
	store_close(w->st);
	w->st = NULL;
	disk = mmap(NULL, sizeof(*disk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(disk != MAP_FAILED);
	pid = fork();
	if (!pid) {
		struct store *st = world_store(w);

		signal(SIGABRT, SIG_DFL);
		if (store_for_calls(st) != STORE_OK || device_code(&w->dev, 0, w->now / 30, 0, code) ||
		    strcmp(world_charge(w, st, "a", code, 1, NULL), "SUCCESS") ||
		    device_code(&w->dev, 0, w->now / 30, 1, code))
			_exit(1);
		flushes_fail = -1;
		world_charge(w, st, "b", code, 1, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);

	w->st = world_store(w);
	assert_int_equal(store_for_calls(w->st), STORE_OK);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 2, code), 0);
	assert_string_equal(world_charge(w, w->st, "c", code, 1, NULL), "SUCCESS");
	n = ask(db_sqlite(w->st), "SELECT count(*) FROM merchant_order WHERE state = 'SUCCESS'");

	copy(w, "ledger.db", "copy.db");
	name_of(w, "copy.db-wal", path);
	f = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(f, disk->on_it, sizeof(disk->on_it)), sizeof(disk->on_it));
	close(f);
	munmap(disk, sizeof(*disk));
	disk = NULL;
	db = opened(w, "copy.db", NULL);
	is_whole(db);
	assert_int_equal(ask(db, "SELECT count(*) FROM merchant_order WHERE state = 'SUCCESS'"), n);
	assert_int_equal(ask(db, "SELECT count(*) FROM merchant_order WHERE state = 'SUCCESS' AND order_no IN ('a', 'c')"), 2);
	sqlite3_close(db);
}

/* A disk that is full is no reason to end: what is not written whole is no commit, and there may be room again. */
static void no_room(void **state)
{
	struct world *w = *state;
	char code[PAYCODE_DIGITS + 1], order[8];
	int n = 0;

	world_enrol(w);
	assert_int_equal(store_for_calls(w->st), STORE_OK);
	count_writes(true);
	for (long long bytes = 0; bytes < 200000; bytes += 9000, n++) {
		assert_int_equal(device_code(&w->dev, 0, w->now / 30, n % 10, code), 0);
		snprintf(order, sizeof(order), "r%d", n);
		room = bytes;
		if (strcmp(world_charge(w, w->st, order, code, 1, NULL), "FAILED")) {
			room = -1;
			assert_int_equal(charged(w), n + 1);
			break;
		}
		room = -1;
		assert_int_equal(charged(w), n);
		assert_string_equal(world_charge(w, w->st, order, code, 1, NULL), "SUCCESS");
		assert_int_equal(charged(w), n + 1);
		if (n % 10 == 9)
			w->now += 30;
	}
	count_writes(false);
	assert_true(n > 5 && n < 20);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(one_call), T(of_a_charge), T(on_the_disk), T(longer_than_it_waits), T(pages_of_any_size), T(not_written), T(rolled_back),
		T(not_flushed), T(found_and_not_flushed), T(no_room),
	};

	return cmocka_run_group_tests_name("the log of SQLite's file", tests, NULL, NULL);
}
