// SPDX-License-Identifier: GPL-2.0-or-later
/* A server that is not there, cannot be believed, or goes away. The last two want PostgreSQL: VPG_TEST_DB. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "db_postgres.h"
#include "fixture.h"
#include "metrics.h"
#include "store_certs.h"
#include "sweeper.h"

/* What is said while @uri is opened. */
static char *told(const char *uri)
{
	static char text[4096];
	struct store *st = NULL;
	FILE *f = tmpfile();
	int was = dup(2);
	size_t n;

	assert_true(f && was >= 0);
	fflush(stderr);
	dup2(fileno(f), 2);
	assert_int_not_equal(store_open(&st, uri, false), STORE_OK);
	fflush(stderr);
	dup2(was, 2);
	close(was);
	assert_int_equal(fseek(f, 0, SEEK_SET), 0);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_null(st);
	return text;
}

static void no_secrets(void **state)
{
	static const char *const uris[] = {
		"postgresql://user:hunter2@/x?host=/nowhere",
		"postgresql://user:hunter2@127.0.0.1:1/x",
		"postgresql://user:hunter2%zz@127.0.0.1:1/x",
		"postgresql://user@127.0.0.1:1/x?password=hunter2&nonsense=hunter2",
	};

	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		const char *text = told(uris[i]);

		assert_true(*text);
		assert_null(strstr(text, "hunter2"));
	}
	assert_true(db_postgres_has_password(uris[0]));
	assert_true(db_postgres_has_password("postgres://h/x?password=p"));
	assert_false(db_postgres_has_password("postgresql://user@h/x?passfile=/etc/p"));
	assert_false(db_postgres_is_uri("/var/lib/ledger.db"));
}

/* Three ways to forget what was acknowledged. */
static void believed(void **state)
{
	struct world *w = *state;
	char uri[400];

	snprintf(uri, sizeof(uri), "%s&options=-csynchronous_commit%%3Doff", w->uri);
	assert_non_null(strstr(told(uri), "synchronous_commit is off"));
	snprintf(uri, sizeof(uri), "%s&options=-csynchronous_commit%%3Dlocal", w->uri);
	assert_non_null(strstr(told(uri), "synchronous_commit is local"));
	snprintf(uri, sizeof(uri), "%s&options=-cdefault_transaction_read_only%%3Don", w->uri);
	assert_true(*told(uri));
}

#define END_ALL	"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'voicepay'"

struct cutter {
	struct world *w;
	atomic_bool end;
	int cuts;
};

static void *cut(void *arg)
{
	struct cutter *c = arg;

	while (!atomic_load(&c->end)) {
		world_force(c->w, END_ALL);
		c->cuts++;
		usleep(rand() % 20000);
	}
	return NULL;
}

/* Each connection that idles is gone, then any at any moment: asked again, every order is paid once. */
static void cut_off(void **state)
{
	struct world *w = *state;
	struct cutter c = { .w = w };
	char code[25], order[16];
	pthread_t thread;
	long busy = 0;
	int n = 0;

	world_enrol(w);
	for (; n < 150; n++) {
		const char *name;

		if (n < 10)
			world_force(w, END_ALL);
		if (n == 10)
			pthread_create(&thread, NULL, cut, &c);
		w->now += 3;
		assert_int_equal(device_code(&w->dev, 0, w->now / 30, w->now / 3 % 10, code), 0);
		snprintf(order, sizeof(order), "o%d", n);
		/* As a till does. */
		while (name = world_charge(w, w->st, order, code, 1, NULL), !strcmp(name, "BUSY"))
			busy++;
		assert_string_equal(name, "SUCCESS");
		if (n < 10)
			assert_int_equal(busy, 0);
	}
	atomic_store(&c.end, true);
	pthread_join(thread, NULL);
	world_force(w, END_ALL);
	while (store_revoked(w->st, w->device_peer.device) == STORE_AGAIN)
		;
	print_message("# %d charges, connections cut %d times, %ld answers to ask again\n", n, c.cuts, busy);
	assert_int_equal(world_payments(w), n);
	assert_int_equal(world_balance(w, "shop"), n);
}

