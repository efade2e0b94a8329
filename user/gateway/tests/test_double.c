// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Double spending: eight clients offer the same thousand codes, each code some
 * hundred times under as many order numbers, to a gateway that is a process of
 * its own. A thousand payments are booked, once while the gateway lives through
 * it and once while it is killed ten times on the way. Without LONG=1 a tenth.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

#define CLIENTS	8
#define KILLS	10

struct crowd {
	struct server s;
	int codes, attempts;
	struct test_device *dev;
	char (*code)[PAYCODE_DIGITS + 1];
	pthread_mutex_t lock;	/* over the making of codes */
	atomic_int next;	/* attempt */
	atomic_long paid, used, resent, other;
	atomic_int *paid_of;	/* by code */
};

/* Made when its turn comes, so that it is fresh however long all of it takes. */
static const char *code_of(struct crowd *c, int i)
{
	pthread_mutex_lock(&c->lock);
	if (!*c->code[i])
		device_code(&c->dev[i], 0, gateway_clock_ms() / 30000, i % 10, c->code[i]);
	pthread_mutex_unlock(&c->lock);
	return c->code[i];
}

static void *client(void *arg)
{
	struct crowd *c = arg;
	CURL *curl = curl_easy_init();
	int n;

	while ((n = atomic_fetch_add(&c->next, 1)) < c->attempts) {
		int i = n / (c->attempts / c->codes), status;
		const char *error;
		char body[256];
		json_t *a;

		snprintf(body, sizeof(body), "{\"order_no\":\"d%d\",\"code\":\"%s\",\"amount\":1,\"currency\":\"CNY\"}", n, code_of(c, i));
		/* As a till does: the same order again, until somebody answers. */
		while ((status = server_post_over(curl, &c->s, c->s.shop_cert, "/v1/merchant/charge", body, &a)) < 0 ||
		       status >= 500) {
			json_decref(a);
			atomic_fetch_add(&c->resent, 1);
			usleep(5000);
		}
		error = json_string_value(json_object_get(a, "error"));
		if (status == 200) {
			atomic_fetch_add(&c->paid, 1);
			atomic_fetch_add(&c->paid_of[i], 1);
		} else if (error && !strcmp(error, "CODE_USED")) {
			atomic_fetch_add(&c->used, 1);
		} else {
			fprintf(stderr, "%d %s\n", status, error ? error : "no reason given");
			atomic_fetch_add(&c->other, 1);
		}
		json_decref(a);
	}
	curl_easy_cleanup(curl);
	return NULL;
}

static void spend(int kills)
{
	const char *lengthy = getenv("LONG");
	struct crowd *c = calloc(1, sizeof(*c));
	struct timespec from, to;
	pthread_t threads[CLIENTS];
	void *world;

	c->codes = lengthy && *lengthy == '1' ? 1000 : 200;
	c->attempts = c->codes * 100 / (lengthy && *lengthy == '1' ? 1 : 2);
	c->dev = calloc(c->codes, sizeof(*c->dev));
	c->code = calloc(c->codes, sizeof(*c->code));
	c->paid_of = calloc(c->codes, sizeof(*c->paid_of));
	pthread_mutex_init(&c->lock, NULL);
	server_set_up(&c->s, &world, "");
	for (int i = 0; i < c->codes; i++)
		server_enrol(&c->s, &c->s.w->device_peer, &c->dev[i], i);
	server_start(&c->s, 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < CLIENTS; i++)
		pthread_create(&threads[i], NULL, client, c);
	for (int i = 1; i <= kills; i++) {
		/* Evenly over the work, whatever the machine's speed. */
		while (atomic_load(&c->next) < (long)c->attempts * i / (kills + 1))
			usleep(2000);
		server_stop(&c->s, SIGKILL);
		server_start(&c->s, 0);
		assert_true(c->s.pid > 0);
	}
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("# %d attempts by %d clients on %d codes, %d kills: %ld paid, %ld CODE_USED, %ld sent again, %.1f s\n",
		      c->attempts, CLIENTS, c->codes, kills, atomic_load(&c->paid), atomic_load(&c->used),
		      atomic_load(&c->resent), to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
	assert_int_equal(c->other, 0);
	assert_int_equal(c->paid, c->codes);
	assert_int_equal(c->used, c->attempts - c->codes);
	for (int i = 0; i < c->codes; i++)
		assert_int_equal(c->paid_of[i], 1);
	assert_int_equal(world_payments(c->s.w), c->codes);
	assert_int_equal(world_balance(c->s.w, "till"), c->codes);
	server_stop(&c->s, SIGTERM);
	world_end(&world);
	free(c->dev);
	free(c->code);
	free(c->paid_of);
	free(c);
}

static void at_peace(void **state)
{
	spend(0);
}

static void killed_on_the_way(void **state)
{
	spend(KILLS);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_peace), cmocka_unit_test(killed_on_the_way),
	};
	int ret;

	if (server_main(argc, argv, &ret))
		return ret;
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests_name("double spending", tests, NULL, NULL);
}
