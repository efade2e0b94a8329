// SPDX-License-Identifier: GPL-2.0-or-later
/* refund.c: money goes back once, to whom it came from, and never more than was paid. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void pay(struct world *w, const char *order, unsigned int q, long long amount)
{
	char code[25];

	assert_int_equal(device_code(&w->dev, 0, w->now / 30, q, code), 0);
	assert_string_equal(world_charge(w, w->st, order, code, amount, NULL), "SUCCESS");
}

static const char *refund(struct world *w, struct store *st, const char *order, const char *no, long long amount, json_t **a)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"order_no\":\"%s\",\"refund_no\":\"%s\",\"amount\":%lld,\"currency\":\"CNY\"}",
		 order, no, amount);
	return world_ask(w, st, &w->shop_peer, "/v1/merchant/refund", body, a);
}

static const char *reverse(struct world *w, const char *order, json_t **a)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"order_no\":\"%s\"}", order);
	return world_ask(w, w->st, &w->shop_peer, "/v1/merchant/reverse", body, a);
}

static long long number(json_t *a, const char *name)
{
	return json_integer_value(json_object_get(a, name));
}

static void in_parts(void **state)
{
	struct world *w = *state;
	json_t *a, *b;

	world_enrol(w);
	pay(w, "o", 0, 1000);
	assert_string_equal(refund(w, w->st, "o", "r1", 300, &a), "REFUND");
	assert_int_equal(number(a, "refunded"), 300);
	assert_string_equal(refund(w, w->st, "o", "r2", 699, NULL), "REFUND");
	/* Asked again, the first answer, and nothing moves. */
	assert_string_equal(refund(w, w->st, "o", "r1", 300, &b), "REFUND");
	assert_true(json_equal(a, b));
	json_decref(b);
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refunds/r1", NULL, &b), "REFUND");
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	assert_string_equal(refund(w, w->st, "o", "r3", 2, NULL), "REFUND_TOO_MUCH");
	assert_string_equal(refund(w, w->st, "o", "r3", 1, NULL), "REFUND");
	assert_string_equal(refund(w, w->st, "o", "r4", 1, NULL), "REFUND_TOO_MUCH");
	/* The same number for another refund. */
	assert_string_equal(refund(w, w->st, "o", "r1", 301, NULL), "ORDER_CONFLICT");
	pay(w, "o2", 1, 1000);
	assert_string_equal(refund(w, w->st, "o2", "r1", 300, NULL), "ORDER_CONFLICT");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/orders/o", NULL, &a), "REFUND");
	assert_int_equal(number(a, "refunded"), 1000);
	assert_int_equal(number(a, "amount"), 1000);
	json_decref(a);
	assert_int_equal(world_balance(w, "alice"), BALANCE - 1000);
	assert_int_equal(world_balance(w, "shop"), 1000);
	assert_int_equal(world_payments(w), 2);
}

static void what_cannot_be_refunded(void **state)
{
	struct world *w = *state;
	struct peer kiosk;
	struct vp_piece piece = { "kiosk", 5 };
	char code[25];

	world_enrol(w);
	assert_string_equal(refund(w, w->st, "none", "r", 1, NULL), "ORDER_UNKNOWN");
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "poor", code, BALANCE + 1, NULL), "NOT_ENOUGH");
	assert_string_equal(refund(w, w->st, "poor", "r", 1, NULL), "ORDER_UNPAID");
	pay(w, "o", 1, 1000);
	/* Another merchant's order is nobody's here; a device is no merchant. */
	assert_int_equal(vp_prim_hash(kiosk.spki, &piece, 1), 0);
	assert_string_equal(world_ask(w, w->st, &kiosk, "/v1/merchant/refund",
		"{\"order_no\":\"o\",\"refund_no\":\"r\",\"amount\":1,\"currency\":\"CNY\"}", NULL), "ORDER_UNKNOWN");
	assert_string_equal(world_ask(w, w->st, &kiosk, "/v1/merchant/refunds/r", NULL, NULL), "ORDER_UNKNOWN");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/merchant/refund",
		"{\"order_no\":\"o\",\"refund_no\":\"r\",\"amount\":1,\"currency\":\"CNY\"}", NULL), "PEER_UNKNOWN");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refund",
		"{\"order_no\":\"o\",\"refund_no\":\"r\",\"amount\":1,\"currency\":\"USD\"}", NULL), "WRONG_CURRENCY");
	/* What the shop no longer has cannot go back. */
	assert_int_equal(store_begin(w->st), STORE_OK);
	{
		struct account shop;
		long long id;

		assert_int_equal(store_account_by_name(w->st, "shop", "CNY", &shop), STORE_OK);
		assert_int_equal(store_transfer(w->st, shop.id, w->mom.id, 500, w->now, &id), STORE_OK);
	}
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_string_equal(refund(w, w->st, "o", "r", 501, NULL), "NOT_ENOUGH");
	assert_string_equal(reverse(w, "o", NULL), "NOT_ENOUGH");
	assert_string_equal(refund(w, w->st, "o", "r", 500, NULL), "REFUND");
	assert_int_equal(world_balance(w, "shop"), 0);
}

