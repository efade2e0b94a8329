// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "db_pipeline.h"
#include "log.h"
#include "metrics.h"

#define LOOK_MS		500	/* whether it is still worth waiting */

static void forget(struct pg *pg)
{
	/* Rows that are here already can be read to their end. */
	for (int i = 0; i < pg->n_pending; i++) {
		struct pg_query *q = pg->pending[i].q;

		if (q && q->waits)
			q->r = STORE_AGAIN;
		if (q)
			q->waits = false;
	}
	pg->n_pending = 0;
	pg->ahead.n = 0;
	for (int i = 0; i < DB_STATEMENTS; i++)
		pg->cache[i].prepared = false;
}

void pg_hang_up(struct pg *pg)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	forget(pg);
}

/*
 * PostgreSQL says OK to a commit that somebody forbade it to wait for the standby with,
 * and warns.
 */
static void on_notice(void *arg, const PGresult *res)
{
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	struct pg *pg = arg;

	if (severity && !strcmp(severity, "WARNING"))
		pg->doubtful = true;
}

bool pg_hang_on(struct pg *pg)
{
	if (pg->conn)
		return true;
	pg->conn = db_postgres_connect(pg->uri, pg->told);
	pg->told = !pg->conn;
	if (!pg->conn)
		return false;
	if (pg->connected)
		metrics_count(M_DB_RECONNECTS);
	pg->connected = true;
	PQsetNoticeReceiver(pg->conn, on_notice, pg);
	if (PQsetnonblocking(pg->conn, 1) || !PQenterPipelineMode(pg->conn)) {
		pg_hang_up(pg);
		return false;
	}
	return true;
}

static bool is(const char *state, const char *const *list)
{
	for (; *list; list++)
		if (!strncmp(state, *list, strlen(*list)))
			return true;
	return false;
}

enum store_result pg_failed(struct pg *pg, const PGresult *res, const char *what)
{
	static const char *const again[] = { "40001", "40P01", NULL };
	/* The server ends, or is not the one to write to any more; or the tables are not what they were. */
	static const char *const gone[] = { "57P01", "57P02", "57P03", "25P03", "25006", "08", "26000", "0A000", NULL };
	static const char *const busy[] = { "55P03", "53300", "40003", NULL };
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *which = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	const char *why = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	if (!state || is(state, gone)) {
		log_warn("database: the connection is given up: %s", why ? why : "it was lost");
		pg_hang_up(pg);
		return STORE_AGAIN;
	}
	if (is(state, again))
		return STORE_AGAIN;
	if (is(state, busy))
		return STORE_BUSY;
	if (!strcmp(state, "23505"))
		return STORE_TAKEN;
	/* What ended the transaction was told. */
	if (!strcmp(state, "25P02"))
		return STORE_FAILED;
	if (!strcmp(state, "23514") && which && !strcmp(which, "not_enough"))
		return STORE_POOR;
	metrics_count(M_DB_FAILURES);
	/* The primary message names columns and constraints; values are in the detail, which is not told. */
	log_error("database: %s: %s", what, why ? why : state);
	return STORE_FAILED;
}

static long long clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* How long until the next look at whether to wait on; 0: no longer. */
static int patience(const struct pg *pg, long long end)
{
	long long left = end - clock_ms();

	if (left <= 0 || (pg->ending && atomic_load(pg->ending)))
		return 0;
	return left < LOOK_MS ? (int)left : LOOK_MS;
}

/* False if the connection is lost, or the server has not a word to say for too long. */
static bool await(struct pg *pg)
{
	long long end = clock_ms() + pg->answer_ms;
	int unsent = PQflush(pg->conn);

	while (unsent >= 0 && (unsent || PQisBusy(pg->conn))) {
		struct pollfd fd = { PQsocket(pg->conn), POLLIN | (unsent ? POLLOUT : 0), 0 };
		int ms = patience(pg, end);
		int n = ms ? poll(&fd, 1, ms) : 0;

		if ((n < 0 && errno == EINTR) || (!n && ms))
			continue;
		if (n <= 0)
			return false;
		if ((fd.revents & (POLLIN | POLLERR | POLLHUP)) && !PQconsumeInput(pg->conn))
			return false;
		unsent = PQflush(pg->conn);
	}
	return unsent >= 0;
}

bool pg_next(struct pg *pg, PGresult **res)
{
	*res = NULL;
	if (!pg->conn || !await(pg))
		return false;
	*res = PQgetResult(pg->conn);
	return true;
}

/* One pending statement's result; false: the connection is gone. */
static bool take(struct pg *pg, const struct pg_pending *p, enum store_result *first)
{
	enum store_result r;
	PGresult *res, *end;

	if (!pg_next(pg, &res) || !res)
		return false;
	switch (PQresultStatus(res)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		r = STORE_OK;
		/* A transaction that had failed is not committed, and says so here alone. */
		if (p->commit && strcmp(PQcmdStatus(res), "COMMIT"))
			r = STORE_FAILED;
		break;
	case PGRES_PIPELINE_ABORTED:
		r = *first;
		break;
	default:
		r = pg_failed(pg, res, p->q && p->q->sql ? p->q->sql : "statement");
		if (!pg->conn) {
			PQclear(res);
			return false;
		}
		if (r == STORE_TAKEN)
			r = p->taken;
	}
	if (r != STORE_OK && *first == STORE_OK)
		*first = r;
	if (r != STORE_OK && p->prepares)
		p->prepares->prepared = false;
	if (p->q) {
		p->q->r = r;
		p->q->waits = false;
		p->q->row = -1;
		PQclear(p->q->res);
		p->q->res = r == STORE_OK ? res : NULL;
		if (r != STORE_OK)
			PQclear(res);
	} else {
		PQclear(res);
		if (r != STORE_OK && pg->late == STORE_OK)
			pg->late = r;
	}
	if (!pg_next(pg, &end) || end) {
		PQclear(end);
		return false;
	}
	return true;
}

enum store_result pg_settle(struct pg *pg)
{
	enum store_result first = STORE_OK;
	PGresult *res;

	if (!pg->n_pending)
		return pg->conn ? STORE_OK : STORE_AGAIN;
	if (!pg->conn || !PQpipelineSync(pg->conn))
		goto lost;
	metrics_count(M_DB_ROUND_TRIPS);
	for (int i = 0; i < pg->n_pending; i++)
		if (!take(pg, &pg->pending[i], &first))
			goto lost;
	pg->n_pending = 0;
	if (!pg_next(pg, &res) || PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
		PQclear(res);
		goto lost;
	}
	PQclear(res);
	return STORE_OK;
lost:
	pg_hang_up(pg);
	return STORE_AGAIN;
}

bool pg_push(struct pg *pg, struct pg_query *q, enum store_result taken)
{
	if (pg->n_pending == PG_PENDING_MAX && pg_settle(pg) != STORE_OK)
		return false;
	pg->pending[pg->n_pending++] = (struct pg_pending){ .q = q, .taken = taken };
	if (q)
		q->waits = true;
	return true;
}

bool pg_send_plain(struct pg *pg, const char *sql)
{
	return pg->conn && pg_push(pg, NULL, STORE_TAKEN) && pg->conn &&
	       PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 0);
}
