// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What SQLite writes to its log waits here for what is written right behind it, until it is flushed,
 * read or in the way. Nobody else misses it meanwhile: other connections read of the log what its
 * index tells, and with synchronous = FULL a commit is told there after its flush has returned. What
 * is written and not flushed is no commit, and nobody's but this connection's, which reads it through
 * here. Nor must it wait any longer than its transaction lasts, as others then write to where it
 * belongs: with cache_spill = OFF nothing is written but by a commit, which ends in a flush.
 *
 * All other files are the default VFS's own.
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <sqlite3.h>

#include "db_sqlite_log.h"

/* SQLite's own VFS writes less than 128 KiB at a time. That is 31 pages of 4 KiB; a charge has 20 to 25. */
#define WAITING_MAX	(127 * 1024)

struct log_file {
	sqlite3_file head;
	char *waiting;
	int len;
	sqlite3_int64 at;
};

static sqlite3_vfs *below;

static struct log_file *of(sqlite3_file *f)
{
	return (struct log_file *)f;
}

/* The default's own file lies behind this one. */
static sqlite3_file *real(sqlite3_file *f)
{
	return (sqlite3_file *)(of(f) + 1);
}

/* What cannot be written is dropped: the commit that it was of has failed, and something else will lie there. */
static int write_out(sqlite3_file *f)
{
	struct log_file *l = of(f);
	int len = l->len;

	l->len = 0;
	return len ? real(f)->pMethods->xWrite(real(f), l->waiting, len, l->at) : SQLITE_OK;
}

static int log_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	struct log_file *l = of(f);
	int rc = SQLITE_OK;

	if (l->len && (at != l->at + l->len || len > WAITING_MAX - l->len))
		rc = write_out(f);
	if (rc != SQLITE_OK)
		return rc;
	if (len > WAITING_MAX)
		return real(f)->pMethods->xWrite(real(f), data, len, at);
	if (!l->len)
		l->at = at;
	memcpy(l->waiting + l->len, data, len);
	l->len += len;
	return SQLITE_OK;
}

static int log_read(sqlite3_file *f, void *data, int len, sqlite3_int64 at)
{
	int rc = write_out(f);

	return rc == SQLITE_OK ? real(f)->pMethods->xRead(real(f), data, len, at) : rc;
}

static int log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = write_out(f);

	return rc == SQLITE_OK ? real(f)->pMethods->xTruncate(real(f), size) : rc;
}

static int log_sync(sqlite3_file *f, int flags)
{
	int rc = write_out(f);

	return rc == SQLITE_OK ? real(f)->pMethods->xSync(real(f), flags) : rc;
}

static int log_size(sqlite3_file *f, sqlite3_int64 *size)
{
	int rc = write_out(f);

	return rc == SQLITE_OK ? real(f)->pMethods->xFileSize(real(f), size) : rc;
}

static int log_control(sqlite3_file *f, int op, void *arg)
{
	int rc = write_out(f);

	return rc == SQLITE_OK ? real(f)->pMethods->xFileControl(real(f), op, arg) : rc;
}

/* What still waits is of no commit. */
static int log_close(sqlite3_file *f)
{
	sqlite3_free(of(f)->waiting);
	return real(f)->pMethods->xClose(real(f));
}

static int log_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int log_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int log_reserved(sqlite3_file *f, int *is)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), is);
}

static int log_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int log_characteristics(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static const sqlite3_io_methods log_methods = {
	.iVersion = 1, .xClose = log_close, .xRead = log_read, .xWrite = log_write, .xTruncate = log_truncate,
	.xSync = log_sync, .xFileSize = log_size, .xLock = log_lock, .xUnlock = log_unlock,
	.xCheckReservedLock = log_reserved, .xFileControl = log_control, .xSectorSize = log_sector,
	.xDeviceCharacteristics = log_characteristics,
};

static int log_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct log_file *l = of(f);
	int rc;

	if (!(flags & SQLITE_OPEN_WAL))
		return below->xOpen(below, name, f, flags, out);
	memset(l, 0, sizeof(*l));
	memset(real(f), 0, below->szOsFile);
	l->waiting = sqlite3_malloc(WAITING_MAX);
	if (!l->waiting)
		return SQLITE_NOMEM;
	rc = below->xOpen(below, name, real(f), flags, out);
	if (rc == SQLITE_OK) {
		l->head.pMethods = &log_methods;
		return SQLITE_OK;
	}
	/* It may want to be closed all the same. */
	if (real(f)->pMethods)
		real(f)->pMethods->xClose(real(f));
	sqlite3_free(l->waiting);
	return rc;
}

static sqlite3_vfs vfs_of_log;
static bool there;

static void make(void)
{
	below = sqlite3_vfs_find(NULL);
	if (!below)
		return;
	vfs_of_log = *below;
	vfs_of_log.pNext = NULL;
	vfs_of_log.zName = "voicepay-log";
	vfs_of_log.szOsFile = sizeof(struct log_file) + below->szOsFile;
	vfs_of_log.xOpen = log_open;
	there = sqlite3_vfs_register(&vfs_of_log, 0) == SQLITE_OK;
}

const char *db_sqlite_log(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make);
	return there ? vfs_of_log.zName : NULL;
}
