// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Payment codes of every mode: what was agreed on, what a code is bound to,
 * when another is drawn, which budget ends, and the pool.
 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <time.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

static int dev;
static struct genl nl;
static struct test_gateway gw;

static struct voicepay_code ask(__u32 mode)
{
	return (struct voicepay_code){ .size = sizeof(struct voicepay_code), .mode = mode };
}

static struct voicepay_code bound(__u32 mode, __u64 amount, const char *merchant,
				  const char *challenge)
{
	struct voicepay_code c = ask(mode);

	c.amount = amount;
	if (amount)
		memcpy(c.currency, "CNY", 3);
	memcpy(c.merchant, merchant, strlen(merchant));
	memcpy(c.challenge, challenge, strlen(challenge));
	return c;
}

static struct paycode_terms terms_of(const struct voicepay_code *c)
{
	struct paycode_terms t = { .amount = c->amount };

	memcpy(t.currency, c->currency, sizeof(t.currency));
	memcpy(t.merchant, c->merchant, sizeof(t.merchant));
	memcpy(t.challenge, c->challenge, sizeof(t.challenge));
	return t;
}

static int get(struct voicepay_code *c)
{
	return ioctl(dev, VOICEPAY_IOC_CODE, c);
}

static struct voicepay_status status(void)
{
	struct voicepay_status st = { .size = sizeof(st) };

	if (ioctl(dev, VOICEPAY_IOC_STATUS, &st))
		memset(&st, 0xff, sizeof(st));
	return st;
}

/* A test that asks twice within one step must not begin at the end of it. */
static void begin_of_step(unsigned int seconds)
{
	struct voicepay_code c = ask(0);

	while (!get(&c) && c.valid_ms < seconds * 1000) {
		usleep(c.valid_ms * 1000 + 1000);
		c = ask(0);
	}
}

static int enrol_with(__u32 modes)
{
	gw.grant.modes = modes;
	/* The gateway's clock goes on: the module's is set by it each time. */
	gw.grant.time_ms = (__u64)time(NULL) * 1000;
	return test_enrol(&nl, &gw, 0);
}

static void an_old_gateway(void)
{
	static const __u32 others[] = { 2, 3, 4, 5, 6, 7, 8, 9, 10, 33, UINT32_MAX };
	struct voicepay_code c = ask(0);
	unsigned int i;

	ASSERT_OK(enrol_with(0));
	EXPECT_EQ(status().modes, PAYCODE_MODE(1));
	EXPECT_EQ(status().kind, VOICEPAY_SLOT_PAYMENT);
	ASSERT_OK(get(&c));
	EXPECT_EQ(c.mode, 1);
	EXPECT_NE(test_gateway_step_of(&gw, (char *)c.digits, time(NULL)), 0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		int binds = others[i] >= 2 && others[i] <= 4;

		c = bound(others[i], binds && others[i] != 3 ? 1 : 0, binds && others[i] != 2 ? "m" : "", "");
		EXPECT_ERRNO(EOPNOTSUPP, get(&c));
		EXPECT_EQ(c.digits[0], 0);
	}
}

static void every_mode(void)
{
	static const struct { __u32 mode; __u64 amount; const char *merchant, *challenge; } all[] = {
		{ 1, 0, "", "" }, { 2, 50000, "", "" }, { 3, 0, "laowang-01", "7Q2X" },
		{ 3, 0, "laowang-01", "" }, { 4, INT64_MAX, "laowang-01", "7Q2X" }, { 5, 0, "", "" },
		{ 6, 0, "", "" },
		{ 4, 1, "0123456789012345678901234567890123456789012345678901234567890123",
		  "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~" },
	};
	unsigned int i;

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
	EXPECT_EQ(gw.request.modes, PAYCODE_MODES_DEVICE);
	EXPECT_EQ(status().modes, PAYCODE_MODES_DEVICE);
	begin_of_step(10);
	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct voicepay_code c = bound(all[i].mode, all[i].amount, all[i].merchant, all[i].challenge);
		struct paycode_terms t = terms_of(&c);
		int binds = all[i].mode >= 2 && all[i].mode <= 4;

		ASSERT_OK(get(&c));
		EXPECT_EQ(c.digits[2], '0' + all[i].mode);
		EXPECT_EQ(c.mode, all[i].mode);
		EXPECT_MEMEQ(c.digits + 3, gw.grant.alias[0], VP_ALIAS_DIGITS);
		EXPECT_EQ(c.digits[13], '0' + i);	/* each is another ordinal */
		EXPECT_NE(test_gateway_step_bound(&gw, (char *)c.digits, time(NULL), binds ? &t : NULL), 0);
		/* Attack: charge another amount, or at another till. */
		if (!binds)
			continue;
		if (t.amount)
			t.amount ^= 2;
		else
			t.merchant[0] = 'x';
		EXPECT_EQ(test_gateway_step_bound(&gw, (char *)c.digits, time(NULL), &t), 0);
		EXPECT_EQ(test_gateway_step_of(&gw, (char *)c.digits, time(NULL)), 0);
	}
}

