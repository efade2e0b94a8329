// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A gateway killed with SIGKILL between any two steps loses no payment that it
 * acknowledged and books none twice. This program is test and gateway: run
 * with "serve" it is voicepay-gateway, built so that it kills itself at the
 * step it was told. The test speaks HTTP to it as nginx does, kills, starts it
 * again, asks everything again, and compares answers, ledger and balances.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base64.h"
#include "enrol.h"
#include "fixture.h"
#include "kill_rekey.h"
#include "server.h"

#define ES256	"{\"alg\":\"ES256\",\"typ\":\"JWT\"}"

/* Above this the owner is asked. */
#define LIMITS	"[limits]\nconfirm-above = 1000"

/* --- every step --- */

struct story {
	char enrol[512], token[4096], voice[8192], charge[4][256];
	json_t *enrolled, *voiced, *charged[4];	/* answers that came, else NULL */
	json_t *back[2];
	char big[256], confirm[512];	/* a charge that its owner has to confirm */
	json_t *confirmed;
};

/* What goes back: part of the first charge, all of the second. */
static const struct {
	const char *path, *body;
} back[2] = {
	{ "/v1/merchant/refund", "{\"order_no\":\"k0\",\"refund_no\":\"b\",\"amount\":40,\"currency\":\"CNY\"}" },
	{ "/v1/merchant/reverse", "{\"order_no\":\"k1\"}" },
};

static void keep(json_t **first, int status, json_t *answer)
{
	if (status != 200) {
		if (status > 0)
			fail_msg("refused: %d %s", status, json_dumps(answer, 0));
		return;
	}
	/* An acknowledged payment is acknowledged the same for ever; that part of it went back comes on top. */
	if (*first) {
		if (json_object_get(answer, "refunded") && !json_object_get(*first, "refunded")) {
			json_object_del(answer, "refunded");
			json_object_set(answer, "state", json_object_get(*first, "state"));
		}
		if (!json_equal(*first, answer))
			fail_msg("first %s, then %s", json_dumps(*first, 0), json_dumps(answer, 0));
		json_decref(answer);
	} else {
		*first = answer;
	}
}

/* The charge above the limit, and its owner's word. False if the gateway is gone. */
static bool tell_big(struct server *s, struct story *t)
{
	json_t *a, *one;
	int status = server_post(s, s->shop_cert, "/v1/merchant/charge", t->big, &a);
	const char *state;

	if (status < 0)
		return false;
	assert_int_equal(status, 200);
	state = json_string_value(json_object_get(a, "state"));
	/* Paid only when the owner has said so. */
	assert_string_equal(state, !strcmp(state, "SUCCESS") && *t->confirm ? "SUCCESS" : "USERPAYING");
	assert_true(!t->confirmed || !strcmp(state, "SUCCESS"));
	json_decref(a);
	if (!*t->confirm) {
		status = server_post(s, s->device_cert, "/v1/waiting", NULL, &a);
		if (status < 0)
			return false;
		one = json_array_get(json_object_get(a, "waiting"), 0);
		{
			const char *ref = json_string_value(json_object_get(one, "confirm_id"));
			const struct test_order o = { VP_PURPOSE_CONFIRM, 2000, "CNY", ref, "till" };

			snprintf(t->confirm, sizeof(t->confirm), "{\"confirm_id\":\"%s\",\"payee\":\"till\",\"amount\":2000,"
				 "\"currency\":\"CNY\",\"answer\":\"CONFIRM\"%s}", ref,
				 world_auth_of(&s->w->dev, gateway_clock_ms() / 1000, &o));
		}
		json_decref(a);
	}
	status = server_post(s, s->device_cert, "/v1/confirm", t->confirm, &a);
	keep(&t->confirmed, status, a);
	return status >= 0;
}

