// SPDX-License-Identifier: GPL-2.0-or-later
/* charge.c and the ledger under it: once and only once. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "ledger.h"

static void code_at(struct world *w, __u64 step, unsigned int q, char code[25])
{
	assert_int_equal(device_code(&w->dev, 0, step, q, code), 0);
}

/* Attack: a user named as the account that opening balances come from would pay them. */
static void equity_is_nobodys_name(void **state)
{
	struct world *w = *state;
	struct account acc;

	assert_int_equal(ledger_open_account(w->st, PARTY_USER, "equity", "EUR", 0, TEST_TIME, &acc),
			 STORE_TAKEN);
}

static void answers(void **state)
{
	struct world *w = *state;
	char code[25], later[25];
	json_t *a, *b;

	world_enrol(w);
	code_at(w, w->now / 30, 0, code);
	assert_string_equal(world_charge(w, w->st, "n1", code, 1200, &a), "SUCCESS");
	/* Again: the same answer, now and when the code has long expired. */
	assert_string_equal(world_charge(w, w->st, "n1", code, 1200, &b), "SUCCESS");
	assert_true(json_equal(a, b));
	json_decref(b);
	w->now += 3600;
	assert_string_equal(world_charge(w, w->st, "n1", code, 1200, &b), "SUCCESS");
	assert_true(json_equal(a, b));
	json_decref(b);
	assert_int_equal(world_request(w, w->st, &w->shop_peer, "/v1/merchant/orders/n1", NULL, &b), 200);
	assert_true(json_equal(a, b));
	json_decref(b);
	json_decref(a);
	w->now -= 3600;
	/* The order with other contents; the code with another order. */
	assert_string_equal(world_charge(w, w->st, "n1", code, 1300, NULL), "ORDER_CONFLICT");
	code_at(w, w->now / 30, 1, later);
	assert_string_equal(world_charge(w, w->st, "n1", later, 1200, NULL), "ORDER_CONFLICT");
	assert_string_equal(world_charge(w, w->st, "n2", code, 1200, NULL), "CODE_USED");
	/* A changed digit; another time; nobody's alias. */
	code[15] = code[15] == '9' ? '0' : code[15] + 1;
	assert_string_equal(world_charge(w, w->st, "n2", code, 1200, NULL), "CODE_MISREAD");
	assert_string_equal(world_charge(w, w->st, "n2", "", 1200, NULL), "CODE_MISREAD");
	assert_string_equal(world_charge(w, w->st, "n2", "7110123456789090690567150", 1200, NULL), "CODE_MISREAD");
	code_at(w, w->now / 30 - 120, 2, code);
	assert_string_equal(world_charge(w, w->st, "n2", code, 1200, NULL), "CODE_EXPIRED");
	assert_string_equal(world_charge(w, w->st, "n2", "711012345678909069056715", 1200, NULL), "CODE_EXPIRED");
	assert_int_equal(world_request(w, w->st, &w->shop_peer, "/v1/merchant/orders/n2", NULL, &b), 404);
	json_decref(b);
	assert_int_equal(world_payments(w), 1);
	assert_int_equal(world_balance(w, "shop"), 1200);
	assert_int_equal(world_balance(w, "alice"), BALANCE - 1200);
}

/* A code lifted and held back is dead once a later one has paid. */
static void earlier_code(void **state)
{
	struct world *w = *state;
	char lifted[25], code[25];

	world_enrol(w);
	code_at(w, w->now / 30, 0, lifted);
	code_at(w, w->now / 30, 1, code);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	assert_string_equal(world_charge(w, w->st, "b", lifted, 100, NULL), "CODE_USED");
}