static void strongest_by_default(void)
{
	struct voicepay_code c = ask(0);

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
	ASSERT_OK(get(&c));
	EXPECT_EQ(c.mode, 6);
	EXPECT_MEMEQ(c.digits, "716", 3);
	EXPECT_NE(test_gateway_step_of(&gw, (char *)c.digits, time(NULL)), 0);
	ASSERT_OK(enrol_with(PAYCODE_MODE(1) | PAYCODE_MODE(5)));
	c = ask(0);
	ASSERT_OK(get(&c));
	EXPECT_EQ(c.mode, 1);
	c = ask(5);
	EXPECT_OK(get(&c));
	c = ask(6);
	EXPECT_ERRNO(EOPNOTSUPP, get(&c));
	/* No plain mode at all: there is no default. */
	ASSERT_OK(enrol_with(PAYCODE_MODE(5)));
	c = ask(0);
	EXPECT_ERRNO(EOPNOTSUPP, get(&c));
	c = ask(5);
	EXPECT_OK(get(&c));
}

static void modes_that_were_not_asked_for(void)
{
	ASSERT_OK(enrol_with(PAYCODE_MODE(1)));
	EXPECT_EQ(enrol_with(PAYCODE_MODE(1) | PAYCODE_MODE(9)), -EPROTO);
	EXPECT_EQ(enrol_with(PAYCODE_MODE(1) | PAYCODE_MODE(7)), -EPROTO);
	EXPECT_EQ(status().modes, PAYCODE_MODE(1));
}

/* Terms that a mode does not bind are refused, not ignored. */
static void wrong_terms(void)
{
	struct voicepay_code c;

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
#define REFUSED(...) do {					\
		c = bound(__VA_ARGS__);				\
		EXPECT_ERRNO(EINVAL, get(&c));			\
		EXPECT_EQ(c.digits[0], 0);			\
	} while (0)
	REFUSED(1, 1, "", "");
	REFUSED(0, 1, "", "");
	REFUSED(1, 0, "m", "");
	REFUSED(5, 0, "", "c");
	REFUSED(6, 1, "m", "c");
	REFUSED(8, 1, "", "");
	REFUSED(2, 0, "", "");
	REFUSED(2, 1, "m", "");
	REFUSED(2, (__u64)INT64_MAX + 1, "", "");
	REFUSED(3, 0, "", "c");
	REFUSED(3, 1, "m", "c");
	REFUSED(3, 0, "m m", "");
	REFUSED(3, 0, "m", "\x7f");
	REFUSED(4, 1, "", "");
	REFUSED(4, 0, "m", "");
	c = bound(2, 1, "", "");
	c.currency[1] = 'n';
	EXPECT_ERRNO(EINVAL, get(&c));
	c = bound(3, 0, "m", "");
	c.merchant[5] = 'x';
	EXPECT_ERRNO(EINVAL, get(&c));
	EXPECT_EQ(status().codes_issued, 0);
}

static void other_terms_another_code(void)
{
	struct voicepay_code a, b;

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
	begin_of_step(10);
	a = bound(2, 100, "", "");
	ASSERT_OK(get(&a));
	b = bound(2, 100, "", "");
	ASSERT_OK(get(&b));
	EXPECT_STREQ((char *)a.digits, (char *)b.digits);
	b = bound(2, 101, "", "");
	ASSERT_OK(get(&b));
	EXPECT_EQ(b.digits[13], a.digits[13] + 1);
	/* And back: the ordinal of the first may be spent by now. */
	b = bound(2, 100, "", "");
	ASSERT_OK(get(&b));
	EXPECT_EQ(b.digits[13], a.digits[13] + 2);
	b = bound(2, 100, "", "");
	b.flags = VOICEPAY_CODE_NEW;
	ASSERT_OK(get(&b));
	EXPECT_EQ(b.digits[13], a.digits[13] + 3);
}

