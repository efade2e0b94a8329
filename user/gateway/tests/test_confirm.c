// SPDX-License-Identifier: GPL-2.0-or-later
/* What waits for a person: payments above the owner's limit, orders to be scanned, and the limits themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "store_certs.h"

#define BIG	60000

static void set_up(struct world *w)
{
	world_enrol(w);
	w->gw.set.confirm_above = 50000;
}

static const char *charge(struct world *w, const char *order, unsigned int q, long long amount, json_t **a)
{
	char code[25];

	assert_int_equal(device_code(&w->dev, 0, w->now / 30, q, code), 0);
	return world_charge(w, w->st, order, code, amount, a);
}

/* The first that waits for this device, or "". */
static const char *waiting(struct world *w, const struct peer *peer)
{
	static char ref[33];
	json_t *a;

	assert_int_equal(world_request(w, w->st, peer, "/v1/waiting", NULL, &a), 200);
	snprintf(ref, sizeof(ref), "%s", json_array_size(json_object_get(a, "waiting")) ?
		 json_string_value(json_object_get(json_array_get(json_object_get(a, "waiting"), 0), "confirm_id")) : "");
	json_decref(a);
	return ref;
}

static const char *answer(struct world *w, const struct peer *peer, const char *ref, const char *payee,
			  long long amount, const char *word)
{
	char body[512];

	snprintf(body, sizeof(body), "{\"confirm_id\":\"%s\",\"payee\":\"%s\",\"amount\":%lld,\"currency\":\"CNY\",\"answer\":\"%s\"%s}",
		 ref, payee, amount, word,
		 world_auth(w, strcmp(word, "DENY") ? VP_PURPOSE_CONFIRM : VP_PURPOSE_DENY, amount, ref, payee));
	return world_ask(w, w->st, peer, "/v1/confirm", body, NULL);
}

static const char *query(struct world *w, const char *order)
{
	char path[96];

	snprintf(path, sizeof(path), "/v1/merchant/orders/%s", order);
	return world_ask(w, w->st, &w->shop_peer, path, NULL, NULL);
}

static void confirmed(void **state)
{
	struct world *w = *state;
	char code[25], ref[33];
	json_t *a;

	set_up(w);
	assert_string_equal(charge(w, "small", 0, 50000, NULL), "SUCCESS");
	w->gw.set.confirm_above = 20000;
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 1, code), 0);
	assert_string_equal(world_charge(w, w->st, "o", code, 20001, &a), "USERPAYING");
	/* What the owner's device asks by is not the till's to know. */
	assert_null(json_object_get(a, "confirm_id"));
	assert_null(json_object_get(a, "pay_id"));
	json_decref(a);
	assert_string_equal(world_charge(w, w->st, "o", code, 20001, NULL), "USERPAYING");
	assert_string_equal(query(w, "o"), "USERPAYING");
	assert_int_equal(world_payments(w), 1);
	/* Spent all the same. */
	assert_string_equal(world_charge(w, w->st, "o2", code, 10, NULL), "CODE_USED");
	strcpy(ref, waiting(w, &w->device_peer));
	assert_int_equal(strlen(ref), 32);
	/* Other than what was shown; another device. */
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", 20000, "CONFIRM"), "ORDER_CONFLICT");
	assert_string_equal(answer(w, &w->device_peer, ref, "kiosk", 20001, "CONFIRM"), "ORDER_CONFLICT");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", 20001, "MAYBE"), "BAD_REQUEST");
	assert_string_equal(waiting(w, &w->shop_peer), "");
	assert_string_equal(answer(w, &w->shop_peer, ref, "shop", 20001, "CONFIRM"), "AUTHORISATION_WRONG");
	assert_int_equal(world_payments(w), 1);
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", 20001, "CONFIRM"), "SUCCESS");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", 20001, "CONFIRM"), "SUCCESS");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", 20001, "DENY"), "CONFIRM_OVER");
	assert_string_equal(waiting(w, &w->device_peer), "");
	assert_string_equal(query(w, "o"), "SUCCESS");
	assert_string_equal(world_charge(w, w->st, "o", code, 20001, NULL), "SUCCESS");
	assert_int_equal(world_payments(w), 2);
	assert_int_equal(world_balance(w, "shop"), 70001);
}