static void not_enough(void **state)
{
	struct world *w = *state;
	char code[25], second[25];
	json_t *a;

	world_enrol(w);
	code_at(w, w->now / 30, 0, code);
	assert_string_equal(world_charge(w, w->st, "a", code, BALANCE + 1, NULL), "NOT_ENOUGH");
	assert_string_equal(world_charge(w, w->st, "a", code, BALANCE + 1, NULL), "NOT_ENOUGH");
	assert_int_equal(world_request(w, w->st, &w->shop_peer, "/v1/merchant/orders/a", NULL, &a), 200);
	assert_string_equal(json_string_value(json_object_get(a, "state")), "PAYERROR");
	json_decref(a);
	/* The code is spent, the order is open: with another code and the same amount it may go on. */
	assert_string_equal(world_charge(w, w->st, "b", code, 100, NULL), "CODE_USED");
	code_at(w, w->now / 30, 1, second);
	assert_string_equal(world_charge(w, w->st, "a", second, 100, NULL), "ORDER_CONFLICT");
	assert_string_equal(world_charge(w, w->st, "a", second, BALANCE + 1, NULL), "NOT_ENOUGH");
	assert_int_equal(world_payments(w), 0);
	/* All of it is just enough. */
	code_at(w, w->now / 30, 2, code);
	assert_string_equal(world_charge(w, w->st, "c", code, BALANCE, NULL), "SUCCESS");
	assert_int_equal(world_balance(w, "alice"), 0);
	assert_int_equal(world_payments(w), 1);
}

static void guessing(void **state)
{
	struct world *w = *state;
	int wrong = 0, stopped = 0;
	char code[25];

	world_enrol(w);
	code_at(w, w->now / 30, 0, code);
	for (int i = 0; i < 40; i++) {
		struct paycode c;
		char guess[25], order[16];
		const char *r;

		assert_int_equal(paycode_parse(&c, code, 24), 0);
		c.mac = (c.mac + 1 + i) % 1000000000;
		paycode_format((__u8 *)guess, &c);
		guess[24] = '\0';
		snprintf(order, sizeof(order), "g%d", i);
		r = world_charge(w, w->st, order, guess, 100, NULL);
		wrong += !strcmp(r, "CODE_EXPIRED");
		stopped += !strcmp(r, "TOO_MANY_WRONG");
	}
	assert_int_equal(wrong, THROTTLE_MERCHANT);
	assert_int_equal(stopped, 40 - THROTTLE_MERCHANT);
	/* The guesser is stopped; after ten minutes all is well again. */
	assert_string_equal(world_charge(w, w->st, "x", code, 100, NULL), "TOO_MANY_WRONG");
	w->now += 600;
	code_at(w, w->now / 30, 0, code);
	assert_string_equal(world_charge(w, w->st, "x", code, 100, NULL), "SUCCESS");
}

#define THREADS	8
#define CODES	40

struct race {
	struct world *w;
	struct store *st;
	char (*codes)[25];
	int me, same_order;
	pthread_barrier_t *together;	/* all offer the same code at the same moment */
	int success, used, other;
};

static void *racer(void *arg)
{
	struct race *r = arg;

	for (int i = 0; i < CODES; i++) {
		char order[32];
		const char *ret;

		if (r->together)
			pthread_barrier_wait(r->together);
		snprintf(order, sizeof(order), r->same_order ? "order-%d" : "order-%d-%d", i, r->me);
		ret = world_charge(r->w, r->st, order, r->codes[i], 10, NULL);
		if (!strcmp(ret, "SUCCESS"))
			r->success++;
		else if (!strcmp(ret, "CODE_USED"))
			r->used++;
		else
			r->other++;
	}
	return NULL;
}