static int nl_code(struct genl_msg *msg, __u32 mode, __u64 amount, const char *currency,
		   const char *merchant, const char *challenge)
{
	genl_begin(&nl, msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(msg, VOICEPAY_A_CODE_SLOT, 0);
	genl_put_u32(msg, VOICEPAY_A_CODE_MODE, mode);
	if (amount)
		genl_put(msg, VOICEPAY_A_CODE_AMOUNT, &amount, sizeof(amount));
	if (currency)
		genl_put(msg, VOICEPAY_A_CODE_CURRENCY, currency, strlen(currency) + 1);
	if (merchant)
		genl_put(msg, VOICEPAY_A_CODE_MERCHANT, merchant, strlen(merchant) + 1);
	if (challenge)
		genl_put(msg, VOICEPAY_A_CODE_CHALLENGE, challenge, strlen(challenge) + 1);
	return genl_call(&nl, msg);
}

static void the_same_by_netlink(void)
{
	struct voicepay_code c = bound(4, 100, "m", "c");
	struct genl_msg msg;

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
	begin_of_step(10);
	ASSERT_OK(get(&c));
	ASSERT_EQ(nl_code(&msg, 4, 100, "CNY", "m", "c"), 0);
	EXPECT_STREQ((char *)genl_attr(&msg, VOICEPAY_A_CODE_DIGITS, NULL), (char *)c.digits);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_CODE_MODE), 4);
	ASSERT_EQ(nl_code(&msg, 0, 0, NULL, NULL, NULL), 0);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_CODE_MODE), 6);
	EXPECT_EQ(nl_code(&msg, 4, 100, "CNY", NULL, "c"), -EINVAL);
	EXPECT_TRUE(strstr(nl.why, "terms"));
	EXPECT_EQ(nl_code(&msg, 2, 100, "CN", NULL, NULL), -EINVAL);
	EXPECT_EQ(nl_code(&msg, 2, 100, "CNYY", NULL, NULL), -EINVAL);
	EXPECT_EQ(nl_code(&msg, 9, 0, NULL, NULL, NULL), -EOPNOTSUPP);
}

/* Each budget ends with an error of its own. */
static void budgets(void)
{
	static const int errors[] = { EXFULL, ENOSR, ENOSPC };
	struct voicepay_code c;
	struct genl_msg msg;
	int i;

	for (i = 0; i < 3; i++) {
		gw.grant.per_hour = i == 0 ? 2 : 0;
		gw.grant.per_day = i == 1 ? 2 : 0;
		gw.grant.per_key = i == 2 ? 2 : 0;
		ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
		c = ask(1);
		ASSERT_OK(get(&c));
		c = ask(5);
		ASSERT_OK(get(&c));
		c = ask(1);
		EXPECT_ERRNO(errors[i], get(&c));
		EXPECT_EQ(nl_code(&msg, 1, 0, NULL, NULL, NULL), -errors[i]);
		EXPECT_TRUE(strstr(nl.why, "budget"));
	}
	gw.grant.per_hour = gw.grant.per_day = gw.grant.per_key = 0;
}

static void pool_message(__u8 msg[VP_POOL_LEN], __u64 serial, __u8 count, __u64 not_after)
{
	const struct vp_pool pool = {
		.count = count, .epoch = gw.grant.epoch, .serial = serial, .not_after = not_after,
	};

	if (vp_pool_encode(msg, &pool, gw.device, gw.keys.auth))
		abort();
}

