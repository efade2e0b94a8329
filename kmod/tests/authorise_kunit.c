// SPDX-License-Identifier: GPL-2.0
/* KUnit: what is authorised, and the pool's message, with the module's own HMAC. */

#include <kunit/test.h>
#include <linux/hex.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "common/authorise.h"
#include "common/pool.h"
#include "vectors.h"

struct keys {
	u8 auth[VP_KEY_LEN];
	u8 device[VP_DEVICE_ID_LEN];
};

static struct keys vector_keys(void)
{
	struct keys k;
	size_t i;

	for (i = 0; i < sizeof(k.auth); i++)
		k.auth[i] = 0x20 + i;
	for (i = 0; i < sizeof(k.device); i++)
		k.device[i] = 0xa0 + i;
	return k;
}

static void authorise_vectors_hold(struct kunit *test)
{
	struct vp_authorise *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	u8 *out = kunit_kzalloc(test, VP_AUTHORISE_MAX, GFP_KERNEL);
	u8 mac[VP_HASH_LEN], expected[VP_HASH_LEN];
	struct keys k = vector_keys();
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, out);
	for (i = 0; i < ARRAY_SIZE(authorise_vectors); i++) {
		const struct authorise_vector *v = &authorise_vectors[i];
		struct vp_piece piece = { out, v->len };

		memset(a, 0, sizeof(*a));
		a->purpose = v->purpose;
		memcpy(a->device, k.device, sizeof(a->device));
		a->slot = v->slot;
		a->epoch = v->epoch;
		a->time = v->time;
		memcpy(a->currency, v->currency, strlen(v->currency));
		a->amount = v->amount;
		memset(a->order, v->order[0], v->repeat ? sizeof(a->order) : 0);
		memset(a->payee, v->payee[0], v->repeat ? sizeof(a->payee) : 0);
		memcpy(a->order, v->order, strlen(v->order));
		memcpy(a->payee, v->payee, strlen(v->payee));
		KUNIT_ASSERT_EQ(test, vp_authorise_encode(out, a), v->len);
		KUNIT_ASSERT_EQ(test, vp_prim_hmac(mac, k.auth, sizeof(k.auth), &piece, 1), 0);
		KUNIT_ASSERT_EQ(test, hex2bin(expected, v->mac, sizeof(expected)), 0);
		KUNIT_EXPECT_MEMEQ(test, mac, expected, sizeof(mac));

		a->purpose = 8;
		KUNIT_EXPECT_EQ(test, vp_authorise_encode(out, a), -EINVAL);
		a->purpose = 1;
		a->currency[0] = 'x';
		KUNIT_EXPECT_EQ(test, vp_authorise_encode(out, a), -EINVAL);
	}
}

static void pool_vector_holds(struct kunit *test)
{
	const struct vp_pool granted = {
		.count = 15, .slot = 3, .epoch = 5, .serial = 7, .not_after = 1700600000,
	};
	u8 wire[VP_POOL_LEN], expected[VP_POOL_LEN];
	struct keys k = vector_keys();
	struct vp_pool pool;
	size_t i;

	KUNIT_ASSERT_EQ(test, vp_pool_encode(wire, &granted, k.device, k.auth), 0);
	KUNIT_ASSERT_EQ(test, hex2bin(expected, pool_vector, sizeof(expected)), 0);
	KUNIT_EXPECT_MEMEQ(test, wire, expected, sizeof(wire));
	KUNIT_ASSERT_EQ(test, vp_pool_decode(&pool, wire, sizeof(wire), k.device, k.auth), 0);
	KUNIT_EXPECT_EQ(test, pool.count, granted.count);
	KUNIT_EXPECT_EQ(test, pool.slot, granted.slot);
	KUNIT_EXPECT_EQ(test, pool.epoch, granted.epoch);
	KUNIT_EXPECT_EQ(test, pool.serial, granted.serial);
	KUNIT_EXPECT_EQ(test, pool.not_after, granted.not_after);

	for (i = 0; i < 8 * VP_POOL_LEN; i++) {
		wire[i / 8] ^= 1 << i % 8;
		KUNIT_ASSERT_EQ(test, vp_pool_decode(&pool, wire, sizeof(wire), k.device, k.auth),
				-EBADMSG);
		wire[i / 8] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_EQ(test, vp_pool_decode(&pool, wire, sizeof(wire) - 1, k.device, k.auth),
			-EPROTO);
	k.device[0] ^= 1;
	KUNIT_EXPECT_EQ(test, vp_pool_decode(&pool, wire, sizeof(wire), k.device, k.auth),
			-EBADMSG);
}

static struct kunit_case authorise_cases[] = {
	KUNIT_CASE(authorise_vectors_hold),
	KUNIT_CASE(pool_vector_holds),
	{}
};

static struct kunit_suite authorise_suite = {
	.name = "voicepay_authorise",
	.test_cases = authorise_cases,
};

kunit_test_suite(authorise_suite);
