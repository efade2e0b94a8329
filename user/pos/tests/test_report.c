// SPDX-License-Identifier: GPL-2.0-or-later
/* report.c: the till says "paid" only to what it asked for. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "pos.h"

static enum outcome of(int status, const char *json, int64_t amount)
{
	const struct asked asked = { "o1", amount, "CNY" };
	json_t *answer = json_loads(json, 0, NULL);
	enum outcome out;

	assert_non_null(answer);
	out = report_outcome(status, answer, &asked);
	json_decref(answer);
	return out;
}

#define ANSWER(state, order, amount, currency) \
	"{\"state\":\"" state "\",\"order_no\":\"" order "\",\"amount\":" amount ",\"currency\":\"" currency "\",\"payment_id\":\"p\"}"

static void paid(void **state)
{
	assert_int_equal(of(200, ANSWER("SUCCESS", "o1", "1200", "CNY"), 1200), OUT_PAID);
	assert_int_equal(of(200, ANSWER("SUCCESS", "o1", "1200", "CNY"), 0), OUT_PAID);
}

/* A gateway, or whoever stands in its place, that answers about something else. */
static void not_what_was_asked(void **state)
{
	assert_int_equal(of(200, ANSWER("SUCCESS", "o2", "1200", "CNY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, ANSWER("SUCCESS", "o1", "12", "CNY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, ANSWER("SUCCESS", "o1", "\"1200\"", "CNY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, ANSWER("SUCCESS", "o1", "1200.0", "CNY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, ANSWER("SUCCESS", "o1", "1200", "JPY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, "{\"state\":\"SUCCESS\",\"order_no\":\"o1\",\"payment_id\":\"p\"}", 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, "{\"state\":\"SUCCESS\",\"amount\":1200,\"currency\":\"CNY\",\"payment_id\":\"p\"}", 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, ANSWER("USERPAYING", "o1", "12", "CNY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, ANSWER("REVOKED", "o1", "12", "CNY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(200, "{\"state\":\"SUCCESS\",\"order_no\":\"o1\",\"amount\":1200,\"currency\":\"CNY\"}", 1200), OUT_UNKNOWN);
}

static void the_rest(void **state)
{
	assert_int_equal(of(200, ANSWER("USERPAYING", "o1", "1200", "CNY"), 1200), OUT_WAITING);
	assert_int_equal(of(200, ANSWER("REFUND", "o1", "1200", "CNY"), 1200), OUT_GIVEN_BACK);
	assert_int_equal(of(200, "{\"state\":\"REVOKED\",\"order_no\":\"o1\"}", 1200), OUT_GIVEN_BACK);
	assert_int_equal(of(200, ANSWER("PAYERROR", "o1", "1200", "CNY"), 1200), OUT_NOT_PAID);
	assert_int_equal(of(200, ANSWER("SOMETHING", "o1", "1200", "CNY"), 1200), OUT_UNKNOWN);
	assert_int_equal(of(409, "{\"error\":\"CODE_USED\"}", 1200), OUT_NOT_PAID);
	assert_int_equal(of(503, "{\"error\":\"BUSY\"}", 1200), OUT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paid), cmocka_unit_test(not_what_was_asked), cmocka_unit_test(the_rest),
	};

	return cmocka_run_group_tests_name("the till's answers", tests, NULL, NULL);
}