static void denied_and_too_late(void **state)
{
	struct world *w = *state;
	char ref[33];

	set_up(w);
	assert_string_equal(charge(w, "o", 0, BIG, NULL), "USERPAYING");
	strcpy(ref, waiting(w, &w->device_peer));
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "DENY"), "DENIED");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "DENY"), "DENIED");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "CONFIRM"), "CONFIRM_OVER");
	assert_string_equal(query(w, "o"), "PAYERROR");
	/* Another code for the same order: another confirmation; nobody answers it. */
	assert_string_equal(charge(w, "o", 1, BIG, NULL), "USERPAYING");
	strcpy(ref, waiting(w, &w->device_peer));
	w->now += w->gw.set.confirm_seconds;
	assert_string_equal(waiting(w, &w->device_peer), "");
	assert_string_equal(query(w, "o"), "PAYERROR");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "CONFIRM"), "CONFIRM_OVER");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "DENY"), "CONFIRM_OVER");
	/* The sweep writes what everybody was told already. */
	assert_int_equal(store_sweep(w->st, w->now, 0), STORE_OK);
	assert_string_equal(query(w, "o"), "PAYERROR");
	/* Reversed while it waits: the owner's word comes too late. */
	assert_string_equal(charge(w, "r", 1, BIG, NULL), "USERPAYING");
	strcpy(ref, waiting(w, &w->device_peer));
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/reverse", "{\"order_no\":\"r\"}", NULL), "REVOKED");
	assert_string_equal(waiting(w, &w->device_peer), "");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "CONFIRM"), "CONFIRM_OVER");
	/* The money went elsewhere meanwhile. */
	assert_string_equal(charge(w, "p", 2, BIG, NULL), "USERPAYING");
	strcpy(ref, waiting(w, &w->device_peer));
	assert_string_equal(charge(w, "q", 3, 50000, NULL), "SUCCESS");
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "CONFIRM"), "NOT_ENOUGH");
	assert_string_equal(query(w, "p"), "PAYERROR");
	assert_int_equal(world_payments(w), 1);
}

