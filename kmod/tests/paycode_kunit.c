// SPDX-License-Identifier: GPL-2.0
/* KUnit: the payment code's format, with the module's own HMAC. */

#include <kunit/test.h>
#include <linux/hex.h>
#include <linux/math64.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "hmac.h"
#include "common/bind.h"
#include "common/paycode.h"
#include "vectors.h"

static void pc1_vectors_hold(struct kunit *test)
{
	u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH_LEN], out[PAYCODE_DIGITS], key[32];
	struct vp_hmac_states states;
	struct vp_piece piece = { input, 0 };
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	KUNIT_ASSERT_EQ(test, vp_hmac_prepare(&states, key, sizeof(key)), 0);

	for (i = 0; i < ARRAY_SIZE(pc1_vectors); i++) {
		struct paycode code = { .prefix = "71", .mode = 1, .alias = "0123456789",
					.q = pc1_vectors[i].q };

		piece.len = paycode_mac_input(input, &code,
					      div_u64(pc1_vectors[i].time, PAYCODE_STEP_SECONDS),
					      NULL, 0);
		KUNIT_ASSERT_EQ(test, vp_hmac(mac, &states, &piece, 1), 0);
		code.mac = paycode_truncate(mac);
		paycode_format(out, &code);
		KUNIT_EXPECT_MEMEQ(test, out, pc1_vectors[i].digits, PAYCODE_DIGITS);
	}
}

static void expect_code(struct kunit *test, struct paycode *code, u64 step, const u8 *bind,
			size_t bind_len, const char *digits)
{
	u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH512_LEN], key[VP_KEY512_LEN], out[PAYCODE_DIGITS];
	struct vp_piece piece = { input, 0 };
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	piece.len = paycode_mac_input(input, code, step, bind, bind_len);
	if (code->mode == PAYCODE_PLAIN_512)
		KUNIT_ASSERT_EQ(test, vp_prim_hmac512(mac, key, sizeof(key), &piece, 1), 0);
	else
		KUNIT_ASSERT_EQ(test, vp_prim_hmac(mac, key, VP_KEY_LEN, &piece, 1), 0);
	code->mac = paycode_truncate(mac);
	paycode_format(out, code);
	KUNIT_EXPECT_MEMEQ(test, out, digits, PAYCODE_DIGITS);
}

static void mode_vectors_hold(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mode_vectors); i++) {
		const struct mode_vector *v = &mode_vectors[i];
		struct paycode code = { .prefix = "71", .mode = v->mode, .alias = "0123456789",
					.q = v->q };

		expect_code(test, &code, v->step, NULL, 0, v->digits);
	}
}

static void bind_vectors_hold(struct kunit *test)
{
	u8 bind[PAYCODE_BIND_MAX], expected[PAYCODE_BIND_MAX];
	struct paycode_terms terms;
	size_t i;
	u32 mode;

	for (i = 0; i < ARRAY_SIZE(bind_vectors); i++) {
		const struct bind_vector *v = &bind_vectors[i];
		struct paycode code = { .prefix = "71", .mode = v->mode, .alias = "0123456789" };

		memset(&terms, 0, sizeof(terms));
		terms.amount = v->amount;
		memcpy(terms.currency, v->currency, strlen(v->currency));
		memcpy(terms.merchant, v->merchant, strlen(v->merchant));
		memcpy(terms.challenge, v->challenge, strlen(v->challenge));
		for (mode = 0; mode < 12; mode++)
			KUNIT_EXPECT_EQ(test, paycode_bind(bind, &terms, mode),
					mode == v->mode ? 0 : -EINVAL);
		KUNIT_ASSERT_EQ(test, paycode_bind(bind, &terms, v->mode), 0);
		KUNIT_ASSERT_EQ(test, hex2bin(expected, v->bind, sizeof(expected)), 0);
		KUNIT_EXPECT_MEMEQ(test, bind, expected, sizeof(bind));
		expect_code(test, &code, 56666666, bind, sizeof(bind), v->digits);
		terms.currency[1] = '\0';
		terms.merchant[1] = '\0';
		KUNIT_EXPECT_EQ(test, paycode_bind(bind, &terms, v->mode), -EINVAL);
	}
}

/* What the module makes codes of: the beginning of the same HMAC. */
static void head_is_of_the_hmac(struct kunit *test)
{
	u8 block[VP_HMAC_BLOCK], key[32], mac[VP_HASH_LEN];
	struct vp_piece piece = { block, 0 };
	struct vp_hmac_states states;
	u64 head;

	get_random_bytes(key, sizeof(key));
	KUNIT_ASSERT_EQ(test, vp_hmac_prepare(&states, key, sizeof(key)), 0);
	for (; piece.len <= sizeof(block); piece.len++) {
		memset(block, 0, sizeof(block));
		get_random_bytes(block, piece.len);
		KUNIT_ASSERT_EQ(test, vp_prim_hmac(mac, key, sizeof(key), &piece, 1), 0);
		KUNIT_ASSERT_EQ(test, vp_hmac_head(&head, &states, block, piece.len), 0);
		KUNIT_EXPECT_EQ(test, head, get_unaligned_be64(mac));
	}
}

static void truncate_is_modulo(struct kunit *test)
{
	u32 remainder;
	u8 bytes[8];
	u64 value;
	int i, b;

	for (i = 0; i < 10000; i++) {
		get_random_bytes(bytes, sizeof(bytes));
		if (i < 2)
			memset(bytes, i ? 0xff : 0, sizeof(bytes));
		for (value = 0, b = 0; b < 8; b++)
			value = value << 8 | bytes[b];
		div_u64_rem(value, 1000000000, &remainder);
		KUNIT_ASSERT_EQ(test, paycode_truncate(bytes), remainder);
	}
}

static void damm_vectors_hold(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(damm_vectors); i++)
		KUNIT_EXPECT_EQ(test, damm_vectors[i].check,
				paycode_damm((const u8 *)damm_vectors[i].digits,
					     strlen(damm_vectors[i].digits)));
}

static void parse_finds_wrong_digits(struct kunit *test)
{
	char digits[PAYCODE_DIGITS + 1];
	struct paycode code;
	size_t i;
	char c;

	memcpy(digits, pc1_vectors[0].digits, sizeof(digits));
	for (i = 0; i < PAYCODE_DIGITS; i++) {
		for (c = '0'; c <= '9'; c++) {
			digits[i] = c;
			KUNIT_EXPECT_EQ(test, paycode_parse(&code, digits, PAYCODE_DIGITS),
					c == pc1_vectors[0].digits[i] ? 0 : -EBADMSG);
		}
		digits[i] = 'x';
		KUNIT_EXPECT_EQ(test, paycode_parse(&code, digits, PAYCODE_DIGITS), -EINVAL);
		digits[i] = pc1_vectors[0].digits[i];
	}
	KUNIT_EXPECT_EQ(test, paycode_parse(&code, digits, PAYCODE_DIGITS - 1), -EINVAL);
}

static struct kunit_case paycode_cases[] = {
	KUNIT_CASE(pc1_vectors_hold),
	KUNIT_CASE(mode_vectors_hold),
	KUNIT_CASE(bind_vectors_hold),
	KUNIT_CASE(head_is_of_the_hmac),
	KUNIT_CASE(truncate_is_modulo),
	KUNIT_CASE(damm_vectors_hold),
	KUNIT_CASE(parse_finds_wrong_digits),
	{}
};

static struct kunit_suite paycode_suite = {
	.name = "voicepay_paycode",
	.test_cases = paycode_cases,
};

kunit_test_suite(paycode_suite);