/* @name with a newline before it and a space after it. */
static long long metric(const char *name)
{
	size_t len;
	char *text = metrics_text(&len), *p = strstr(text, name);
	long long n = p ? atoll(p + strlen(name)) : -1;

	free(text);
	return n;
}

static long long round_trips(void)
{
	return metric("\nvoicepay_db_round_trips_total ");
}

/* All look-ups, all locks, the booking: each of them is one way there and back, whatever comes of the charge. */
static void three_times(void **state)
{
	static const struct {
		const char *order, *error;
		int q, times;
	} then[] = {
		{ "t1", "SUCCESS", 1, 3 },
		{ "t1", "SUCCESS", 1, 1 },		/* it is the same order, and known */
		{ "t2", "CODE_USED", 1, 5 },		/* and whether it was this order that used it */
		{ "t3", "SUCCESS", 2, 3 },
	};
	struct world *w = *state;
	char code[25];

	world_enrol(w);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "t0", code, 1, NULL), "SUCCESS");
	for (size_t i = 0; i < sizeof(then) / sizeof(then[0]); i++) {
		long long before = round_trips();

		assert_int_equal(device_code(&w->dev, 0, w->now / 30, then[i].q, code), 0);
		assert_string_equal(world_charge(w, w->st, then[i].order, code, 1, NULL), then[i].error);
		assert_in_range(round_trips() - before, 1, then[i].times);
	}
	assert_int_equal(world_payments(w), 3);
}

static enum store_result meta(struct store *st, const char *name)
{
	char value[16];

	return store_meta(st, name, value, sizeof(value));
}

static void ask_ahead(struct store *st)
{
	assert_true(store_ahead(st));
	assert_int_equal(meta(st, "a"), STORE_NONE);
	store_revoked(st, (const __u8 *)"sixteen bytes..");
	store_ahead_end(st);
}

static void set_meta(struct store *st, const char *name, const char *value)
{
	assert_int_equal(store_begin(st), STORE_OK);
	assert_in_range(store_meta_set(st, name, value), STORE_OK, STORE_NONE);
	assert_int_equal(store_commit(st), STORE_OK);
}

/* An answer that was asked ahead is given once, to the same question, and to nobody who asks later. */
static void answers_once(void **state)
{
	struct world *w = *state;
	struct store *other = world_store(w);

	for (int i = 0; i < 6; i++) {
		set_meta(other, "a", NULL);
		ask_ahead(w->st);
		/* Both are here with the first answer. */
		assert_int_equal(store_revoked(w->st, (const __u8 *)"sixteen bytes.."), STORE_NONE);
		set_meta(other, "a", "1");
		switch (i) {
		case 0:
			assert_int_equal(meta(w->st, "a"), STORE_NONE);
			break;
		case 1:
			assert_int_equal(meta(w->st, "b"), STORE_NONE);
			break;
		case 2:
			store_ahead_forget(w->st);
			break;
		case 3:
			assert_int_equal(store_begin(w->st), STORE_OK);
			break;
		case 4:
			assert_int_equal(store_begin(w->st), STORE_OK);
			assert_int_equal(store_commit(w->st), STORE_OK);
			break;
		case 5:
			world_force(w, END_ALL);
			break;
		}
		while (i == 5 && store_revoked(w->st, w->device_peer.device) == STORE_AGAIN)
			;
		while (i == 5 && store_revoked(other, w->device_peer.device) == STORE_AGAIN)
			;
		assert_int_equal(meta(w->st, "a"), STORE_OK);
		store_rollback(w->st);
	}
	store_close(other);
}