static void race(struct world *w, int same_order, int *success, int *used, int *other)
{
	static char codes[CODES][25];
	pthread_barrier_t together;
	struct race r[THREADS];
	pthread_t t[THREADS];

	pthread_barrier_init(&together, NULL, THREADS);
	/* Rising ordinals, as a device issues them: three steps of ten codes, then the next alias's too. */
	for (int i = 0; i < CODES; i++)
		assert_int_equal(device_code(&w->dev, i / 30, w->now / 30 - 1 + (i / 10) % 3, i % 10, codes[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		r[i] = (struct race){ .w = w, .st = world_store(w), .codes = codes, .me = i, .same_order = same_order,
				      .together = same_order ? &together : NULL };
		assert_non_null(r[i].st);
		assert_int_equal(store_for_calls(r[i].st), STORE_OK);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, racer, &r[i]);
	*success = *used = *other = 0;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		store_close(r[i].st);
		*success += r[i].success;
		*used += r[i].used;
		*other += r[i].other;
	}
	pthread_barrier_destroy(&together);
}

/*
 * Eight tills offer the same codes under their own order numbers. How many of
 * the codes are overtaken by later ones is chance; that none pays twice is not.
 */
static void double_spending(void **state)
{
	struct world *w = *state;
	int success, used, other;
	long booked;

	world_enrol(w);
	race(w, 0, &success, &used, &other);
	booked = world_payments(w);
	assert_int_equal(other, 0);
	assert_int_equal(success, booked);
	assert_int_equal(success + used, THREADS * CODES);
	assert_in_range(booked, 1, 30);		/* 30 ordinals in the window */
	assert_int_equal(world_balance(w, "shop"), 10 * booked);
	print_message("# %d tries, %ld booked\n", THREADS * CODES, booked);
}

/* One code, eight threads: one payment. */
static void one_code(void **state)
{
	struct world *w = *state;
	struct race r[THREADS];
	pthread_t t[THREADS];
	char codes[CODES][25];

	world_enrol(w);
	for (int i = 0; i < CODES; i++)
		code_at(w, w->now / 30, 0, codes[i]);
	for (int i = 0; i < THREADS; i++) {
		r[i] = (struct race){ .w = w, .st = world_store(w), .codes = codes, .me = i };
		/* As different gateways: on a connection each. */
		pthread_create(&t[i], NULL, racer, &r[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		store_close(r[i].st);
		assert_int_equal(r[i].other, 0);
	}
	assert_int_equal(world_payments(w), 1);
	assert_int_equal(world_balance(w, "shop"), 10);
}

/* The same order from eight connections at once: every one gets the one answer. */
static void same_order(void **state)
{
	struct world *w = *state;
	int success, used, other;
	long booked;

	world_enrol(w);
	race(w, 1, &success, &used, &other);
	booked = world_payments(w);
	assert_int_equal(other, 0);
	assert_int_equal(success, THREADS * booked);
}

/* The last word on single use is this one statement: rises, or does nothing. */
static void compare_and_set(void **state)
{
	struct world *w = *state;
	struct device_key key;

	world_enrol(w);
	assert_int_equal(store_key_epoch(w->st, w->device_peer.device, 0, 1, &key), STORE_OK);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_key_accept(w->st, key.id, 100, w->now, NULL), STORE_OK);
	assert_int_equal(store_key_accept(w->st, key.id, 100, w->now, NULL), STORE_NONE);
	assert_int_equal(store_key_accept(w->st, key.id, 99, w->now, NULL), STORE_NONE);
	assert_int_equal(store_key_accept(w->st, key.id, 101, w->now, NULL), STORE_OK);
	assert_int_equal(store_key_accept(w->st, key.id + 1, 200, w->now, NULL), STORE_NONE);
	assert_int_equal(store_key_accept(w->st, key.id, 200, key.not_after, NULL), STORE_NONE);
	assert_int_equal(store_key_promote(w->st, &key, w->now + 300), STORE_OK);
	assert_int_equal(store_key_promote(w->st, &key, w->now + 300), STORE_NONE);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_int_equal(store_key_epoch(w->st, w->device_peer.device, 0, 1, &key), STORE_OK);
	assert_int_equal(key.watermark, 101);
	assert_int_equal(key.state, KEY_CURRENT);
}

/* The same for codes that have no watermark: once, in time, while their key lives. */
static void compare_and_set_the_others(void **state)
{
	struct world *w = *state;
	struct pool pool = { .not_after = w->now + 100 }, next;
	struct online_code oc = { .expires = w->now + 60 };
	struct device_key key;

	world_enrol(w);
	assert_int_equal(store_key_epoch(w->st, w->device_peer.device, 0, 1, &key), STORE_OK);
	pool.key = oc.key = key.id;
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_pool_put(w->st, &pool), STORE_OK);
	assert_int_equal(store_pool_use(w->st, &pool, 14, w->now + 100), STORE_NONE);
	assert_int_equal(store_pool_use(w->st, &pool, 14, w->now), STORE_OK);
	assert_int_equal(store_pool_use(w->st, &pool, 14, w->now), STORE_NONE);
	assert_int_equal(store_pool_use(w->st, &pool, 4, w->now), STORE_OK);
	next = pool;
	assert_int_equal(store_pool_put(w->st, &next), STORE_OK);
	assert_true(next.serial > pool.serial);
	assert_int_equal(store_pool_use(w->st, &pool, 0, w->now), STORE_NONE);
	assert_int_equal(store_online_put(w->st, &oc), STORE_OK);
	assert_int_equal(store_online_use(w->st, &oc, w->now + 60), STORE_NONE);
	assert_int_equal(store_online_use(w->st, &oc, w->now), STORE_OK);
	assert_int_equal(store_online_use(w->st, &oc, w->now), STORE_NONE);
	assert_int_equal(store_authorisation_use(w->st, oc.mac, w->now), STORE_OK);
	assert_int_equal(store_authorisation_use(w->st, oc.mac, w->now), STORE_TAKEN);
	assert_int_equal(store_key_alive(w->st, key.id, w->now), STORE_OK);
	assert_int_equal(store_key_alive(w->st, key.id, key.not_after), STORE_NONE);
	store_rollback(w->st);
}

/* What the program must not do, the database does not let it do. */
static void database_refuses(void **state)
{
	static const char *const wrong[] = {
		"INSERT INTO entry VALUES (1, 1, 100)",
		"INSERT INTO entry VALUES (999, 1, 100)",
		"UPDATE entry SET amount = amount + 1",
		"DELETE FROM entry",
		"UPDATE transfer SET amount = 1",
		"DELETE FROM transfer",
		"INSERT INTO transfer (debit, credit, amount, time) VALUES (3, 2, 1, 0)",
		"INSERT INTO transfer (debit, credit, amount, time) VALUES (1, 1, 1, 0)",
		"INSERT INTO transfer (debit, credit, amount, time) VALUES (1, 3, 0, 0)",
		"INSERT INTO transfer (debit, credit, amount, time) VALUES (1, 3, -5, 0)",
		"INSERT INTO transfer (debit, credit, amount, time) VALUES (1, 3, 1.5, 0)",
		"INSERT INTO transfer (debit, credit, amount, time) VALUES (1, 3, 'x', 0)",
		"INSERT INTO transfer (debit, credit, amount, time) VALUES (1, 99, 1, 0)",
		"INSERT INTO payment VALUES ('00000000000000000000000000000000', 'voice', 99, NULL, NULL)",
		"UPDATE merchant_order SET state = 'PAYERROR', reason = 'x', payment = NULL",
		("UPDATE device_key SET state = 'next'; "
		 "INSERT INTO device_key SELECT id + 1, device, slot, epoch + 1, party, state, static, sealed, "
		 "watermark, created, not_after, old_until, randomblob(16), asked, answer FROM device_key"),
	};
#define TRANSFER "INSERT INTO transfer (id, debit, credit, currency, amount, time) VALUES "
	static const char *const wrong_there[] = {
		"INSERT INTO entry VALUES (1, 1, 100)",
		"UPDATE entry SET amount = amount + 1",
		"DELETE FROM entry",
		"UPDATE transfer SET amount = 1",
		"UPDATE transfer SET kept = 1",
		"DELETE FROM transfer",
		"TRUNCATE transfer CASCADE",
		TRANSFER "(1, 1, 1, 'CNY', 1, 0)",
		TRANSFER "(1, 1, 3, 'CNY', 0, 0)",
		TRANSFER "(1, 1, 3, 'CNY', -5, 0)",
		TRANSFER "(1, 1, 3, 'CNY', 'x', 0)",
		TRANSFER "(1, 1, 99, 'CNY', 1, 0)",
		TRANSFER "(1, 1, 3, 'EUR', 1, 0)",
		"UPDATE account SET balance = -1 WHERE overdraft = 0",
		"INSERT INTO payment VALUES ('00000000000000000000000000000000', 'voice', 99, NULL, NULL)",
		"INSERT INTO payment SELECT '00000000000000000000000000000000', 'code', transfer, key, 77 FROM payment",
		"INSERT INTO spent SELECT key, ordinal FROM spent",
		"DELETE FROM spent",
		"UPDATE payment SET key = NULL",
		"UPDATE merchant_order SET state = 'PAYERROR', reason = 'x'",
		"INSERT INTO alias SELECT alias, key FROM alias",
		("UPDATE device_key SET state = 'next'; "
		 "INSERT INTO device_key (device, slot, epoch, party, state, sealed, created, not_after) "
		 "SELECT device, slot, epoch + 1, party, state, sealed, created, not_after FROM device_key"),
	};
	const bool there = world_on_postgres();
	const char *const *list = there ? wrong_there : wrong;
	const size_t n = there ? sizeof(wrong_there) / sizeof(wrong_there[0]) : sizeof(wrong) / sizeof(wrong[0]);
	struct world *w = *state;
	char code[25];

	world_enrol(w);
	code_at(w, w->now / 30, 0, code);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(store_begin(w->st), STORE_OK);
		if (world_sql(w, list[i]))
			fail_msg("the database took: %s", list[i]);
		store_rollback(w->st);
	}
	assert_int_equal(world_payments(w), 1);
}

