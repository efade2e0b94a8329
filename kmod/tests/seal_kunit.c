// SPDX-License-Identifier: GPL-2.0
/* KUnit: sealed slots: a blob opens in its place only, and brings no spent code back. */

#include <kunit/test.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "clock.h"
#include "key.h"
#include "otp.h"
#include "policy.h"
#include "seal.h"
#include "common/hkdf.h"

#define T0	1700000010ULL		/* the first second of a step */

static const u8 sealing_key[VP_KEY_LEN] = "thirty-two bytes of sealing key";
static const struct vp_blob_place place = {
	.slot = 3, .device = "the device's id", .sealer = 0x0d002080,
	.module = 7 << 16 | 0x100 | VOICEPAY_VAULT_SECRETMEM,
};

static void fill(struct vp_blob *blob)
{
	struct vp_agree_grant *grant = &blob->grant;
	int i;

	memset(blob, 0, sizeof(*blob));
	blob->counter = 0x0102030405060708ULL;
	blob->generation = 9;
	blob->now_ms = T0 * MSEC_PER_SEC;
	blob->trusted_ms = blob->now_ms - 1;
	blob->mark = 42;
	blob->issued = 5;
	blob->hour = 7;
	blob->day = 8;
	blob->hour_used = 3;
	blob->day_used = 4;
	memset(blob->gateway, 0xaa, sizeof(blob->gateway));
	for (i = 0; i < VP_BLOB_POLICY; i++)
		blob->policy[i] = 1000 + i;
	blob->kind = VOICEPAY_SLOT_PAYMENT;
	memset(&blob->keys, 0x11, sizeof(blob->keys));
	blob->pool = (struct vp_blob_pool){ 3, T0 + 86400, 15, 4 };
	memset(blob->keys.code, 0x22, sizeof(blob->keys.code));
	memcpy(grant->prefix, "71", 2);
	grant->modes = PAYCODE_MODES_DEVICE;
	grant->epoch = 6;
	grant->time_ms = blob->now_ms;
	grant->not_before = T0;
	grant->rotate_after = T0 + 86400;
	grant->not_after = T0 + 35 * 86400;
	grant->per_key = 100;
	grant->n_aliases = 2;
	memset(grant->alias, 0, sizeof(grant->alias));
	memcpy(grant->alias[0], "0123456789", VP_ALIAS_DIGITS);
	memcpy(grant->alias[1], "9876543210", VP_ALIAS_DIGITS);
}

struct room {
	struct vp_blob in, out;
	u8 bytes[VP_BLOB_LEN + 1];
};

static struct room *sealed(struct kunit *test)
{
	struct room *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	fill(&r->in);
	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
	return r;
}

static void round_trip(struct kunit *test)
{
	struct room *r = sealed(test);
	u8 again[VP_BLOB_HEAD_LEN];

	KUNIT_ASSERT_EQ(test, vp_blob_open(&r->out, sealing_key, &place, r->bytes, VP_BLOB_LEN), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&r->in, &r->out, sizeof(r->in)), 0);
	/* Nothing of the keys is to be seen, and no two blobs are alike. */
	KUNIT_EXPECT_PTR_EQ(test, strnstr((char *)r->bytes + VP_BLOB_HEAD_LEN, "\x22\x22\x22\x22",
					  VP_BLOB_LEN - VP_BLOB_HEAD_LEN), NULL);
	memcpy(again, r->bytes, sizeof(again));
	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
	KUNIT_EXPECT_NE(test, memcmp(again, r->bytes, sizeof(again)), 0);
}

