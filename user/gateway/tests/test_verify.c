// SPDX-License-Identifier: GPL-2.0-or-later
/* verify.c: the vectors of PC1, the edges of the window, the watermark. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hkdf.h"
#include "hmac.h"
#include "keystore.h"
#include "prim_openssl.h"
#include "throttle.h"
#include "verify.h"

#define STEP	(1700000000ULL / PAYCODE_STEP_SECONDS)

static struct vp_root_keys roots;
static __u8 *const key = roots.code;
static const struct verify_under under = { &roots, NULL };
static const char vector0[] = "711012345678909069056715";
static const char vector1[] = "711012345678914615827812";

static struct paycode parsed(const char *digits)
{
	struct paycode code;

	assert_int_equal(paycode_parse(&code, digits, strlen(digits)), 0);
	return code;
}

static int set_key(void **state)
{
	for (int i = 0; i < VP_KEY_LEN; i++)
		key[i] = i;
	return 0;
}

static void vectors(void **state)
{
	struct paycode c0 = parsed(vector0), c1 = parsed(vector1);
	__u64 ord = 0;

	assert_int_equal(verify_code(&c0, &under, STEP, 0, &ord), VERDICT_GOOD);
	assert_int_equal(ord, STEP * 10);
	assert_int_equal(verify_code(&c1, &under, STEP, 0, &ord), VERDICT_GOOD);
	assert_int_equal(ord, STEP * 10 + 1);
}

static void window(void **state)
{
	struct paycode code = parsed(vector0);
	__u64 ord;

	for (int d = -4; d <= 4; d++) {
		enum verdict v = verify_code(&code, &under, STEP + d, 0, &ord);

		assert_int_equal(v, d >= -1 && d <= 1 ? VERDICT_GOOD : VERDICT_WRONG);
		if (v == VERDICT_GOOD)
			assert_int_equal(ord, STEP * 10);
	}
	/* An hour ago, and the first steps there are. */
	assert_int_equal(verify_code(&code, &under, STEP + 120, 0, &ord), VERDICT_WRONG);
	assert_int_equal(verify_code(&code, &under, 0, 0, &ord), VERDICT_WRONG);
}

static void watermark(void **state)
{
	struct paycode c0 = parsed(vector0), c1 = parsed(vector1);
	__u64 ord;

	assert_int_equal(verify_code(&c0, &under, STEP, STEP * 10 - 1, &ord), VERDICT_GOOD);
	assert_int_equal(verify_code(&c0, &under, STEP, STEP * 10, &ord), VERDICT_USED);
	/* A code lifted and held back dies with the next one. */
	assert_int_equal(verify_code(&c0, &under, STEP, STEP * 10 + 1, &ord), VERDICT_USED);
	assert_int_equal(verify_code(&c1, &under, STEP, STEP * 10, &ord), VERDICT_GOOD);
}

static void other_key_or_digit(void **state)
{
	struct paycode code = parsed(vector0);
	struct vp_root_keys other = roots;
	const struct verify_under wrong_key = { &other, NULL };
	__u64 ord;

	other.code[31] ^= 1;
	assert_int_equal(verify_code(&code, &wrong_key, STEP, 0, &ord), VERDICT_WRONG);
	for (__u32 i = 1; i < 1000; i++) {
		struct paycode wrong = code;

		wrong.mac = (code.mac + i) % 1000000000;
		assert_int_equal(verify_code(&wrong, &under, STEP, 0, &ord), VERDICT_WRONG);
	}
	code.q = 1;	/* Q is under the MAC */
	assert_int_equal(verify_code(&code, &under, STEP, 0, &ord), VERDICT_WRONG);
	code = parsed(vector0);
	code.mode = 5;	/* so is V */
	assert_int_equal(verify_code(&code, &under, STEP, 0, &ord), VERDICT_WRONG);
}

static void check_digit_first(void **state)
{
	struct paycode code;
	char digits[PAYCODE_DIGITS + 1];

	for (int i = 0; i < PAYCODE_DIGITS; i++) {
		for (char c = '0'; c <= '9'; c++) {
			strcpy(digits, vector0);
			if (digits[i] == c)
				continue;
			digits[i] = c;
			assert_int_equal(paycode_parse(&code, digits, PAYCODE_DIGITS), -EBADMSG);
		}
	}
}

/* HMACs in a row under one key are each the same as one alone. */
static void hmac_in_a_row(void **state)
{
	struct hmac_states hs;

	hmac_prepare(&hs, key);
	for (size_t n = 0; n < 200; n++) {
		__u8 msg[200], a[VP_HASH_LEN], b[VP_HASH_LEN];
		struct vp_piece piece = { msg, n };
		const struct vp_piece parts[] = { { msg, n / 3 }, { NULL, 0 }, { msg + n / 3, n - n / 3 } };

		memset(msg, n, sizeof(msg));
		assert_int_equal(vp_prim_hmac(b, key, VP_KEY_LEN, &piece, 1), 0);
		hmac_sum(&hs, a, &piece, 1);
		assert_memory_equal(a, b, sizeof(a));
		hmac_sum(&hs, a, parts, 3);
		assert_memory_equal(a, b, sizeof(a));
	}
}

