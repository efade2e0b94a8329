// SPDX-License-Identifier: GPL-2.0
/* KUnit: what a key may still issue: ordinals, the ten codes of a step, budgets. */

#include <kunit/test.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "blob.h"
#include "key.h"
#include "seal.h"

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

/* Attack: a gateway whose time is far ahead, where hours have numbers that nobody keeps whole. */
static void budget_of_a_late_hour(struct kunit *test)
{
	struct vp_key *key = a_key(test, 2, 3, 0);
	u64 day = (1ULL << 32) * 86400;
	u32 q;

	KUNIT_ASSERT_EQ(test, take(key, day, true, &q), 0);
	KUNIT_ASSERT_EQ(test, take(key, day, true, &q), 0);
	KUNIT_EXPECT_EQ(test, take(key, day, true, &q), -EXFULL);
	KUNIT_EXPECT_EQ(test, take(key, day + 3600, true, &q), 0);
	KUNIT_EXPECT_EQ(test, take(key, day + 3600, true, &q), -ENOSR);
	KUNIT_EXPECT_EQ(test, take(key, day + 86400, true, &q), 0);
}

/* What the gateway granted is kept in another form, and comes out as it was. */
static void terms_come_back(struct kunit *test)
{
	static const u8 base_point[VP_KEY_LEN] = { 9 };
	struct vp_blob *in = kunit_kzalloc(test, 2 * sizeof(*in), GFP_KERNEL), *out = in + 1;
	u8 s_pub[VP_KEY_LEN], digits[VP_ALIAS_DIGITS];
	struct vp_key *key;
	u32 i, j;

	KUNIT_ASSERT_NOT_NULL(test, in);
	in->kind = VOICEPAY_SLOT_PAYMENT;
	in->grant = (struct vp_agree_grant){
		.prefix = "71", .modes = PAYCODE_MODES_DEVICE, .epoch = U64_MAX - 1,
		.time_ms = 0x0102030405060708ULL, .not_before = 0x1112131415161718ULL,
		.rotate_after = 0x2122232425262728ULL, .not_after = U64_MAX,
		.per_hour = 0x31323334, .per_day = 0x41424344, .per_key = U32_MAX,
		.n_aliases = VP_ALIASES_MAX,
	};
	/* Each digit in each place. */
	for (i = 0; i < VP_ALIASES_MAX; i++)
		for (j = 0; j < VP_ALIAS_DIGITS; j++)
			in->grant.alias[i][j] = '0' + (3 * i + 7 * j) % 10;
	in->keys.s[0] = 8;
	in->keys.s[31] = 64;
	in->pool = (struct vp_blob_pool){ VP_POOL_SERIAL_END - 1, U64_MAX, 15, 14 };
	KUNIT_ASSERT_EQ(test, vp_prim_dh(s_pub, in->keys.s, base_point), 0);

	key = vp_key_import(in);
	KUNIT_ASSERT_FALSE(test, IS_ERR(key));
	for (i = 0; i < VP_ALIASES_MAX; i++) {
		vp_key_alias_digits(digits, &key->alias[i]);
		KUNIT_EXPECT_MEMEQ(test, digits, in->grant.alias[i], sizeof(digits));
	}
	KUNIT_EXPECT_EQ(test, vp_key_export(key, out, true), 0);
	KUNIT_EXPECT_MEMEQ(test, &out->grant, &in->grant, sizeof(in->grant));
	KUNIT_EXPECT_MEMEQ(test, &out->pool, &in->pool, sizeof(in->pool));
	KUNIT_EXPECT_MEMEQ(test, out->keys.s, in->keys.s, VP_KEY_LEN);
	KUNIT_EXPECT_MEMEQ(test, out->keys.s_pub, s_pub, VP_KEY_LEN);
	vp_key_destroy(key);
}

/* The pool with the highest number, and what a blob covers of it. */
static void last_pool_of_all(struct kunit *test)
{
	struct vp_blob *blob = kunit_kzalloc(test, sizeof(*blob), GFP_KERNEL);
	struct vp_key *key;
	u64 step, i;

	KUNIT_ASSERT_NOT_NULL(test, blob);
	blob->kind = VOICEPAY_SLOT_PAYMENT;
	blob->grant.n_aliases = 1;
	memset(blob->grant.alias[0], '0', VP_ALIAS_DIGITS);
	blob->keys.s[0] = 8;
	blob->pool = (struct vp_blob_pool){ VP_POOL_SERIAL_END - 1, U64_MAX, 15, 0 };
	key = vp_key_import(blob);
	KUNIT_ASSERT_FALSE(test, IS_ERR(key));
	KUNIT_EXPECT_EQ(test, take_pool(key, 0, true, &step), -ESTALE);
	for (i = 0; i < 15; i++) {
		if (i % VP_SEAL_POOL == 0) {
			KUNIT_EXPECT_EQ(test, take_pool(key, 0, true, &step), -ESTALE);
			KUNIT_EXPECT_EQ(test, vp_key_export(key, blob, false), 0);
			vp_key_sealed(key, blob);
			vp_key_stored(key);
		}
		KUNIT_EXPECT_EQ(test, take_pool(key, 0, true, &step), 0);
		KUNIT_EXPECT_EQ(test, step, (VP_POOL_SERIAL_END - 1) * 16 + i);
	}
	KUNIT_EXPECT_EQ(test, take_pool(key, 0, true, &step), -ENODATA);
	vp_key_destroy(key);
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
	KUNIT_CASE(budget_of_a_late_hour),
	KUNIT_CASE(terms_come_back),
	KUNIT_CASE(last_pool_of_all),
	{}
};

static struct kunit_suite key_suite = {
	.name = "voicepay_key",
	.test_cases = key_cases,
};

kunit_test_suite(key_suite);
