// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Rotation: the key that a slot holds vouches for the next one. Answers that get
 * lost, come late, or come from somebody else; keys that have expired.
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

static int get(struct voicepay_code *c)
{
	*c = (struct voicepay_code){ .size = sizeof(*c) };
	return ioctl(dev, VOICEPAY_IOC_CODE, c);
}

static __u64 epoch(void)
{
	struct voicepay_status st = { .size = sizeof(st) };

	return ioctl(dev, VOICEPAY_IOC_STATUS, &st) ? 0 : st.epoch;
}

/* A code that this gateway's keys make. */
static int serves(const struct test_gateway *keys)
{
	struct voicepay_code c;

	return !get(&c) && test_gateway_step_of(keys, (char *)c.digits, time(NULL)) != 0;
}

/* Message 1 of a rotation, answered or not. */
static int begin(struct genl_msg *msg1, const void **bytes, size_t *len)
{
	int err = nl_enrol_begin(&nl, 0, NULL, msg1);

	*bytes = err ? NULL : genl_attr(msg1, VOICEPAY_A_ENROL_MESSAGE, len);
	return err;
}

static void rotates(void)
{
	struct test_gateway before;
	struct paycode code;
	struct voicepay_code c;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	EXPECT_EQ(gw.request.kind, VP_AGREE_ENROL);
	ASSERT_OK(get(&c));
	ASSERT_OK(paycode_parse(&code, (char *)c.digits, PAYCODE_DIGITS));
	before = gw;
	ASSERT_OK(test_rotate(&nl, &gw, 0));
	EXPECT_EQ(gw.request.kind, VP_AGREE_ROTATE);
	EXPECT_EQ(gw.request.epoch, before.grant.epoch);
	EXPECT_EQ(gw.request.ordinal % 10, code.q);
	EXPECT_EQ(gw.request.modes, PAYCODE_MODES_DEVICE);
	EXPECT_MEMEQ(gw.request.ticket_id, "\0\0\0\0\0\0\0", 8);
	EXPECT_EQ(epoch(), before.grant.epoch + 1);
	/* At once, and not the old one any more. */
	EXPECT_TRUE(serves(&gw));
	EXPECT_TRUE(!serves(&before));
	/* Again and again, each under the one before it. */
	ASSERT_OK(test_rotate(&nl, &gw, 0));
	ASSERT_OK(test_rotate(&nl, &gw, 0));
	EXPECT_TRUE(serves(&gw));
	EXPECT_EQ(epoch(), before.grant.epoch + 3);
}

static void nothing_to_rotate(void)
{
	struct genl_msg msg;

	EXPECT_EQ(nl_enrol_begin(&nl, 1, NULL, &msg), -ENOKEY);
	EXPECT_TRUE(strstr(nl.why, "ticket"));
	EXPECT_EQ(nl_enrol_begin(&nl, 9, NULL, &msg), -ENOENT);
}

/* The answer is lost: codes go on, and it is asked for again. */
static void lost_answer(void)
{
	struct test_gateway device;
	__u8 lost[VP_MSG2_MAX], msg2[VP_MSG2_MAX];
	struct genl_msg msg1;
	const void *bytes;
	size_t len = 0;
	int n, n_lost;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	device = gw;
	ASSERT_OK(begin(&msg1, &bytes, &len));
	gw.grant.epoch++;
	n_lost = test_gateway_answer(&gw, bytes, len, lost);
	ASSERT_GE(n_lost, 1);
	EXPECT_TRUE(serves(&device));
	EXPECT_EQ(epoch(), device.grant.epoch);

	/* The gateway still knows the key that the device holds. */
	gw.keys = device.keys;
	ASSERT_OK(begin(&msg1, &bytes, &len));
	n = test_gateway_answer(&gw, bytes, len, msg2);
	ASSERT_GE(n, 1);
	/* Attack, or accident: the lost answer comes after all, to another request. */
	EXPECT_EQ(nl_enrol_finish(&nl, 0, lost, n_lost), -EBADMSG);
	EXPECT_TRUE(serves(&device));
	/* That ended the handshake. */
	EXPECT_EQ(nl_enrol_finish(&nl, 0, msg2, n), -ESTALE);
	gw.keys = device.keys;
	ASSERT_OK(test_rotate(&nl, &gw, 0));
	EXPECT_TRUE(serves(&gw));
}

