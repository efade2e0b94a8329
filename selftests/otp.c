// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Authenticator slots: the RFCs' vectors through the ioctl, random secrets
 * against OpenSSL's HMAC, counters that only rise, and a secret that went in and
 * does not come out.
 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/voicepay.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "enrol.h"
#include "ktap.h"
#include "vectors.h"

#define SLOT	3

static int dev;
static struct genl nl;
static struct test_gateway gw;

static int otp(__u32 slot, struct voicepay_otp *o)
{
	*o = (struct voicepay_otp){ .size = sizeof(*o), .slot = slot };
	return ioctl(dev, VOICEPAY_IOC_OTP, o);
}

/* Slot SLOT anew, with this in it. */
static int put(const void *secret, size_t len, __u32 algorithm, __u32 digits, __u32 period,
	       __u64 counter)
{
	nl_slot_del(&nl, SLOT);
	if (nl_slot_new(&nl, SLOT))
		return -1;
	return nl_otp_put(&nl, SLOT, secret, len, algorithm, digits, period, counter);
}

/* The module's time becomes this one; it comes with an enrolment. */
static int set_time(__u64 ms)
{
	gw.grant.time_ms = ms;
	gw.grant.not_before = ms / 1000;
	gw.grant.rotate_after = ms / 1000 + 1000;
	gw.grant.not_after = ms / 1000 + 2000;
	return test_enrol(&nl, &gw, 0);
}

static void rfc4226(void)
{
	struct voicepay_otp o;
	unsigned int i;

	ASSERT_EQ(put("12345678901234567890", 20, VOICEPAY_OTP_SHA1, 6, 0, 0), 0);
	for (i = 0; i < 10; i++) {
		ASSERT_OK(otp(SLOT, &o));
		EXPECT_STREQ((char *)o.digits, hotp_vectors[i]);
		EXPECT_EQ(o.n_digits, 6);
		EXPECT_EQ(o.counter, i);
		EXPECT_EQ(o.valid_ms, 0);
	}
}

static void rfc6238(void)
{
	static const char secret[] =
		"1234567890123456789012345678901234567890123456789012345678901234";
	struct voicepay_otp o;
	unsigned int i, hash;

	for (i = 0; i < sizeof(totp_vectors) / sizeof(totp_vectors[0]); i++) {
		const struct totp_vector *v = &totp_vectors[i];
		const char *const expected[] = { v->sha1, v->sha256, v->sha512 };
		const int len[] = { 20, 32, 64 };

		for (hash = 0; hash < 3; hash++) {
			/* Early in the same step, so that it does not end meanwhile. */
			ASSERT_OK(set_time((v->time - v->time % 30) * 1000 + 1000));
			ASSERT_EQ(put(secret, len[hash], hash + 1, 8, 30, 0), 0);
			ASSERT_OK(otp(SLOT, &o));
			EXPECT_STREQ((char *)o.digits, expected[hash]);
			EXPECT_EQ(o.n_digits, 8);
			EXPECT_EQ(o.counter, v->time / 30);
			EXPECT_GT(o.valid_ms, 0);
			EXPECT_LE(o.valid_ms, 29000);
		}
	}
	ASSERT_OK(set_time(time(NULL) * 1000ULL));
}

static void expected_otp(char out[16], const __u8 *secret, size_t len, __u32 algorithm,
			 __u32 digits, __u64 counter)
{
	const EVP_MD *md = algorithm == VOICEPAY_OTP_SHA1 ? EVP_sha1() :
			   algorithm == VOICEPAY_OTP_SHA256 ? EVP_sha256() : EVP_sha512();
	static const __u32 modulus[] = { 1000000, 10000000, 100000000 };
	__u8 message[8], mac[64];
	unsigned int n, at, i;
	__u32 value;

	for (i = 0; i < 8; i++)
		message[i] = counter >> (56 - 8 * i);
	HMAC(md, secret, len, message, 8, mac, &n);
	at = mac[n - 1] & 15;
	value = (mac[at] & 0x7f) << 24 | mac[at + 1] << 16 | mac[at + 2] << 8 | mac[at + 3];
	snprintf(out, 16, "%0*u", (int)digits, value % modulus[digits - 6]);
}

