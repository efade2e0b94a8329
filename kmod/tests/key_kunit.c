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
	spin_lock_init(&key->issue_lock);
	key->grant.per_hour = per_hour;
	key->grant.per_day = per_day;
	key->grant.per_key = per_key;
	return key;
}

static int take(struct vp_key *key, u64 now, bool fresh, u32 *q)
{
	bool draw = true;
	u64 step;

	return vp_key_take_ordinal(key, now, fresh, &draw, &step, q);
}

static void same_code_within_a_step(struct kunit *test)
{
	struct vp_key *key = a_key(test, 0, 0, 1);
	bool draw;
	u64 step;
	u32 q = 99;
	int i;

	for (i = 0; i < 30; i++) {
		draw = i == 0;
		KUNIT_ASSERT_EQ(test, vp_key_take_ordinal(key, T0 + i, false, &draw, &step, &q), 0);
		KUNIT_EXPECT_EQ(test, draw, i == 0);
		KUNIT_EXPECT_EQ(test, step, div_u64(T0, 30));
		KUNIT_EXPECT_EQ(test, q, 0);
	}
	KUNIT_EXPECT_EQ(test, key->issued, 1);
	/* The next step's code is a new one, and the budget was one. */
	KUNIT_EXPECT_EQ(test, take(key, T0 + 30, false, &q), -EDQUOT);
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
	bool draw = false;
	u64 step;
	u32 q;

	KUNIT_EXPECT_EQ(test, vp_key_take_ordinal(key, T0, false, &draw, &step, &q), -EDQUOT);
	KUNIT_EXPECT_EQ(test, key->issued, 0);
	KUNIT_ASSERT_EQ(test, take(key, T0, false, &q), 0);
	KUNIT_EXPECT_EQ(test, vp_key_take_ordinal(key, T0, false, &draw, &step, &q), 0);
	KUNIT_EXPECT_FALSE(test, draw);
	KUNIT_EXPECT_EQ(test, vp_key_take_ordinal(key, T0, true, &draw, &step, &q), -EDQUOT);
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
	KUNIT_EXPECT_EQ(test, take(key, hour, true, &q), -EDQUOT);
	KUNIT_EXPECT_EQ(test, take(key, hour + 3599, true, &q), -EDQUOT);
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
	KUNIT_EXPECT_EQ(test, take(key, day + 86399, true, &q), -EDQUOT);
	/* A refusal is charged to no budget. */
	KUNIT_EXPECT_EQ(test, key->issued, 2);
	KUNIT_EXPECT_EQ(test, key->hour.used, 1);
	KUNIT_EXPECT_EQ(test, take(key, day + 86400, true, &q), 0);
}

static struct kunit_case key_cases[] = {
	KUNIT_CASE(same_code_within_a_step),
	KUNIT_CASE(ten_codes_a_step),
	KUNIT_CASE(not_allowed_to_draw),
	KUNIT_CASE(ordinals_never_fall),
	KUNIT_CASE(budget_of_an_hour),
	KUNIT_CASE(budget_of_a_day),
	{}
};

static struct kunit_suite key_suite = {
	.name = "voicepay_key",
	.test_cases = key_cases,
};

kunit_test_suite(key_suite);
