// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PostgreSQL: a connection, its transactions and its statements.
 *
 * Statements are sent as they are asked for and read when an answer is needed, so
 * that what does not depend on each other shares a round trip: BEGIN goes with the first
 * statement, and what db_later() was given with the commit.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db_postgres.h"
#include "log.h"
#include "metrics.h"

/* A server that does not answer for so long is gone: what it does of a commit is unknown. */
#define ANSWER_MS	10000
#define EXEC_MS		120000	/* tables are made, or wait for their lock */
#define LOOK_MS		500	/* whether it is still worth waiting */
#define PENDING_MAX	64
#define AHEAD_MAX	8
#define AHEAD_BYTES	160

#define OID_INT8	20
#define OID_TEXT	25
#define OID_BYTEA	17

struct pg_query {
	struct query head;
	const char *sql;	/* NULL: not kept */
	bool prepared, waits, streams;
	PGresult *res;
	enum store_result r;
	int row;
};

struct pending {
	struct pg_query *q;	/* who takes the result; NULL: nobody, it must do well */
	struct pg_query *prepares;	/* what is prepared, unless it was skipped for an error before */
	bool commit;
	enum store_result taken;
};

/* Sent before its answer is asked for, with these values. */
struct ahead {
	struct pg_query *q;
	char values[AHEAD_BYTES];
	size_t len;
};

struct pg {
	struct store head;
	PGconn *conn;
	char *uri;
	struct pg_query cache[DB_STATEMENTS];
	struct pending pending[PENDING_MAX];
	int n_pending;
	struct ahead ahead[AHEAD_MAX];
	int n_ahead;
	enum store_result late;	/* what became of those that nobody waited for */
	const atomic_bool *ending;	/* or NULL */
	int answer_ms;
	bool told, doubtful, connected;
};

static struct pg *of(struct store *st)
{
	return (struct pg *)st;
}

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
	pg->n_ahead = 0;
	for (int i = 0; i < DB_STATEMENTS; i++)
		pg->cache[i].prepared = false;
}

static void hang_up(struct pg *pg)
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

static bool hang_on(struct pg *pg)
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
		hang_up(pg);
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

static enum store_result failed(struct pg *pg, const PGresult *res, const char *what)
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
		hang_up(pg);
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

/* The next result, or NULL: the end of a statement's. */
static bool next(struct pg *pg, PGresult **res)
{
	*res = NULL;
	if (!pg->conn || !await(pg))
		return false;
	*res = PQgetResult(pg->conn);
	return true;
}

/* One pending statement's result; false: the connection is gone. */
static bool take(struct pg *pg, const struct pending *p, enum store_result *first)
{
	enum store_result r;
	PGresult *res, *end;

	if (!next(pg, &res) || !res)
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
		r = failed(pg, res, p->q && p->q->sql ? p->q->sql : "statement");
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
	if (!next(pg, &end) || end) {
		PQclear(end);
		return false;
	}
	return true;
}

/* Reads all that was sent. STORE_AGAIN if the connection was lost. */
static enum store_result settle(struct pg *pg)
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
	if (!next(pg, &res) || PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
		PQclear(res);
		goto lost;
	}
	PQclear(res);
	return STORE_OK;
lost:
	hang_up(pg);
	return STORE_AGAIN;
}

static bool push(struct pg *pg, struct pg_query *q, enum store_result taken)
{
	if (pg->n_pending == PENDING_MAX && settle(pg) != STORE_OK)
		return false;
	pg->pending[pg->n_pending++] = (struct pending){ .q = q, .taken = taken };
	if (q)
		q->waits = true;
	return true;
}

static bool send_plain(struct pg *pg, const char *sql)
{
	return pg->conn && push(pg, NULL, STORE_TAKEN) && pg->conn &&
	       PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 0);
}

static enum store_result pg_begin(struct store *st, bool alone)
{
	struct pg *pg = of(st);