/* Random secrets of every length, hashes, digits, periods, counters. */
static void against_openssl(void)
{
	struct voicepay_otp o;
	__u8 secret[128];
	char expected[16];
	unsigned int i, j;

	srandom(4);
	for (i = 0; i < 384; i++) {
		__u32 len = i % 128 + 1, algorithm = i / 128 + 1, digits = 6 + random() % 3;
		__u32 period = i % 2 ? (random() % 4 ? 1 + (__u32)random() % 600 : (__u32)random() * 2 + 1) : 0;
		__u64 counter = (__u64)random() << 33 | (__u64)random() << 2;

		for (j = 0; j < len; j++)
			secret[j] = random();
		ASSERT_EQ(put(secret, len, algorithm, digits, period, counter), 0);
		ASSERT_OK(otp(SLOT, &o));
		if (!period)
			EXPECT_EQ(o.counter, counter);
		else
			EXPECT_LE(o.counter - (time(NULL) - 60) / period, 60 / period + 1);
		expected_otp(expected, secret, len, algorithm, digits, o.counter);
		EXPECT_STREQ((char *)o.digits, expected);
		EXPECT_EQ(o.n_digits, digits);
	}
}

static void defaults(void)
{
	struct voicepay_otp o;
	struct genl_msg msg;

	nl_slot_del(&nl, SLOT);
	ASSERT_OK(nl_slot_new(&nl, SLOT));
	genl_begin(&nl, &msg, VOICEPAY_CMD_OTP_PUT);
	genl_put_u32(&msg, VOICEPAY_A_OTP_SLOT, SLOT);
	genl_put(&msg, VOICEPAY_A_OTP_SECRET, "12345678901234567890", 20);
	ASSERT_EQ(genl_call(&nl, &msg), 0);
	ASSERT_OK(set_time(59000 - 25000));
	ASSERT_OK(otp(SLOT, &o));
	EXPECT_STREQ((char *)o.digits, totp_vectors[0].sha1 + 2);
	ASSERT_OK(set_time(time(NULL) * 1000ULL));
}

static void refused(void)
{
	struct voicepay_code c = { .size = sizeof(c), .slot = SLOT };
	struct voicepay_authorise a = { .size = sizeof(a), .slot = SLOT, .purpose = 4 };
	__u8 secret[200] = { 1 };
	struct voicepay_otp o;
	struct genl_msg msg;

	nl_slot_del(&nl, SLOT);
	ASSERT_OK(nl_slot_new(&nl, SLOT));
	EXPECT_ERRNO(ENOKEY, otp(SLOT, &o));
	EXPECT_ERRNO(ENOENT, otp(77, &o));
	EXPECT_ERRNO(EMEDIUMTYPE, otp(0, &o));
	EXPECT_EQ(nl_otp_put(&nl, 77, secret, 20, 1, 6, 30, 0), -ENOENT);
	EXPECT_EQ(nl_otp_put(&nl, 0, secret, 20, 1, 6, 30, 0), -EEXIST);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 0, 1, 6, 30, 0), -EINVAL);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 129, 1, 6, 30, 0), -EINVAL);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 20, 0, 6, 30, 0), -EINVAL);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 20, 4, 6, 30, 0), -EINVAL);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 20, 1, 5, 30, 0), -EINVAL);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 20, 1, 9, 30, 0), -EINVAL);
	/* An enrolment under way, a secret that is there. */
	ASSERT_EQ(nl_enrol_begin(&nl, SLOT, gw.ticket, &msg), 0);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 20, 1, 6, 30, 0), -EEXIST);
	ASSERT_EQ(put(secret, 128, 3, 8, 30, 0), 0);
	EXPECT_EQ(nl_otp_put(&nl, SLOT, secret, 20, 1, 6, 30, 0), -EEXIST);
	EXPECT_EQ(nl_enrol_begin(&nl, SLOT, gw.ticket, &msg), -EEXIST);
	EXPECT_EQ(nl_enrol_begin(&nl, SLOT, NULL, &msg), -EEXIST);
	EXPECT_ERRNO(EMEDIUMTYPE, ioctl(dev, VOICEPAY_IOC_CODE, &c));
	EXPECT_ERRNO(EMEDIUMTYPE, ioctl(dev, VOICEPAY_IOC_AUTHORISE, &a));
	EXPECT_EQ(nl_pool_put(&nl, SLOT, secret), -EMEDIUMTYPE);
	EXPECT_OK(otp(SLOT, &o));
	ASSERT_EQ(nl_slot_lock(&nl, SLOT), 0);
	EXPECT_ERRNO(EKEYREVOKED, otp(SLOT, &o));
	EXPECT_EQ(o.digits[0], 0);
	ASSERT_EQ(nl_slot_unlock(&nl, SLOT), 0);
	EXPECT_OK(otp(SLOT, &o));
}

