// SPDX-License-Identifier: GPL-2.0
/* KUnit: one-time passwords, from a cell of the vault, against the RFCs' vectors. */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/math64.h>

#include "voicepay.h"
#include "otp.h"
#include "vectors.h"

static struct vp_key *with_secret(struct kunit *test, u32 algorithm, u32 digits, u32 period,
				  u32 len)
{
	const struct vp_otp_terms terms = {
		.algorithm = algorithm, .digits = digits, .period = period, .secret_len = len,
	};
	u8 secret[VP_OTP_SECRET_MAX];
	struct vp_key *key;
	u32 i;

	for (i = 0; i < len; i++)
		secret[i] = '0' + (i + 1) % 10;
	KUNIT_ASSERT_TRUE(test, vp_otp_terms_ok(&terms));
	key = vp_key_create_otp(&terms, secret, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(key));
	return key;
}

static void rfc4226(struct kunit *test)
{
	struct vp_key *key = with_secret(test, VOICEPAY_OTP_SHA1, 6, 0, 20);
	u8 digits[VP_OTP_DIGITS_MAX];
	u64 counter;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hotp_vectors); i++) {
		KUNIT_ASSERT_EQ(test, vp_key_take_counter(key, true, &counter), 0);
		KUNIT_EXPECT_EQ(test, counter, i);
		KUNIT_ASSERT_EQ(test, vp_otp_compute(key, counter, digits), 0);
		KUNIT_EXPECT_MEMEQ(test, digits, hotp_vectors[i], 6);
	}
	vp_key_destroy(key);
}

static void one_hash(struct kunit *test, u32 algorithm, u32 len, size_t offset)
{
	struct vp_key *key = with_secret(test, algorithm, 8, 30, len);
	u8 digits[VP_OTP_DIGITS_MAX];
	const char *expected;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(totp_vectors); i++) {
		expected = *(const char *const *)((const u8 *)&totp_vectors[i] + offset);
		KUNIT_ASSERT_EQ(test, vp_otp_compute(key, div_u64(totp_vectors[i].time, 30),
						     digits), 0);
		KUNIT_EXPECT_MEMEQ(test, digits, expected, 8);
	}
	vp_key_destroy(key);
}

static void rfc6238(struct kunit *test)
{
	one_hash(test, VOICEPAY_OTP_SHA1, 20, offsetof(struct totp_vector, sha1));
	one_hash(test, VOICEPAY_OTP_SHA256, 32, offsetof(struct totp_vector, sha256));
	one_hash(test, VOICEPAY_OTP_SHA512, 64, offsetof(struct totp_vector, sha512));
}

/* Fewer digits are the last ones of more. */
static void digits(struct kunit *test)
{
	u8 eight[VP_OTP_DIGITS_MAX], fewer[VP_OTP_DIGITS_MAX];
	struct vp_key *key = with_secret(test, VOICEPAY_OTP_SHA256, 8, 30, 128);
	u32 n;

	KUNIT_ASSERT_EQ(test, vp_otp_compute(key, 12345, eight), 0);
	vp_key_destroy(key);
	for (n = 6; n <= 8; n++) {
		key = with_secret(test, VOICEPAY_OTP_SHA256, n, 30, 128);
		KUNIT_ASSERT_EQ(test, vp_otp_compute(key, 12345, fewer), 0);
		KUNIT_EXPECT_MEMEQ(test, fewer, eight + 8 - n, n);
		vp_key_destroy(key);
	}
}

static void bad_terms(struct kunit *test)
{
	struct vp_otp_terms terms;

#define BAD(field, value) do {							\
		terms = (struct vp_otp_terms){ VOICEPAY_OTP_SHA1, 6, 30, 20 };	\
		KUNIT_EXPECT_TRUE(test, vp_otp_terms_ok(&terms));		\
		terms.field = (value);						\
		KUNIT_EXPECT_FALSE(test, vp_otp_terms_ok(&terms));		\
	} while (0)
	BAD(algorithm, 0);
	BAD(algorithm, 4);
	BAD(digits, 5);
	BAD(digits, 9);
	BAD(secret_len, 0);
	BAD(secret_len, VP_OTP_SECRET_MAX + 1);
}

static struct kunit_case otp_cases[] = {
	KUNIT_CASE(rfc4226),
	KUNIT_CASE(rfc6238),
	KUNIT_CASE(digits),
	KUNIT_CASE(bad_terms),
	{}
};

static struct kunit_suite otp_suite = {
	.name = "voicepay_otp",
	.test_cases = otp_cases,
};

kunit_test_suite(otp_suite);