static void owners_limits(void **state)
{
	struct world *w = *state;

	world_enrol(w);
	assert_int_equal(store_begin(w->st), STORE_OK);
	w->alice.confirm_above = 100;
	w->alice.per_day = 1000;
	w->alice.per_payment = 101;
	assert_int_equal(store_account_limits(w->st, &w->alice), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_string_equal(charge(w, "a", 0, 101, NULL), "USERPAYING");
	w->now += 30;
	/* Above what one payment may be there is nothing to ask the owner. */
	assert_string_equal(charge(w, "b", 0, 102, NULL), "OVER_LIMIT");
	assert_string_equal(query(w, "b"), "PAYERROR");
	for (unsigned int i = 1; i < 10; i++) {
		char order[8];

		snprintf(order, sizeof(order), "d%u", i);
		assert_string_equal(charge(w, order, i, 100, NULL), "SUCCESS");
	}
	/* 900 so far: 101 is too much, 100 is not, 1 more is. */
	assert_string_equal(answer(w, &w->device_peer, waiting(w, &w->device_peer), "shop", 101, "CONFIRM"), "OVER_DAY_LIMIT");
	w->now += 30;
	assert_string_equal(charge(w, "e", 0, 100, NULL), "SUCCESS");
	assert_string_equal(charge(w, "f", 1, 1, NULL), "OVER_DAY_LIMIT");
	assert_string_equal(query(w, "f"), "PAYERROR");
	/* A day after the first of them there is room again. */
	w->now += 86400 - 30;
	assert_string_equal(charge(w, "g", 0, 100, NULL), "SUCCESS");
	assert_int_equal(world_payments(w), 11);
}

static void pay_order_body(struct world *w, char *body, size_t size, const char *ref, int slot, const char *payee,
			   long long amount)
{
	snprintf(body, size, "{\"pay_id\":\"%s\",\"slot\":%d,\"payee\":\"%s\",\"amount\":%lld,\"currency\":\"CNY\"%s}",
		 ref, slot, payee, amount, world_auth(w, VP_PURPOSE_PAY_ORDER, amount, ref, payee));
}

static void scanned(void **state)
{
	static const char order[] = "{\"order_no\":\"o\",\"amount\":300,\"currency\":\"CNY\"}";
	struct world *w = *state;
	char ref[33], path[64], body[512];
	json_t *a, *b;

	world_enrol(w);
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/order", order, &a), "NOTPAY");
	strcpy(ref, json_string_value(json_object_get(a, "pay_id")));
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/order", order, &b), "NOTPAY");
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/order",
		"{\"order_no\":\"o\",\"amount\":301,\"currency\":\"CNY\"}", NULL), "ORDER_CONFLICT");
	assert_string_equal(charge(w, "o", 0, 300, NULL), "ORDER_CONFLICT");
	snprintf(path, sizeof(path), "/v1/orders/%s", ref);
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, path, NULL, NULL), "PEER_UNKNOWN");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, path, NULL, &a), "NOTPAY");
	assert_string_equal(json_string_value(json_object_get(a, "payee")), "shop");
	json_decref(a);
	pay_order_body(w, body, sizeof(body), ref, 0, "kiosk", 300);
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, NULL), "ORDER_CONFLICT");
	pay_order_body(w, body, sizeof(body), ref, 0, "shop", 299);
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, NULL), "ORDER_CONFLICT");
	pay_order_body(w, body, sizeof(body), ref, 7, "shop", 300);
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, NULL), "BAD_REQUEST");
	pay_order_body(w, body, sizeof(body), ref, 0, "shop", 300);
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/pay-order", body, NULL), "AUTHORISATION_WRONG");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, &a), "SUCCESS");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, &b), "SUCCESS");
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	/* Another of the user's devices comes too late. */
	{
		const struct test_order o = { VP_PURPOSE_PAY_ORDER, 300, "CNY", ref, "shop" };
		struct test_device other;

		assert_int_equal(device_init(&other, w->shop_peer.device, w->gw.keys.s_pub), 0);
		assert_int_equal(world_enrol_as(w, &w->shop_peer, &other), RF_OK);
		snprintf(body, sizeof(body), "{\"pay_id\":\"%s\",\"slot\":0,\"payee\":\"shop\",\"amount\":300,\"currency\":\"CNY\"%s}",
			 ref, world_auth_of(&other, w->now, &o));
		assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/pay-order", body, NULL), "ORDER_PAID");
	}
	assert_string_equal(query(w, "o"), "SUCCESS");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refund",
		"{\"order_no\":\"o\",\"refund_no\":\"r\",\"amount\":300,\"currency\":\"CNY\"}", NULL), "REFUND");
	assert_int_equal(world_balance(w, "alice"), BALANCE);
	/* Not paid in time; reversed before it was. */
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/order",
		"{\"order_no\":\"late\",\"amount\":300,\"currency\":\"CNY\"}", &a), "NOTPAY");
	pay_order_body(w, body, sizeof(body), json_string_value(json_object_get(a, "pay_id")), 0, "shop", 300);
	json_decref(a);
	w->now += 60 * w->gw.set.order_minutes;
	snprintf(path, sizeof(path), "%.32s", strstr(body, "pay_id") + 9);
	pay_order_body(w, body, sizeof(body), path, 0, "shop", 300);
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, NULL), "ORDER_CLOSED");
	assert_string_equal(query(w, "late"), "CLOSED");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/reverse", "{\"order_no\":\"late\"}", NULL), "REVOKED");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, NULL), "ORDER_REVOKED");
	assert_int_equal(world_payments(w), 1);
}

static void revoke(struct world *w, const struct peer *peer)
{
	struct revocation rev = { .since = w->now, .reason = 1 };

	memcpy(rev.peer, peer->device, sizeof(rev.peer));
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_revoke(w->st, &rev), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
}

/* What a merchant had open when its key was revoked is not paid to whoever has the key. */
static void revoked_merchant(void **state)
{
	char ref[33], scan[33], body[512];
	struct world *w = *state;
	json_t *a;

	set_up(w);
	assert_string_equal(charge(w, "o", 0, BIG, NULL), "USERPAYING");
	strcpy(ref, waiting(w, &w->device_peer));
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/order",
		"{\"order_no\":\"s\",\"amount\":300,\"currency\":\"CNY\"}", &a), "NOTPAY");
	strcpy(scan, json_string_value(json_object_get(a, "pay_id")));
	json_decref(a);
	revoke(w, &w->shop_peer);
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "CONFIRM"), "PAYEE_UNKNOWN");
	pay_order_body(w, body, sizeof(body), scan, 0, "shop", 300);
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, &a), "PAYEE_UNKNOWN");
	/* It says why, and what to do. */
	assert_non_null(strstr(json_string_value(json_object_get(a, "message")), "revoked"));
	json_decref(a);
	assert_int_equal(world_payments(w), 0);
	assert_int_equal(world_balance(w, "alice"), BALANCE);
	/* The owner can still say no. */
	assert_string_equal(answer(w, &w->device_peer, ref, "shop", BIG, "DENY"), "DENIED");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(confirmed), T(denied_and_too_late), T(owners_limits), T(scanned), T(revoked_merchant),
	};

	return cmocka_run_group_tests_name("waiting for a person", tests, NULL, NULL);
}