/* What is in databases: a salt, and AES-256-GCM under what HKDF-Expand makes of it and the master key. */
static void sealed_rows_keep_their_form(void **state)
{
	struct keystore ks = { .has_other = false };
	struct vp_piece pieces[] = { { "voicepay sealed row 1", 21 }, { NULL, KEYSTORE_SALT_LEN } };
	__u8 in[96], sealed[sizeof(in) + KEYSTORE_OVERHEAD], okm[32 + GCM_NONCE_LEN], out[sizeof(in)];

	memset(ks.master, 7, sizeof(ks.master));
	memset(in, 9, sizeof(in));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(keystore_seal(&ks, "row", 3, in, sizeof(in), sealed), 0);
		pieces[1].data = sealed;
		assert_int_equal(vp_hkdf_expand(okm, sizeof(okm), ks.master, 32, pieces, 2), 0);
		assert_int_equal(gcm_open(out, okm, okm + 32, (const __u8 *)"row", 3, sealed + KEYSTORE_SALT_LEN,
					  sizeof(sealed) - KEYSTORE_SALT_LEN), 0);
		assert_memory_equal(out, in, sizeof(in));
		/* The same context serves the next one, of whatever kind. */
		assert_int_equal(keystore_open(&ks, "raw", 3, sealed, sizeof(sealed), out), -EBADMSG);
		memset(okm, 0, sizeof(okm));
		assert_memory_equal(out, okm, sizeof(okm));
		sealed[sizeof(sealed) - 1] ^= 1;
		assert_int_equal(keystore_open(&ks, "row", 3, sealed, sizeof(sealed), out), -EBADMSG);
		sealed[sizeof(sealed) - 1] ^= 1;
		assert_int_equal(keystore_open(&ks, "row", 3, sealed, sizeof(sealed), out), 0);
		assert_memory_equal(out, in, sizeof(in));
	}
}

static void throttle_by_merchant_then_alias(void **state)
{
	struct throttle *th = throttle_new();
	const char *mine = "711012345678909069056715", *other = "711987654321009069056715";
	__u64 now = 1700000000;

	for (int i = 0; i < THROTTLE_MERCHANT; i++)
		assert_true(throttle_take(th, 1, mine, now));
	assert_false(throttle_take(th, 1, mine, now));
	assert_false(throttle_take(th, 1, other, now));
	/* The alias's owner pays elsewhere undisturbed. */
	assert_true(throttle_take(th, 2, mine, now));
	throttle_give_back(th, 2, mine, false);
	/* It takes several merchants to use up an alias, and then others' aliases are as before. */
	for (int m = 2; m <= 3; m++)
		for (int i = 0; i < THROTTLE_MERCHANT; i++)
			assert_true(throttle_take(th, m, mine, now));
	assert_false(throttle_take(th, 4, mine, now));
	assert_true(throttle_take(th, 4, other, now));
	/* Rations fill with time, and being refused does not cost. */
	assert_true(throttle_take(th, 1, other, now + THROTTLE_SECONDS / THROTTLE_MERCHANT));
	assert_false(throttle_take(th, 1, other, now + THROTTLE_SECONDS / THROTTLE_MERCHANT));
	for (int i = 0; i < THROTTLE_MERCHANT; i++)
		assert_true(throttle_take(th, 1, mine, now + 2 * THROTTLE_SECONDS));
	throttle_free(th);
}

/* A till that sells much meets more expired codes than one that does not; a guesser gets no more. */
static void throttle_of_honest_tills(void **state)
{
	const char *mine = "711012345678909069056715", *other = "711012345678909069056723";
	struct throttle *th = throttle_new();
	__u64 now = 1700000010;
	int n;

	/* The same wrong code within its step is no guess; in the next step, or another, it is. */
	for (n = 0; n < THROTTLE_MERCHANT - 1; n++)
		assert_true(throttle_take(th, 1, mine, now));
	throttle_wrong(th, NULL, 1, mine, now);
	for (n = 0; n < 50; n++)
		assert_true(throttle_take(th, 1, mine, now + n % 10));
	assert_true(throttle_take(th, 1, other, now));
	assert_true(throttle_take(th, 1, mine, now + 30));
	assert_false(throttle_take(th, 1, other, now));
	/* Of a bound code each try may be for another amount or challenge, and so another guess. */
	for (n = 0; throttle_take(th, 5, "713987654321009069056715", now) == THROTTLE_TOOK; n++)
		throttle_wrong(th, NULL, 5, "713987654321009069056715", now);
	assert_int_equal(n, THROTTLE_MERCHANT);
	assert_int_equal(throttle_take(th, 5, "713987654321009069056715", now), THROTTLE_NOTHING_LEFT);
	/* It is the merchant's own: another's costs. */
	throttle_wrong(th, NULL, 1, mine, now);
	for (n = 0; throttle_take(th, 2, mine, now); n++)
		;
	assert_int_equal(n, THROTTLE_MERCHANT);
	/* Ten good ones are worth one wrong one. */
	for (n = 0; n < THROTTLE_MERCHANT; n++)
		assert_true(throttle_take(th, 3, other, now));
	throttle_give_back(th, 3, other, false);
	for (n = 0; n < 10; n++) {
		assert_true(throttle_take(th, 3, other, now));
		throttle_give_back(th, 3, other, true);
	}
	assert_true(throttle_take(th, 3, other, now));
	assert_true(throttle_take(th, 3, other, now));
	assert_false(throttle_take(th, 3, other, now));
	throttle_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(window),
		cmocka_unit_test(watermark),
		cmocka_unit_test(other_key_or_digit),
		cmocka_unit_test(check_digit_first),
		cmocka_unit_test(hmac_in_a_row),
		cmocka_unit_test(sealed_rows_keep_their_form),
		cmocka_unit_test(throttle_by_merchant_then_alias),
		cmocka_unit_test(throttle_of_honest_tills),
	};

	return cmocka_run_group_tests_name("verify", tests, set_key, NULL);
}
