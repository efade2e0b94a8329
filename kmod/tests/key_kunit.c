// SPDX-License-Identifier: GPL-2.0
/* KUnit: what a key may still issue: ordinals, the ten codes of a step, budgets. */

#include <kunit/test.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "key.h"

#define T0	1700000010ULL		/* the first second of a step */

static struct vp_key *a_key(struct kunit *test, u32 per_hour, u32 per_day, u32 per_key)
{
	struct vp_key *key = kunit_kzalloc(test, sizeof(*key), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, key);
	vp_key_init(key);
	key->kind = VOICEPAY_SLOT_PAYMENT;
	key->grant.per_hour = per_hour;
	key->grant.per_day = per_day;
	key->grant.per_key = per_key;
	return key;
}

static struct vp_draw ask(u64 now, bool fresh, bool may)
{
	return (struct vp_draw){ .now_s = now, .mode = PAYCODE_PLAIN, .fresh = fresh, .may = may };
}

static int take(struct vp_key *key, u64 now, bool fresh, u32 *q)
{
	struct vp_draw draw = ask(now, fresh, true);
	int err = vp_key_take_ordinal(key, &draw);

	*q = draw.q;
	return err;
}

static void same_code_within_a_step(struct kunit *test)
{
	struct vp_key *key = a_key(test, 0, 0, 1);
	struct vp_draw draw;
	u32 q = 99;
	int i;

	for (i = 0; i < 30; i++) {
		draw = ask(T0 + i, false, i == 0);
		KUNIT_ASSERT_EQ(test, vp_key_take_ordinal(key, &draw), 0);
		KUNIT_EXPECT_EQ(test, draw.drawn, i == 0);
		KUNIT_EXPECT_EQ(test, draw.step, div_u64(T0, 30));
		KUNIT_EXPECT_EQ(test, draw.q, 0);
	}
	KUNIT_EXPECT_EQ(test, key->issued, 1);
	/* The next step's code is a new one, and the budget was one. */
	KUNIT_EXPECT_EQ(test, take(key, T0 + 30, false, &q), -ENOSPC);
}

/* One step, one ordinal, one code: other terms, or another V, take the next. */
static void other_terms_another_code(struct kunit *test)
{
	struct vp_key *key = a_key(test, 0, 0, 0);
	struct vp_draw draw = ask(T0, false, true), other = draw;
	u32 q = 0;

	KUNIT_ASSERT_EQ(test, vp_key_take_ordinal(key, &draw), 0);
	KUNIT_ASSERT_EQ(test, draw.q, 0);
	other.mode = PAYCODE_AMOUNT;
	other.bind[31] = 1;
	KUNIT_ASSERT_EQ(test, vp_key_take_ordinal(key, &other), 0);
	KUNIT_EXPECT_TRUE(test, other.drawn);
	KUNIT_EXPECT_EQ(test, other.q, 1);
	KUNIT_ASSERT_EQ(test, vp_key_take_ordinal(key, &other), 0);
	KUNIT_EXPECT_FALSE(test, other.drawn);
	KUNIT_EXPECT_EQ(test, other.q, 1);
	other.bind[31] = 2;
	KUNIT_ASSERT_EQ(test, vp_key_take_ordinal(key, &other), 0);
	KUNIT_EXPECT_EQ(test, other.q, 2);
	other.mode = PAYCODE_BOUND;
	KUNIT_ASSERT_EQ(test, vp_key_take_ordinal(key, &other), 0);
	KUNIT_EXPECT_EQ(test, other.q, 3);
	/* The first terms are not the last ones any more. */
	KUNIT_ASSERT_EQ(test, take(key, T0, false, &q), 0);
	KUNIT_EXPECT_EQ(test, q, 4);
	KUNIT_EXPECT_EQ(test, key->issued, 5);
}

static void ten_codes_a_step(struct kunit *test)
{
	struct vp_key *key = a_key(test, 0, 0, 0);
	u32 q, i;

	for (i = 0; i < 10; i++) {
		KUNIT_ASSERT_EQ(test, take(key, T0, true, &q), 0);
		KUNIT_EXPECT_EQ(test, q, i);
	}
	KUNIT_EXPECT_EQ(test, take(key, T0 + 29, true, &q), -EAGAIN);
	/* The last one can still be asked for again. */
	KUNIT_EXPECT_EQ(test, take(key, T0 + 29, false, &q), 0);
	KUNIT_EXPECT_EQ(test, q, 9);
	KUNIT_EXPECT_EQ(test, take(key, T0 + 30, true, &q), 0);
	KUNIT_EXPECT_EQ(test, q, 0);
	KUNIT_EXPECT_EQ(test, key->issued, 11);
}

