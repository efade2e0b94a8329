// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several gateways, each a process of its own with nothing in common but the database,
 * are asked for the same things at the same moment: what the database alone must see
 * to. On SQLite they are the administrator's commands beside the gateway, on PostgreSQL
 * the machines of a fleet.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enrol.h"
#include "fixture.h"
#include "paycode.h"

#define PROCS	4
#define CODES	48	/* keys, so that no code overtakes another */

struct shared {
	atomic_int there;
	char answer[PROCS][CODES][48];
	char payment[PROCS][CODES][40];
};

struct fleet {
	struct world *w;
	struct store *st;	/* of this process */
	struct shared *s;
	struct test_device dev[CODES];
	char code[PROCS][CODES][25];
	int me;
};

typedef void task_fn(struct fleet *f, int i);

/* All of them at the same thing: a gateway that is ahead waits. */
static void meet(struct fleet *f, int i)
{
	int naps = 0;

	atomic_fetch_add(&f->s->there, 1);
	/* One that has failed does not come any more. */
	while (atomic_load(&f->s->there) < PROCS * (i + 1)) {
		usleep(100);
		if (++naps > 300000)
			_exit(2);
	}
}

static void note(struct fleet *f, int i, const char *name, json_t *a)
{
	const char *id = json_string_value(json_object_get(a, "payment_id"));

	snprintf(f->s->answer[f->me][i], sizeof(f->s->answer[0][0]), "%s", name);
	snprintf(f->s->payment[f->me][i], sizeof(f->s->payment[0][0]), "%s", id ? id : "");
	json_decref(a);
}

static void together(struct fleet *f, task_fn *task, int n)
{
	pid_t pid[PROCS];
	int status;

	memset(f->s, 0, sizeof(*f->s));
	for (f->me = 0; f->me < PROCS; f->me++) {
		pid[f->me] = fork();
		if (pid[f->me])
			continue;
		for (int tries = 0; !f->st && tries < 10; tries++)
			f->st = world_store(f->w);
		if (!f->st)
			_exit(1);
		for (int i = 0; i < n; i++) {
			meet(f, i);
			task(f, i);
		}
		store_close(f->st);
		_exit(0);
	}
	for (int p = 0; p < PROCS; p++) {
		waitpid(pid[p], &status, 0);
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	}
}

/* How many of the answers to thing @i are @name. */
static int answers(struct fleet *f, int i, const char *name)
{
	int n = 0;

	for (int p = 0; p < PROCS; p++)
		n += !strcmp(f->s->answer[p][i], name);
	return n;
}

static int all_answers(struct fleet *f, int n, const char *name)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum += answers(f, i, name);
	return sum;
}

/* Slots of one device, or each of a device of its own: those have nothing in common but their owner. */
static struct fleet *gather(void **state, int n, bool apart)
{
	struct fleet *f = calloc(1, sizeof(*f));