static void pool_of_codes(void)
{
	__u8 msg[VP_POOL_LEN];
	struct voicepay_code c = ask(8), again;
	int i;

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
	EXPECT_ERRNO(ENODATA, get(&c));
	pool_message(msg, 7, 15, time(NULL) + 86400);
	ASSERT_EQ(nl_pool_put(&nl, 0, msg), 0);
	EXPECT_EQ(status().pool_left, 15);
	for (i = 0; i < 15; i++) {
		c = ask(8);
		c.flags = i ? VOICEPAY_CODE_NEW : 0;
		ASSERT_OK(get(&c));
		EXPECT_EQ(c.mode, 8);
		EXPECT_EQ(c.valid_ms, 0);
		EXPECT_EQ(test_gateway_pool_index(&gw, (char *)c.digits, 7), i);
		EXPECT_MEMEQ(c.digits + 3, gw.grant.alias[(7 * 16 + i) % 8], VP_ALIAS_DIGITS);
		again = ask(8);
		ASSERT_OK(get(&again));
		EXPECT_STREQ((char *)again.digits, (char *)c.digits);
		EXPECT_EQ(status().pool_left, 14 - i);
	}
	c = ask(8);
	c.flags = VOICEPAY_CODE_NEW;
	EXPECT_ERRNO(ENODATA, get(&c));
	/* Not charged to the key's budgets, and codes by time go on beside it. */
	EXPECT_EQ(status().codes_issued, 0);
	c = ask(1);
	EXPECT_OK(get(&c));
	/* Attack: the same pool again, or one before it. */
	EXPECT_EQ(nl_pool_put(&nl, 0, msg), -ESTALE);
	pool_message(msg, 6, 15, time(NULL) + 86400);
	EXPECT_EQ(nl_pool_put(&nl, 0, msg), -ESTALE);
	/* A newer one takes its place, used up or not. */
	pool_message(msg, 9, 3, time(NULL) + 86400);
	ASSERT_EQ(nl_pool_put(&nl, 0, msg), 0);
	EXPECT_EQ(status().pool_left, 3);
	c = ask(8);
	ASSERT_OK(get(&c));
	EXPECT_EQ(test_gateway_pool_index(&gw, (char *)c.digits, 9), 0);
}

static void pools_refused(void)
{
	__u8 msg[VP_POOL_LEN];
	struct voicepay_code c;
	int i;

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE));
	pool_message(msg, 7, 15, time(NULL) + 86400);
	for (i = 0; i < VP_POOL_LEN; i += 7) {
		msg[i] ^= 1;
		EXPECT_EQ(nl_pool_put(&nl, 0, msg), -EBADMSG);
		msg[i] ^= 1;
	}
	EXPECT_EQ(nl_pool_put(&nl, 1, msg), -ENOKEY);
	EXPECT_EQ(nl_pool_put(&nl, 7, msg), -ENOENT);
	pool_message(msg, 7, 15, time(NULL) - 10);
	EXPECT_EQ(nl_pool_put(&nl, 0, msg), -EKEYEXPIRED);
	gw.device[0] ^= 1;
	pool_message(msg, 7, 15, time(NULL) + 86400);
	gw.device[0] ^= 1;
	EXPECT_EQ(nl_pool_put(&nl, 0, msg), -EBADMSG);
	gw.grant.epoch++;
	pool_message(msg, 7, 15, time(NULL) + 86400);
	gw.grant.epoch--;
	EXPECT_EQ(nl_pool_put(&nl, 0, msg), -EPROTO);
	c = ask(8);
	EXPECT_ERRNO(ENODATA, get(&c));

	/* A new epoch ends it, and what was granted under the old one. */
	pool_message(msg, 7, 15, time(NULL) + 86400);
	ASSERT_EQ(nl_pool_put(&nl, 0, msg), 0);
	ASSERT_OK(test_rotate(&nl, &gw, 0));
	c = ask(8);
	EXPECT_ERRNO(ENODATA, get(&c));
	EXPECT_EQ(nl_pool_put(&nl, 0, msg), -EBADMSG);

	ASSERT_OK(enrol_with(PAYCODE_MODES_DEVICE & ~PAYCODE_MODE(8)));
	pool_message(msg, 7, 15, time(NULL) + 86400);
	EXPECT_EQ(nl_pool_put(&nl, 0, msg), -EOPNOTSUPP);
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 2);
	ktap_plan(10);

	KTAP_TEST(an_old_gateway, "an old gateway grants the plain mode only");
	KTAP_TEST(every_mode, "codes of every mode are what the gateway computes");
	KTAP_TEST(strongest_by_default, "the strongest MAC that was granted is the default");
	KTAP_TEST(modes_that_were_not_asked_for, "a grant of modes that were not asked for");
	KTAP_TEST(wrong_terms, "terms that the mode does not bind, or not so");
	KTAP_TEST(other_terms_another_code, "other terms in one step: another code");
	KTAP_TEST(the_same_by_netlink, "the same by netlink");
	KTAP_TEST(budgets, "hour, day and key: each budget has its own error");
	KTAP_TEST(pool_of_codes, "a pool: fifteen codes, each once");
	KTAP_TEST(pools_refused, "pools that are not the gateway's, not this key's, or old");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
