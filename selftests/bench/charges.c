// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * charges ROUNDS: charges that a gateway books in a second, asked by one till and by
 * eight, each over a connection that stays, beside bare SQLite, which makes the same rows
 * in the same database in one transaction each; all of them on the disk when they are
 * answered. And the slowest of a hundred charges. Each device is another user's: one who pays ten
 * thousand times a day there is not, and the day's sum is looked at with each charge.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sqlite3.h>

#include "bench.h"
#include "ledger.h"
#include "server.h"

#define DEVICES	600
#define CLIENTS	8
#define EACH	150	/* charges of a client in a round */
#define BARE	300	/* of bare SQLite */

static struct server server;
static struct test_device devices[DEVICES];
static __u64 next_ordinal[DEVICES];
static long long payer_of[DEVICES + 1];	/* account, by number of the key */
static atomic_int turn;
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

/* A code of the next device, not used before and good now. */
static void fresh_code(char code[PAYCODE_DIGITS + 1])
{
	int d = atomic_fetch_add(&turn, 1) % DEVICES;
	__u64 first = gateway_clock_ms() / 30000 * 10;

	pthread_mutex_lock(&making);
	if (next_ordinal[d] < first)
		next_ordinal[d] = first;
	/* Of this step and the next: an earlier one may be over when it arrives. */
	if (next_ordinal[d] >= first + 20)
		bench_die("more codes than the steps hold");
	device_code(&devices[d], 0, next_ordinal[d] / 10, next_ordinal[d] % 10, code);
	next_ordinal[d]++;
	pthread_mutex_unlock(&making);
}

struct client {
	pthread_t thread;
	int number, charges;
	double *took;
};

static void *client(void *arg)
{
	static atomic_int orders;
	struct client *cl = arg;
	CURL *curl = curl_easy_init();

	for (int i = 0; i < cl->charges; i++) {
		char code[PAYCODE_DIGITS + 1], body[256];
		int status;
		json_t *a;
		double t;

		fresh_code(code);
		snprintf(body, sizeof(body), "{\"order_no\":\"b%d\",\"code\":\"%s\",\"amount\":1,\"currency\":\"CNY\"}",
			 atomic_fetch_add(&orders, 1), code);
		t = bench_now();
		status = server_post_over(curl, &server, server.shop_cert, "/v1/merchant/charge", body, &a);
		cl->took[i] = bench_now() - t;
		if (status != 200)
			bench_die("a charge is refused: %d %s", status, a ? json_dumps(a, 0) : "no answer");
		json_decref(a);
	}
	curl_easy_cleanup(curl);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void tell_times(const char *name, double *took, int n)
{
	qsort(took, n, sizeof(took[0]), by_size);
	bench_sample(took[n / 2] / 1e6, "charges-median.%s", name);
	bench_sample(took[n * 99 / 100] / 1e6, "charges-p99.%s", name);
}

static void charges(const char *name, int clients, int each)
{
	struct client cl[CLIENTS];
	double took[CLIENTS * EACH * 2], t;
	int n = clients * each;

	t = bench_now();
	for (int i = 0; i < clients; i++) {
		cl[i] = (struct client){ .number = i, .charges = each, .took = took + i * each };
		pthread_create(&cl[i].thread, NULL, client, &cl[i]);
	}
	for (int i = 0; i < clients; i++)
		pthread_join(cl[i].thread, NULL);
	t = bench_now() - t;
	bench_sample(n / t * 1e9, "charges.%s", name);
	tell_times(name, took, n);
}

/* What a charge writes, with nothing looked up, judged or verified. */
static const char *const statements[] = {
	"BEGIN IMMEDIATE",
	"UPDATE device_key SET watermark = watermark WHERE id = ?1",
	"INSERT INTO transfer (debit, credit, amount, time) VALUES (?2, ?3, 1, ?4)",
	"INSERT INTO payment VALUES (?5, 'code', (SELECT max(id) FROM transfer), ?1, -?6)",
	"INSERT INTO merchant_order (merchant, order_no, kind, amount, currency, code, state, payment, time) "
	"VALUES (?7, ?5, 'code', 1, 'CNY', zeroblob(32), 'SUCCESS', ?5, ?4)",
	"INSERT INTO notification (device, party, slot, time, kind, ref, payee, amount, currency) "
	"SELECT device, party, slot, ?4, 'paid', ?5, 'till', 1, 'CNY' FROM device_key WHERE id = ?1",
	"COMMIT",
};
#define STATEMENTS	(int)(sizeof(statements) / sizeof(statements[0]))

static long long number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;
	long long n = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK || sqlite3_step(q) != SQLITE_ROW)
		bench_die("%s: %s", sql, sqlite3_errmsg(db));
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

