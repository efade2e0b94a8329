// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What PC1 promises, by numbers: no code decodes to another alias, MAC digits
 * are uniform, the check digit finds what it should, a guess is worth what
 * Documentation/pc1.md says. LONG=1 in the environment draws more.
 */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "prim_openssl.h"
#include "verify.h"

#define MODULUS		1000000000U

static bool lengthy(void)
{
	const char *s = getenv("LONG");

	return s && *s == '1';
}

/* Random bytes in bulk: a call of OpenSSL for each would be most of the time. */
static void draw(void *out, size_t len)
{
	static __u8 pool[1 << 16];
	static size_t left;

	if (left < len) {
		assert_int_equal(prim_random(pool, sizeof(pool)), 0);
		left = sizeof(pool);
	}
	left -= len;
	memcpy(out, pool + left, len);
}

static __u64 draw_number(__u64 below)
{
	__u64 n;

	draw(&n, sizeof(n));
	return n % below;	/* what the rest favours is beyond what is measured here */
}

static void draw_code(struct paycode *code)
{
	static const __u8 modes[] = { 1, 5, 6 };
	__u64 n = draw_number(10000000000ULL);

	memcpy(code->prefix, "71", 2);
	code->mode = modes[draw_number(3)];
	for (int i = PAYCODE_ALIAS_DIGITS - 1; i >= 0; i--, n /= 10)
		code->alias[i] = '0' + n % 10;
	code->q = draw_number(10);
}

static void sign(struct paycode *code, const struct vp_root_keys *roots, __u64 step)
{
	__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH512_LEN];
	struct vp_piece piece = { input, paycode_mac_input(input, code, step, NULL, 0) };
	int ret;

	if (code->mode == PAYCODE_PLAIN_512)
		ret = vp_prim_hmac512(mac, roots->code512, sizeof(roots->code512), &piece, 1);
	else
		ret = vp_prim_hmac(mac, roots->code, sizeof(roots->code), &piece, 1);
	assert_int_equal(ret, 0);
	code->mac = paycode_truncate(mac);
}

/* Each (alias, key, step) its own; each code its alias and no other's; each digit of the MAC as often. */
static void random_draws(void **state)
{
	const long draws = lengthy() ? 5000000 : 1000000;
	long digit[9][10] = { 0 };
	double worst = 0;

	for (long i = 0; i < draws; i++) {
		struct vp_root_keys roots;
		const struct verify_under under = { &roots, NULL };
		struct paycode code, back;
		char text[PAYCODE_DIGITS];
		__u64 step = draw_number(1ULL << 40) + 1, ordinal;
		__u32 mac;

		draw(&roots, sizeof(roots));
		draw_code(&code);
		sign(&code, &roots, step);
		paycode_format((__u8 *)text, &code);
		assert_int_equal(paycode_parse(&back, text, PAYCODE_DIGITS), 0);
		if (memcmp(back.alias, code.alias, sizeof(code.alias)) || back.mac != code.mac || back.q != code.q ||
		    back.mode != code.mode)
			fail_msg("%.24s is not what was written", text);
		/* Under its own key it is good, at its own step; under another's it is not. */
		if (i % 16 == 0) {
			assert_int_equal(verify_code(&back, &under, step, 0, &ordinal), VERDICT_GOOD);
			assert_int_equal(ordinal, paycode_ordinal(step, code.q));
			roots.code[0] ^= 1;
			roots.code512[0] ^= 1;
			assert_int_equal(verify_code(&back, &under, step, 0, &ordinal), VERDICT_WRONG);
		}
		mac = code.mac;
		for (int d = 8; d >= 0; d--, mac /= 10)
			digit[d][mac % 10]++;
	}
	for (int d = 0; d < 9; d++) {
		double chi2 = 0, expect = draws / 10.0;

		for (int v = 0; v < 10; v++)
			chi2 += (digit[d][v] - expect) * (digit[d][v] - expect) / expect;
		worst = fmax(worst, chi2);
	}
	/* Nine degrees of freedom: above 36.6 once in 30 000 places by chance; 40 % too many would give 10^5. */
	print_message("# %ld draws; chi-square of the nine places at most %.1f\n", draws, worst);
	assert_true(worst < 36.6);
}

static void check_digit(void **state)
{
	const int codes = lengthy() ? 50000 : 10000;
	long singles = 0, swaps = 0;

	for (int i = 0; i < codes; i++) {
		struct paycode code, back;
		char text[PAYCODE_DIGITS];

		draw_code(&code);
		code.mode = draw_number(10);
		code.mac = draw_number(MODULUS);
		paycode_format((__u8 *)text, &code);
		for (int k = 0; k < PAYCODE_DIGITS; k++) {
			char was = text[k];

			for (char c = '0'; c <= '9'; c++) {
				text[k] = c;
				if (c != was && paycode_parse(&back, text, PAYCODE_DIGITS) != -EBADMSG)
					fail_msg("a wrong digit went unseen");
				singles += c != was;
			}
			text[k] = was;
			if (k + 1 == PAYCODE_DIGITS || text[k + 1] == was)
				continue;
			text[k] = text[k + 1];
			text[k + 1] = was;
			if (paycode_parse(&back, text, PAYCODE_DIGITS) != -EBADMSG)
				fail_msg("a swap went unseen");
			swaps++;
			text[k + 1] = text[k];
			text[k] = was;
		}
	}
	print_message("# %d codes: all %ld wrong digits and all %ld swaps of neighbours found\n", codes, singles, swaps);
}

/*
 * Guesses at shortened MACs, where they succeed often enough to be counted. With
 * d digits a guess at a key whose three steps have three MACs is right with
 * 1 - (1 - 10^-d)^3; for nine digits that is the 3·10^-9 of the tables.
 */
static void guesses(void **state)
{
	const long tries = lengthy() ? 4000000 : 200000;

	for (__u32 digits = 2, modulus = 100; digits <= 4; digits++, modulus *= 10) {
		double p = 1 - pow(1 - 1.0 / modulus, 3), sigma = sqrt(tries * p * (1 - p)), off;
		long right = 0;

		for (long i = 0; i < tries; i++) {
			struct vp_root_keys roots;
			const struct verify_under under = { &roots, NULL };
			struct paycode code;
			__u64 step = draw_number(1ULL << 40) + 1;
			const __u64 steps[] = { step - 1, step, step + 1 };

			draw(&roots, sizeof(roots));
			draw_code(&code);
			code.mode = 1;
			code.mac = draw_number(MODULUS);
			right += verify_matches(&code, &under, steps, 3, modulus) != 0;
		}
		off = (right - tries * p) / sigma;
		print_message("# %u digits: %ld of %ld guesses right, expected %.0f (%+.1f sigma)\n", digits, right, tries,
			      tries * p, off);
		assert_true(fabs(off) < 4.5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_draws), cmocka_unit_test(check_digit), cmocka_unit_test(guesses),
	};

	return cmocka_run_group_tests_name("codes by numbers", tests, NULL, NULL);
}