/* A blob that an older module wrote opens: it is what Documentation/sealing.md says. */
static void as_documented(struct kunit *test)
{
	const struct vp_piece label = { "voicepay sealed slot 1", 22 };
	u8 *body = kunit_kzalloc(test, VP_BLOB_BODY_LEN, GFP_KERNEL);
	struct room *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	const size_t len = VP_GRANT_LEN(2);
	u8 prk[VP_HASH_LEN], key[VP_KEY_LEN];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, body);
	KUNIT_ASSERT_NOT_NULL(test, r);
	fill(&r->in);
	memset(r->in.keys.code512, 0x33, sizeof(r->in.keys.code512));
	r->in.otp = (struct vp_otp_terms){ 0x51, 0x52, 0x53, 0x54 };
	r->in.otp_counter = 0x5500000000000055ULL;
	memset(r->in.otp_secret, 0x66, sizeof(r->in.otp_secret));
	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
	KUNIT_EXPECT_EQ(test, memcmp(r->bytes, "VPB1\2\0\3\x54\0\0\0\3", 12), 0);
	KUNIT_EXPECT_EQ(test, memcmp(r->bytes + 12, place.device, VP_DEVICE_ID_LEN), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(r->bytes + 28), place.sealer);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(r->bytes + 32), place.module);

	KUNIT_ASSERT_EQ(test, vp_hkdf_extract(prk, r->bytes + 36, 32, sealing_key, VP_KEY_LEN), 0);
	KUNIT_ASSERT_EQ(test, vp_hkdf_expand(key, VP_KEY_LEN, prk, sizeof(prk), &label, 1), 0);
	KUNIT_ASSERT_EQ(test, vp_prim_open(body, key, 0, r->bytes, 68, r->bytes + 68, 768 + 16), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body), r->in.counter);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 8), r->in.generation);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 16), r->in.now_ms);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 24), r->in.trusted_ms);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 32), r->in.mark);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 40), r->in.issued);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 48), r->in.hour);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 56), r->in.day);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(body + 64), r->in.hour_used);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(body + 68), r->in.day_used);
	KUNIT_EXPECT_EQ(test, memcmp(body + 72, r->in.gateway, 32), 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, get_unaligned_be32(body + 104 + 4 * i), r->in.policy[i]);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(body + 144), VOICEPAY_SLOT_PAYMENT);
	KUNIT_EXPECT_EQ(test, memcmp(body + 148, r->in.keys.code, 32), 0);
	KUNIT_EXPECT_EQ(test, memcmp(body + 180, r->in.keys.auth, 32), 0);
	KUNIT_EXPECT_EQ(test, memcmp(body + 308, r->in.keys.code512, 64), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 372), r->in.pool.serial);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 380), r->in.pool.not_after);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(body + 388), r->in.pool.count);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(body + 392), r->in.pool.next);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, get_unaligned_be32(body + 396 + 4 * i), 0x51 + i);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(body + 412), r->in.otp_counter);
	KUNIT_EXPECT_EQ(test, memcmp(body + 420, r->in.otp_secret, 128), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(body + 548), len);
	KUNIT_EXPECT_EQ(test, body[550], 2);
	KUNIT_EXPECT_FALSE(test, memchr_inv(body + 550 + len, 0, 218 - len));
}

static void every_bit_counts(struct kunit *test)
{
	struct room *r = sealed(test);
	size_t i;

	for (i = 0; i < 8 * VP_BLOB_LEN; i++) {
		r->bytes[i / 8] ^= 1 << i % 8;
		KUNIT_ASSERT_NE_MSG(test, vp_blob_open(&r->out, sealing_key, &place, r->bytes,
						       VP_BLOB_LEN), 0, "bit %zu", i);
		r->bytes[i / 8] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_EQ(test, vp_blob_open(&r->out, sealing_key, &place, r->bytes, VP_BLOB_LEN), 0);
}

/* Attack: none; the power went while the file was written. */
static void torn(struct kunit *test)
{
	struct room *r = sealed(test);
	size_t len;

	for (len = 0; len <= VP_BLOB_LEN + 1; len++) {
		if (len == VP_BLOB_LEN)
			continue;
		KUNIT_ASSERT_EQ_MSG(test, vp_blob_open(&r->out, sealing_key, &place, r->bytes, len),
				    -EBADMSG, "%zu bytes", len);
	}
}

static int open_at(struct room *r, const struct vp_blob_place *where)
{
	return vp_blob_open(&r->out, sealing_key, where, r->bytes, VP_BLOB_LEN);
}

static void its_place_only(struct kunit *test)
{
	struct room *r = sealed(test);
	struct vp_blob_place other = place;
	u8 other_key[VP_KEY_LEN];

	other.slot++;
	KUNIT_EXPECT_EQ(test, open_at(r, &other), -EXDEV);
	/* Attack: the slot number in the head is changed, too. */
	r->bytes[11]++;
	KUNIT_EXPECT_EQ(test, open_at(r, &other), -EBADMSG);
	r->bytes[11]--;
	other = place;
	other.device[5] ^= 1;
	KUNIT_EXPECT_EQ(test, open_at(r, &other), -ENODEV);
	r->bytes[12 + 5] ^= 1;
	KUNIT_EXPECT_EQ(test, open_at(r, &other), -EBADMSG);
	r->bytes[12 + 5] ^= 1;
	other = place;
	other.sealer ^= 0x80;
	KUNIT_EXPECT_EQ(test, open_at(r, &other), -EBADMSG);
	r->bytes[4]++;
	KUNIT_EXPECT_EQ(test, open_at(r, &place), -EPROTONOSUPPORT);
	r->bytes[4]--;
	memcpy(other_key, sealing_key, sizeof(other_key));
	other_key[31] ^= 1;
	KUNIT_EXPECT_EQ(test, vp_blob_open(&r->out, other_key, &place, r->bytes, VP_BLOB_LEN),
			-EBADMSG);
	KUNIT_EXPECT_EQ(test, open_at(r, &place), 0);
}

/* Attack: root loads the module with weaker parameters, to have the keys where he can read. */
static void no_weaker_policy(struct kunit *test)
{
	static const struct {
		struct vp_module_policy policy;
		int err;
	} now[] = {
		{ { VOICEPAY_VAULT_SECRETMEM, true, 7 }, 0 },
		{ { VOICEPAY_VAULT_RESERVED, true, 0 }, 0 },
		{ { VOICEPAY_VAULT_SPLIT, true, 7 }, -EKEYREJECTED },
		{ { VOICEPAY_VAULT_NONE, true, 7 }, -EKEYREJECTED },
		{ { VOICEPAY_VAULT_RESERVED, false, 0 }, -EKEYREJECTED },
		{ { VOICEPAY_VAULT_RESERVED, true, 8 }, -EKEYREJECTED },
		/* More days than there are bits for must not come out as few. */
		{ { VOICEPAY_VAULT_RESERVED, true, 0x10000 }, -EKEYREJECTED },
		{ { VOICEPAY_VAULT_RESERVED, true, U32_MAX }, -EKEYREJECTED },
	};
	struct room *r = sealed(test);
	struct vp_blob_place where = place;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(now); i++) {
		where.module = vp_policy_encode(&now[i].policy);
		KUNIT_EXPECT_EQ_MSG(test, open_at(r, &where), now[i].err, "policy %zu", i);
	}
	/* Attack: the policy in the head is made weaker, too. */
	where.module = 0;
	r->bytes[35] = 0;
	r->bytes[34] = 0;
	KUNIT_EXPECT_EQ(test, open_at(r, &where), -EBADMSG);
	/* A newer module asked for what this one does not know. */
	where = place;
	where.module |= 0x200;
	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &where, &r->in), 0);
	KUNIT_EXPECT_EQ(test, open_at(r, &place), -EKEYREJECTED);
}

