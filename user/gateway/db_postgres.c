// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PostgreSQL: transactions and statements.
 *
 * Statements are sent as they are asked for and read when an answer is needed, so
 * that what does not depend on each other shares a round trip: BEGIN goes with the first
 * statement, and what db_later() was given with the commit.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db_pipeline.h"
#include "log.h"
#include "metrics.h"

/* A server that does not answer for so long is gone: what it does of a commit is unknown. */
#define ANSWER_MS	10000
#define EXEC_MS		120000	/* tables are made, or wait for their lock */

static enum store_result pg_begin(struct store *st, bool alone)
{
	struct pg *pg = pg_of(st);

	pg->late = STORE_OK;
	pg->ahead.n = 0;
	if (pg->n_pending && pg_settle(pg) != STORE_OK)
		return STORE_AGAIN;
	if (!pg_hang_on(pg))
		return STORE_AGAIN;
	if (pg_send_plain(pg, alone ? "BEGIN ISOLATION LEVEL SERIALIZABLE" : "BEGIN ISOLATION LEVEL READ COMMITTED"))
		return STORE_OK;
	pg_hang_up(pg);
	return STORE_AGAIN;
}

static void pg_rollback(struct store *st)
{
	struct pg *pg = pg_of(st);

	/* What was lost with the connection is rolled back by the server. */
	if (pg->conn && pg_settle(pg) == STORE_OK && pg_send_plain(pg, "ROLLBACK"))
		pg_settle(pg);
	pg->ahead.n = 0;
	pg->late = STORE_OK;
}

static enum store_result pg_commit(struct store *st)
{
	struct pg *pg = pg_of(st);
	enum store_result r;

	/* It would be done, and whoever asked for it has not heard whether it was. */
	if (pg->ahead.n && pg->late == STORE_OK) {
		log_error("database: a transaction in which not every answer was asked for is not committed");
		pg->late = STORE_FAILED;
	}
	if (pg->late != STORE_OK) {
		r = pg->late;
		pg_rollback(st);
		return r;
	}
	if (!pg->conn || !pg_send_plain(pg, "COMMIT")) {
		pg_hang_up(pg);
		return STORE_AGAIN;
	}
	pg->pending[pg->n_pending - 1].commit = true;
	pg->doubtful = false;
	r = pg_settle(pg);
	if (r == STORE_OK && pg->late == STORE_OK && !pg->doubtful)
		return STORE_OK;
	if (r == STORE_OK && pg->late != STORE_OK) {
		r = pg->late;
		pg_rollback(st);
		return r;
	}
	/* It may be there and may not: whoever asks again, with the same number, is told which. */
	metrics_count(M_DB_COMMITS_UNKNOWN);
	log_warn("database: nobody can say whether a commit was done: %s",
		 pg->doubtful ? "the server did not wait for its standby" : "the connection was lost");
	if (pg->conn)
		pg_hang_up(pg);
	return STORE_BUSY;
}

/* Out of the pipeline, where one call takes several statements. */
static enum store_result pg_exec(struct store *st, const char *sql)
{
	struct pg *pg = pg_of(st);
	enum store_result r = STORE_OK;
	int answer_ms = pg->answer_ms;
	PGresult *res;
	bool there;

	if (pg_settle(pg) != STORE_OK)
		return STORE_AGAIN;
	if (st->writing && pg->late != STORE_OK)
		return pg->late;
	if (!PQexitPipelineMode(pg->conn) || !PQsendQuery(pg->conn, sql)) {
		pg_hang_up(pg);
		return STORE_AGAIN;
	}
	if (pg->answer_ms < EXEC_MS)
		pg->answer_ms = EXEC_MS;
	while ((there = pg_next(pg, &res)) && res) {
		if (r == STORE_OK && PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
			r = pg_failed(pg, res, "statement");
		PQclear(res);
	}
	pg->answer_ms = answer_ms;
	if (!there || !PQenterPipelineMode(pg->conn)) {
		pg_hang_up(pg);
		r = STORE_AGAIN;
	}
	return r;
}

static enum store_result pg_flush(struct store *st)
{
	(void)st;
	return STORE_OK;
}

static void pg_end(struct query *query)
{
	struct pg_query *q = (struct pg_query *)query;
	struct pg *pg = pg_of(query->st);

	if (q->waits)
		pg_settle(pg);
	while (q->streams) {
		PQclear(q->res);
		q->streams = pg_next(pg, &q->res) && q->res;
		if (q->streams)
			continue;
		/* Without a statement in between libpq would give the pipeline's first rows one by one, too. */
		if (pg->conn)
			PQclear(PQexec(pg->conn, ""));
		if (!pg->conn || !PQenterPipelineMode(pg->conn))
			pg_hang_up(pg);
	}
	PQclear(q->res);
	q->res = NULL;
	if (!q->sql)
		free(q);
}

static struct pg_query *find(struct pg *pg, const char *sql, bool keep)
{
	struct pg_query *q = NULL;

