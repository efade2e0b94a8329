// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=600 ktap: apart=uml */
/*
 * Memory runs out: in each call every allocation, and every copy from and to the
 * caller, fails once: the first at the first try, the second at the second, until
 * a try meets no failure any more. All requests of lib/commands.c, so that a new one
 * is not forgotten. For kernels with CONFIG_FAULT_INJECTION, as User-mode Linux's
 * and the debug kernels' are. Apart, as it takes the kernel to pieces on purpose: lockdep
 * and KASAN report once.
 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <linux/voicepay.h>

#include "commands.h"
#include "failing.h"
#include "ktap.h"
#include "leaks.h"
#include "secretmem.h"
#include "strangers.h"

#define MOST	400	/* places in one call; more is a test that does not end */

enum { PAYMENT, BARE, PASSWORDS, SLOTS };	/* what slots 0, 1, 2 are */

static struct genl nl;
static struct test_gateway gw;
static struct snapshot usual, now, bare;
static __u8 pool[VP_POOL_LEN], msg2[VP_MSG2_MAX];
static __u8 blob[VOICEPAY_BLOB_MAX];
static size_t blob_len;
static int dev, msg2_len, places;

/* Every try begins with the same device. */
static void settle(void)
{
	const struct vp_pool p = { .epoch = gw.grant.epoch + 1, .serial = 3, .not_after = time(NULL) + 86400, .count = 5 };

	test_fresh_device(&nl, &gw, SLOTS);
	if (test_enrol(&nl, &gw, PAYMENT) || nl_slot_rights(&nl, PAYMENT, 1000, VOICEPAY_RIGHTS_ALL, 1000, VOICEPAY_RIGHT_SEE) ||
	    nl_otp_put(&nl, PASSWORDS, "12345678901234567890", 20, VOICEPAY_OTP_SHA1, 6, 0, 1) ||
	    vp_pool_encode(pool, &p, gw.device, gw.keys.auth))
		ktap_bail("cannot set up the device");
	take_snapshot(&nl, &usual);
}

static bool unchanged(void)
{
	take_snapshot(&nl, &now);
	return now.len == usual.len && !memcmp(now.bytes, usual.bytes, now.len);
}

/* A request that the module would carry out, where the table's is well-formed only. */
static void build(struct genl_msg *msg, int cmd)
{
	struct genl_msg answer;

	genl_begin(&nl, msg, cmd);
	switch (cmd) {
	case VOICEPAY_CMD_ENROL_FINISH:
		gw.grant.epoch++;
		if (nl_enrol_begin(&nl, PAYMENT, gw.ticket, &answer))
			ktap_bail("enrol-begin");
		msg2_len = test_gateway_answer(&gw, genl_attr(&answer, VOICEPAY_A_ENROL_MESSAGE, NULL), VP_MSG1_LEN, msg2);
		genl_put_u32(msg, VOICEPAY_A_ENROL_SLOT, PAYMENT);
		genl_put(msg, VOICEPAY_A_ENROL_MESSAGE, msg2, msg2_len);
		genl_put(msg, VOICEPAY_A_ENROL_ACCEPT_TIME, NULL, 0);
		take_snapshot(&nl, &usual);
		break;
	case VOICEPAY_CMD_POOL_PUT:
		genl_put_u32(msg, VOICEPAY_A_POOL_SLOT, PAYMENT);
		genl_put(msg, VOICEPAY_A_POOL_MESSAGE, pool, sizeof(pool));
		break;
	case VOICEPAY_CMD_BLOB_PUT:
		if (!blob_len) {
			nl_commands[cmd].fill(msg, &gw, PAYMENT);
			break;
		}
		/* Into a slot that has no key, or there is nothing to restore. */
		nl_slot_del(&nl, PAYMENT);
		take_snapshot(&nl, &usual);
		genl_put_u32(msg, VOICEPAY_A_BLOB_SLOT, PAYMENT);
		genl_put(msg, VOICEPAY_A_BLOB_BLOB, blob, blob_len);
		break;
	case VOICEPAY_CMD_OTP_PUT:
		nl_commands[cmd].fill(msg, &gw, BARE);
		break;
	default:
		nl_commands[cmd].fill(msg, &gw, PAYMENT);
	}
}

