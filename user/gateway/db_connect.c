// SPDX-License-Identifier: GPL-2.0-or-later
/* PostgreSQL: finding the server, and whether it keeps what it commits. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db_postgres.h"
#include "log.h"

#define EXTRA		8
#define SET_UP_MS	5000	/* from the handshake to the first statement of anybody's */

bool db_postgres_is_uri(const char *where)
{
	return !strncmp(where, "postgresql://", 13) || !strncmp(where, "postgres://", 11);
}

static const char *given(const PQconninfoOption *opts, const char *name)
{
	for (; opts->keyword; opts++)
		if (!strcmp(opts->keyword, name))
			return opts->val;
	return NULL;
}

bool db_postgres_has_password(const char *uri)
{
	PQconninfoOption *opts = *uri ? PQconninfoParse(uri, NULL) : NULL;
	bool has = opts && (given(opts, "password") || given(opts, "sslpassword"));

	PQconninfoFree(opts);
	return has;
}

static bool is_local(const char *host, size_t len)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "::1" };

	if (!len || *host == '/' || *host == '@')
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !strncmp(host, names[i], len))
			return true;
	return false;
}

/* Every host of "a,b,c". */
static bool all_local(const char *hosts)
{
	for (;;) {
		size_t len = strcspn(hosts, ",");

		if (!is_local(hosts, len))
			return false;
		if (!hosts[len])
			return true;
		hosts += len + 1;
	}
}

/* What the URI does not say itself. */
static void fill_in(const PQconninfoOption *opts, const char **keys, const char **values, int n)
{
	static const struct {
		const char *key, *value;
	} usual[] = {
		{ "application_name", "voicepay-gateway" },
		/* After a failover the one that was promoted is among the hosts. */
		{ "target_session_attrs", "read-write" },
		{ "connect_timeout", "3" },
		{ "tcp_user_timeout", "10000" },
		{ "keepalives_idle", "5" },
		{ "keepalives_interval", "2" },
	};
	const char *host = given(opts, "host"), *addr = given(opts, "hostaddr");

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (given(opts, usual[i].key))
			continue;
		keys[n] = usual[i].key;
		values[n++] = usual[i].value;
	}
	/*
	 * Whoever sits between could be the database: it decides who pays. Weaker is what
	 * somebody has written down, and not what was forgotten. On a unix socket libpq
	 * does without.
	 */
	if (!given(opts, "sslmode") && !(all_local(addr ? addr : host ? host : "") && !given(opts, "service"))) {
		keys[n] = "sslmode";
		values[n++] = "verify-full";
	}
	keys[n] = NULL;
	values[n] = NULL;
}

static PGconn *connect_to(const char *uri)
{
	PQconninfoOption *opts = PQconninfoParse(uri, NULL);
	const char *keys[64 + EXTRA], *values[64 + EXTRA];
	PGconn *conn;
	int n = 0;

	/* libpq's own complaint would quote it. */
	if (!opts) {
		log_error("database: the URI of --db or [gateway] db cannot be read: postgresql://[user@][host[:port],..]/name[?option=value&..]");
		return NULL;
	}
	for (const PQconninfoOption *o = opts; o->keyword && n < 64; o++) {
		if (!o->val)
			continue;
		keys[n] = o->keyword;
		values[n++] = o->val;
	}
	fill_in(opts, keys, values, n);
	conn = PQconnectdbParams(keys, values, 0);
	PQconninfoFree(opts);
	return conn;
}

static long long clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/*
 * PQexec() waits for ever, and connect_timeout ends with the handshake: a gateway that is to end while it
 * connects would not. NULL: it was not sent, or not answered by @end; then no other one is sent either.
 */
static PGresult *ask(PGconn *conn, long long end, const char *sql, int n, const char *const *params)
{
	PGresult *res, *last = NULL;

	if (!(n ? PQsendQueryParams(conn, sql, n, NULL, params, NULL, NULL, 0) : PQsendQuery(conn, sql)))
		return NULL;
	for (;;) {
		while (PQisBusy(conn)) {
			struct pollfd fd = { PQsocket(conn), POLLIN, 0 };
			long long left = end - clock_ms();

			if (left <= 0 || (poll(&fd, 1, (int)left) < 0 && errno != EINTR) ||
			    (fd.revents && !PQconsumeInput(conn))) {
				PQclear(last);
				return NULL;
			}
		}
		res = PQgetResult(conn);
		if (!res)
			return last;
		/* Of several the one that failed is the last. */
		PQclear(last);
		last = res;
	}
}