static struct vp_key *imported(struct kunit *test, const struct vp_blob *blob)
{
	struct vp_key *key = vp_key_import(blob);

	KUNIT_ASSERT_FALSE(test, IS_ERR(key));
	return key;
}

static int take(struct vp_key *key, u64 now, u64 *ordinal)
{
	struct vp_draw draw = { .now_s = now, .mode = PAYCODE_PLAIN, .fresh = true, .may = true };
	int err = vp_key_take_ordinal(key, &draw);

	*ordinal = paycode_ordinal(draw.step, draw.q);
	return err;
}

/* A slot that was sealed at T0, has gone on issuing, and lost its power. */
static void spent_codes_stay_spent(struct kunit *test)
{
	struct room *r = sealed(test);
	struct vp_key *key, *back;
	u64 ordinal, highest = 0, now;
	int codes;

	r->in.mark = 0;
	r->in.issued = 0;
	key = imported(test, &r->in);
	KUNIT_EXPECT_EQ(test, take(key, T0, &ordinal), -ESTALE);
	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->in, false), 0);
	vp_key_sealed(key, &r->in);
	KUNIT_EXPECT_EQ(test, take(key, T0, &ordinal), -ESTALE);
	vp_key_stored(key);

	for (now = T0, codes = 0; !take(key, now, &ordinal); now += 60, codes++)
		highest = ordinal;
	KUNIT_EXPECT_EQ(test, codes, VP_SEAL_CODES);

	back = imported(test, &r->in);
	KUNIT_ASSERT_EQ(test, vp_key_export(back, &r->out, true), 0);
	KUNIT_EXPECT_GE(test, r->out.mark, highest);
	KUNIT_EXPECT_EQ(test, r->out.issued, VP_SEAL_CODES);
	/* Nor does the clock help that was set back. */
	vp_key_sealed(back, &r->in);
	vp_key_stored(back);
	KUNIT_EXPECT_EQ(test, take(back, T0, &ordinal), -EAGAIN);
	vp_key_destroy(back);
	vp_key_destroy(key);
}