	if (!keep) {
		q = calloc(1, sizeof(*q));
	} else {
		for (int i = 0; i < DB_STATEMENTS && !q; i++)
			if (!pg->cache[i].sql || pg->cache[i].sql == sql)
				q = &pg->cache[i];
	}
	if (!q) {
		log_error("database: too many statements");
		return NULL;
	}
	q->head.st = &pg->head;
	q->sql = keep ? sql : NULL;
	return q;
}

/* Was this asked before, with the same values, and is its answer under way? */
static bool was_asked(struct pg *pg, const struct pg_query *q, const struct db_parameters *p)
{
	enum db_ahead_found found = db_ahead_find(&pg->ahead, q, p, pg->head.ahead);

	/* With others it was done all the same, where it should not have been. */
	if (found == DB_AHEAD_OTHER && pg->head.writing && pg->late == STORE_OK) {
		log_error("database: a transaction in which something else was asked for is not committed");
		pg->late = STORE_FAILED;
	}
	return found == DB_AHEAD_SAME;
}

static void pg_forget(struct store *st)
{
	pg_of(st)->ahead.n = 0;
}

static bool send_kept(struct pg *pg, struct pg_query *q, const struct db_parameters *p)
{
	char name[16];

	snprintf(name, sizeof(name), "v%d", (int)(q - pg->cache));
	if (!q->prepared) {
		if (!pg_push(pg, NULL, STORE_TAKEN) || !pg->conn || !PQsendPrepare(pg->conn, name, q->sql, p->n, p->type))
			return false;
		pg->pending[pg->n_pending - 1].prepares = q;
		q->prepared = true;
	}
	return pg_push(pg, q, STORE_TAKEN) && pg->conn &&
	       PQsendQueryPrepared(pg->conn, name, p->n, p->value, p->len, p->binary, 0);
}

/* Rows one by one, as they come; which no pipeline does. */
static bool send_stream(struct pg *pg, struct pg_query *q, const char *sql, const struct db_parameters *p)
{
	if (pg_settle(pg) != STORE_OK || !PQexitPipelineMode(pg->conn))
		return false;
	q->streams = PQsendQueryParams(pg->conn, sql, p->n, p->type, p->value, p->len, p->binary, 0) &&
		     PQsetSingleRowMode(pg->conn);
	return q->streams;
}

static struct query *pg_query(struct store *st, const char *sql, const char *fmt, va_list given)
{
	struct pg *pg = pg_of(st);
	bool keep = true, stream = false, sent;
	struct pg_query *q;
	struct db_parameters p;

	for (; *fmt == '!' || *fmt == '*'; fmt++) {
		keep = keep && *fmt != '!';
		stream = stream || *fmt == '*';
	}
	if (st->ahead && (stream || !keep))
		return NULL;
	q = find(pg, sql, keep);
	if (!q)
		return NULL;
	db_parameters_gather(&p, fmt, given);
	if (was_asked(pg, q, &p))
		return st->ahead ? NULL : &q->head;
	if (q->waits)
		pg_settle(pg);
	/*
	 * In the middle of a transaction there is nothing to go on with. And to look for a server takes seconds
	 * while there is none: that is for the one who asks in earnest, who goes no further without.
	 */
	if (!pg->conn && (st->ahead || st->writing || !pg_hang_on(pg))) {
		st->failed = STORE_AGAIN;
		if (!keep)
			free(q);
		return NULL;
	}
	if (st->ahead && !db_ahead_note(&pg->ahead, q, &p))
		return NULL;
	PQclear(q->res);
	q->res = NULL;
	q->r = STORE_OK;
	if (stream)
		sent = send_stream(pg, q, sql, &p);
	else if (keep)
		sent = send_kept(pg, q, &p);
	else
		sent = pg_push(pg, q, STORE_TAKEN) && pg->conn &&
		       PQsendQueryParams(pg->conn, sql, p.n, p.type, p.value, p.len, p.binary, 0);
	if (sent)
		return &q->head;
	pg_hang_up(pg);
	st->failed = STORE_AGAIN;
	if (!keep)
		free(q);
	return NULL;
}

static enum store_result answer(struct pg *pg, struct pg_query *q)
{
	if (q->waits)
		pg_settle(pg);
	return pg->late != STORE_OK && pg->head.writing ? pg->late : q->r;
}

static enum store_result pg_run(struct store *st, struct query *query)
{
	struct pg_query *q = (struct pg_query *)query;
	enum store_result r = answer(pg_of(st), q);

	if (r == STORE_OK && q->res)
		r = atoll(PQcmdTuples(q->res)) ? STORE_OK : STORE_NONE;
	pg_end(query);
	return r;
}

static enum store_result pg_later(struct store *st, struct query *query, enum store_result taken)
{
	struct pg_query *q = (struct pg_query *)query;
	struct pg *pg = pg_of(st);

