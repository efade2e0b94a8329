// SPDX-License-Identifier: GPL-2.0-or-later
/* http.c and waiters.c on a real socket: bytes that are no HTTP, clients that dawdle, devices that wait for news. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "fixture.h"
#include "http.h"
#include "ledger.h"
#include "metrics.h"

struct site {
	struct world *w;
	struct http *http;
	char path[96];
	char device[4096], shop[4096];	/* headers */
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void add_till(struct world *w, const struct peer *peer)
{
	struct merchant m = { .id = "till" };
	struct account acc;

	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(ledger_open_account(w->st, PARTY_MERCHANT, "till", "CNY", 0, w->now, &acc), STORE_OK);
	m.party = acc.party;
	memcpy(m.spki, peer->spki, sizeof(m.spki));
	assert_int_equal(store_merchant_add(w->st, &m), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
}

static int site_with(void **state, int threads)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct site *s = calloc(1, sizeof(*s));
	void *w;
	int fd;

	world_new(&w);
	s->w = w;
	s->w->now = gateway_clock_ms() / 1000;
	s->w->gw.set.threads = threads;
	world_cert(s->device, &s->w->device_peer);
	world_cert(s->shop, &s->w->shop_peer);
	assert_int_equal(device_init(&s->w->dev, s->w->device_peer.device, s->w->gw.keys.s_pub), 0);
	add_till(s->w, &s->w->shop_peer);
	world_enrol(s->w);
	snprintf(s->path, sizeof(s->path), "%s/sock", s->w->dir);
	strcpy(addr.sun_path, s->path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 128), 0);
	s->http = http_start(&s->w->gw, fd);
	assert_non_null(s->http);
	*state = s;
	return 0;
}

/* One thread serves: whoever held it would hold up everybody. */
static int site_new(void **state)
{
	return site_with(state, 1);
}

#define THREADS	8

static int site_of_many(void **state)
{
	return site_with(state, THREADS);
}

static int site_end(void **state)
{
	struct site *s = *state;
	void *w = s->w;

	if (s->http)
		assert_true(http_stop(s->http, 5));
	free(s);
	return world_end(&w);
}

static int dial(const struct site *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(addr.sun_path, s->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void say(int fd, const void *data, size_t len)
{
	/* A server that has had enough may have hung up. */
	if (send(fd, data, len, MSG_NOSIGNAL) < 0)
		assert_true(errno == EPIPE || errno == ECONNRESET);
}

/* What comes within @seconds, until a whole answer is there or the connection ends; its status, 0 for none. */
static int hear(int fd, double seconds, char *text, size_t size)
{
	double end = now() + seconds;
	size_t n = 0;
	int status = 0;

	*text = '\0';
	while (n < size - 1 && now() < end) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		const char *body;
		ssize_t got;

		if (poll(&p, 1, (end - now()) * 1000 + 1) <= 0)
			break;
		got = recv(fd, text + n, size - 1 - n, 0);
		if (got <= 0)
			break;
		n += got;
		text[n] = '\0';
		body = strstr(text, "\r\n\r\n");
		if (body && strstr(text, "Content-Length: ") &&
		    strlen(body + 4) >= strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10))
			break;
	}
	sscanf(text, "HTTP/1.1 %d", &status);
	return status;
}

static int ask(const struct site *s, const char *header, const char *method, const char *path, const char *body,
	       char *text, size_t size)
{
	char req[16384];
	int fd = dial(s), status;

	snprintf(req, sizeof(req), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n%s%s%s%zu\r\n\r\n%s", method, path, header,
		 body ? "Content-Type: application/json\r\n" : "", "Content-Length: ", "", body ? strlen(body) : (size_t)0,
		 body ? body : "");
	say(fd, req, strlen(req));
	status = hear(fd, 10, text, size);
	close(fd);
	return status;
}

static void lives(const struct site *s)
{
	char text[4096];

	assert_int_equal(ask(s, s->shop, "GET", "/v1/time", NULL, text, sizeof(text)), 200);
}