/* Each is seen by the look at the ledger's end, and nothing is once it is as it was. */
static void torn_at_its_end(struct world *w)
{
	static const struct {
		const char *tear, *mend;
		int wrong;
	} torn[] = {
		/* The second payment of a transfer, from before, which is no voice order's either. */
		{ "SELECT 1", "DELETE FROM payment WHERE id = '00000000000000000000000000000000'", 2 },
		{ "UPDATE merchant_order SET amount = amount + 1", "UPDATE merchant_order SET amount = amount - 1", 1 },
		{ "UPDATE merchant_order SET merchant = (SELECT max(party) FROM merchant)",
		  "UPDATE merchant_order SET merchant = (SELECT min(party) FROM merchant)", 1 },
		{ "UPDATE merchant_order SET payment = NULL, state = 'PAYERROR', reason = 'x'",
		  "UPDATE merchant_order SET payment = (SELECT id FROM payment), state = 'SUCCESS', reason = NULL", 1 },
		{ "CREATE TABLE lost AS SELECT * FROM payment; DELETE FROM payment",
		  "INSERT INTO payment SELECT * FROM lost; DROP TABLE lost", 1 },
	};
	struct audit audit;

	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		world_force(w, torn[i].tear);
		assert_int_equal(store_audit_newest(w->st, 10, &audit), STORE_OK);
		assert_int_equal(audit.sum, 0);
		if (audit.wrong != torn[i].wrong)
			fail_msg("%s: %lld", torn[i].tear, audit.wrong);
		world_force(w, torn[i].mend);
		assert_int_equal(store_audit_newest(w->st, 10, &audit), STORE_OK);
		assert_int_equal(audit.wrong, 0);
	}
}