	if (!st->writing || !q->waits || !q->sql)
		return pg_run(st, query);
	for (int i = 0; i < pg->n_pending; i++) {
		if (pg->pending[i].q != q)
			continue;
		pg->pending[i].q = NULL;
		pg->pending[i].taken = taken;
	}
	q->waits = false;
	return pg->late;
}

static enum store_result pg_row(struct store *st, struct query *query)
{
	struct pg_query *q = (struct pg_query *)query;
	struct pg *pg = pg_of(st);
	enum store_result r;

	if (q->streams) {
		PQclear(q->res);
		q->row = 0;
		if (!pg_next(pg, &q->res)) {
			q->streams = false;
			pg_hang_up(pg);
			return STORE_AGAIN;
		}
		if (PQresultStatus(q->res) == PGRES_SINGLE_TUPLE)
			return STORE_OK;
		return PQresultStatus(q->res) == PGRES_TUPLES_OK ? STORE_NONE : pg_failed(pg, q->res, "statement");
	}
	r = answer(pg, q);
	if (r != STORE_OK)
		return r;
	return ++q->row < PQntuples(q->res) ? STORE_OK : STORE_NONE;
}

static const char *pg_text(struct query *query, int col)
{
	struct pg_query *q = (struct pg_query *)query;

	return PQgetisnull(q->res, q->row, col) ? NULL : PQgetvalue(q->res, q->row, col);
}

static long long pg_number(struct query *query, int col)
{
	const char *text = pg_text(query, col);

	return !text ? 0 : *text == 't' ? 1 : atoll(text);
}

static int nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* \x and hex digits */
static size_t pg_blob(struct query *query, int col, void *out, size_t max)
{
	const char *text = pg_text(query, col);
	unsigned char *p = out;
	size_t n = 0;

	if (!text || text[0] != '\\' || text[1] != 'x')
		return 0;
	for (text += 2; text[0] && text[1] && n < max; text += 2)
		p[n++] = nibble(text[0]) << 4 | nibble(text[1]);
	return n;
}

static bool pg_null(struct query *query, int col)
{
	struct pg_query *q = (struct pg_query *)query;

	return PQgetisnull(q->res, q->row, col);
}

static enum store_result pg_put(struct store *st, const char *sql, const struct db_value *v, int n)
{
	struct pg *pg = pg_of(st);
	struct pg_query *q = find(pg, sql, true);
	struct db_parameters p;

	if (!q || n > DB_PARAMETERS)
		return STORE_FAILED;
	db_parameters_take(&p, v, n);
	if (!pg->conn || !send_kept(pg, q, &p)) {
		pg_hang_up(pg);
		return STORE_AGAIN;
	}
	return pg_later(st, &q->head, STORE_TAKEN);
}

static void pg_close(struct store *st)
{
	struct pg *pg = pg_of(st);

	for (int i = 0; i < DB_STATEMENTS; i++)
		PQclear(pg->cache[i].res);
	PQfinish(pg->conn);
	/* There may be a password in it. */
	explicit_bzero(pg->uri, strlen(pg->uri));
	free(pg->uri);
	free(pg);
}

static const struct db_ops pg_ops = {
	.close = pg_close, .begin = pg_begin, .commit = pg_commit, .rollback = pg_rollback,
	.exec = pg_exec, .flush = pg_flush, .query = pg_query, .forget = pg_forget, .run = pg_run, .later = pg_later,
	.row = pg_row, .end = pg_end, .number = pg_number, .text = pg_text, .blob = pg_blob,
	.null = pg_null, .put = pg_put,
};

bool db_is_postgres(const struct store *st)
{
	return st->ops == &pg_ops;
}

void store_until(struct store *st, const atomic_bool *ending)
{
	if (db_is_postgres(st))
		pg_of(st)->ending = ending;
}

void db_patient(struct store *st)
{
	if (!db_is_postgres(st) || pg_of(st)->answer_ms == INT_MAX)
		return;
	pg_of(st)->answer_ms = INT_MAX;
	/* Whoever writes to it, or reads from it, may be slower than a gateway is. */
	pg_exec(st, "RESET max_parallel_workers_per_gather; RESET lock_timeout; SET idle_in_transaction_session_timeout = 0");
	/* Given up, it would go on at the server, and hold its locks for nobody. Not every one has this. */
	pg_exec(st, "SELECT set_config(name, '1s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'");
}

enum store_result db_postgres_open(struct store **out, const char *uri)
{
	struct pg *pg = calloc(1, sizeof(*pg));

	*out = NULL;
	if (!pg)
		return STORE_FAILED;
	pg->head.ops = &pg_ops;
	pg->answer_ms = ANSWER_MS;
	pg->uri = strdup(uri);
	if (!pg->uri) {
		free(pg);
		return STORE_FAILED;
	}
	if (!pg_hang_on(pg)) {
		pg_close(&pg->head);
		return STORE_AGAIN;
	}
	*out = &pg->head;
	return STORE_OK;
}
