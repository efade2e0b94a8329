// SPDX-License-Identifier: GPL-2.0-or-later
/* The payment code's format: vectors, check digit, truncation, parsing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "bind.h"
#include "hex.h"
#include "paycode.h"
#include "prim.h"
#include "vectors.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void make(char out[PAYCODE_DIGITS + 1], const __u8 key[32], struct paycode *code,
		 unsigned long long time)
{
	__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH_LEN];
	struct vp_piece piece = { input, 0 };

	piece.len = paycode_mac_input(input, code, time / PAYCODE_STEP_SECONDS, NULL, 0);
	assert_int_equal(vp_prim_hmac(mac, key, 32, &piece, 1), 0);
	code->mac = paycode_truncate(mac);
	paycode_format((__u8 *)out, code);
	out[PAYCODE_DIGITS] = '\0';
}

static void vectors(void **state)
{
	char out[PAYCODE_DIGITS + 1];
	__u8 key[32];
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (i = 0; i < ARRAY_SIZE(pc1_vectors); i++) {
		struct paycode code = { .prefix = "71", .mode = 1, .alias = "0123456789",
					.q = pc1_vectors[i].q };

		make(out, key, &code, pc1_vectors[i].time);
		assert_string_equal(out, pc1_vectors[i].digits);
	}
}

static void with_step(char out[PAYCODE_DIGITS + 1], struct paycode *code, __u64 step,
		      const __u8 *bind, size_t bind_len)
{
	__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH512_LEN], key[VP_KEY512_LEN];
	struct vp_piece piece = { input, 0 };
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	piece.len = paycode_mac_input(input, code, step, bind, bind_len);
	if (code->mode == PAYCODE_PLAIN_512)
		assert_int_equal(vp_prim_hmac512(mac, key, sizeof(key), &piece, 1), 0);
	else
		assert_int_equal(vp_prim_hmac(mac, key, VP_KEY_LEN, &piece, 1), 0);
	code->mac = paycode_truncate(mac);
	paycode_format((__u8 *)out, code);
	out[PAYCODE_DIGITS] = '\0';
}

static void modes(void **state)
{
	char out[PAYCODE_DIGITS + 1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mode_vectors); i++) {
		struct paycode code = { .prefix = "71", .mode = mode_vectors[i].mode,
					.alias = "0123456789", .q = mode_vectors[i].q };

		with_step(out, &code, mode_vectors[i].step, NULL, 0);
		assert_string_equal(out, mode_vectors[i].digits);
	}
}

static struct paycode_terms terms_of(const struct bind_vector *v)
{
	struct paycode_terms t = { .amount = v->amount };

	memcpy(t.currency, v->currency, strlen(v->currency));
	memcpy(t.merchant, v->merchant, strlen(v->merchant));
	memcpy(t.challenge, v->challenge, strlen(v->challenge));
	return t;
}

static void bind_known(void **state)
{
	__u8 bind[PAYCODE_BIND_MAX], expected[PAYCODE_BIND_MAX];
	char out[PAYCODE_DIGITS + 1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bind_vectors); i++) {
		struct paycode_terms t = terms_of(&bind_vectors[i]);
		struct paycode code = { .prefix = "71", .mode = bind_vectors[i].mode,
					.alias = "0123456789" };

		assert_int_equal(paycode_bind(bind, &t, code.mode), 0);
		unhex(expected, sizeof(expected), bind_vectors[i].bind);
		assert_memory_equal(bind, expected, sizeof(bind));
		with_step(out, &code, 56666666, bind, sizeof(bind));
		assert_string_equal(out, bind_vectors[i].digits);
	}
}

/* Terms that a mode does not bind, or binds only half of, are refused rather than ignored. */
static void bind_refused(void **state)
{
	static const struct paycode_terms none;
	__u8 bind[PAYCODE_BIND_MAX];
	struct paycode_terms t;
	unsigned int mode;

	for (mode = 0; mode < 12; mode++) {
		int bound = mode == 2 || mode == 3 || mode == 4;

		assert_int_equal(paycode_check_terms(&none, mode), bound ? -EINVAL : 0);
		assert_int_equal(paycode_bind(bind, &none, mode), -EINVAL);
		t = terms_of(&bind_vectors[3]);
		assert_int_equal(paycode_check_terms(&t, mode), mode == 4 ? 0 : -EINVAL);
		assert_int_equal(paycode_bind(bind, &t, mode), mode == 4 ? 0 : -EINVAL);
		t = terms_of(&bind_vectors[0]);
		assert_int_equal(paycode_bind(bind, &t, mode), mode == 2 ? 0 : -EINVAL);
		t = terms_of(&bind_vectors[2]);
		assert_int_equal(paycode_bind(bind, &t, mode), mode == 3 ? 0 : -EINVAL);
	}
#define REFUSED(change) do {						\
		t = terms_of(&bind_vectors[3]);				\
		change;							\
		assert_int_equal(paycode_bind(bind, &t, 4), -EINVAL);	\
	} while (0)
	REFUSED(t.amount = 0);
	REFUSED(t.amount = PAYCODE_AMOUNT_MAX + 1);
	REFUSED(t.currency[2] = 0);
	REFUSED(t.currency[0] = 'c');
	REFUSED(memset(t.currency, 0, 3));
	REFUSED(memset(t.merchant, 0, sizeof(t.merchant)));
	REFUSED(t.merchant[0] = ' ');
	REFUSED(t.merchant[3] = '/');
	REFUSED(t.merchant[63] = 'x');		/* behind the end */
	REFUSED(t.challenge[0] = ' ');
	REFUSED(t.challenge[1] = 0x7f);
	REFUSED(t.challenge[31] = 'x');
	REFUSED(t.challenge[0] = 0);
}