static void reversal(void **state)
{
	struct world *w = *state;
	char code[25], other[25];
	json_t *a, *b;

	world_enrol(w);
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "o", code, 1000, NULL), "SUCCESS");
	assert_string_equal(reverse(w, "o", &a), "REVOKED");
	assert_int_equal(number(a, "refunded"), 1000);
	w->now += 5;
	assert_string_equal(reverse(w, "o", &b), "REVOKED");
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	assert_int_equal(world_balance(w, "alice"), BALANCE);
	/* Nobody hands over goods for it now, and no money moves any more. */
	assert_string_equal(world_charge(w, w->st, "o", code, 1000, NULL), "ORDER_REVOKED");
	assert_string_equal(refund(w, w->st, "o", "r", 1, NULL), "ORDER_REVOKED");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/orders/o", NULL, NULL), "REVOKED");
	/* A charge that is overtaken by its own reversal: refused when it comes, its code not spent. */
	w->now += 30;
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 0, other), 0);
	assert_string_equal(reverse(w, "late", NULL), "REVOKED");
	assert_string_equal(reverse(w, "late", NULL), "REVOKED");
	assert_string_equal(world_charge(w, w->st, "late", other, 1000, NULL), "ORDER_REVOKED");
	assert_string_equal(world_charge(w, w->st, "fresh", other, 1000, NULL), "SUCCESS");
	/* A sale that stood in part is refunded, not reversed. */
	assert_string_equal(refund(w, w->st, "fresh", "r", 1, NULL), "REFUND");
	assert_string_equal(reverse(w, "fresh", NULL), "ORDER_REFUNDED");
	/* An order that failed. */
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 1, other), 0);
	assert_string_equal(world_charge(w, w->st, "poor", other, BALANCE + 1, NULL), "NOT_ENOUGH");
	assert_string_equal(reverse(w, "poor", NULL), "REVOKED");
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 2, other), 0);
	assert_string_equal(world_charge(w, w->st, "poor", other, BALANCE + 1, NULL), "ORDER_REVOKED");
	assert_int_equal(world_payments(w), 2);
	assert_int_equal(world_balance(w, "shop"), 999);
}

#define THREADS	8

struct racer {
	struct world *w;
	struct store *st;
	int me, same, given;
};

static void *racer(void *arg)
{
	struct racer *r = arg;

	for (int i = 0; i < 20; i++) {
		char no[32];

		snprintf(no, sizeof(no), "r-%d-%d", i, r->same ? 0 : r->me);
		r->given += !strcmp(refund(r->w, r->st, "o", no, 30, NULL), "REFUND");
	}
	return NULL;
}

