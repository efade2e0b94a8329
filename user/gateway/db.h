/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the store and a database: statements, their rows, and what became of
 * them. There are two drivers, db_sqlite.c and db_postgres.c; the store's functions
 * are written once, in SQL that both understand, and where they cannot be, each has
 * its own text beside the other's: db_sql().
 *
 * Parameters are $1, $2 and so on. A trailing "FOR ..." locks the rows that were read
 * until the transaction ends; SQLite, where a transaction is the only one that
 * writes, is given the statement without it.
 */
#ifndef VPG_DB_H
#define VPG_DB_H

#include <stdarg.h>

#include "store.h"

struct query;
struct db_ops;

/* What every driver's connection begins with. */
struct store {
	const struct db_ops *ops;
	bool writing;			/* between begin and commit */
	bool ahead;			/* what is asked is only asked: store_ahead() */
	enum store_result failed;	/* why db() gave no query */
};

struct db_value {
	char type;	/* i, t or b */
	bool null;
	long long number;
	const char *bytes;
	size_t len;
};

struct db_ops {
	void (*close)(struct store *st);
	void (*look)(struct store *st, bool looking);	/* NULL: of no use */
	enum store_result (*begin)(struct store *st, bool alone);
	enum store_result (*commit)(struct store *st);
	void (*rollback)(struct store *st);
	enum store_result (*exec)(struct store *st, const char *sql);
	enum store_result (*flush)(struct store *st);
	struct query *(*query)(struct store *st, const char *sql, const char *fmt, va_list ap);
	void (*forget)(struct store *st);	/* what was asked ahead; NULL: it is not kept */
	enum store_result (*run)(struct store *st, struct query *q);
	enum store_result (*later)(struct store *st, struct query *q, enum store_result taken);
	enum store_result (*row)(struct store *st, struct query *q);
	void (*end)(struct query *q);
	long long (*number)(struct query *q, int col);
	const char *(*text)(struct query *q, int col);
	size_t (*blob)(struct query *q, int col, void *out, size_t max);
	bool (*null)(struct query *q, int col);
	enum store_result (*put)(struct store *st, const char *sql, const struct db_value *v, int n);
};

/* What every driver's statement begins with. */
struct query {
	struct store *st;
};

/* One prepared statement for each place that runs one, found by its text's address. */
#define DB_STATEMENTS	192
#define DB_PARAMETERS	24

/* Opens and sets the connection up; looks at nothing inside. */
enum store_result db_sqlite_open(struct store **st, const char *path);
/* Makes the file, which must not be there. */
enum store_result db_sqlite_create(const char *path);
/* For store_for_calls(). */
enum store_result db_sqlite_for_calls(struct store *st);

/* One or more statements without parameters, whose rows are of no interest. */
enum store_result db_exec(struct store *st, const char *sql);

/*
 * Prepares @sql, a string literal, and binds: i long long, t text (NULL: null), b blob
 * (pointer, size_t length). NULL on failure, which has been logged and which
 * whatever takes the query hands on. Before the letters, ! says that the text is no
 * literal, and will not come again; * that the rows may be more than memory
 * holds, and nothing else is asked until they have been read.
 */
struct query *db(struct store *st, const char *sql, const char *fmt, ...);
/* Runs a statement that gives no rows. STORE_NONE if it changed nothing. */
enum store_result db_run(struct store *st, struct query *q);
/*
 * The same for one that cannot but change something, unless it fails: it may be run
 * as late as the commit, which then hands the failure on. @taken: what it means
 * that a unique value was there already.
 */
enum store_result db_later(struct store *st, struct query *q, enum store_result taken);
/* An INSERT .. RETURNING one number. */
enum store_result db_insert(struct store *st, struct query *q, long long *number);
/* A question whose answer is one number. */
enum store_result db_number(struct store *st, struct query *q, long long *number);
/* Steps to the next row: STORE_OK, STORE_NONE at the end, or a failure. */
enum store_result db_row(struct store *st, struct query *q);
/* Ends a statement that has given rows and passes @r on. */
enum store_result db_end(struct query *q, enum store_result r);

/*
 * Runs @sql, whose text stays where it is, with values that may be null; in a transaction,
 * which hears of a failure later, at the commit at the latest.
 */
enum store_result db_put(struct store *st, const char *sql, const struct db_value *v, int n);

bool db_null(struct query *q, int col);
/* NULL reads as 0, or as nothing. */
long long db_int(struct query *q, int col);
void db_text(struct query *q, int col, char *out, size_t size);
/* Copies at most @max bytes and returns the number. */
size_t db_blob(struct query *q, int col, void *out, size_t max);

/* An INSERT .. ON CONFLICT DO NOTHING that inserted nothing met a row of that identity. */
static inline enum store_result db_taken(enum store_result r)
{
	return r == STORE_NONE ? STORE_TAKEN : r;
}

#endif /* VPG_DB_H */
