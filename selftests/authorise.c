// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Authorised orders: the MAC is what the gateway computes, over what was asked
 * for and nothing else; who may; when a person must press the button.
 */

#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/voicepay.h>

#include "authorise.h"
#include "enrol.h"
#include "ktap.h"

#define ALICE	1000
#define BOB	1001

static int dev;
static struct genl nl;
static struct test_gateway gw;

static struct voicepay_authorise order(__u32 purpose, __u64 amount, const char *name,
				       const char *payee)
{
	struct voicepay_authorise a = { .size = sizeof(a), .purpose = purpose, .amount = amount };

	if (amount)
		memcpy(a.currency, "CNY", 3);
	memcpy(a.order, name, strlen(name));
	memcpy(a.payee, payee, strlen(payee));
	return a;
}

static int authorise(int fd, struct voicepay_authorise *a)
{
	int err = ioctl(fd, VOICEPAY_IOC_AUTHORISE, a) ? errno : 0;
	unsigned int i;

	/* A refusal gives nothing away. */
	for (i = 0; err && i < sizeof(a->mac); i++)
		EXPECT_EQ(a->mac[i], 0);
	return err;
}

/* A new slot 0, with the rights and the policy of one. */
static int fresh(void)
{
	nl_slot_del(&nl, 0);
	return nl_slot_new(&nl, 0) ? -1 : test_enrol(&nl, &gw, 0);
}

/* What the gateway computes for the same order. */
static void mac_of(__u8 mac[VP_HASH_LEN], const struct voicepay_authorise *a)
{
	struct vp_authorise what = { .purpose = a->purpose, .slot = a->slot, .epoch = gw.grant.epoch,
				     .time = a->time, .amount = a->amount };
	__u8 bytes[VP_AUTHORISE_MAX];
	struct vp_piece piece = { bytes, 0 };
	int n;

	memcpy(what.device, gw.device, sizeof(what.device));
	memcpy(what.currency, a->currency, sizeof(what.currency));
	memcpy(what.order, a->order, sizeof(what.order));
	memcpy(what.payee, a->payee, sizeof(what.payee));
	n = vp_authorise_encode(bytes, &what);
	piece.len = n < 0 ? 0 : n;
	if (n < 0 || vp_prim_hmac(mac, gw.keys.auth, VP_KEY_LEN, &piece, 1))
		memset(mac, 0, VP_HASH_LEN);
}

static void the_gateways_mac(void)
{
	struct voicepay_authorise a;
	__u8 mac[VP_HASH_LEN];
	__u32 purpose;

	ASSERT_OK(fresh());
	for (purpose = 1; purpose <= 7; purpose++) {
		a = order(purpose, purpose == 4 ? 0 : 50000, "order-1", "\u5988\u5988");
		ASSERT_EQ(authorise(dev, &a), 0);
		EXPECT_EQ(a.epoch, gw.grant.epoch);
		EXPECT_GE(a.time, gw.grant.time_ms / 1000);
		EXPECT_LE(a.time, gw.grant.time_ms / 1000 + 60);
		mac_of(mac, &a);
		EXPECT_MEMEQ(a.mac, mac, sizeof(mac));
		/* Of another order it is another. */
		a.amount++;
		mac_of(mac, &a);
		EXPECT_TRUE(memcmp(a.mac, mac, sizeof(mac)));
	}
	/* Fields that are full. */
	a = order(1, UINT64_MAX, "", "");
	memset(a.order, 'o', sizeof(a.order));
	memset(a.payee, 'p', sizeof(a.payee));
	ASSERT_EQ(authorise(dev, &a), 0);
	mac_of(mac, &a);
	EXPECT_MEMEQ(a.mac, mac, sizeof(mac));
	/* After a rotation it is the new key's. */
	ASSERT_OK(test_rotate(&nl, &gw, 0));
	a = order(1, 1, "o", "p");
	ASSERT_EQ(authorise(dev, &a), 0);
	EXPECT_EQ(a.epoch, gw.grant.epoch);
	mac_of(mac, &a);
	EXPECT_MEMEQ(a.mac, mac, sizeof(mac));
}

static void malformed(void)
{
	struct voicepay_authorise a;

	ASSERT_OK(fresh());
#define REFUSED(err, change) do {			\
		a = order(1, 1, "o", "p");		\
		change;					\
		EXPECT_EQ(authorise(dev, &a), err);	\
	} while (0)
	REFUSED(EOPNOTSUPP, a.purpose = 0);
	REFUSED(EOPNOTSUPP, a.purpose = 8);
	REFUSED(EOPNOTSUPP, a.purpose = 257);
	REFUSED(EOPNOTSUPP, a.purpose = UINT32_MAX);
	REFUSED(EINVAL, a.currency[1] = 0);
	REFUSED(EINVAL, a.currency[3] = 'X');
	REFUSED(EINVAL, memcpy(a.currency, "cny", 3));
	REFUSED(EINVAL, a.order[63] = 'x');
	REFUSED(EINVAL, a.payee[255] = 'x');
	REFUSED(ENOENT, a.slot = 99);
	REFUSED(ENOKEY, a.slot = 1);
	/* What only the kernel says is not taken from the caller. */
	a = order(1, 1, "o", "p");
	a.epoch = 77;
	a.time = 77;
	ASSERT_EQ(authorise(dev, &a), 0);
	EXPECT_EQ(a.epoch, gw.grant.epoch);
	EXPECT_NE(a.time, 77);
}