/* Asks for everything; stops when the gateway is gone. False if it is. */
static bool tell(struct server *s, struct story *t)
{
	json_t *a;
	int status;

	status = server_post(s, s->device_cert, "/v1/enrol", t->enrol, &a);
	keep(&t->enrolled, status, a);
	if (status < 0)
		return false;
	if (!*t->charge[0]) {
		const struct test_order o = { VP_PURPOSE_VOICE_PAY, 50000, "CNY", "v", "mom" };
		const char *m = json_string_value(json_object_get(t->enrolled, "message"));
		__u8 msg2[VP_MSG2_MAX];
		char code[25];
		long len = base64_decode(msg2, sizeof(msg2), m, strlen(m));

		assert_int_equal(device_finish(&s->w->dev, msg2, len), 0);
		snprintf(t->voice, sizeof(t->voice), "{\"order_id\":\"v\",\"user_id\":\"alice\",\"payee\":\"mom\","
			 "\"amount\":50000,\"currency\":\"CNY\",\"voice_token\":\"%s\"%s}", t->token,
			 world_auth_of(&s->w->dev, gateway_clock_ms() / 1000, &o));
		for (int i = 0; i < 4; i++) {
			assert_int_equal(device_code(&s->w->dev, i, gateway_clock_ms() / 30000, i, code), 0);
			snprintf(t->charge[i], sizeof(t->charge[i]),
				 "{\"order_no\":\"k%d\",\"code\":\"%s\",\"amount\":%d,\"currency\":\"CNY\"}", i, code, 100 + i);
		}
		assert_int_equal(device_code(&s->w->dev, 4, gateway_clock_ms() / 30000, 4, code), 0);
		snprintf(t->big, sizeof(t->big),
			 "{\"order_no\":\"big\",\"code\":\"%s\",\"amount\":2000,\"currency\":\"CNY\"}", code);
	}
	for (int i = 0; i < 4; i++) {
		status = server_post(s, s->shop_cert, "/v1/merchant/charge", t->charge[i], &a);
		/* The one that is reversed, when it is asked for again. */
		if (i == 1 && status == 409 && t->charged[i]) {
			assert_string_equal(json_string_value(json_object_get(a, "error")), "ORDER_REVOKED");
			json_decref(a);
			continue;
		}
		keep(&t->charged[i], status, a);
		if (status < 0)
			return false;
	}
	if (!tell_big(s, t))
		return false;
	status = server_post(s, s->device_cert, "/v1/voice-pay", t->voice, &a);
	keep(&t->voiced, status, a);
	for (int i = 0; i < 2 && status >= 0; i++) {
		status = server_post(s, s->shop_cert, back[i].path, back[i].body, &a);
		keep(&t->back[i], status, a);
	}
	return status >= 0;
}

/* One life, killed at its Nth step, and the next life. False once N is past the last step. */
static bool one_life(int n)
{
	struct server s;
	struct story t = { 0 };
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN];
	char b64[BASE64_SIZE(VP_MSG1_LEN)], *token;
	void *state;
	bool killed;

	server_set_up(&s, &state, LIMITS);
	world_ticket(s.w, ticket);
	assert_int_equal(device_enrol(&s.w->dev, ticket, msg1), 0);
	base64_encode(b64, msg1, sizeof(msg1));
	snprintf(t.enrol, sizeof(t.enrol), "{\"message\":\"%s\"}", b64);
	token = world_token(s.w->voice, ES256, s.w->now, NULL);
	snprintf(t.token, sizeof(t.token), "%s", token);
	free(token);

	server_start(&s, n);
	if (s.pid)
		tell(&s, &t);
	killed = server_stop(&s, SIGTERM);
	/* The next life must find the ledger in order, or it does not serve at all. */
	server_start(&s, 0);
	assert_true(s.pid > 0);
	assert_true(tell(&s, &t));
	assert_int_equal(world_payments(s.w), 6);
	assert_int_equal(world_balance(s.w, "till"), 100 + 101 + 102 + 103 + 2000 - 40 - 101);
	assert_int_equal(world_balance(s.w, "mom"), 50000);
	assert_true(tell(&s, &t));
	assert_int_equal(world_payments(s.w), 6);
	assert_false(server_stop(&s, SIGTERM));
	json_decref(t.enrolled);
	json_decref(t.confirmed);
	json_decref(t.voiced);
	for (int i = 0; i < 4; i++)
		json_decref(t.charged[i]);
	for (int i = 0; i < 2; i++)
		json_decref(t.back[i]);
	world_end(&state);
	return killed;
}

static void at_every_step(void **state)
{
	int n = 1;

	while (one_life(n))
		n++;
	print_message("# killed at each of %d steps\n", n - 1);
	/* Enrolment, five charges, a confirmation, a voice order, a refund and a reversal cross far more than this. */
	assert_true(n > 100);
}

/* --- at any time, under load --- */

#define TILLS	4
#define ROUNDS	12
#define SLOTS	60	/* of the device, for each till: ten codes each within a step */

