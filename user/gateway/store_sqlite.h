/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the SQLite store. */
#ifndef VPG_STORE_SQLITE_H
#define VPG_STORE_SQLITE_H

#include <sqlite3.h>

#include "store.h"

/* One prepared statement for each place that runs one, found by its text's address. */
#define STORE_STATEMENTS	160

struct store {
	sqlite3 *db;
	bool writing;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} cache[STORE_STATEMENTS];
};

/* Opens and sets the connection up; looks at nothing inside. */
enum store_result sq_open(struct store **st, const char *path);
/* Of the schema; 0 if there is none. */
int sq_version(struct store *st);
/* One or more statements whose rows are of no interest. */
enum store_result sq_exec(struct store *st, const char *sql);

/*
 * Prepares @sql, a string literal, and binds: i long long, t text, b blob
 * (pointer, size_t length). NULL on failure, which has been logged.
 */
sqlite3_stmt *sq(struct store *st, const char *sql, const char *fmt, ...);
/* Runs a statement that gives no rows. STORE_NONE if it changed nothing. */
enum store_result sq_run(struct store *st, sqlite3_stmt *q);
/* Steps to the next row: STORE_OK, STORE_NONE at the end, or a failure. */
enum store_result sq_row(struct store *st, sqlite3_stmt *q);
/* Ends a statement that has given rows and passes @r on. */
enum store_result sq_end(sqlite3_stmt *q, enum store_result r);

void sq_text(sqlite3_stmt *q, int col, char *out, size_t size);
/* Copies at most @max bytes and returns the number. */
size_t sq_blob(sqlite3_stmt *q, int col, void *out, size_t max);

#endif /* VPG_STORE_SQLITE_H */
