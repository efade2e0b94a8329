// SPDX-License-Identifier: GPL-2.0-or-later
/* What is authorised, and the pool's message: vectors, and what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "authorise.h"
#include "hex.h"
#include "pool.h"
#include "vectors.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static __u8 auth[VP_KEY_LEN], device[VP_DEVICE_ID_LEN];

static int setup(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(auth); i++)
		auth[i] = 0x20 + i;
	for (i = 0; i < sizeof(device); i++)
		device[i] = 0xa0 + i;
	return 0;
}

static void fill(struct vp_authorise *a, const struct authorise_vector *v)
{
	memset(a, 0, sizeof(*a));
	a->purpose = v->purpose;
	memcpy(a->device, device, sizeof(device));
	a->slot = v->slot;
	a->epoch = v->epoch;
	a->time = v->time;
	memcpy(a->currency, v->currency, strlen(v->currency));
	a->amount = v->amount;
	if (v->repeat) {
		memset(a->order, v->order[0], sizeof(a->order));
		memset(a->payee, v->payee[0], sizeof(a->payee));
	} else {
		memcpy(a->order, v->order, strlen(v->order));
		memcpy(a->payee, v->payee, strlen(v->payee));
	}
}

static void authorise_known(void **state)
{
	__u8 out[VP_AUTHORISE_MAX], mac[VP_HASH_LEN], expected[VP_HASH_LEN];
	struct vp_authorise a;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(authorise_vectors); i++) {
		const struct authorise_vector *v = &authorise_vectors[i];
		struct vp_piece piece = { out, v->len };

		fill(&a, v);
		assert_int_equal(vp_authorise_encode(out, &a), v->len);
		assert_int_equal(vp_prim_hmac(mac, auth, sizeof(auth), &piece, 1), 0);
		unhex(expected, sizeof(expected), v->mac);
		assert_memory_equal(mac, expected, sizeof(mac));
	}
}

static void authorise_refused(void **state)
{
	__u8 out[VP_AUTHORISE_MAX];
	struct vp_authorise a;

#define REFUSED(change) do {						\
		fill(&a, &authorise_vectors[0]);			\
		change;							\
		assert_int_equal(vp_authorise_encode(out, &a), -EINVAL);	\
	} while (0)
	REFUSED(a.purpose = 0);
	REFUSED(a.purpose = VP_PURPOSE_LIMITS + 1);
	REFUSED(a.purpose += 256);	/* one byte is written */
	REFUSED(a.currency[1] = 0);
	REFUSED(a.currency[2] = 'y');
	REFUSED(a.order[63] = 'x');
	REFUSED(a.payee[255] = 'x');
}

/* Attack: end the order later and begin the payee later, and have the same bytes. */
static void authorise_is_injective(void **state)
{
	__u8 one[VP_AUTHORISE_MAX], two[VP_AUTHORISE_MAX];
	struct vp_authorise a;
	int n;

	fill(&a, &authorise_vectors[0]);
	memset(a.order, 0, sizeof(a.order));
	memcpy(a.order, "ab", 2);
	memset(a.payee, 0, sizeof(a.payee));
	memcpy(a.payee, "c", 1);
	n = vp_authorise_encode(one, &a);
	memset(a.order, 0, sizeof(a.order));
	memcpy(a.order, "a", 1);
	memcpy(a.payee, "bc", 2);
	assert_int_equal(vp_authorise_encode(two, &a), n);
	assert_memory_not_equal(one, two, n);
}

static const struct vp_pool granted = {
	.count = 15, .slot = 3, .epoch = 5, .serial = 7, .not_after = 1700600000,
};

static void pool_known(void **state)
{
	__u8 out[VP_POOL_LEN], expected[VP_POOL_LEN];
	struct vp_pool pool;

	assert_int_equal(vp_pool_encode(out, &granted, device, auth), 0);
	assert_int_equal(unhex(expected, sizeof(expected), pool_vector), VP_POOL_LEN);
	assert_memory_equal(out, expected, sizeof(out));
	assert_int_equal(vp_pool_decode(&pool, out, sizeof(out), device, auth), 0);
	assert_int_equal(pool.count, granted.count);
	assert_int_equal(pool.slot, granted.slot);
	assert_int_equal(pool.epoch, granted.epoch);
	assert_int_equal(pool.serial, granted.serial);
	assert_int_equal(pool.not_after, granted.not_after);
}