static void as_user(uid_t uid, void (*check)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
			_exit(9);
		check();
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

static void may(void)
{
	struct voicepay_authorise a = order(1, 1, "o", "p");
	int mine = open(VOICEPAY_DEVICE, O_RDWR);

	EXPECT_EQ(authorise(mine, &a), 0);
	/* Both must have the right: who asks, and who opened the descriptor. */
	a = order(1, 1, "o", "p");
	EXPECT_EQ(authorise(dev, &a), EACCES);
}

static void may_not(void)
{
	struct voicepay_authorise a = order(1, 1, "o", "p");
	int mine = open(VOICEPAY_DEVICE, O_RDWR);

	EXPECT_EQ(authorise(mine, &a), EACCES);
	/* Attack: over a descriptor that root opened. */
	EXPECT_EQ(authorise(dev, &a), EACCES);
}

static void who_may(void)
{
	struct voicepay_authorise a = order(4, 0, "o", "");
	const __u32 all_but = VOICEPAY_RIGHTS_ALL & ~VOICEPAY_RIGHT_AUTHORISE;

	ASSERT_OK(fresh());
	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHT_AUTHORISE, UINT32_MAX, 0), 0);
	as_user(ALICE, may);
	as_user(BOB, may_not);
	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, all_but, UINT32_MAX, 0), 0);
	as_user(ALICE, may_not);
	ASSERT_EQ(nl_slot_lock(&nl, 0), 0);
	EXPECT_EQ(authorise(dev, &a), EKEYREVOKED);
	ASSERT_EQ(nl_slot_unlock(&nl, 0), 0);
	EXPECT_EQ(authorise(dev, &a), 0);
}

static void a_callers_budget(void)
{
	struct voicepay_authorise a = order(1, 1, "o", "p");
	int i, err = 0;

	ASSERT_OK(fresh());
	ASSERT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 3), 0);
	for (i = 0; i < 3; i++) {
		a = order(1, 1, "o", "p");
		EXPECT_EQ(authorise(dev, &a), 0);
	}
	a = order(1, 1, "o", "p");
	EXPECT_EQ(authorise(dev, &a), EDQUOT);
	/* Refused too often: locked out, as with codes. */
	for (i = 0; i < 20; i++) {
		a = order(1, 1, "o", "p");
		err = authorise(dev, &a);
	}
	EXPECT_EQ(err, EKEYREJECTED);
}

/* Nobody ever presses anything here: what needs a press is refused. */
static void presence(void)
{
	struct voicepay_authorise a;

	ASSERT_OK(fresh());
	ASSERT_EQ(nl_slot_set_u64(&nl, 0, VOICEPAY_A_SLOT_PRESENCE_ABOVE, 1000), 0);
	ASSERT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_ALWAYS), 0);
#define PRESS(purpose, amount, err) do {			\
		a = order(purpose, amount, "o", "p");		\
		EXPECT_EQ(authorise(dev, &a), err);		\
	} while (0)
	PRESS(1, 1000, 0);
	PRESS(2, 1, 0);
	PRESS(3, 1000, 0);
	PRESS(1, 1001, EINPROGRESS);
	PRESS(2, UINT64_MAX, EINPROGRESS);
	/* Attack: name no amount. */
	PRESS(1, 0, EINPROGRESS);
	PRESS(2, 0, EINPROGRESS);
	PRESS(3, 0, EINPROGRESS);
	PRESS(4, 0, 0);
	PRESS(4, 1001, 0);
	PRESS(6, 0, 0);
	/* A code, and another limit, are above no threshold and below none. */
	PRESS(5, 0, EINPROGRESS);
	PRESS(5, 1, EINPROGRESS);
	PRESS(7, 1, EINPROGRESS);
	/* Attack: root raises the threshold instead. */
	EXPECT_EQ(nl_slot_set_u64(&nl, 0, VOICEPAY_A_SLOT_PRESENCE_ABOVE, 1001), -EINPROGRESS);
	PRESS(1, 1001, EINPROGRESS);
	EXPECT_EQ(nl_slot_set_u64(&nl, 0, VOICEPAY_A_SLOT_PRESENCE_ABOVE, 0), 0);
	PRESS(1, 1, EINPROGRESS);
	PRESS(4, 0, 0);
}

static void expired(void)
{
	struct voicepay_authorise a = order(4, 0, "o", "");
	struct test_gateway brief = gw;
	__u64 now = time(NULL);

	brief.grant.time_ms = now * 1000;
	brief.grant.rotate_after = now + 1;
	brief.grant.not_after = now + 2;
	nl_slot_del(&nl, 0);
	ASSERT_OK(nl_slot_new(&nl, 0));
	ASSERT_OK(test_enrol(&nl, &brief, 0));
	EXPECT_EQ(authorise(dev, &a), 0);
	usleep(2100 * 1000);
	a = order(4, 0, "o", "");
	EXPECT_EQ(authorise(dev, &a), EKEYEXPIRED);
	gw.grant.epoch = brief.grant.epoch;
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 2);
	if (chmod(VOICEPAY_DEVICE, 0666))
		ktap_bail("cannot let others open the device");
	ktap_plan(6);

	KTAP_TEST(the_gateways_mac, "each purpose: the MAC is what the gateway computes");
	KTAP_TEST(malformed, "purposes and strings that are none");
	KTAP_TEST(who_may, "who may");
	KTAP_TEST(a_callers_budget, "a caller's budget, and the lock-out behind it");
	KTAP_TEST(presence, "a press, except up to an amount, to deny, and for a pool");
	KTAP_TEST(expired, "an expired key authorises nothing");
	nl_wipe(&nl, gw.device);
	chmod(VOICEPAY_DEVICE, 0600);
	return ktap_end();
}