	pg->late = STORE_OK;
	pg->n_ahead = 0;
	if (pg->n_pending && settle(pg) != STORE_OK)
		return STORE_AGAIN;
	if (!hang_on(pg))
		return STORE_AGAIN;
	if (send_plain(pg, alone ? "BEGIN ISOLATION LEVEL SERIALIZABLE" : "BEGIN ISOLATION LEVEL READ COMMITTED"))
		return STORE_OK;
	hang_up(pg);
	return STORE_AGAIN;
}

static void pg_rollback(struct store *st)
{
	struct pg *pg = of(st);

	/* What was lost with the connection is rolled back by the server. */
	if (pg->conn && settle(pg) == STORE_OK && send_plain(pg, "ROLLBACK"))
		settle(pg);
	pg->n_ahead = 0;
	pg->late = STORE_OK;
}

static enum store_result pg_commit(struct store *st)
{
	struct pg *pg = of(st);
	enum store_result r;

	/* It would be done, and whoever asked for it has not heard whether it was. */
	if (pg->n_ahead && pg->late == STORE_OK) {
		log_error("database: a transaction in which not every answer was asked for is not committed");
		pg->late = STORE_FAILED;
	}
	if (pg->late != STORE_OK) {
		r = pg->late;
		pg_rollback(st);
		return r;
	}
	if (!pg->conn || !send_plain(pg, "COMMIT")) {
		hang_up(pg);
		return STORE_AGAIN;
	}
	pg->pending[pg->n_pending - 1].commit = true;
	pg->doubtful = false;
	r = settle(pg);
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
		hang_up(pg);
	return STORE_BUSY;
}

/* Out of the pipeline, where one call takes several statements. */
static enum store_result pg_exec(struct store *st, const char *sql)
{
	struct pg *pg = of(st);
	enum store_result r = STORE_OK;
	int answer_ms = pg->answer_ms;
	PGresult *res;
	bool there;

