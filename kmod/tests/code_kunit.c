// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: what a slot gives out, through all of vp_give(), on a device that has
 * no time: the pool, and nothing that needs one.
 */

#include <kunit/test.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "blob.h"
#include "clock.h"
#include "code.h"
#include "order.h"
#include "otp.h"
#include "slot.h"

struct fixture {
	struct vp_slot *slot;
	struct vp_caller caller;
	struct vp_blob blob;
	struct vp_order order;
};

static void fill(struct vp_blob *blob)
{
	struct vp_agree_grant *grant = &blob->grant;
	int i;

	blob->kind = VOICEPAY_SLOT_PAYMENT;
	for (i = 0; i < VP_KEY512_LEN; i++)
		blob->keys.code512[i] = i;
	memcpy(blob->keys.code, blob->keys.code512, sizeof(blob->keys.code));
	memcpy(grant->prefix, "71", 2);
	grant->modes = PAYCODE_MODES_DEVICE;
	grant->epoch = 5;
	grant->not_before = 1;
	grant->not_after = U64_MAX;
	grant->n_aliases = 1;
	memcpy(grant->alias[0], "0123456789", VP_ALIAS_DIGITS);
	blob->pool = (struct vp_blob_pool){ 7, U64_MAX, 15, 0 };
}

static int code_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct vp_key *key;
	struct file *file;
	u64 now_ms;
	u32 id;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, f);
	if (!vp_clock_now_ms(&now_ms) || vp_slot_count())
		kunit_skip(test, "the device has a time, or slots");
	file = filp_open("/", O_RDONLY, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	f->caller = (struct vp_caller){ current_cred(), file };
	fill(&f->blob);
	key = vp_key_import(&f->blob);
	KUNIT_ASSERT_FALSE(test, IS_ERR(key));
	key->reserve.bound = false;
	mutex_lock(&vp_manage_lock);
	err = vp_slot_new(&id, true);
	if (!err) {
		f->slot = vp_slot_get(id);
		vp_slot_set_key(f->slot, key);
	}
	mutex_unlock(&vp_manage_lock);
	KUNIT_ASSERT_EQ(test, err, 0);
	test->priv = f;
	return 0;
}

static void code_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	mutex_lock(&vp_manage_lock);
	vp_slot_del(f->slot->id);
	mutex_unlock(&vp_manage_lock);
	vp_slot_put(f->slot);
	fput((struct file *)f->caller.file);
}

static int get(struct fixture *f, u32 mode, bool fresh, u8 digits[PAYCODE_DIGITS])
{
	struct vp_code code = { .mode = mode, .fresh = fresh, .digits = digits };

	return vp_code_issue(f->slot->id, &f->caller, &code);
}

/* The codes of the format's vectors, and then no more. */
static void pool_without_a_clock(struct kunit *test)
{
	static const struct { int index; const char *digits; } known[] = {
		{ 0, "718012345678905158570905" }, { 4, "718012345678945596282167" },
		{ 10, "718012345678905106302906" }, { 14, "718012345678947000065721" },
	};
	struct fixture *f = test->priv;
	u8 digits[PAYCODE_DIGITS], again[PAYCODE_DIGITS];
	int i, next = 0;

	for (i = 0; i < 15; i++) {
		KUNIT_ASSERT_EQ(test, get(f, PAYCODE_POOL, true, digits), 0);
		KUNIT_ASSERT_EQ(test, get(f, PAYCODE_POOL, false, again), 0);
		KUNIT_EXPECT_MEMEQ(test, digits, again, sizeof(digits));
		if (known[next].index == i)
			KUNIT_EXPECT_MEMEQ(test, digits, known[next++].digits, sizeof(digits));
	}
	KUNIT_EXPECT_EQ(test, next, 4);
	KUNIT_EXPECT_EQ(test, get(f, PAYCODE_POOL, true, digits), -ENODATA);
}

static void nothing_else(struct kunit *test)
{
	static const u32 modes[] = { 0, PAYCODE_PLAIN, PAYCODE_SHOWN, PAYCODE_PLAIN_512 };
	struct fixture *f = test->priv;
	u8 digits[PAYCODE_DIGITS];
	struct vp_otp otp;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		KUNIT_EXPECT_EQ(test, get(f, modes[i], false, digits), -ETIME);
	f->order.what.purpose = VP_PURPOSE_DENY;
	KUNIT_EXPECT_EQ(test, vp_order_authorise(f->slot, &f->caller, &f->order), -ETIME);
	KUNIT_EXPECT_NULL(test, memchr_inv(f->order.mac, 0, sizeof(f->order.mac)));
	KUNIT_EXPECT_EQ(test, vp_otp_issue(f->slot, &f->caller, &otp), -EMEDIUMTYPE);
}

/* Rights and locks stand before the pool as before all else. */
static void past_the_gate_only(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vp_caller nobody = { current_cred(), NULL }, admin = f->caller;
	u8 digits[PAYCODE_DIGITS];

	f->caller = nobody;
	KUNIT_EXPECT_EQ(test, get(f, PAYCODE_POOL, false, digits), -EACCES);
	f->caller = admin;
	vp_gate_lock(&f->slot->gate, true);
	KUNIT_EXPECT_EQ(test, get(f, PAYCODE_POOL, false, digits), -EKEYREVOKED);
	KUNIT_EXPECT_EQ(test, vp_gate_unlock(&f->slot->gate, true), 0);
	f->slot->gate.policy.presence = VOICEPAY_PRESENCE_ALWAYS;
	KUNIT_EXPECT_EQ(test, get(f, PAYCODE_POOL, false, digits), -EINPROGRESS);
	/* A threshold is for orders; a code is not below it. */
	f->slot->gate.policy.presence_above = U64_MAX;
	KUNIT_EXPECT_EQ(test, get(f, PAYCODE_POOL, false, digits), -EINPROGRESS);
}

static struct kunit_case code_cases[] = {
	KUNIT_CASE(pool_without_a_clock),
	KUNIT_CASE(nothing_else),
	KUNIT_CASE(past_the_gate_only),
	{}
};

static struct kunit_suite code_suite = {
	.name = "voicepay_code",
	.init = code_init,
	.exit = code_exit,
	.test_cases = code_cases,
};

kunit_test_suite(code_suite);