/* The same message 1 carried twice, as by who got no answer: the answer fits once. */
static void asked_twice(void)
{
	struct test_gateway device;
	__u8 msg2[VP_MSG2_MAX];
	struct genl_msg msg1;
	const void *bytes;
	size_t len = 0;
	int n;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	device = gw;
	ASSERT_OK(begin(&msg1, &bytes, &len));
	gw.grant.epoch++;
	ASSERT_GE(test_gateway_answer(&gw, bytes, len, msg2), 1);
	gw.keys = device.keys;
	n = test_gateway_answer(&gw, bytes, len, msg2);
	ASSERT_GE(n, 1);
	EXPECT_EQ(nl_enrol_finish(&nl, 0, msg2, n), 0);
	EXPECT_TRUE(serves(&gw));
	EXPECT_EQ(nl_enrol_finish(&nl, 0, msg2, n), -ESTALE);
	EXPECT_TRUE(serves(&gw));
}

/* Attack: a gateway that does not know the key, though it has the static one. */
static void another_key_vouches(void)
{
	struct test_gateway device;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	device = gw;
	gw.keys.psk[0] ^= 1;
	EXPECT_EQ(test_rotate(&nl, &gw, 0), -EBADMSG);
	EXPECT_TRUE(serves(&device));
	gw = device;
	/* Attack: an old grant, from a restored gateway. */
	gw.grant.epoch--;
	EXPECT_EQ(test_rotate(&nl, &gw, 0), -EPROTO);
	EXPECT_TRUE(serves(&device));
	gw = device;
	gw.grant.epoch -= 2;
	EXPECT_EQ(test_rotate(&nl, &gw, 0), -EPROTO);
	gw = device;
	ASSERT_OK(test_rotate(&nl, &gw, 0));
}

static void expired(void)
{
	struct test_gateway old;
	struct genl_msg msg;
	struct voicepay_code c;
	__u64 now = time(NULL);

	gw.grant.time_ms = now * 1000;
	gw.grant.rotate_after = now + 1;
	gw.grant.not_after = now + 2;
	ASSERT_OK(test_enrol(&nl, &gw, 0));
	usleep(2100 * 1000);
	EXPECT_ERRNO(EKEYEXPIRED, get(&c));
	EXPECT_EQ(nl_enrol_begin(&nl, 0, NULL, &msg), -EKEYEXPIRED);
	EXPECT_TRUE(strstr(nl.why, "ticket"));
	old = gw;
	gw.grant.rotate_after = now + 7 * 86400;
	gw.grant.not_after = now + 35 * 86400;
	/* A ticket brings the slot back, under the same static key. */
	ASSERT_OK(test_enrol(&nl, &gw, 0));
	EXPECT_EQ(gw.request.epoch, old.grant.epoch);
	EXPECT_TRUE(serves(&gw));
}

/* The gateway's key is written once: no other gateway rotates this device's slots. */
static void another_gateway(void)
{
	struct test_gateway other;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	test_gateway_init(&other);
	memcpy(other.device, gw.device, sizeof(other.device));
	EXPECT_EQ(nl_dev_set(&nl, &other), -EEXIST);
	other.keys = gw.keys;
	other.grant.epoch = gw.grant.epoch;
	EXPECT_LT(test_rotate(&nl, &other, 0), 0);
	EXPECT_TRUE(serves(&gw));
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 2);
	ktap_plan(7);

	KTAP_TEST(rotates, "a key vouches for the next one");
	KTAP_TEST(nothing_to_rotate, "without a key there is nothing to rotate");
	KTAP_TEST(lost_answer, "a lost answer is asked for again, and does no harm when it comes late");
	KTAP_TEST(asked_twice, "one request answered twice");
	KTAP_TEST(another_key_vouches, "another key, or an epoch that does not rise");
	KTAP_TEST(expired, "an expired key vouches for nothing, a ticket does");
	KTAP_TEST(another_gateway, "another gateway");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
