// SPDX-License-Identifier: GPL-2.0-or-later
/* Amounts: what is taken, to the last minor unit, and what is refused and why. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../amount.h"

static void amounts(void **state)
{
	static const struct {
		const char *text, *currency;
		int64_t minor;		/* -1: refused */
	} cases[] = {
		{ "500", "CNY", 50000 }, { "500.00", "CNY", 50000 }, { "500.5", "CNY", 50050 },
		{ "0.01", "CNY", 1 }, { "0.1", "CNY", 10 }, { "0.29", "CNY", 29 },
		{ "1.15", "EUR", 115 }, { "4.35", "EUR", 435 }, { "8.20", "USD", 820 },
		{ "007", "CNY", 700 }, { "500", "JPY", 500 }, { "1.234", "KWD", 1234 },
		{ "1.2", "KWD", 1200 }, { "10000000000.00", "CNY", 1000000000000 },
		{ "500.001", "CNY", -1 }, { "500.000", "CNY", -1 }, { "500.0", "JPY", -1 },
		{ "0", "CNY", -1 }, { "0.00", "CNY", -1 }, { "", "CNY", -1 }, { ".5", "CNY", -1 },
		{ "5.", "CNY", -1 }, { "-5", "CNY", -1 }, { "+5", "CNY", -1 }, { " 5", "CNY", -1 },
		{ "5 ", "CNY", -1 }, { "1,000", "CNY", -1 }, { "1e3", "CNY", -1 }, { "0x10", "CNY", -1 },
		{ "5.0.0", "CNY", -1 }, { ".", "CNY", -1 }, { "1,00", "CNY", -1 }, { "1234567890123", "CNY", -1 },
		{ "12.0", "JPY", -1 }, { "12", "JPY", 12 }, { "five", "CNY", -1 }, { "inf", "CNY", -1 },
		{ "\xef\xbc\x95", "CNY", -1 },		/* a full-width 5 */
		{ "10000000000.01", "CNY", -1 }, { "99999999999999999999999", "CNY", -1 },
		{ "18446744073709551617", "JPY", -1 },	/* 2^64 + 1 */
		{ "5", "cny", -1 }, { "5", "CN", -1 }, { "5", "", -1 }, { "5", "XXX", -1 },
		{ "5", "NY ", -1 }, { "5", "R A", -1 },
	};
	const char *why;
	int64_t minor;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int ret = amount_parse(cases[i].text, cases[i].currency, &minor, &why);

		if (ret ? cases[i].minor >= 0 : minor != cases[i].minor)
			fail_msg("%s %s: got %d, %lld", cases[i].text, cases[i].currency, ret,
				 (long long)minor);
		if (ret)
			assert_true(strlen(why) > 5);
	}
}

static void amounts_as_text(void **state)
{
	char buf[32];

	amount_format(buf, sizeof(buf), 50000, "CNY");
	assert_string_equal(buf, "500.00");
	amount_format(buf, sizeof(buf), 1, "CNY");
	assert_string_equal(buf, "0.01");
	amount_format(buf, sizeof(buf), 500, "JPY");
	assert_string_equal(buf, "500");
	amount_format(buf, sizeof(buf), 1234, "KWD");
	assert_string_equal(buf, "1.234");
	amount_format(buf, sizeof(buf), -100005, "CNY");
	assert_string_equal(buf, "-1000.05");
	amount_format(buf, sizeof(buf), -5, "CNY");
	assert_string_equal(buf, "-0.05");
	amount_format(buf, sizeof(buf), INT64_MIN, "CNY");
	assert_string_equal(buf, "-92233720368547758.08");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts),
		cmocka_unit_test(amounts_as_text),
	};

	return cmocka_run_group_tests_name("amounts", tests, NULL, NULL);
}