/* Nobody gets a 2xx or a 5xx for what is no request, and the next one is served. */
static void no_http(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
#define B(s)	{ s, sizeof(s) - 1 }
		B(""), B("\r\n\r\n"), B("GET\r\n\r\n"), B("GET / HTTP/9.9\r\n\r\n"), B("\xff\xfe\x00\x01\r\n\r\n"),
		B("POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
		B("POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"),
		B("POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n"),
		B("POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}"),
		B("POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
		B("POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
		B("POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n"),
		B("GET /v1/%00time HTTP/1.1\r\nHost: x\r\n\r\n"), B("GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n"),
		B("GET /v1/notifications?since=%ff HTTP/1.1\r\nHost: x\r\n\r\n"),
		B("GET /v1/../v1/time HTTP/1.1\r\nHost: x\r\n\r\n"), B("GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n"),
		B("GET /v1/time HTTP/1.1\r\n: x\r\n\r\n"), B("GET /v1/time HTTP/1.1\r\nX\x00Y: x\r\n\r\n"),
		B("GET /v1/time HTTP/1.1\nHost: x\n\n"), B("GET /v1/time HTTP/1.1\r\nHost: x\r\nX-Client-Cert: %\r\n\r\n"),
		B("GET /v1/time HTTP/1.1\r\nHost: x\r\nX-Client-Cert: -----BEGIN CERTIFICATE-----\r\n\r\n"),
		B("BREW /v1/time HTTP/1.1\r\nHost: x\r\n\r\n"), B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		B("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), B("GET /v1/time HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab"),
#undef B
	};
	struct site *s = *state;
	char text[8192];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = dial(s), status;

		say(fd, bad[i].bytes, bad[i].len);
		shutdown(fd, SHUT_WR);
		status = hear(fd, 2, text, sizeof(text));
		close(fd);
		/* 505: another version of HTTP, in libmicrohttpd's own words. */
		if ((status >= 500 && status != 505) || (status && status < 400))
			fail_msg("%zu: %d for %s", i, status, bad[i].bytes);
		lives(s);
	}
	assert_int_equal(world_payments(s->w), 0);
}

/* Large in every way; what has a length too long is not even read. */
static void too_much(void **state)
{
	struct site *s = *state;
	char text[8192], *big = malloc(400000);
	int fd, status;

	snprintf(big, 400000, "POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n", s->shop);
	fd = dial(s);
	say(fd, big, strlen(big));
	assert_int_equal(hear(fd, 5, text, sizeof(text)), 413);
	close(fd);
	/* Headers without end, a path without end. */
	for (int i = 0; i < 2; i++) {
		size_t n = sprintf(big, i ? "GET /" : "GET /v1/time HTTP/1.1\r\nX: ");

		memset(big + n, 'a', 399000 - n);
		fd = dial(s);
		say(fd, big, 399000);
		status = hear(fd, 5, text, sizeof(text));
		assert_true(!status || (status >= 400 && status < 500));
		close(fd);
		lives(s);
	}
	free(big);
}

/* Hundreds that say a byte now and then, one thread: others are served at once. */
static void slow_ones(void **state)
{
	static const char slow[] = "POST /v1/merchant/charge HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
	struct site *s = *state;
	int fd[300];
	double worst = 0;

	for (int i = 0; i < 300; i++)
		fd[i] = dial(s);
	for (size_t k = 0; k < sizeof(slow) - 1; k += 8) {
		double t = now();

		for (int i = 0; i < 300; i++)
			say(fd[i], slow + k, sizeof(slow) - 1 - k < 8 ? sizeof(slow) - 1 - k : 8);
		lives(s);
		if (now() - t > worst)
			worst = now() - t;
	}
	print_message("# 300 slow clients, one thread: others wait %.0f ms at most\n", worst * 1000);
	assert_true(worst < 2);
	for (int i = 0; i < 300; i++)
		close(fd[i]);
	assert_int_equal(world_payments(s->w), 0);
}

static int wait_for_news(const struct site *s, const char *query)
{
	char req[8192];
	int fd = dial(s);

	snprintf(req, sizeof(req), "GET /v1/notifications?%s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", query, s->device);
	say(fd, req, strlen(req));
	return fd;
}

static void charge(struct site *s, const char *order, unsigned int q)
{
	char body[256], text[4096], code[25];

	assert_int_equal(device_code(&s->w->dev, q % 8, gateway_clock_ms() / 30000, q, code), 0);
	snprintf(body, sizeof(body), "{\"order_no\":\"%s\",\"code\":\"%s\",\"amount\":1,\"currency\":\"CNY\"}", order, code);
	assert_int_equal(ask(s, s->shop, "POST", "/v1/merchant/charge", body, text, sizeof(text)), 200);
}

static void news(void **state)
{
	struct site *s = *state;
	char text[8192], order[16];
	int fd, first, many[40];
	double t;

	/* The one thread goes on serving; the news is there at once. */
	fd = wait_for_news(s, "since=0&wait=30");
	lives(s);
	assert_int_equal(hear(fd, 0.3, text, sizeof(text)), 0);
	charge(s, "n1", 0);
	assert_int_equal(hear(fd, 5, text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"paid\""));
	close(fd);
	/* At once, and not when somebody looks next: six times running that is no chance. */
	{
		double late = 0;

		for (unsigned int i = 0; i < 6; i++) {
			char query[32], number[8];

			snprintf(query, sizeof(query), "since=%u&wait=30", i + 1);
			snprintf(number, sizeof(number), "m%u", i);
			fd = wait_for_news(s, query);
			lives(s);
			charge(s, number, i + 1);
			t = now();
			assert_int_equal(hear(fd, 5, text, sizeof(text)), 200);
			late += now() - t;
			close(fd);
		}
		print_message("# news of six charges: %.0f ms late in all\n", late * 1000);
		assert_true(late < 1.5);
	}
	/* There already: nobody waits. */
	t = now();
	fd = wait_for_news(s, "since=0&wait=30");
	assert_int_equal(hear(fd, 5, text, sizeof(text)), 200);
	assert_true(now() - t < 0.9);
	close(fd);
	/* Nothing comes: empty when the time is up. */
	t = now();
	fd = wait_for_news(s, "since=7&wait=1");
	assert_int_equal(hear(fd, 5, text, sizeof(text)), 200);
	assert_true(now() - t > 0.5 && now() - t < 3);
	assert_non_null(strstr(text, "[]"));
	assert_non_null(strstr(text, "\"next\":7"));
	close(fd);
	/* A second connection sends the first home. */
	first = wait_for_news(s, "since=7&wait=30");
	usleep(100000);
	fd = wait_for_news(s, "since=7&wait=30");
	assert_int_equal(hear(first, 2, text, sizeof(text)), 200);
	assert_non_null(strstr(text, "[]"));
	close(first);
	/* News of another process on the same database: within a second or so. */
	{
		char code[25];

		s->w->now = gateway_clock_ms() / 1000;
		assert_int_equal(device_code(&s->w->dev, 1, s->w->now / 30, 7, code), 0);
		assert_string_equal(world_charge(s->w, s->w->st, "n2", code, 1, NULL), "SUCCESS");
	}
	assert_int_equal(hear(fd, 3, text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"number\":8"));
	close(fd);
	/* Who hangs up while waiting costs nothing but a place, until the time is up. */
	for (int i = 0; i < 40; i++)
		close(wait_for_news(s, "since=8&wait=30"));
	lives(s);
	for (int i = 0; i < 40; i++)
		many[i] = wait_for_news(s, "since=8&wait=30");
	snprintf(order, sizeof(order), "n3");
	charge(s, order, 8);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(hear(many[i], 3, text, sizeof(text)), 200);
		close(many[i]);
	}
	/* Bad arguments are told at once; the gateway's end, too. */
	fd = wait_for_news(s, "since=8&wait=30&since=3");
	assert_int_equal(hear(fd, 2, text, sizeof(text)), 400);
	close(fd);
	fd = wait_for_news(s, "since=9&wait=30");
	usleep(100000);
	t = now();
	assert_true(http_stop(s->http, 5));
	s->http = NULL;
	assert_true(now() - t < 3);
	assert_int_equal(hear(fd, 2, text, sizeof(text)), 200);
	close(fd);
}

static int threads_busy(void)
{
	size_t len;
	char *text = metrics_text(&len), *p = strstr(text, "\nvoicepay_threads_busy ");
	int n = p ? atoi(p + 23) : -1;

	free(text);
	return n;
}

/* As many requests as there are threads, on connections that come at once: each has a thread of its own. */
static void each_its_thread(void **state)
{
	struct site *s = *state;
	char req[8192], body[80], text[4096];
	int fd[THREADS], busy;
	double end = now() + 5;

	/* Where a file is, nobody writes before this ends; on a server, nobody reads that table. */
	assert_int_equal(store_begin(s->w->st), STORE_OK);
	if (world_on_postgres())
		assert_int_equal(db_exec(s->w->st, "LOCK TABLE merchant IN ACCESS EXCLUSIVE MODE"), STORE_OK);
	for (int i = 0; i < THREADS; i++)
		fd[i] = dial(s);
	for (int i = 0; i < THREADS; i++) {
		snprintf(body, sizeof(body), "{\"order_no\":\"r%d\",\"amount\":1,\"currency\":\"CNY\"}", i);
		snprintf(req, sizeof(req), "POST /v1/merchant/order HTTP/1.1\r\nHost: x\r\n%s\r\n"
			 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", s->shop, strlen(body), body);
		say(fd[i], req, strlen(req));
	}
	while (threads_busy() < THREADS && now() < end)
		usleep(2000);
	busy = threads_busy();
	store_rollback(s->w->st);
	assert_int_equal(busy, THREADS);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(hear(fd[i], 10, text, sizeof(text)), 200);
		close(fd[i]);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, site_new, site_end)
#define MANY(f) cmocka_unit_test_setup_teardown(f, site_of_many, site_end)
	const struct CMUnitTest tests[] = {
		T(no_http), T(too_much), T(slow_ones), T(news),
		/* By chance it is so once. */
		MANY(each_its_thread), MANY(each_its_thread), MANY(each_its_thread),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("HTTP", tests, NULL, NULL);
}