static bool setting(PGconn *conn, long long end, const char *name, char *value, size_t size)
{
	const char *const params[] = { name };
	PGresult *res = ask(conn, end, "SELECT coalesce(current_setting($1, true), '')", 1, params);
	bool ok = PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1;

	*value = '\0';
	if (ok)
		strncat(value, PQgetvalue(res, 0, 0), size - 1);
	PQclear(res);
	return ok;
}

/* What was acknowledged is to be there after the machine has gone; and, if there is a standby, on that. */
static bool keeps(PGconn *conn, long long end)
{
	char value[32];

	if (setting(conn, end, "fsync", value, sizeof(value)) && !strcmp(value, "off")) {
		log_error("database: its fsync is off, so what was paid could be lost with the machine: set fsync = on");
		return false;
	}
	if (setting(conn, end, "full_page_writes", value, sizeof(value)) && !strcmp(value, "off")) {
		log_error("database: its full_page_writes is off, so a crash could tear what was written: set it to on");
		return false;
	}
	/* "local" and "remote_write" would acknowledge what the standby that is promoted may lack. */
	if (setting(conn, end, "synchronous_commit", value, sizeof(value)) && *value && strcmp(value, "on") &&
	    strcmp(value, "remote_apply")) {
		log_error("database: synchronous_commit is %s, so a payment could be acknowledged and lost: set it to on", value);
		return false;
	}
	return true;
}

/*
 * A gateway that is cut off in the middle of a transaction must not hold its locks for
 * long, which others wait for. Not every database knows every one of these.
 */
static void set_up(PGconn *conn, long long end)
{
	static const char *const sets[] = {
		"SET idle_in_transaction_session_timeout = '5s'",
		"SET lock_timeout = '5s'",
		"SET tcp_user_timeout = 10000",
		"SET tcp_keepalives_idle = 5",
		"SET tcp_keepalives_interval = 2",
		"SET tcp_keepalives_count = 3",
		"SET client_min_messages = 'warning'",
		/* Each finds its rows by an index; workers would be asked for where a table is new and its size unknown. */
		"SET max_parallel_workers_per_gather = 0",
		/* What is between the statements and the indexes is a figure's few milliseconds. */
		"SET jit = off",
		/* Planned once: a custom plan for each day's sum over partitions takes ten times what the sum does. */
		"SET plan_cache_mode = 'force_generic_plan'",
	};

	char all[600] = "";
	PGresult *res;
	bool ok;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s;", sets[i]);
	res = ask(conn, end, all, 0, NULL);
	ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	PQclear(res);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]) && !ok; i++)
		PQclear(ask(conn, end, sets[i], 0, NULL));
}

/* The server's words, without a newline at their end. */
static void tell(PGconn *conn, bool quiet)
{
	const char *why = conn ? PQerrorMessage(conn) : "no memory";
	int len = (int)strcspn(why, "\n");

	if (!quiet)
		log_error("database: cannot connect: %.*s", len, why);
}

static void silent(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

PGconn *db_postgres_connect(const char *uri, bool quiet)
{
	PGconn *conn = connect_to(uri);
	long long end;
	bool good;

	if (!conn)
		return NULL;
	PQsetNoticeReceiver(conn, silent, NULL);
	if (PQstatus(conn) != CONNECTION_OK) {
		tell(conn, quiet);
		PQfinish(conn);
		return NULL;
	}
	PQsetErrorVerbosity(conn, PQERRORS_TERSE);
	end = clock_ms() + SET_UP_MS;
	good = keeps(conn, end);
	if (good)
		set_up(conn, end);
	if (good && clock_ms() >= end) {
		if (!quiet)
			log_error("database: cannot connect: it lets one in, and does not answer");
		good = false;
	}
	if (!good) {
		PQfinish(conn);
		return NULL;
	}
	return conn;
}