/* Every bit, every length, another device, another key. */
static void pool_refused(void **state)
{
	__u8 wire[VP_POOL_LEN + 1] = {};
	struct vp_pool pool, bad;
	size_t i;

	assert_int_equal(vp_pool_encode(wire, &granted, device, auth), 0);
	for (i = 0; i < 8 * VP_POOL_LEN; i++) {
		wire[i / 8] ^= 1 << i % 8;
		assert_int_equal(vp_pool_decode(&pool, wire, VP_POOL_LEN, device, auth), -EBADMSG);
		wire[i / 8] ^= 1 << i % 8;
	}
	for (i = 0; i <= sizeof(wire); i++)
		assert_int_equal(vp_pool_decode(&pool, wire, i, device, auth),
				 i == VP_POOL_LEN ? 0 : -EPROTO);
	device[3] ^= 1;
	assert_int_equal(vp_pool_decode(&pool, wire, VP_POOL_LEN, device, auth), -EBADMSG);
	device[3] ^= 1;
	auth[31] ^= 1;
	assert_int_equal(vp_pool_decode(&pool, wire, VP_POOL_LEN, device, auth), -EBADMSG);
	auth[31] ^= 1;

#define NOT_A_POOL(change) do {						\
		bad = granted;						\
		change;							\
		assert_int_equal(vp_pool_encode(wire, &bad, device, auth), -EPROTO);	\
	} while (0)
	NOT_A_POOL(bad.count = 0);
	NOT_A_POOL(bad.count = VP_POOL_CODES_MAX + 1);
	NOT_A_POOL(bad.epoch = 0);
	NOT_A_POOL(bad.serial = 0);
	NOT_A_POOL(bad.serial = VP_POOL_SERIAL_END);
}

/* What the gateway's own key says is believed only as far as it makes sense. */
static void pool_makes_no_sense(void **state)
{
	static const struct { unsigned int at; __u8 value; } changes[] = {
		{ 0, 2 }, { 1, 0 }, { 1, 16 }, { 2, 1 }, { 3, 1 }, { 16, 0x80 }, { 16, 0x08 },
	};
	__u8 wire[VP_POOL_LEN];
	const struct vp_piece pieces[] = {
		{ "voicepay-1 pool", 15 }, { device, sizeof(device) }, { wire, 32 },
	};
	struct vp_pool pool;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		assert_int_equal(vp_pool_encode(wire, &granted, device, auth), 0);
		wire[changes[i].at] = changes[i].value;
		assert_int_equal(vp_prim_hmac(wire + 32, auth, sizeof(auth), pieces, 3), 0);
		assert_int_equal(vp_pool_decode(&pool, wire, sizeof(wire), device, auth), -EPROTO);
	}
}

/* No two of a pool's codes, nor of two pools, are over the same step. */
static void pool_steps(void **state)
{
	unsigned int i, same[PAYCODE_PER_STEP] = {};

	for (i = 0; i < VP_POOL_CODES_MAX; i++) {
		assert_true(paycode_pool_step(7, i) < paycode_pool_step(8, 0));
		assert_true(++same[paycode_pool_q(i)] <= 2);
	}
	assert_true(paycode_pool_step(VP_POOL_SERIAL_END - 1, 14) > paycode_pool_step(1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authorise_known),
		cmocka_unit_test(authorise_refused),
		cmocka_unit_test(authorise_is_injective),
		cmocka_unit_test(pool_known),
		cmocka_unit_test(pool_refused),
		cmocka_unit_test(pool_makes_no_sense),
		cmocka_unit_test(pool_steps),
	};

	return cmocka_run_group_tests_name("authorise", tests, setup, NULL);
}