	if (settle(pg) != STORE_OK)
		return STORE_AGAIN;
	if (st->writing && pg->late != STORE_OK)
		return pg->late;
	if (!PQexitPipelineMode(pg->conn) || !PQsendQuery(pg->conn, sql)) {
		hang_up(pg);
		return STORE_AGAIN;
	}
	if (pg->answer_ms < EXEC_MS)
		pg->answer_ms = EXEC_MS;
	while ((there = next(pg, &res)) && res) {
		if (r == STORE_OK && PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
			r = failed(pg, res, "statement");
		PQclear(res);
	}
	pg->answer_ms = answer_ms;
	if (!there || !PQenterPipelineMode(pg->conn)) {
		hang_up(pg);
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
	struct pg *pg = of(query->st);

	if (q->waits)
		settle(pg);
	while (q->streams) {
		PQclear(q->res);
		q->streams = next(pg, &q->res) && q->res;
		if (q->streams)
			continue;
		/* Without a statement in between libpq would give the pipeline's first rows one by one, too. */
		if (pg->conn)
			PQclear(PQexec(pg->conn, ""));
		if (!pg->conn || !PQenterPipelineMode(pg->conn))
			hang_up(pg);
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

struct parameters {
	Oid type[DB_PARAMETERS];
	const char *value[DB_PARAMETERS];
	int len[DB_PARAMETERS], binary[DB_PARAMETERS];
	char digits[DB_PARAMETERS][24];
	int n;
};

static void gather(struct parameters *p, const char *fmt, va_list given)
{
	va_list ap;

	va_copy(ap, given);
	for (p->n = 0; fmt[p->n] && p->n < DB_PARAMETERS; p->n++) {
		int i = p->n;

		p->len[i] = 0;
		p->binary[i] = fmt[i] == 'b';
		if (fmt[i] == 'i') {
			snprintf(p->digits[i], sizeof(p->digits[i]), "%lld", va_arg(ap, long long));
			p->value[i] = p->digits[i];
			p->type[i] = OID_INT8;
		} else {
			p->value[i] = va_arg(ap, const char *);
			p->type[i] = fmt[i] == 'b' ? OID_BYTEA : OID_TEXT;
			if (fmt[i] == 'b') {
				p->len[i] = (int)va_arg(ap, size_t);
				/* NULL would be null. */
				p->value[i] = p->value[i] ? p->value[i] : "";
			}
		}
	}
	va_end(ap);
}

/* Others give other bytes. 0: too long to be kept. */
static size_t flatten(char out[AHEAD_BYTES], const struct parameters *p)
{
	size_t n = 0;

	for (int i = 0; i < p->n; i++) {
		size_t len = p->binary[i] ? (size_t)p->len[i] : p->value[i] ? strlen(p->value[i]) : 0;

		if (len >= 0xff || n + 1 + len > AHEAD_BYTES)
			return 0;
		out[n++] = (char)(p->value[i] ? len : 0xff);
		if (len)
			memcpy(out + n, p->value[i], len);
		n += len;
	}
	return n;
}

/* Was this asked before, with the same values, and is its answer under way? */
static bool was_asked(struct pg *pg, const struct pg_query *q, const struct parameters *p)
{
	char values[AHEAD_BYTES];

	for (int i = 0; i < pg->n_ahead; i++) {
		struct ahead *a = &pg->ahead[i];
		bool same = a->q == q && flatten(values, p) == a->len && !memcmp(values, a->values, a->len);

		if (a->q != q)
			continue;
		/* Asked ahead once more: it is done once, and its answer is yet to be given. */
		if (same && pg->head.ahead)
			return true;
		*a = pg->ahead[--pg->n_ahead];
		/* With others it was done all the same, where it should not have been. */
		if (!same && pg->head.writing && pg->late == STORE_OK) {
			log_error("database: a transaction in which something else was asked for is not committed");
			pg->late = STORE_FAILED;
		}
		return same;
	}
	return false;
}

static bool note(struct pg *pg, struct pg_query *q, const struct parameters *p)
{
	struct ahead *a = &pg->ahead[pg->n_ahead];

	if (pg->n_ahead == AHEAD_MAX)
		return false;
	a->q = q;
	a->len = flatten(a->values, p);
	if (a->len)
		pg->n_ahead++;
	return a->len;
}

static void pg_forget(struct store *st)
{
	of(st)->n_ahead = 0;
}

static bool send_kept(struct pg *pg, struct pg_query *q, const struct parameters *p)
{
	char name[16];

	snprintf(name, sizeof(name), "v%d", (int)(q - pg->cache));
	if (!q->prepared) {
		if (!push(pg, NULL, STORE_TAKEN) || !pg->conn || !PQsendPrepare(pg->conn, name, q->sql, p->n, p->type))
			return false;
		pg->pending[pg->n_pending - 1].prepares = q;
		q->prepared = true;
	}
	return push(pg, q, STORE_TAKEN) && pg->conn &&
	       PQsendQueryPrepared(pg->conn, name, p->n, p->value, p->len, p->binary, 0);
}

/* Rows one by one, as they come; which no pipeline does. */
static bool send_stream(struct pg *pg, struct pg_query *q, const char *sql, const struct parameters *p)
{
	if (settle(pg) != STORE_OK || !PQexitPipelineMode(pg->conn))
		return false;
	q->streams = PQsendQueryParams(pg->conn, sql, p->n, p->type, p->value, p->len, p->binary, 0) &&
		     PQsetSingleRowMode(pg->conn);
	return q->streams;
}

static struct query *pg_query(struct store *st, const char *sql, const char *fmt, va_list given)
{
	struct pg *pg = of(st);
	bool keep = true, stream = false, sent;
	struct pg_query *q;
	struct parameters p;

	for (; *fmt == '!' || *fmt == '*'; fmt++) {
		keep = keep && *fmt != '!';
		stream = stream || *fmt == '*';
	}
	if (st->ahead && (stream || !keep))
		return NULL;
	q = find(pg, sql, keep);
	if (!q)
		return NULL;
	gather(&p, fmt, given);
	if (was_asked(pg, q, &p))
		return st->ahead ? NULL : &q->head;
	if (q->waits)
		settle(pg);
	/*
	 * In the middle of a transaction there is nothing to go on with. And to look for a server takes seconds
	 * while there is none: that is for the one who asks in earnest, who goes no further without.
	 */
	if (!pg->conn && (st->ahead || st->writing || !hang_on(pg))) {
		st->failed = STORE_AGAIN;
		if (!keep)
			free(q);
		return NULL;
	}
	if (st->ahead && !note(pg, q, &p))
		return NULL;
	PQclear(q->res);
	q->res = NULL;
	q->r = STORE_OK;
	if (stream)
		sent = send_stream(pg, q, sql, &p);
	else if (keep)
		sent = send_kept(pg, q, &p);
	else
		sent = push(pg, q, STORE_TAKEN) && pg->conn &&
		       PQsendQueryParams(pg->conn, sql, p.n, p.type, p.value, p.len, p.binary, 0);
	if (sent)
		return &q->head;
	hang_up(pg);
	st->failed = STORE_AGAIN;
	if (!keep)
		free(q);
	return NULL;
}

static enum store_result answer(struct pg *pg, struct pg_query *q)
{
	if (q->waits)
		settle(pg);
	return pg->late != STORE_OK && pg->head.writing ? pg->late : q->r;
}

static enum store_result pg_run(struct store *st, struct query *query)
{
	struct pg_query *q = (struct pg_query *)query;
	enum store_result r = answer(of(st), q);

	if (r == STORE_OK && q->res)
		r = atoll(PQcmdTuples(q->res)) ? STORE_OK : STORE_NONE;
	pg_end(query);
	return r;
}

static enum store_result pg_later(struct store *st, struct query *query, enum store_result taken)
{
	struct pg_query *q = (struct pg_query *)query;
	struct pg *pg = of(st);

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
	struct pg *pg = of(st);
	enum store_result r;

	if (q->streams) {
		PQclear(q->res);
		q->row = 0;
		if (!next(pg, &q->res)) {
			q->streams = false;
			hang_up(pg);
			return STORE_AGAIN;
		}
		if (PQresultStatus(q->res) == PGRES_SINGLE_TUPLE)
			return STORE_OK;
		return PQresultStatus(q->res) == PGRES_TUPLES_OK ? STORE_NONE : failed(pg, q->res, "statement");
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
	struct pg *pg = of(st);
	struct pg_query *q = find(pg, sql, true);
	struct parameters p = { .n = n };

	if (!q || n > DB_PARAMETERS)
		return STORE_FAILED;
	for (int i = 0; i < n; i++) {
		p.type[i] = v[i].type == 'i' ? OID_INT8 : v[i].type == 't' ? OID_TEXT : OID_BYTEA;
		p.binary[i] = v[i].type == 'b';
		p.len[i] = (int)v[i].len;
		snprintf(p.digits[i], sizeof(p.digits[i]), "%lld", v[i].number);
		p.value[i] = v[i].null ? NULL : v[i].type == 'i' ? p.digits[i] : v[i].bytes;
	}
	if (!pg->conn || !send_kept(pg, q, &p)) {
		hang_up(pg);
		return STORE_AGAIN;
	}
	return pg_later(st, &q->head, STORE_TAKEN);
}

static void pg_close(struct store *st)
{
	struct pg *pg = of(st);

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
		of(st)->ending = ending;
}

void db_patient(struct store *st)
{
	if (!db_is_postgres(st) || of(st)->answer_ms == INT_MAX)
		return;
	of(st)->answer_ms = INT_MAX;
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
	if (!hang_on(pg)) {
		pg_close(&pg->head);
		return STORE_AGAIN;
	}
	*out = &pg->head;
	return STORE_OK;
}