/* A ledger that lost an entry is noticed, by the look at its end and by the one at all of it. */
static void torn_ledger(void **state)
{
	struct world *w = *state;
	struct audit audit;
	char code[25];

	world_enrol(w);
	code_at(w, w->now / 30, 0, code);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	assert_int_equal(store_audit_newest(w->st, 1, &audit), STORE_OK);
	assert_int_equal(audit.transfers, 1);
	assert_int_equal(audit.entries, 2);
	assert_int_equal(audit.wrong, 0);
	/* There an entry cannot be without its other side; a balance can be wrong, to who looks at all. */
	if (world_on_postgres()) {
		world_force(w, "UPDATE account SET balance = balance + 1 WHERE id = 1");
		assert_int_equal(store_audit(w->st, &audit), STORE_OK);
		assert_int_equal(audit.sum, 0);
		assert_int_equal(audit.wrong, 1);
		assert_int_equal(store_audit_newest(w->st, 10, &audit), STORE_OK);
		assert_int_equal(audit.sum, 1);
		assert_int_equal(audit.wrong, 0);
		world_force(w, "UPDATE account SET balance = balance - 1 WHERE id = 1; "
			    "INSERT INTO payment SELECT '00000000000000000000000000000000', 'voice', transfer FROM payment");
		assert_int_equal(store_audit(w->st, &audit), STORE_OK);
		assert_int_equal(audit.wrong, 1);
		torn_at_its_end(w);
		return;
	}
	assert_true(world_sql(w, "DROP TRIGGER entry_stay; "
			      "DELETE FROM entry WHERE transfer = (SELECT max(id) FROM transfer) AND amount < 0"));
	assert_int_equal(store_audit_newest(w->st, 1, &audit), STORE_OK);
	assert_int_equal(audit.sum, 100);
	assert_int_equal(audit.wrong, 1);
	assert_int_equal(store_audit(w->st, &audit), STORE_OK);
	assert_int_equal(audit.sum, 100);
	assert_true(audit.wrong > 0);
}