/* A caller whose own budget is used up may see the step's code again, but draw none. */
static void not_allowed_to_draw(struct kunit *test)
{
	struct vp_key *key = a_key(test, 0, 0, 0);
	struct vp_draw draw = ask(T0, false, false);
	u32 q;

	KUNIT_EXPECT_EQ(test, vp_key_take_ordinal(key, &draw), -EDQUOT);
	KUNIT_EXPECT_EQ(test, key->issued, 0);
	KUNIT_ASSERT_EQ(test, take(key, T0, false, &q), 0);
	KUNIT_EXPECT_EQ(test, vp_key_take_ordinal(key, &draw), 0);
	KUNIT_EXPECT_FALSE(test, draw.drawn);
	draw.fresh = true;
	KUNIT_EXPECT_EQ(test, vp_key_take_ordinal(key, &draw), -EDQUOT);
	KUNIT_EXPECT_EQ(test, key->issued, 1);
}

/* Attack: the clock is set back so that a spent code comes again. */
static void ordinals_never_fall(struct kunit *test)
{
	struct vp_key *key = a_key(test, 0, 0, 0);
	u32 q;

	KUNIT_ASSERT_EQ(test, take(key, T0 + 60, false, &q), 0);
	KUNIT_EXPECT_EQ(test, take(key, T0, false, &q), -EAGAIN);
	KUNIT_EXPECT_EQ(test, take(key, T0, true, &q), -EAGAIN);
	KUNIT_EXPECT_EQ(test, take(key, T0 + 60, true, &q), 0);
	KUNIT_EXPECT_EQ(test, q, 1);
}

static void budget_of_an_hour(struct kunit *test)
{
	struct vp_key *key = a_key(test, 2, 0, 0);
	u64 hour = div_u64(T0, 3600) * 3600 + 3600;
	u32 q;

	KUNIT_ASSERT_EQ(test, take(key, hour, true, &q), 0);
	KUNIT_ASSERT_EQ(test, take(key, hour, true, &q), 0);
	KUNIT_EXPECT_EQ(test, take(key, hour, true, &q), -EXFULL);
	KUNIT_EXPECT_EQ(test, take(key, hour + 3599, true, &q), -EXFULL);
	KUNIT_EXPECT_EQ(test, take(key, hour + 3600, true, &q), 0);
	KUNIT_EXPECT_EQ(test, key->issued, 3);
}

static void budget_of_a_day(struct kunit *test)
{
	struct vp_key *key = a_key(test, 5, 2, 0);
	u64 day = div_u64(T0, 86400) * 86400 + 86400;
	u32 q;

	KUNIT_ASSERT_EQ(test, take(key, day, true, &q), 0);
	KUNIT_ASSERT_EQ(test, take(key, day + 7200, true, &q), 0);
	KUNIT_EXPECT_EQ(test, take(key, day + 86399, true, &q), -ENOSR);
	/* A refusal is charged to no budget. */
	KUNIT_EXPECT_EQ(test, key->issued, 2);
	KUNIT_EXPECT_EQ(test, key->hour.used, 1);
	KUNIT_EXPECT_EQ(test, take(key, day + 86400, true, &q), 0);
}

/* Each budget has its own error; of several the one with the longest wait. */
static void budgets_are_told_apart(struct kunit *test)
{
	struct vp_key *key = a_key(test, 1, 1, 1);
	u64 day = div_u64(T0, 86400) * 86400 + 86400;
	u32 q;

	KUNIT_ASSERT_EQ(test, take(key, day, true, &q), 0);
	KUNIT_EXPECT_EQ(test, take(key, day, true, &q), -ENOSPC);
	key->grant.per_key = 9;
	KUNIT_EXPECT_EQ(test, take(key, day, true, &q), -ENOSR);
	key->grant.per_day = 9;
	KUNIT_EXPECT_EQ(test, take(key, day, true, &q), -EXFULL);
	key->grant.per_hour = 9;
	KUNIT_EXPECT_EQ(test, take(key, day, true, &q), 0);
}