static int race(struct world *w, int same)
{
	struct racer r[THREADS];
	pthread_t t[THREADS];
	int given = 0;

	for (int i = 0; i < THREADS; i++) {
		r[i] = (struct racer){ .w = w, .st = world_store(w), .me = i, .same = same };
		assert_int_equal(store_for_calls(r[i].st), STORE_OK);
		pthread_create(&t[i], NULL, racer, &r[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		store_close(r[i].st);
		given += r[i].given;
	}
	return given;
}

/* 160 refunds of 30 at once for a payment of 1000: 33 are given. */
static void more_than_was_paid(void **state)
{
	struct world *w = *state;

	world_enrol(w);
	pay(w, "o", 0, 1000);
	assert_int_equal(race(w, 0), 33);
	assert_int_equal(world_balance(w, "shop"), 10);
	assert_int_equal(world_payments(w), 1);
}

/* Twenty refund numbers, each from eight tills at once: twenty refunds, 160 answers. */
static void one_number(void **state)
{
	struct world *w = *state;

	world_enrol(w);
	pay(w, "o", 0, 1000);
	assert_int_equal(race(w, 1), 20 * THREADS);
	assert_int_equal(world_balance(w, "shop"), 400);
	assert_int_equal(world_payments(w), 1);
}

/* What the program must not do, the database does not let it do. */
static void database_refuses(void **state)
{
	static const char *const back = "INSERT INTO transfer (debit, credit, amount, time) SELECT t.credit, t.debit, %s, 0 "
		"FROM transfer t JOIN payment p ON p.transfer = t.id; INSERT INTO refund SELECT '%s', id, "
		"last_insert_rowid(), (SELECT merchant FROM merchant_order), %s FROM payment";
	static const char *const wrong[] = {
		"UPDATE merchant_order SET state = 'PAYERROR', reason = 'x', payment = NULL",
		"UPDATE merchant_order SET state = 'REVOKED', payment = NULL",
		"DELETE FROM merchant_order",
		"UPDATE refund SET refund_no = 'x'",
		"DELETE FROM refund",
		/* a transfer that has served another refund; one that is the payment itself */
		"INSERT INTO refund SELECT '00000000000000000000000000000000', payment, transfer, merchant, 'x' FROM refund",
		"INSERT INTO refund SELECT '00000000000000000000000000000000', payment, (SELECT transfer FROM payment), merchant, 'x' FROM refund",
	};
	static const char *const wrong_there[] = {
		"UPDATE merchant_order SET state = 'PAYERROR', reason = 'x'",
		"UPDATE merchant_order SET refunded = refunded + 601",
		"DELETE FROM merchant_order",
		"UPDATE refund SET refund_no = 'x'",
		"DELETE FROM refund",
		"INSERT INTO refund SELECT '00000000000000000000000000000000', payment, transfer, merchant, 'x' FROM refund",
		"INSERT INTO refund SELECT '00000000000000000000000000000000', payment, 99, merchant, 'x' FROM refund",
		"INSERT INTO refund SELECT '00000000000000000000000000000000', p.id, p.transfer, r.merchant, 'r' FROM refund r, payment p",
	};
	const bool there = world_on_postgres();
	const char *const *list = there ? wrong_there : wrong;
	const size_t n = there ? sizeof(wrong_there) / sizeof(wrong_there[0]) : sizeof(wrong) / sizeof(wrong[0]);
	struct world *w = *state;
	char sql[1024];

	world_enrol(w);
	pay(w, "o", 0, 1000);
	assert_string_equal(refund(w, w->st, "o", "r", 400, NULL), "REFUND");
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(store_begin(w->st), STORE_OK);
		if (world_sql(w, list[i]))
			fail_msg("the database took: %s", list[i]);
		store_rollback(w->st);
	}
	if (there)
		return;
	/* The shop has enough, so it is not the balance that stops what follows. */
	assert_true(world_sql(w, "INSERT INTO transfer (debit, credit, amount, time) SELECT t.debit, t.credit, "
			      "5000, 0 FROM transfer t JOIN payment p ON p.transfer = t.id"));
	/* More than is left; the same number again; just what is left. */
	for (int i = 0; i < 3; i++) {
		snprintf(sql, sizeof(sql), back, i ? "600" : "601", "00000000000000000000000000000000", i == 1 ? "'r'" : "'x'");
		assert_int_equal(store_begin(w->st), STORE_OK);
		assert_int_equal(world_sql(w, sql), i == 2);
		store_rollback(w->st);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(in_parts), T(what_cannot_be_refunded), T(reversal), T(more_than_was_paid), T(one_number), T(database_refuses),
	};

	return cmocka_run_group_tests_name("refunds", tests, NULL, NULL);
}