/* On a socket of its own: whatever a failure leaves in the queue goes with that. */
static int call_netlink(struct genl_msg *msg, int nth, bool *hit)
{
	struct timeval patience = { .tv_sec = 2 };
	struct genl own = nl;
	int err;

	own.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (own.fd < 0)
		ktap_bail("socket");
	setsockopt(own.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	fail_next(nth);
	err = genl_call(&own, msg);
	*hit = failed();
	close(own.fd);
	return err;
}

/*
 * ENOMEM: nothing came of it. That only the answer was lost is what ENOBUFS (of the
 * socket) and EFAULT say, and a caller has to look.
 */
static void judge(const char *name, int nth, int err, int otherwise, bool hit)
{
	if (!hit && err != otherwise)
		ktap_fail(KTAP_FILE, __LINE__, "%s, %d: nothing failed, and still %d", name, nth, err);
	if (hit && err && err != otherwise && !no_memory(err))
		ktap_fail(KTAP_FILE, __LINE__, "%s, %d: %s does not speak of memory", name, nth, ktap_errno_name(-err));
	if (hit && err == -ENOMEM && !unchanged())
		ktap_fail(KTAP_FILE, __LINE__, "%s, %d: refused, and the device is another", name, nth);
}

/* The device goes on, whatever happened: what it holds works, and it can be made what it was. */
static void goes_on(const char *name, int nth)
{
	struct voicepay_info info = { .size = sizeof(info) };

	if (ioctl(dev, VOICEPAY_IOC_INFO, &info))
		ktap_fail(KTAP_FILE, __LINE__, "%s, %d: the device does not answer", name, nth);
	if (!unchanged())
		settle();
}

static void netlink_command(int cmd)
{
	const char *name = nl_commands[cmd].name;
	struct genl_msg msg;
	bool hit = true;
	int nth, err, otherwise;

	build(&msg, cmd);
	otherwise = genl_call(&nl, &msg);
	goes_on(name, 0);
	for (nth = 1; hit && nth < MOST; nth++) {
		build(&msg, cmd);
		err = call_netlink(&msg, nth, &hit);
		judge(name, nth, err, otherwise, hit);
		goes_on(name, nth);
	}
	if (hit)
		ktap_fail(KTAP_FILE, __LINE__, "%s does not come to an end", name);
	places += nth - 2;
	ktap_diag("%s: %d places, otherwise %s", name, nth - 2, ktap_errno_name(-otherwise));
}

static void netlink_commands(void)
{
	int cmd;

	for (cmd = 1; cmd <= VOICEPAY_CMD_MAX; cmd++)
		if (nl_commands[cmd].name && nl_commands[cmd].whose != NOT_A_REQUEST)
			netlink_command(cmd);
}

static __u32 sealer_state(void)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_DEV_GET);
	return genl_call(&nl, &msg) ? 0 : genl_u32(&msg, VOICEPAY_A_DEVICE_SEALER_STATE);
}

/* With a TPM the first round has made a key: now there is something to seal. */
static void with_sealing_key(void)
{
	struct genl_msg msg;
	const void *p;

	ASSERT_EQ(sealer_state(), VOICEPAY_SEALER_READY);
	genl_begin(&nl, &msg, VOICEPAY_CMD_BLOB_GET);
	genl_put_u32(&msg, VOICEPAY_A_BLOB_SLOT, PAYMENT);
	ASSERT_EQ(genl_call(&nl, &msg), 0);
	p = genl_attr(&msg, VOICEPAY_A_BLOB_BLOB, &blob_len);
	ASSERT_TRUE(p && blob_len <= sizeof(blob));
	memcpy(blob, p, blob_len);
	netlink_command(VOICEPAY_CMD_BLOB_GET);
	netlink_command(VOICEPAY_CMD_BLOB_COMMIT);
	netlink_command(VOICEPAY_CMD_BLOB_PUT);
	netlink_command(VOICEPAY_CMD_SEALER_GET);
	netlink_command(VOICEPAY_CMD_SEALER_PUT);
	blob_len = 0;
	settle();
}

static void ignore(const struct genl_msg *msg, void *arg) { }

static void dump(void)
{
	struct timeval patience = { .tv_sec = 2 };
	struct genl own = nl;
	bool hit = true;
	int nth, n;

	for (nth = 1; hit && nth < MOST; nth++) {
		own.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
		setsockopt(own.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		fail_next(nth);
		n = genl_dump(&own, VOICEPAY_CMD_SLOT_GET, ignore, NULL);
		hit = failed();
		EXPECT_TRUE(n == SLOTS || (hit && no_memory(n)));
		close(own.fd);
	}
	EXPECT_FALSE(hit);
	EXPECT_TRUE(unchanged());
}

/* What an ioctl needs beyond what the table has: terms, and what is given away. */
static void fill(union any_request *req, const struct ioc_command *c, int variant)
{
	ioc_command_begin(req, c, c->cmd == VOICEPAY_IOC_OTP ? PASSWORDS : PAYMENT);
	if (c->cmd == VOICEPAY_IOC_CODE && variant) {
		req->code.mode = variant;
		if (variant == VOICEPAY_MODE_AMOUNT || variant == VOICEPAY_MODE_BOUND) {
			req->code.amount = 100;
			memcpy(req->code.currency, "CNY", 4);
		}
		if (variant == VOICEPAY_MODE_MERCHANT || variant == VOICEPAY_MODE_BOUND)
			memcpy(req->code.merchant, "shop", 5);
	}
	if (c->cmd == VOICEPAY_IOC_VAULT && variant) {
		void *p;

		req->donation.memfd = syscall(SYS_memfd_secret, O_CLOEXEC);
		if (ftruncate(req->donation.memfd, 4 * 4096))
			return;
		p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, req->donation.memfd, 0);
		if (p != MAP_FAILED) {
			memset(p, 0, 4 * 4096);
			munmap(p, 4 * 4096);
		}
	}
}