	f->w = *state;
	f->s = mmap(NULL, sizeof(*f->s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(f->s != MAP_FAILED);
	for (int i = 0; i < n; i++) {
		struct peer peer = f->w->device_peer;

		if (apart)
			peer.device[15] ^= i + 1;
		assert_int_equal(device_init(&f->dev[i], peer.device, f->w->gw.keys.s_pub), 0);
		f->dev[i].req.slot = apart ? 0 : i;
		assert_int_equal(world_enrol_as(f->w, &peer, &f->dev[i]), RF_OK);
		/* Later ones of a key are good after earlier ones, whichever came first. */
		for (int p = 0; p < PROCS; p++)
			assert_int_equal(device_code(&f->dev[i], 0, f->w->now / 30, p, f->code[p][i]), 0);
	}
	return f;
}

static void disperse(struct fleet *f)
{
	munmap(f->s, sizeof(*f->s));
	free(f);
}

static void charge(struct fleet *f, int i, const char *order, const char *code, long long amount)
{
	json_t *a;
	const char *name = world_charge(f->w, f->st, order, code, amount, &a);

	note(f, i, name, a);
}

static void same_charge(struct fleet *f, int i)
{
	char order[32];

	snprintf(order, sizeof(order), "c%d", i);
	charge(f, i, order, f->code[0][i], 10);
}

static void own_orders(struct fleet *f, int i)
{
	char order[32];

	snprintf(order, sizeof(order), "p%d-%d", f->me, i);
	charge(f, i, order, f->code[1][i], 10);
}

/* Codes of four slots, and so of four keys. */
static void own_codes(struct fleet *f, int i)
{
	char order[32];

	snprintf(order, sizeof(order), "o%d", i);
	charge(f, i, order, f->code[2][PROCS * i + f->me], 10);
}

/* One request four times, one code for four orders, one order for four codes: each time one payment. */
static void one_payment(void **state)
{
	struct fleet *f = gather(state, CODES, false);

	together(f, same_charge, CODES);
	for (int i = 0; i < CODES; i++) {
		assert_int_equal(answers(f, i, "SUCCESS"), PROCS);
		for (int p = 1; p < PROCS; p++)
			assert_string_equal(f->s->payment[p][i], f->s->payment[0][i]);
	}
	assert_int_equal(world_payments(f->w), CODES);

	together(f, own_orders, CODES);
	for (int i = 0; i < CODES; i++) {
		assert_int_equal(answers(f, i, "SUCCESS"), 1);
		assert_int_equal(answers(f, i, "CODE_USED"), PROCS - 1);
	}
	assert_int_equal(world_payments(f->w), 2 * CODES);

	together(f, own_codes, CODES / PROCS);
	for (int i = 0; i < CODES / PROCS; i++) {
		assert_int_equal(answers(f, i, "SUCCESS"), 1);
		assert_int_equal(answers(f, i, "ORDER_CONFLICT"), PROCS - 1);
	}
	assert_int_equal(world_payments(f->w), 2 * CODES + CODES / PROCS);
	assert_int_equal(world_balance(f->w, "shop"), 10 * (2 * CODES + CODES / PROCS));
	disperse(f);
}

#define PRICE	1000

static void expensive(struct fleet *f, int i)
{
	char order[32];

	snprintf(order, sizeof(order), "e%d-%d", f->me, i);
	charge(f, i, order, f->code[f->me][PROCS * i + f->me], PRICE);
}

/* What there is to spend is spent to the last payment that it covers, and no further. */
static void limits(struct fleet *f, long long per_day, int covered, const char *refusal)
{
	struct account acc = f->w->alice;

	acc.confirm_above = acc.per_payment = -1;
	acc.per_day = per_day;
	assert_int_equal(store_account_limits(f->w->st, &acc), STORE_OK);
	together(f, expensive, CODES / PROCS);
	assert_int_equal(all_answers(f, CODES / PROCS, "SUCCESS"), covered);
	assert_int_equal(all_answers(f, CODES / PROCS, refusal), CODES - covered);
	assert_int_equal(world_payments(f->w), covered);
}

static void day_limit(void **state)
{
	struct fleet *f = gather(state, CODES, true);

	/* Not a multiple of the gateways: it is reached while all of them are at it. */
	limits(f, 18 * PRICE + 1, 18, "OVER_DAY_LIMIT");
	disperse(f);
}

static void balance(void **state)
{
	struct fleet *f = gather(state, CODES, true);
	long long id;

	/* All but what seventeen cost. */
	assert_int_equal(store_begin(f->w->st), STORE_OK);
	assert_int_equal(store_transfer(f->w->st, f->w->alice.id, f->w->mom.id, BALANCE - 17 * PRICE - 5, 1, &id), STORE_OK);
	assert_int_equal(store_commit(f->w->st), STORE_OK);
	/* world_payments() counts on one transfer that is no payment. */
	{
		struct account acc = f->w->alice;
		struct audit audit;

		acc.confirm_above = acc.per_payment = -1;
		acc.per_day = 0;
		assert_int_equal(store_account_limits(f->w->st, &acc), STORE_OK);
		together(f, expensive, CODES / PROCS);
		assert_int_equal(all_answers(f, CODES / PROCS, "SUCCESS"), 17);
		assert_int_equal(all_answers(f, CODES / PROCS, "NOT_ENOUGH"), CODES - 17);
		assert_int_equal(world_balance(f->w, "alice"), 5);
		assert_int_equal(world_balance(f->w, "shop"), 17 * PRICE);
		assert_int_equal(store_audit(f->w->st, &audit), STORE_OK);
		assert_int_equal(audit.sum, 0);
		assert_int_equal(audit.wrong, 0);
		assert_int_equal(audit.transfers, 2 + 17);
	}
	disperse(f);
}

static void refund(struct fleet *f, int i, const char *no)
{
	char body[256];
	json_t *a;
	const char *name;

	snprintf(body, sizeof(body), "{\"order_no\":\"big\",\"refund_no\":\"%s\",\"amount\":30,\"currency\":\"CNY\"}", no);
	name = world_ask(f->w, f->st, &f->w->shop_peer, "/v1/merchant/refund", body, &a);
	note(f, i, name, a);
}

static void own_refund(struct fleet *f, int i)
{
	char no[32];

	snprintf(no, sizeof(no), "r%d-%d", f->me, i);
	refund(f, i, no);
}

static void same_refund(struct fleet *f, int i)
{
	char no[32];

	snprintf(no, sizeof(no), "s%d", i);
	refund(f, i, no);
}

static void reverse(struct fleet *f, int i)
{
	char body[64];
	json_t *a;
	const char *name;

	snprintf(body, sizeof(body), "{\"order_no\":\"v%d\"}", i);
	/* Two gateways charge what two reverse. */
	if (f->me % 2) {
		name = world_ask(f->w, f->st, &f->w->shop_peer, "/v1/merchant/reverse", body, &a);
		note(f, i, name, a);
	} else {
		snprintf(body, sizeof(body), "v%d", i);
		charge(f, i, body, f->code[3][i], 10);
	}
}

static void money_back(void **state)
{
	struct fleet *f = gather(state, CODES, false);

	assert_string_equal(world_charge(f->w, f->w->st, "big", f->code[0][0], 1000, NULL), "SUCCESS");
	together(f, same_refund, 10);
	assert_int_equal(all_answers(f, 10, "REFUND"), 10 * PROCS);
	assert_int_equal(world_balance(f->w, "shop"), 1000 - 300);
	together(f, own_refund, 12);
	assert_int_equal(all_answers(f, 12, "REFUND"), 23);
	assert_int_equal(all_answers(f, 12, "REFUND_TOO_MUCH"), 12 * PROCS - 23);
	assert_int_equal(world_balance(f->w, "shop"), 10);
	assert_int_equal(world_payments(f->w), 1);

	/* However it went, an order that was reversed has its money back, and stays reversed. */
	together(f, reverse, CODES);
	for (int i = 0; i < CODES; i++) {
		assert_int_equal(answers(f, i, "REVOKED"), 2);
		assert_int_equal(answers(f, i, "SUCCESS") + answers(f, i, "ORDER_REVOKED") + answers(f, i, "CODE_USED"), 2);
	}
	assert_int_equal(world_balance(f->w, "shop"), 10);
	world_payments(f->w);
	disperse(f);
}

static char scan_ref[CODES][40];

static void scan(struct fleet *f, int i)
{
	const struct test_order o = { VP_PURPOSE_PAY_ORDER, 70, "CNY", scan_ref[i], "shop" };
	char body[1024];
	json_t *a;
	const char *name;

	snprintf(body, sizeof(body), "{\"pay_id\":\"%s\",\"slot\":%d,\"payee\":\"shop\",\"amount\":70,\"currency\":\"CNY\"%s}",
		 scan_ref[i], f->me,
		 world_auth_of(&f->dev[f->me], f->w->now, &o));
	name = world_ask(f->w, f->st, &f->w->device_peer, "/v1/pay-order", body, &a);
	note(f, i, name, a);
}

/* One device pays what it scanned, with four slots at four gateways: once. */
static void scanned(void **state)
{
	struct fleet *f = gather(state, CODES, false);
	char body[128];
	json_t *a;

	for (int i = 0; i < 12; i++) {
		snprintf(body, sizeof(body), "{\"order_no\":\"n%d\",\"amount\":70,\"currency\":\"CNY\"}", i);
		assert_int_equal(world_request(f->w, f->w->st, &f->w->shop_peer, "/v1/merchant/order", body, &a), 200);
		snprintf(scan_ref[i], sizeof(scan_ref[i]), "%s", json_string_value(json_object_get(a, "pay_id")));
		json_decref(a);
	}
	together(f, scan, 12);
	for (int i = 0; i < 12; i++)
		assert_int_equal(answers(f, i, "SUCCESS"), PROCS);
	assert_int_equal(world_payments(f->w), 12);
	assert_int_equal(world_balance(f->w, "shop"), 12 * 70);
	disperse(f);
}

static void enrol(struct fleet *f, int i)
{
	static __u8 msg1[CODES][VP_MSG1_LEN];
	static bool made;
	__u8 msg2[VP_MSG2_MAX] = { 0 };
	size_t len = 0;
	struct call call = { .gw = &f->w->gw, .st = f->st, .peer = f->w->device_peer, .now_ms = f->w->now * 1000 };
	enum refusal r = RF_AGAIN;

	/* The same message at every gateway: made before they part. */
	if (f->me < 0) {
		made = true;
		assert_int_equal(device_rotate(&f->dev[i], msg1[i]), 0);
		return;
	}
	for (int tries = 0; made && r == RF_AGAIN && tries < 50; tries++)
		r = enrol_device(&call, msg1[i], VP_MSG1_LEN, msg2, &len);
	snprintf(f->s->answer[f->me][i], sizeof(f->s->answer[0][0]), "%s", r == RF_OK ? "OK" : refusal_code(r));
	for (size_t b = 0; r == RF_OK && b < 16; b++)
		snprintf(f->s->payment[f->me][i] + 2 * b, 3, "%02x", msg2[len - 16 + b]);
}

/* A device whose request reaches all gateways gets one key. */
static void one_key(void **state)
{
	struct fleet *f = gather(state, 12, false);
	long long before = world_number(f->w, "SELECT count(*) FROM device_key");

	f->me = -1;
	for (int i = 0; i < 12; i++)
		enrol(f, i);
	together(f, enrol, 12);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(answers(f, i, "OK"), PROCS);
		for (int p = 1; p < PROCS; p++)
			assert_string_equal(f->s->payment[p][i], f->s->payment[0][i]);
	}
	assert_int_equal(world_number(f->w, "SELECT count(*) FROM device_key"), before + 12);
	disperse(f);
}

static void guess(struct fleet *f, int i)
{
	char order[32], code[25];
	struct paycode c;

	snprintf(order, sizeof(order), "g%d-%d", f->me, i);
	/* A key that there is, and another MAC each time. */
	assert_int_equal(paycode_parse(&c, f->code[0][i % 12], 24), 0);
	c.mac = (c.mac + 1 + f->me * CODES + i) % 1000000000;
	paycode_format((__u8 *)code, &c);
	code[24] = '\0';
	charge(f, i, order, code, 10);
}

/* Who guesses at all of them has the tries that one of them gives; with SQLite each is on its own. */
static void one_ration(void **state)
{
	struct fleet *f = gather(state, 12, false);
	int tries;

	together(f, guess, CODES);
	tries = all_answers(f, CODES, "CODE_EXPIRED");
	assert_int_equal(tries + all_answers(f, CODES, "TOO_MANY_WRONG"), PROCS * CODES);
	print_message("# %d gateways: %d guesses for the %d of one\n", PROCS, tries, THROTTLE_MERCHANT);
	if (world_on_postgres())
		assert_in_range(tries, THROTTLE_MERCHANT, THROTTLE_MERCHANT + PROCS - 1);
	else
		assert_int_equal(tries, PROCS * THROTTLE_MERCHANT);
	disperse(f);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(one_payment), T(day_limit), T(balance), T(money_back), T(scanned), T(one_key), T(one_ration),
	};

	return cmocka_run_group_tests_name("gateways that meet", tests, NULL, NULL);
}