static void no_code_beyond_the_mark(struct kunit *test)
{
	struct room *r = sealed(test);
	u64 last = T0 + VP_SEAL_STEPS * PAYCODE_STEP_SECONDS, ordinal;
	struct vp_key *key;

	r->in.mark = 0;
	key = imported(test, &r->in);
	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->in, false), 0);
	vp_key_sealed(key, &r->in);
	vp_key_stored(key);
	KUNIT_EXPECT_EQ(test, take(key, last + PAYCODE_STEP_SECONDS, &ordinal), -ESTALE);
	KUNIT_EXPECT_EQ(test, take(key, last, &ordinal), 0);
	vp_key_destroy(key);
}

static void last_blob(struct kunit *test)
{
	struct room *r = sealed(test);
	u64 before, after, ordinal;
	struct vp_key *key, *back;

	r->in.mark = 0;
	key = imported(test, &r->in);
	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->in, false), 0);
	vp_key_sealed(key, &r->in);
	vp_key_stored(key);
	KUNIT_ASSERT_EQ(test, take(key, T0, &before), 0);
	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->out, true), 0);
	KUNIT_EXPECT_EQ(test, r->out.mark, before);
	KUNIT_EXPECT_EQ(test, take(key, T0 + 60, &ordinal), -ESTALE);
	/* Nothing was reserved: the same step goes on where it was. */
	back = imported(test, &r->out);
	r->out.now_ms = T0 * MSEC_PER_SEC;
	KUNIT_ASSERT_EQ(test, vp_key_export(back, &r->out, false), 0);
	vp_key_sealed(back, &r->out);
	vp_key_stored(back);
	KUNIT_ASSERT_EQ(test, take(back, T0, &after), 0);
	KUNIT_EXPECT_EQ(test, after, before + 1);
	vp_key_destroy(back);
	vp_key_destroy(key);
}

/* A pool that was sealed, has gone on, and lost its power; and a blob from before it. */
static void pool_stays_spent(struct kunit *test)
{
	struct room *r = sealed(test);
	struct vp_draw draw = { .mode = PAYCODE_POOL, .fresh = true, .may = true };
	struct vp_key *key, *back;
	u64 spent = 0;
	int codes;

	key = imported(test, &r->in);
	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->in, false), 0);
	vp_key_sealed(key, &r->in);
	vp_key_stored(key);
	key->pool = (struct vp_pool_state){ .serial = 7, .count = 15, .not_after = U64_MAX };
	/* No blob knows of it yet: it could be taken once more after a reboot. */
	KUNIT_EXPECT_EQ(test, vp_key_take_pool(key, &draw), -ESTALE);

	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->in, false), 0);
	vp_key_sealed(key, &r->in);
	KUNIT_EXPECT_EQ(test, vp_key_take_pool(key, &draw), -ESTALE);
	vp_key_stored(key);
	for (codes = 0; !vp_key_take_pool(key, &draw); codes++)
		spent = draw.step;
	KUNIT_EXPECT_EQ(test, codes, VP_SEAL_POOL);

	back = imported(test, &r->in);
	KUNIT_EXPECT_EQ(test, back->pool.serial, 7);
	KUNIT_ASSERT_EQ(test, vp_key_export(back, &r->out, false), 0);
	vp_key_sealed(back, &r->out);
	vp_key_stored(back);
	/* Nor is the last one shown again that was given out before. */
	draw.fresh = false;
	KUNIT_ASSERT_EQ(test, vp_key_take_pool(back, &draw), 0);
	KUNIT_EXPECT_EQ(test, draw.step, spent + 1);
	/* The last codes of a pool are covered, too. */
	KUNIT_EXPECT_EQ(test, r->out.pool.next, 10);
	back->pool.next = 14;
	KUNIT_ASSERT_EQ(test, vp_key_export(back, &r->out, false), 0);
	KUNIT_EXPECT_EQ(test, r->out.pool.next, 15);
	KUNIT_ASSERT_EQ(test, vp_key_export(back, &r->out, true), 0);
	KUNIT_EXPECT_EQ(test, r->out.pool.next, 14);
	draw.fresh = true;
	KUNIT_EXPECT_EQ(test, vp_key_take_pool(back, &draw), -ESTALE);
	vp_key_destroy(back);
	vp_key_destroy(key);
}