static int take_pool(struct vp_key *key, u64 now, bool fresh, u64 *step)
{
	struct vp_draw draw = { .now_s = now, .mode = PAYCODE_POOL, .fresh = fresh, .may = true };
	int err = vp_key_take_pool(key, &draw);

	*step = draw.step;
	return err;
}

static void pool_runs_out(struct kunit *test)
{
	struct vp_key *key = a_key(test, 1, 1, 1);
	struct vp_draw none = { .mode = PAYCODE_POOL };
	u64 step, i;

	KUNIT_EXPECT_EQ(test, take_pool(key, 0, false, &step), -ENODATA);
	key->pool = (struct vp_pool_state){ .serial = 7, .count = 15, .not_after = T0 };
	/* Who may draw none gets none, and nothing is shown before the first is drawn. */
	KUNIT_EXPECT_EQ(test, vp_key_take_pool(key, &none), -EDQUOT);
	KUNIT_ASSERT_EQ(test, take_pool(key, 0, false, &step), 0);
	KUNIT_EXPECT_EQ(test, step, 7 * 16);
	KUNIT_ASSERT_EQ(test, take_pool(key, 0, false, &step), 0);
	KUNIT_EXPECT_EQ(test, step, 7 * 16);
	KUNIT_EXPECT_EQ(test, vp_key_take_pool(key, &none), 0);
	for (i = 1; i < 15; i++) {
		KUNIT_ASSERT_EQ(test, take_pool(key, 0, true, &step), 0);
		KUNIT_EXPECT_EQ(test, step, 7 * 16 + i);
	}
	KUNIT_EXPECT_EQ(test, take_pool(key, 0, true, &step), -ENODATA);
	KUNIT_ASSERT_EQ(test, take_pool(key, 0, false, &step), 0);
	KUNIT_EXPECT_EQ(test, step, 7 * 16 + 14);
	/* A clock that is there counts. */
	KUNIT_EXPECT_EQ(test, take_pool(key, T0 - 1, false, &step), 0);
	KUNIT_EXPECT_EQ(test, take_pool(key, T0, false, &step), -EKEYEXPIRED);
	KUNIT_EXPECT_EQ(test, key->issued, 0);
}

static void counters_only_rise(struct kunit *test)
{
	struct vp_key *key = a_key(test, 0, 0, 0);
	u64 counter = 0;
	bool drawn;

	key->counter = U64_MAX - 2;
	KUNIT_EXPECT_EQ(test, vp_key_take_counter(key, false, &counter), -EDQUOT);
	KUNIT_ASSERT_EQ(test, vp_key_take_counter(key, true, &counter), 0);
	KUNIT_EXPECT_EQ(test, counter, U64_MAX - 2);
	KUNIT_ASSERT_EQ(test, vp_key_take_counter(key, true, &counter), 0);
	KUNIT_EXPECT_EQ(test, vp_key_take_counter(key, true, &counter), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, key->issued, 2);

	KUNIT_EXPECT_EQ(test, vp_key_take_step(key, 5, false, &drawn), -EDQUOT);
	KUNIT_EXPECT_FALSE(test, drawn);
	KUNIT_EXPECT_EQ(test, vp_key_take_step(key, 5, true, &drawn), 0);
	KUNIT_EXPECT_TRUE(test, drawn);
	KUNIT_EXPECT_EQ(test, vp_key_take_step(key, 5, false, &drawn), 0);
	KUNIT_EXPECT_FALSE(test, drawn);
	KUNIT_EXPECT_EQ(test, key->issued, 3);
}

static struct kunit_case key_cases[] = {
	KUNIT_CASE(same_code_within_a_step),
	KUNIT_CASE(other_terms_another_code),
	KUNIT_CASE(ten_codes_a_step),
	KUNIT_CASE(not_allowed_to_draw),
	KUNIT_CASE(ordinals_never_fall),
	KUNIT_CASE(budget_of_an_hour),
	KUNIT_CASE(budget_of_a_day),
	KUNIT_CASE(budgets_are_told_apart),
	KUNIT_CASE(pool_runs_out),
	KUNIT_CASE(counters_only_rise),
	{}
};

static struct kunit_suite key_suite = {
	.name = "voicepay_key",
	.test_cases = key_cases,
};

kunit_test_suite(key_suite);