/* As the gateway sets its connections up. */
static void bare(int round)
{
	sqlite3_stmt *q[STATEMENTS];
	long long payee, party, before;
	double took[BARE], t, one;
	sqlite3 *db;

	if (sqlite3_open_v2(server.w->gw.db_path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
			 "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536", NULL, NULL, NULL) != SQLITE_OK)
		bench_die("bare SQLite: %s", sqlite3_errmsg(db));
	payee = number_of(db, "SELECT a.id FROM account a JOIN party p ON p.id = a.party WHERE p.name = 'till'");
	party = number_of(db, "SELECT id FROM party WHERE name = 'till'");
	before = number_of(db, "SELECT count(*) FROM payment");
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &q[i], NULL) != SQLITE_OK)
			bench_die("%s: %s", statements[i], sqlite3_errmsg(db));
	t = bench_now();
	for (int n = 0; n < BARE; n++) {
		int key = 1 + n % DEVICES;
		char id[33];

		one = bench_now();
		snprintf(id, sizeof(id), "%016x%016x", round, n);
		for (int i = 0; i < STATEMENTS; i++) {
			int most = sqlite3_bind_parameter_count(q[i]);

			for (int p = 1; p <= most; p++) {
				const long long value[] = { 0, key, payer_of[key], payee, server.w->now, 0,
					round * 100000LL + n + 1, party };

				if (p == 5)
					sqlite3_bind_text(q[i], p, id, -1, SQLITE_STATIC);
				else
					sqlite3_bind_int64(q[i], p, value[p]);
			}
			if (sqlite3_step(q[i]) != SQLITE_DONE)
				bench_die("%s: %s", statements[i], sqlite3_errmsg(db));
			sqlite3_reset(q[i]);
		}
		took[n] = bench_now() - one;
	}
	t = bench_now() - t;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(q[i]);
	if (number_of(db, "SELECT count(*) FROM payment") != before + BARE)
		bench_die("bare SQLite booked something else");
	sqlite3_close(db);
	bench_sample(BARE / t * 1e9, "charges.bare");
	tell_times("bare", took, BARE);
}

/* A user with a device, whose first key has the number @i + 1. */
static void customer(int i)
{
	struct world *w = server.w;
	struct device_key key;
	char name[32];

	snprintf(name, sizeof(name), "customer %d", i);
	if (store_begin(w->st) != STORE_OK ||
	    ledger_open_account(w->st, PARTY_USER, name, "CNY", BALANCE, w->now, &w->alice) != STORE_OK ||
	    store_commit(w->st) != STORE_OK)
		bench_die("no account");
	server_enrol(&server, &w->device_peer, &devices[i], i);
	if (store_key_epoch(w->st, w->device_peer.device, i, 1, &key) != STORE_OK || key.id != i + 1)
		bench_die("customer %d: another key than expected", i);
	payer_of[key.id] = w->alice.id;
}

static void bench(int rounds)
{
	struct audit audit;
	void *world;
	long long booked;

	server_set_up(&server, &world, "");
	for (int i = 0; i < DEVICES; i++)
		customer(i);
	server_start(&server, 0);
	for (int r = 0; r < rounds; r++) {
		for (int i = 0; i < 3; i++) {
			switch ((i + r) % 3) {
			case 0: charges("one", 1, 2 * EACH); break;
			case 1: charges("eight", CLIENTS, EACH); break;
			default: bare(r); break;
			}
		}
	}
	booked = world_number(server.w, "SELECT count(*) FROM payment");
	if (booked != rounds * (2 * EACH + CLIENTS * EACH + BARE))
		bench_die("%lld payments are booked", booked);
	/* And each customer's opening balance, and alice's. */
	if (store_audit(server.w->st, &audit) != STORE_OK || audit.sum || audit.wrong || audit.transfers != booked + DEVICES + 1)
		bench_die("the ledger does not add up");
	server_stop(&server, SIGTERM);
	world_end(&world);
}

int main(int argc, char **argv)
{
	int ret;

	if (server_main(argc, argv, &ret))
		return ret;
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	bench(argc > 1 ? atoi(argv[1]) : 5);
	return 0;
}