struct till {
	struct server *s;
	int me;
	atomic_bool *end;
	struct test_device dev[SLOTS];
	struct { char order[32]; char payment[40]; } done[SLOTS * 10];
	int n;
};

static void enrol_slot(struct server *s, struct test_device *dev, __u32 slot)
{
	struct peer peer = s->w->device_peer;

	/* One device does not get as many keys within a day. */
	peer.device[15] ^= slot / 20;
	server_enrol(s, &peer, dev, slot);
}

/* Charges its own codes one after the other, each until an answer came. */
static void *till(void *arg)
{
	struct till *t = arg;

	while (!atomic_load(t->end) && t->n < SLOTS * 10) {
		char code[25], order[32], body[256];
		json_t *a;
		int status;

		device_code(&t->dev[t->n % SLOTS], 0, gateway_clock_ms() / 30000, t->n / SLOTS, code);
		snprintf(order, sizeof(order), "t%d-%d", t->me, t->n);
		snprintf(body, sizeof(body), "{\"order_no\":\"%s\",\"code\":\"%s\",\"amount\":1,\"currency\":\"CNY\"}",
			 order, code);
		/* As a till does: the same order again until somebody answers. */
		while ((status = server_post(t->s, t->s->shop_cert, "/v1/merchant/charge", body, &a)) < 0 || status >= 500) {
			json_decref(a);
			a = NULL;
			if (atomic_load(t->end))
				return NULL;
			usleep(5000);
		}
		if (status != 200) {
			fprintf(stderr, "%s: %s\n", order, json_dumps(a, 0));
			abort();
		}
		memcpy(t->done[t->n].order, order, sizeof(order));
		strcpy(t->done[t->n++].payment, json_string_value(json_object_get(a, "payment_id")));
		json_decref(a);
		usleep(5000);	/* so that there is still something to charge at the last kill */
	}
	return NULL;
}

struct tally {
	struct till *tills;
	long seen, unknown;
};

static void tally(void *arg, const struct payment *p)
{
	struct tally *y = arg;
	int me, n;

	if (sscanf(p->order, "t%d-%d", &me, &n) != 2 || n > y->tills[me].n)
		y->unknown++;
	else if (n < y->tills[me].n && !strcmp(y->tills[me].done[n].payment, p->id))
		y->seen++;
	else if (n < y->tills[me].n)
		y->unknown++;
}

static void at_any_time(void **state)
{
	struct till *tills = calloc(TILLS, sizeof(*tills));
	struct tally y = { .tills = tills };
	atomic_bool end = false;
	pthread_t threads[TILLS];
	struct server s;
	void *ws;
	long acked = 0, payments;

	server_set_up(&s, &ws, LIMITS);
	for (int i = 0; i < TILLS * SLOTS; i++)
		enrol_slot(&s, &tills[i / SLOTS].dev[i % SLOTS], i);
	server_start(&s, 0);
	for (int i = 0; i < TILLS; i++) {
		tills[i].s = &s;
		tills[i].me = i;
		tills[i].end = &end;
		pthread_create(&threads[i], NULL, till, &tills[i]);
	}
	srand(time(NULL));
	for (int i = 0; i < ROUNDS; i++) {
		usleep(20000 + rand() % 200000);
		server_stop(&s, SIGKILL);
		server_start(&s, 0);
		assert_true(s.pid > 0);
	}
	atomic_store(&end, true);
	for (int i = 0; i < TILLS; i++) {
		pthread_join(threads[i], NULL);
		acked += tills[i].n;
	}
	payments = world_payments(s.w);
	assert_int_equal(store_each_payment(s.w->st, tally, &y), STORE_OK);
	print_message("# %d kills, %ld payments acknowledged, %ld booked\n", ROUNDS, acked, payments);
	assert_in_range(acked, 1, TILLS * SLOTS * 10 - 1);	/* still busy at the last kill */
	assert_int_equal(y.seen, acked);	/* each acknowledged one is there, once */
	assert_int_equal(y.unknown, 0);		/* and none that nobody asked for */
	assert_in_range(payments, acked, acked + TILLS);	/* at most one each in flight at the end */
	assert_int_equal(world_balance(s.w, "till"), payments);
	server_stop(&s, SIGTERM);
	free(tills);
	world_end(&ws);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_every_step),
		cmocka_unit_test(at_any_time),
		cmocka_unit_test(rekey_at_every_step),
	};
	int ret;

	if (server_main(argc, argv, &ret))
		return ret;
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests_name("killed at any point", tests, NULL, NULL);
}
