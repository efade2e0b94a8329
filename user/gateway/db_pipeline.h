/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to PostgreSQL, and what was sent over it and is not read yet. It makes and
 * gives up connections by itself; whose statement that costs is told STORE_AGAIN.
 */
#ifndef VPG_DB_PIPELINE_H
#define VPG_DB_PIPELINE_H

#include "db_ahead.h"
#include "db_postgres.h"

/* As many statements may be under way. */
#define PG_PENDING_MAX	64

struct pg_query {
	struct query head;
	const char *sql;	/* NULL: not kept */
	bool prepared, waits, streams;
	PGresult *res;
	enum store_result r;
	int row;
};

struct pg_pending {
	struct pg_query *q;	/* who takes the result; NULL: nobody, it must do well */
	struct pg_query *prepares;	/* what is prepared, unless it was skipped for an error before */
	bool commit;
	enum store_result taken;
};

struct pg {
	struct store head;
	PGconn *conn;
	char *uri;
	struct pg_query cache[DB_STATEMENTS];
	struct pg_pending pending[PG_PENDING_MAX];
	int n_pending;
	struct db_ahead ahead;
	enum store_result late;	/* what became of those that nobody waited for */
	const atomic_bool *ending;	/* or NULL */
	int answer_ms;
	bool told, doubtful, connected;
};

static inline struct pg *pg_of(struct store *st)
{
	return (struct pg *)st;
}

/* There is a connection, or one is made. False: there is no server. */
bool pg_hang_on(struct pg *pg);
/* The connection is given up: its statements get STORE_AGAIN. */
void pg_hang_up(struct pg *pg);

/*
 * A place for what is sent next, whose result @q takes; NULL: nobody, it must do well. @taken:
 * what it means that a unique value was there. False: the connection is gone, or has to go.
 */
bool pg_push(struct pg *pg, struct pg_query *q, enum store_result taken);
/* Sends a statement without parameters, that must do well. */
bool pg_send_plain(struct pg *pg, const char *sql);

/* Reads all that was sent. STORE_AGAIN if the connection was lost. */
enum store_result pg_settle(struct pg *pg);
/* The next result, out of the pipeline, or NULL: the end of a statement's. False: the connection is lost. */
bool pg_next(struct pg *pg, PGresult **res);
/* What a result that is an error means. The log is told what nobody expects. */
enum store_result pg_failed(struct pg *pg, const PGresult *res, const char *what);

#endif /* VPG_DB_PIPELINE_H */