/* Attack: move a character from one field to the next, and have the same bytes. */
static void bind_is_injective(void **state)
{
	__u8 a[PAYCODE_BIND_MAX], b[PAYCODE_BIND_MAX];
	struct paycode_terms t = { .merchant = "ab", .challenge = "c" };

	assert_int_equal(paycode_bind(a, &t, 3), 0);
	memcpy(t.merchant, "a", 2);
	memcpy(t.challenge, "bc", 2);
	assert_int_equal(paycode_bind(b, &t, 3), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	memcpy(t.merchant, "abc", 3);
	memset(t.challenge, 0, 2);
	assert_int_equal(paycode_bind(b, &t, 3), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* The bytes under the MAC, written out: what another implementation must agree with. */
static void mac_input(void **state)
{
	struct paycode code = { .prefix = "71", .mode = 2, .alias = "0123456789", .q = 7 };
	__u8 expected[] = "PC1" "71" "2" "0123456789" "\0\0\0\0\x03\x60\x51\xc0" "\x07" "\0\x20";
	__u8 out[PAYCODE_INPUT_MAX], bind[32];
	size_t n = sizeof(expected) - 1;

	memset(bind, 0xb1, sizeof(bind));
	assert_int_equal(paycode_mac_input(out, &code, 0x036051c0, bind, sizeof(bind)), n + 32);
	assert_memory_equal(out, expected, n);
	assert_memory_equal(out + n, bind, sizeof(bind));

	expected[n - 1] = 0;
	assert_int_equal(paycode_mac_input(out, &code, 0x036051c0, NULL, 0), n);
	assert_memory_equal(out, expected, n);
}

static void truncation(void **state)
{
	__u8 bytes[8];
	__u64 value;
	int i, b;

	srandom(1);
	for (i = 0; i < 100000; i++) {
		value = 0;
		for (b = 0; b < 8; b++) {
			/* all ones and all zeros are where an overflow would show */
			bytes[b] = i == 0 ? 0xff : i == 1 ? 0 : random();
			value = value << 8 | bytes[b];
		}
		assert_int_equal(paycode_truncate(bytes), value % 1000000000U);
	}
}

/* Each of the parts that a MAC's digits are taken from at once, with all values. */
static void mac_digits(void **state)
{
	struct paycode code = { .prefix = "71", .mode = 1, .alias = "0123456789" };
	__u8 out[PAYCODE_DIGITS];
	char digits[16];
	__u32 n, i;

	for (n = 0; n < 10000; n++) {
		for (i = 0; i < 4; i++) {
			code.mac = i == 0 ? n : i == 1 ? n * 10000 : i == 2 ? n * 10001 :
				   n % 10 * 100000000 + (9999 - n) * 10000 + n;
			paycode_format(out, &code);
			snprintf(digits, sizeof(digits), "%09u", code.mac);
			assert_memory_equal(out + 14, digits, 9);
		}
	}
}

static void damm_known(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(damm_vectors); i++)
		assert_int_equal(paycode_damm((const __u8 *)damm_vectors[i].digits,
					      strlen(damm_vectors[i].digits)),
				 damm_vectors[i].check);
}

static void random_code(__u8 out[PAYCODE_DIGITS])
{
	struct paycode code = { .mode = random() % 10, .q = random() % 10,
				.mac = random() % 1000000000U };
	size_t i;

	for (i = 0; i < sizeof(code.prefix); i++)
		code.prefix[i] = '0' + random() % 10;
	for (i = 0; i < sizeof(code.alias); i++)
		code.alias[i] = '0' + random() % 10;
	paycode_format(out, &code);
}

/* Attack and accident: a digit misheard, two digits swapped. Every one is found. */
static void damm_finds_errors(void **state)
{
	__u8 digits[PAYCODE_DIGITS], wrong[PAYCODE_DIGITS];
	struct paycode code;
	size_t i, n;
	__u8 d;

	srandom(2);
	for (n = 0; n < 10000; n++) {
		random_code(digits);
		assert_int_equal(paycode_parse(&code, (char *)digits, sizeof(digits)), 0);
		for (i = 0; i < sizeof(digits); i++) {
			memcpy(wrong, digits, sizeof(wrong));
			for (d = '0'; d <= '9'; d++) {
				wrong[i] = d;
				assert_int_equal(paycode_parse(&code, (char *)wrong, sizeof(wrong)),
						 d == digits[i] ? 0 : -EBADMSG);
			}
		}
		for (i = 0; i + 1 < sizeof(digits); i++) {
			if (digits[i] == digits[i + 1])
				continue;
			memcpy(wrong, digits, sizeof(wrong));
			wrong[i] = digits[i + 1];
			wrong[i + 1] = digits[i];
			assert_int_equal(paycode_parse(&code, (char *)wrong, sizeof(wrong)), -EBADMSG);
		}
	}
}

static void parse_is_inverse(void **state)
{
	__u8 digits[PAYCODE_DIGITS], again[PAYCODE_DIGITS];
	struct paycode code;
	int n;

	srandom(3);
	for (n = 0; n < 10000; n++) {
		random_code(digits);
		assert_int_equal(paycode_parse(&code, (char *)digits, sizeof(digits)), 0);
		paycode_format(again, &code);
		assert_memory_equal(digits, again, sizeof(digits));
	}
}

static void parse_refuses(void **state)
{
	static const char *const bad[] = {
		"", "7", "71101234567890906905671", "7110123456789090690567150",
		"71101234567890906905671a", "7110123456789090690567 5", "-11012345678909069056715",
		"711012345678909069056\xef\xbc\x95",	/* a full-width five */
	};
	struct paycode code;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(paycode_parse(&code, bad[i], strlen(bad[i])), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(modes),
		cmocka_unit_test(bind_known),
		cmocka_unit_test(bind_refused),
		cmocka_unit_test(bind_is_injective),
		cmocka_unit_test(mac_input),
		cmocka_unit_test(truncation),
		cmocka_unit_test(mac_digits),
		cmocka_unit_test(damm_known),
		cmocka_unit_test(damm_finds_errors),
		cmocka_unit_test(parse_is_inverse),
		cmocka_unit_test(parse_refuses),
	};

	return cmocka_run_group_tests_name("paycode", tests, NULL, NULL);
}