/* What is done in a transaction is heard of, or is not done. */
static void done_and_heard(void **state)
{
	struct world *w = *state;

	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_true(store_ahead(w->st));
	store_token_use(w->st, "one", w->now);
	store_ahead_end(w->st);
	assert_int_equal(store_commit(w->st), STORE_FAILED);

	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_true(store_ahead(w->st));
	store_token_use(w->st, "one", w->now);
	store_ahead_end(w->st);
	store_token_use(w->st, "two", w->now);
	assert_int_equal(store_commit(w->st), STORE_FAILED);
	assert_int_equal(world_number(w, "SELECT count(*) FROM voice_token"), 0);

	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_true(store_ahead(w->st));
	store_token_use(w->st, "one", w->now);
	store_ahead_end(w->st);
	assert_int_equal(store_token_use(w->st, "one", w->now), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_int_equal(world_number(w, "SELECT count(*) FROM voice_token"), 1);
}

/* Asked ahead twice with the same values, it is done once. */
static void ahead_twice(void **state)
{
	struct world *w = *state;

	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_true(store_ahead(w->st));
	store_token_use(w->st, "one", w->now);
	store_token_use(w->st, "one", w->now);
	store_ahead_end(w->st);
	assert_int_equal(store_token_use(w->st, "one", w->now), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);

	/* With others the first was done, and nobody hears of it. */
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_true(store_ahead(w->st));
	store_token_use(w->st, "two", w->now);
	store_token_use(w->st, "three", w->now);
	store_ahead_end(w->st);
	store_token_use(w->st, "three", w->now);
	assert_int_equal(store_commit(w->st), STORE_FAILED);
	assert_int_equal(world_number(w, "SELECT count(*) FROM voice_token"), 1);
}

/* Somebody else at a server's address: says that it is one, or hangs up at once. */
struct impostor {
	int fd;
	bool stalls;
	atomic_int came;
	int kept[8];
};

static void *pretend(void *arg)
{
	/* "You are who you say you are", "ask": and then not a word. */
	static const char welcome[] = { 'R', 0, 0, 0, 8, 0, 0, 0, 0, 'Z', 0, 0, 0, 5, 'I' };
	struct impostor *im = arg;
	int fd;

	while (fd = accept(im->fd, NULL, NULL), fd >= 0) {
		int n = atomic_fetch_add(&im->came, 1);
		char startup[1000];

		if (im->stalls && n < 8 && read(fd, startup, sizeof(startup)) > 0 &&
		    write(fd, welcome, sizeof(welcome)) == sizeof(welcome))
			im->kept[n] = fd;
		else
			close(fd);
	}
	return NULL;
}

static void pretend_at(struct impostor *im, const char *dir, pthread_t *thread)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", dir);
	im->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(im->fd >= 0);
	assert_int_equal(bind(im->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(im->fd, 8), 0);
	assert_int_equal(pthread_create(thread, NULL, pretend, im), 0);
}

static void pretend_no_more(struct impostor *im, const char *dir, pthread_t thread)
{
	char path[100];

	shutdown(im->fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(im->fd);
	for (int i = 0; i < 8; i++)
		if (im->kept[i])
			close(im->kept[i]);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", dir);
	unlink(path);
	rmdir(dir);
}

/* It lets the gateway in and says nothing more: whoever ends is not kept for ever. */
static void stalls(void **state)
{
	struct impostor im = { .stalls = true };
	char dir[] = "/tmp/vpg-db.XXXXXX", uri[100];
	struct timespec then, now;
	const char *text;
	pthread_t thread;

	(void)state;
	assert_non_null(mkdtemp(dir));
	pretend_at(&im, dir, &thread);
	snprintf(uri, sizeof(uri), "postgresql://u@/x?host=%s&target_session_attrs=any", dir);
	/* The library's own limits are not what is looked at. */
	clock_gettime(CLOCK_MONOTONIC, &then);
	alarm(60);
	text = told(uri);
	alarm(0);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_non_null(strstr(text, "does not answer"));
	assert_in_range(now.tv_sec - then.tv_sec, 0, 20);
	assert_int_equal(atomic_load(&im.came), 1);
	pretend_no_more(&im, dir, thread);
}

/* While there is no server, a charge looks for it once each time it is tried, and not for every question. */
static void looks_once(void **state)
{
	struct world *w = *state;
	char dir[] = "/tmp/vpg-db.XXXXXX", link[100], uri[300], code[25];
	const char *params = strchr(w->uri, '?');
	struct impostor im = { 0 };
	struct store *st;
	pthread_t thread;
	long long tries;

	world_enrol(w);
	assert_non_null(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s.link", dir);
	assert_int_equal(symlink(params + strlen("?host="), link), 0);
	snprintf(uri, sizeof(uri), "%.*s?host=%s", (int)(params - w->uri), w->uri, link);
	assert_int_equal(store_open(&st, uri, false), STORE_OK);
	unlink(link);
	assert_int_equal(symlink(dir, link), 0);
	pretend_at(&im, dir, &thread);
	world_force(w, END_ALL);
	while (store_revoked(w->st, w->device_peer.device) == STORE_AGAIN)
		;
	/* The connection is seen to be lost. */
	assert_int_equal(store_revoked(st, w->device_peer.device), STORE_AGAIN);
	assert_int_equal(atomic_load(&im.came), 0);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	tries = metric("\nvoicepay_db_retries_total ");
	assert_string_equal(world_charge(w, st, "a", code, 1, NULL), "BUSY");
	tries = metric("\nvoicepay_db_retries_total ") - tries + 1;
	assert_int_equal(atomic_load(&im.came), tries);
	unlink(link);
	store_close(st);
	pretend_no_more(&im, dir, thread);
}

/* A sweep that the server holds up may take as long as it likes, unless the gateway ends. */
static void sweep_given_up(void **state)
{
	static const char waits[] = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'alias'::regclass";
	struct world *w = *state;
	PGconn *super = world_superuser(w);
	struct sweeper *sw = sweeper_new(w->gw.db_path);
	struct timespec then, now;

	PQclear(PQexec(super, "BEGIN"));
	PQclear(PQexec(super, "LOCK TABLE alias IN ACCESS EXCLUSIVE MODE"));
	assert_true(sweeper_begin(sw, w->now));
	while (!world_number(w, waits))
		usleep(10000);
	assert_false(sweeper_begin(sw, w->now));
	clock_gettime(CLOCK_MONOTONIC, &then);
	sweeper_end(sw);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_in_range(now.tv_sec - then.tv_sec, 0, 5);
	/* Nor does it stay at the server, with the locks that it had and behind the one that it waits for. */
	for (int i = 0; i < 500 && world_number(w, waits); i++)
		usleep(10000);
	assert_int_equal(world_number(w, waits), 0);
	PQfinish(super);
	/* It comes again, at whichever gateway. */
	sw = sweeper_new(w->gw.db_path);
	assert_true(sweeper_begin(sw, w->now + 7200));
	for (int i = 0; i < 1000 && metric("\nvoicepay_sweeps_total{result=\"done\"} ") < 1; i++)
		usleep(10000);
	sweeper_end(sw);
	assert_int_equal(metric("\nvoicepay_sweeps_total{result=\"done\"} "), 1);
	assert_int_equal(metric("\nvoicepay_sweeps_total{result=\"failed\"} "), 1);
}

/* Imported payments, whose numbers were of another kind, are above all that come, and not what is looked at. */
static void imported_above(void **state)
{
	struct world *w = *state;
	struct audit audit;
	char code[25];

	world_enrol(w);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	world_force(w, "INSERT INTO payment (id, kind, transfer) VALUES ('ffffffffffffffffffffffffffffffff', 'voice', 7)");
	assert_int_equal(store_audit_newest(w->st, 1, &audit), STORE_OK);
	assert_int_equal(audit.wrong, 0);
	world_force(w, "UPDATE merchant_order SET amount = amount + 1");
	assert_int_equal(store_audit_newest(w->st, 1, &audit), STORE_OK);
	assert_int_equal(audit.wrong, 1);
}

/* What is only added to is so under the names of its partitions, too, those of months to come included. */
static void partitions_stay(void **state)
{
#define MAY(table, right)	"(p.relname = '" table "' AND has_table_privilege(c.oid, '" right "'))"
	static const char partitions[] = "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent "
		"WHERE p.relkind = 'p' AND p.relname IN ('transfer', 'payment', 'spent')";
	struct world *w = *state;
	long long before = world_number(w, partitions);
	char code[25], sql[1000];

	/* As those were made that an older gateway has left. */
	world_force(w, "GRANT ALL ON payment_other, transfer_other, spent_other TO voicepay; DELETE FROM meta WHERE name = 'partitions-closed'");
	assert_true(world_sql(w, "DELETE FROM payment_other"));
	assert_int_equal(store_partitions(w->st, time(NULL) + 200 * 86400), STORE_OK);
	assert_true(world_number(w, partitions) > before);
	snprintf(sql, sizeof(sql), "%s AND (" MAY("transfer", "UPDATE") " OR " MAY("transfer", "DELETE") " OR " MAY("transfer", "TRUNCATE") " OR "
		 MAY("payment", "UPDATE") " OR " MAY("payment", "DELETE") " OR " MAY("payment", "TRUNCATE") " OR "
		 MAY("spent", "DELETE") " OR " MAY("spent", "TRUNCATE") ")", partitions);
	assert_int_equal(world_number(w, sql), 0);
	assert_false(world_sql(w, "DELETE FROM payment_other"));
	assert_false(world_sql(w, "UPDATE transfer_other SET amount = 1"));
	/* And what has to be done can be. */
	world_enrol(w);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "p", code, 1, NULL), "SUCCESS");
}

/* Where a server has no partitions there is one table each, now and after the sweep, and all else is as it is. */
static void one_table_each(void **state)
{
	struct world *w = *state;
	char code[25];

	assert_int_equal(store_partitions(w->st, time(NULL) + 200 * 86400), STORE_OK);
	assert_int_equal(world_number(w, "SELECT count(*) FROM pg_inherits"), 0);
	assert_int_equal(world_number(w, "SELECT count(*) FROM pg_class WHERE relkind = 'p'"), 0);
	assert_int_equal(world_number(w, "SELECT count(*) FROM meta WHERE name = 'partitions' AND value = 'none'"), 1);
	world_enrol(w);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "p", code, 1, NULL), "SUCCESS");
	assert_string_equal(world_charge(w, w->st, "q", code, 1, NULL), "CODE_USED");
	/* What is only added to is so here, too. */
	assert_false(world_sql(w, "UPDATE transfer SET amount = 1"));
	assert_false(world_sql(w, "DELETE FROM payment"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest here[] = { cmocka_unit_test(no_secrets), cmocka_unit_test(stalls) };
	const struct CMUnitTest there[] = { cmocka_unit_test(no_secrets), T(believed), T(cut_off), T(three_times),
		T(answers_once), T(done_and_heard), T(ahead_twice), T(looks_once), T(sweep_given_up), T(imported_above), T(partitions_stay) };
	const struct CMUnitTest plain[] = { T(one_table_each), T(three_times), T(answers_once), T(imported_above) };

	if (getenv("VPG_TEST_PLAIN"))
		return cmocka_run_group_tests_name("server", plain, NULL, NULL);
	return world_on_postgres() ? cmocka_run_group_tests_name("server", there, NULL, NULL) :
				     cmocka_run_group_tests_name("server", here, NULL, NULL);
}