static void authenticators(struct kunit *test)
{
	const struct vp_otp_terms terms = { VOICEPAY_OTP_SHA512, 8, 0, 20 };
	u8 secret[20] = "nineteen characters", before[8], after[8];
	struct room *r = sealed(test);
	struct vp_key *key, *back;
	u64 counter = 0, spent = 0;
	int n;

	key = vp_key_create_otp(&terms, secret, 40);
	KUNIT_ASSERT_FALSE(test, IS_ERR(key));
	memset(&r->in.keys, 0, sizeof(r->in.keys));
	memset(&r->in.grant, 0, sizeof(r->in.grant));
	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->in, false), 0);
	vp_key_sealed(key, &r->in);
	vp_key_stored(key);
	for (n = 0; n < 100 && !vp_key_take_counter(key, true, &counter); n++)
		spent = counter;
	KUNIT_EXPECT_EQ(test, n, VP_SEAL_COUNTERS);
	KUNIT_EXPECT_EQ(test, vp_key_take_counter(key, true, &counter), -ESTALE);

	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
	KUNIT_ASSERT_EQ(test, vp_blob_open(&r->out, sealing_key, &place, r->bytes, VP_BLOB_LEN), 0);
	KUNIT_EXPECT_EQ(test, r->out.kind, VOICEPAY_SLOT_AUTHENTICATOR);
	back = imported(test, &r->out);
	KUNIT_EXPECT_EQ(test, vp_key_take_counter(back, true, &counter), -ESTALE);
	KUNIT_ASSERT_EQ(test, vp_key_export(back, &r->out, false), 0);
	vp_key_sealed(back, &r->out);
	vp_key_stored(back);
	KUNIT_ASSERT_EQ(test, vp_key_take_counter(back, true, &counter), 0);
	KUNIT_EXPECT_EQ(test, counter, spent + 1);
	KUNIT_ASSERT_EQ(test, vp_otp_compute(key, 7, before), 0);
	KUNIT_ASSERT_EQ(test, vp_otp_compute(back, 7, after), 0);
	KUNIT_EXPECT_MEMEQ(test, before, after, sizeof(before));
	vp_key_destroy(back);
	vp_key_destroy(key);

	/* Attack: none; but what a blob says is believed only as far as it makes sense. */
	r->in.otp.digits = 9;
	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
	KUNIT_EXPECT_EQ(test, vp_blob_open(&r->out, sealing_key, &place, r->bytes, VP_BLOB_LEN),
			-EBADMSG);
	r->in.kind = 3;
	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
	KUNIT_EXPECT_EQ(test, vp_blob_open(&r->out, sealing_key, &place, r->bytes, VP_BLOB_LEN),
			-EBADMSG);
}

/* Attack: none; but a key has room for a pool that is one, and no other is let in. */
static void pools_that_cannot_be(struct kunit *test)
{
	static const struct vp_blob_pool bad[] = {
		{ 3, T0, 16, 4 }, { 3, T0, 15, 16 }, { 3, T0, 4, 5 }, { 3, T0, 256, 0 },
		{ VP_POOL_SERIAL_END, T0, 15, 4 }, { U64_MAX, T0, 15, 4 },
	};
	struct room *r = sealed(test);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		r->in.pool = bad[i];
		KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
		KUNIT_EXPECT_EQ_MSG(test, open_at(r, &place), -EBADMSG, "pool %zu", i);
	}
	r->in.pool = (struct vp_blob_pool){ VP_POOL_SERIAL_END - 1, T0, 15, 15 };
	KUNIT_ASSERT_EQ(test, vp_blob_seal(r->bytes, sealing_key, &place, &r->in), 0);
	KUNIT_EXPECT_EQ(test, open_at(r, &place), 0);
}

/* The reserve of a blob never makes more of a budget than there is. */
static void budgets(struct kunit *test)
{
	struct room *r = sealed(test);
	struct vp_key *key;

	r->in.issued = r->in.grant.per_key - 1;
	key = imported(test, &r->in);
	KUNIT_ASSERT_EQ(test, vp_key_export(key, &r->in, false), 0);
	KUNIT_EXPECT_EQ(test, r->in.issued, r->in.grant.per_key);
	vp_key_destroy(key);
}

static struct kunit_case seal_cases[] = {
	KUNIT_CASE(round_trip),
	KUNIT_CASE(as_documented),
	KUNIT_CASE(every_bit_counts),
	KUNIT_CASE(torn),
	KUNIT_CASE(its_place_only),
	KUNIT_CASE(no_weaker_policy),
	KUNIT_CASE(spent_codes_stay_spent),
	KUNIT_CASE(no_code_beyond_the_mark),
	KUNIT_CASE(last_blob),
	KUNIT_CASE(pool_stays_spent),
	KUNIT_CASE(authenticators),
	KUNIT_CASE(pools_that_cannot_be),
	KUNIT_CASE(budgets),
	{}
};

static struct kunit_suite seal_suite = {
	.name = "voicepay_seal",
	.test_cases = seal_cases,
};

kunit_test_suite(seal_suite);