/* By time the same password again costs nothing; by counter each costs one. */
static void a_callers_budget(void)
{
	struct voicepay_otp o, first;

	ASSERT_EQ(put("secret", 6, 1, 6, 30, 0), 0);
	ASSERT_OK(set_time(time(NULL) / 30 * 30000ULL));
	ASSERT_EQ(nl_slot_set(&nl, SLOT, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 1), 0);
	ASSERT_OK(otp(SLOT, &first));
	ASSERT_OK(otp(SLOT, &o));
	EXPECT_STREQ((char *)o.digits, (char *)first.digits);
	ASSERT_OK(set_time(gw.grant.time_ms + 30000));
	EXPECT_ERRNO(EDQUOT, otp(SLOT, &o));
	EXPECT_EQ(o.digits[0], 0);

	ASSERT_EQ(put("secret", 6, 1, 6, 0, 9), 0);
	ASSERT_EQ(nl_slot_set(&nl, SLOT, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 1), 0);
	ASSERT_OK(otp(SLOT, &o));
	EXPECT_ERRNO(EDQUOT, otp(SLOT, &o));
	ASSERT_EQ(nl_slot_set(&nl, SLOT, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 0), 0);
	ASSERT_OK(otp(SLOT, &o));
	EXPECT_EQ(o.counter, 10);	/* a refusal uses none up */
	ASSERT_OK(set_time(time(NULL) * 1000ULL));
}

static void last_counter(void)
{
	struct voicepay_otp o;

	ASSERT_EQ(put("secret", 6, 1, 6, 0, UINT64_MAX - 1), 0);
	ASSERT_OK(otp(SLOT, &o));
	EXPECT_EQ(o.counter, UINT64_MAX - 1);
	EXPECT_ERRNO(EOVERFLOW, otp(SLOT, &o));
}

static void *whole_answer;
static size_t whole_len;

static void look_for(const struct genl_msg *msg, void *arg)
{
	if (memmem(msg->bytes, msg->len, whole_answer, whole_len))
		*(int *)arg = 1;
}

/* Attack: ask for it in every way there is. */
static void what_went_in_stays(void)
{
	static char secret[] = "a secret of thirty-two bytes, ok";
	struct voicepay_status st = { .size = sizeof(st), .slot = SLOT };
	struct genl_msg msg, answer;
	int seen = 0;
	ssize_t n;

	whole_answer = secret;
	whole_len = 8;
	ASSERT_EQ(put(secret, 32, 1, 6, 30, 0), 0);
	ASSERT_GE(genl_dump(&nl, VOICEPAY_CMD_SLOT_GET, look_for, &seen), 1);
	EXPECT_EQ(seen, 0);
	ASSERT_OK(ioctl(dev, VOICEPAY_IOC_STATUS, &st));
	EXPECT_EQ(st.kind, VOICEPAY_SLOT_AUTHENTICATOR);
	EXPECT_EQ(st.state, VOICEPAY_SLOT_ACTIVE);
	EXPECT_TRUE(!memmem(&st, sizeof(st), secret, 8));

	/* An error quotes the request: there it is wiped. */
	genl_begin(&nl, &msg, VOICEPAY_CMD_OTP_PUT);
	genl_put_u32(&msg, VOICEPAY_A_OTP_SLOT, SLOT);
	genl_put(&msg, VOICEPAY_A_OTP_SECRET, secret, 32);
	msg.nlh.nlmsg_len = msg.len;
	ASSERT_EQ(send(nl.fd, msg.bytes, msg.len, 0), (ssize_t)msg.len);
	n = recv(nl.fd, answer.bytes, sizeof(answer.bytes), 0);
	ASSERT_GE(n, (ssize_t)msg.len);
	EXPECT_EQ(answer.nlh.nlmsg_type, NLMSG_ERROR);
	EXPECT_TRUE(!memmem(answer.bytes, n, secret, 8));
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void speed(void)
{
	struct voicepay_otp o;
	double began;
	int i;

	ASSERT_EQ(put("12345678901234567890", 20, VOICEPAY_OTP_SHA1, 6, 30, 0), 0);
	began = seconds();
	for (i = 0; i < 20000; i++)
		ASSERT_OK(otp(SLOT, &o));
	ktap_diag("%.0f ns a password", (seconds() - began) * 1e9 / i);
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 1);
	ktap_plan(9);
	if (test_enrol(&nl, &gw, 0))
		ktap_bail("cannot enrol");

	KTAP_TEST(rfc4226, "RFC 4226, appendix D");
	KTAP_TEST(rfc6238, "RFC 6238, appendix B");
	KTAP_TEST(against_openssl, "random secrets, hashes, digits, periods and counters");
	KTAP_TEST(defaults, "SHA-1, six digits, thirty seconds unless said otherwise");
	KTAP_TEST(refused, "what is refused");
	KTAP_TEST(a_callers_budget, "a caller's budget");
	KTAP_TEST(last_counter, "the last counter");
	KTAP_TEST(what_went_in_stays, "what went in does not come out");
	KTAP_TEST(speed, "as fast as it is");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