/* For the record, not for a verdict. */
static void speed(void **state)
{
	struct world *w = *state;
	struct timespec a, b;
	char code[25];
	int n = 0;

	world_enrol(w);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (; n < 300; n++) {
		char order[16];

		w->now += 3;
		code_at(w, w->now / 30, w->now / 3 % 10, code);
		snprintf(order, sizeof(order), "s%d", n);
		assert_string_equal(world_charge(w, w->st, order, code, 1, NULL), "SUCCESS");
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	print_message("# %.0f charges a second, one connection, synchronous=FULL\n",
		      n / (b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9));
}

/* A row that opens and is longer than keys are must not be written over what lies behind them. */
static void a_row_of_another_length(void **state)
{
	struct world *w = *state;
	__u8 open[STORE_SEALED_MAX - KEYSTORE_OVERHEAD] = { 0 };
	struct device_key key;
	struct row_name row;
	char code[25];

	world_enrol(w);
	assert_int_equal(store_key_epoch(w->st, w->dev.id, 0, 1, &key), STORE_OK);
	row = row_of_key(key.device, key.slot, key.epoch);
	assert_int_equal(keystore_open(&w->gw.keys, row.bytes, row.len, key.sealed, key.sealed_len, open), 0);
	assert_int_equal(keystore_seal(&w->gw.keys, row.bytes, row.len, open, sizeof(open), key.sealed), 0);
	key.sealed_len = sizeof(key.sealed);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_key_seal(w->st, &key), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);

	code_at(w, w->now / 30, 0, code);
	assert_string_equal(world_charge(w, w->st, "n1", code, 100, NULL), "FAILED");
	assert_int_equal(world_payments(w), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(equity_is_nobodys_name),
		T(answers), T(earlier_code), T(not_enough), T(guessing), T(double_spending), T(one_code),
		T(same_order), T(compare_and_set), T(compare_and_set_the_others), T(database_refuses), T(torn_ledger), T(a_row_of_another_length), T(speed),
	};

	return cmocka_run_group_tests_name("charges", tests, NULL, NULL);
}