static bool donation_wanted(void)
{
	struct voicepay_info info = { .size = sizeof(info) };

	return !ioctl(dev, VOICEPAY_IOC_INFO, &info) && info.vault_flags & VOICEPAY_VAULT_WANTED;
}

/* Secret memory is taken once, and what is asked for afterwards finds its keys there. */
static void donation(const struct ioc_command *c)
{
	union any_request req;
	int nth, err;
	bool hit;

	for (nth = 1; donation_wanted() && nth < MOST; nth++) {
		fill(&req, c, 1);
		if (req.donation.memfd < 0)
			break;
		fail_next(nth);
		err = ioctl(dev, c->cmd, &req) ? -errno : 0;
		hit = failed();
		judge(c->name, nth, err, 0, hit);
		close(req.donation.memfd);
		goes_on(c->name, nth);
	}
	places += nth - 1;
	ktap_diag("%s 1: %d places, %s", c->name, nth - 1, donation_wanted() ? "no secret memory here" : "taken");
}

static void ioctl_command(const struct ioc_command *c, int variant)
{
	union any_request req;
	bool hit = true;
	int nth, err, otherwise;

	fill(&req, c, variant);
	otherwise = ioctl(dev, c->cmd, &req) ? -errno : 0;
	goes_on(c->name, 0);
	for (nth = 1; hit && nth < MOST; nth++) {
		fill(&req, c, variant);
		fail_next(nth);
		err = ioctl(dev, c->cmd, &req) ? -errno : 0;
		hit = failed();
		judge(c->name, nth, err, otherwise, hit);
		goes_on(c->name, nth);
		/* A step holds ten codes, and a caller has only so many. */
		if (c->cmd == VOICEPAY_IOC_CODE)
			settle();
	}
	if (hit)
		ktap_fail(KTAP_FILE, __LINE__, "%s does not come to an end", c->name);
	places += nth - 2;
	ktap_diag("%s %d: %d places, otherwise %s", c->name, variant, nth - 2, ktap_errno_name(-otherwise));
}

static void ioctls(void)
{
	unsigned int i;
	int mode;

	for (i = 0; i < n_ioc_commands; i++) {
		ioctl_command(&ioc_commands[i], 0);
		if (ioc_commands[i].cmd == VOICEPAY_IOC_CODE)
			for (mode = VOICEPAY_MODE_AMOUNT; mode <= VOICEPAY_MODE_PLAIN_512; mode++)
				ioctl_command(&ioc_commands[i], mode);
		if (ioc_commands[i].cmd == VOICEPAY_IOC_VAULT)
			donation(&ioc_commands[i]);
	}
}

/* The first key of a module takes it memory that later ones find there. */
static void first_key(void)
{
	bool hit = true;
	int nth, err;

	for (nth = 1; hit && nth < MOST; nth++) {
		struct test_gateway before = gw;
		struct genl_msg msg;

		test_fresh_device(&nl, &gw, SLOTS);
		take_snapshot(&nl, &bare);
		build(&msg, VOICEPAY_CMD_ENROL_FINISH);
		err = call_netlink(&msg, nth, &hit);
		EXPECT_TRUE(!err || (hit && no_memory(err)));
		/* Either it did not come so far, or the handshake is over. */
		if (err == -ENOMEM && !unchanged()) {
			usual = bare;
			EXPECT_TRUE(unchanged());
		}
		if (err)
			gw = before;
	}
	EXPECT_FALSE(hit);
	places += nth - 2;
	settle();
}

static void opened(void)
{
	bool hit = true;
	int nth, fd;

	for (nth = 1; hit && nth < MOST; nth++) {
		fail_next(nth);
		fd = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
		hit = failed();
		if (fd < 0)
			EXPECT_TRUE(hit && (errno == ENOMEM || errno == EFAULT));
		else
			close(fd);
	}
	EXPECT_FALSE(hit);
}

int main(void)
{
	bool kmemleak = kmemleak_is_on();

	if (!failing_init())
		ktap_skip_all("this kernel cannot fail allocations on demand");
	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&nl))
		ktap_bail("no " VOICEPAY_DEVICE "; is the module loaded?");
	ktap_plan(7);
	test_gateway_init(&gw);
	gw.grant.modes = PAYCODE_MODES_DEVICE;
	settle();
	KTAP_TEST(netlink_commands, "each netlink command");
	if (sealer_state() == VOICEPAY_SEALER_NONE)
		ktap_skip("with a sealing key", "no TPM");
	else
		KTAP_TEST(with_sealing_key, "with a sealing key");
	KTAP_TEST(dump, "a dump");
	KTAP_TEST(ioctls, "each ioctl, codes of each mode");
	KTAP_TEST(first_key, "the first key");
	KTAP_TEST(opened, "open");
	if (kmemleak)
		KTAP_TEST(no_memory_leaked, "nothing is lost");
	else
		ktap_skip("nothing is lost", "this kernel does not watch for leaks");
	ktap_diag("%d places in all", places);
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
