// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=240 */
/*
 * Everything at once: codes are asked for, slots looked at, locked, enrolled
 * anew and deleted, the device wiped, events listened to and dumps left half
 * read, by processes that know nothing of each other; then the same while the
 * module is taken out and put back. Only documented errors may come of it, and
 * in the end nothing may be left.
 */

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/voicepay.h>

#include "commands.h"
#include "ktap.h"
#include "leaks.h"
#include "strangers.h"

#define SECONDS		6	/* of each storm */
#define REMOVALS	12	/* or removals= of the kernel's parameters */
#define SLOTS		3

static struct test_gateway gw;

/* What all processes share. */
static struct shared {
	atomic_bool stop;
	atomic_int pause_us;	/* at most so long nobody holds anything between two rounds */
	atomic_long codes, calls, opened, dumps, events;
} *shared;

/* Of a call while everything changes: documented, or "the module is not here". */
static bool documented(int err)
{
	switch (err) {
	case 0: case ENOENT: case ENOKEY: case EAGAIN: case EDQUOT: case EKEYREVOKED: case EINPROGRESS:
	case EEXIST: case ESTALE: case EBADMSG: case EPROTO: case ENODEV: case ENOSPC: case ETIME:
	case EACCES: case EOPNOTSUPP: case EINVAL: case EMEDIUMTYPE: case ENODATA: case ENOSR: case EXFULL:
		return true;
	default:
		return false;
	}
}

/* Without the module a device or a family cannot be opened; that is no news. */
static bool open_netlink(struct genl *g)
{
	struct timeval patience = { .tv_sec = 1 };

	if (genl_open(g))
		return false;
	setsockopt(g->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return true;
}

static void expect_documented(int line, int err)
{
	shared->calls++;
	if (!documented(err))
		ktap_fail(KTAP_FILE, line, "%s is not documented", ktap_errno_name(err));
}

#define DOCUMENTED(err) expect_documented(__LINE__, err)

/* Opens, asks, looks, closes. */
static void app(unsigned int n)
{
	int fd = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC), i;
	const struct ioc_command *any;
	union any_request req;

	if (fd < 0)
		return;
	shared->opened++;
	for (i = 0; i < 20 && !shared->stop; i++) {
		struct voicepay_code c = { .size = sizeof(c), .slot = (n + i) % SLOTS, .flags = i & 1 };
		struct voicepay_status st = { .size = sizeof(st), .slot = i % SLOTS };
		struct voicepay_info info = { .size = sizeof(info) };
		int err = ioctl(fd, VOICEPAY_IOC_CODE, &c) ? errno : 0;

		DOCUMENTED(err);
		shared->codes += !err;
		EXPECT_EQ(!err, !!c.digits[0]);
		DOCUMENTED(ioctl(fd, VOICEPAY_IOC_STATUS, &st) ? errno : 0);
		EXPECT_OK(ioctl(fd, VOICEPAY_IOC_INFO, &info));
		any = &ioc_commands[i % n_ioc_commands];
		if (any->whose != ANYBODYS && any->whose != ADMINS) {
			ioc_command_begin(&req, any, n % SLOTS);
			DOCUMENTED(ioctl(fd, any->cmd, &req) ? errno : 0);
		}
	}
	close(fd);
}

static void netlink_app(unsigned int n)
{
	struct genl_msg msg;
	struct genl g;

	if (!open_netlink(&g))
		return;
	genl_begin(&g, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, n % SLOTS);
	DOCUMENTED(-genl_call(&g, &msg));
	DOCUMENTED(-nl_slot_lock(&g, n % SLOTS));
	DOCUMENTED(-nl_slot_unlock(&g, n % SLOTS));
	genl_close(&g);
}

/* A dump of which only the first part is fetched holds module and slots until the socket goes. */
static void half_reader(unsigned int n)
{
	struct genl_msg msg;
	struct genl g;
	__u8 buf[512];

	if (!open_netlink(&g))
		return;
	genl_begin(&g, &msg, VOICEPAY_CMD_SLOT_GET);
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg.nlh.nlmsg_len = msg.len;
	if (send(g.fd, msg.bytes, msg.len, 0) > 0) {
		recv(g.fd, buf, sizeof(buf), 0);
		shared->dumps++;
		usleep(n % 3 * 1000);
	}
	genl_close(&g);
}

static void listener(unsigned int n)
{
	__u32 group;
	struct genl g;
	struct genl_msg msg;
	const __u8 *p;
	size_t len;
	__u16 family;

	if (!open_netlink(&g))
		return;
	family = g.family;
	g.family = GENL_ID_CTRL;
	genl_begin(&g, &msg, CTRL_CMD_GETFAMILY);
	genl_put(&msg, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	/* One group, whose number is the last thing said of it. */
	if (!genl_call(&g, &msg) && (p = genl_attr(&msg, CTRL_ATTR_MCAST_GROUPS, &len)) && len >= 12) {
		for (group = 0; len >= 12 && !group; p += 4, len -= 4)
			if (((const struct nlattr *)p)->nla_type == CTRL_ATTR_MCAST_GRP_ID &&
			    ((const struct nlattr *)p)->nla_len == 8)
				memcpy(&group, p + 4, 4);
		setsockopt(g.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
		if (recv(g.fd, msg.bytes, sizeof(msg.bytes), 0) > 0)
			shared->events++;
	}
	genl_close(&g);
}

/* Enrols, deletes, makes, wipes. */
static void manager(unsigned int n)
{
	struct test_gateway mine = gw;
	struct genl_msg msg;
	struct genl g;

	if (!open_netlink(&g))
		return;
	mine.grant.epoch = time(NULL) * 10 + n % 10;
	switch (n % 8) {
	case 6:
		DOCUMENTED(-nl_slot_del(&g, n / 8 % SLOTS));
		break;
	case 7:
		if (n % 3 == 0)
			DOCUMENTED(-nl_wipe(&g, gw.device));
		break;
	default:
		DOCUMENTED(-nl_dev_set(&g, &mine));
		DOCUMENTED(-nl_slot_new(&g, n % SLOTS));
		genl_begin(&g, &msg, VOICEPAY_CMD_DEV_GET);
		DOCUMENTED(-genl_call(&g, &msg));
		DOCUMENTED(-test_enrol(&g, &mine, n % SLOTS));
	}
	genl_close(&g);
}

static pid_t loop(void (*role)(unsigned int n))
{
	pid_t pid = fork();
	unsigned int n;

	if (pid)
		return pid;
	for (n = getpid(); !shared->stop; n++) {
		role(n);
		if (shared->pause_us)
			usleep(n * 7919 % shared->pause_us);
	}
	_exit(0);
}

static void (*const roles[])(unsigned int n) = { app, app, netlink_app, half_reader, listener, manager, manager };

#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

static void storm(void (*meanwhile)(void))
{
	pid_t pid[N_ROLES];
	unsigned int i;
	int status;

	shared->stop = false;
	for (i = 0; i < N_ROLES; i++)
		pid[i] = loop(roles[i]);
	meanwhile();
	shared->stop = true;
	for (i = 0; i < N_ROLES; i++) {
		EXPECT_EQ(waitpid(pid[i], &status, 0), pid[i]);
		EXPECT_EQ(status, 0);
	}
	ktap_diag("%ld calls, %ld codes, device opened %ld times, %ld dumps, %ld events", shared->calls,
		  shared->codes, shared->opened, shared->dumps, shared->events);
	EXPECT_GT(shared->codes, 0);
	EXPECT_GT(shared->dumps, 0);
	EXPECT_GT(shared->events, 0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void just_wait(void)
{
	sleep(SECONDS);
}

static void all_at_once(void)
{
	storm(just_wait);
}

static int modprobe(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execlp("modprobe", "modprobe", "voicepay", NULL);
		_exit(99);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "voicepay", O_NONBLOCK) ? errno : 0;
}

static int removals, enough = REMOVALS;

/* Out as soon as nobody holds it for a moment, and in again; some times, however slow the machine. */
static void out_and_in(void)
{
	double end = now() + (enough > REMOVALS ? 160 : 4) * SECONDS;
	int err, busy = 0;

	while (now() < end && removals < enough) {
		err = unload();
		if (!err) {
			removals++;
			if (!EXPECT_EQ(modprobe(), 0))
				break;
			usleep(20000);
		} else if (EXPECT_TRUE(err == EAGAIN || err == EBUSY)) {
			busy++;
			usleep(100);
		}
	}
	ktap_diag("%d times out and in, %d times it was in use", removals, busy);
}

static void removed_in_use(void)
{
	removals = 0;
	shared->pause_us = 15000;
	storm(out_and_in);
	/* A slow machine gets to a few only, unless it is to take its time. */
	EXPECT_GT(removals, enough > REMOVALS ? enough - 1 : 0);
}

/* What is held keeps the module; what is let go does not. */
static void holders(void)
{
	struct genl g, idle;
	struct genl_msg msg;
	int fd;

	ASSERT_EQ(genl_open(&g), 0);
	fd = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_OK(fd);
	EXPECT_EQ(unload(), EAGAIN);
	close(fd);

	test_fresh_device(&g, &gw, 1024);
	genl_begin(&g, &msg, VOICEPAY_CMD_SLOT_GET);
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg.nlh.nlmsg_len = msg.len;
	ASSERT_EQ(send(g.fd, msg.bytes, msg.len, 0), (ssize_t)msg.len);
	EXPECT_GT(recv(g.fd, msg.bytes, sizeof(msg.bytes), 0), 0);
	EXPECT_EQ(unload(), EAGAIN);		/* a dump half read */
	genl_close(&g);

	/* An open socket holds nothing; its family is gone afterwards, and comes back with a number of its own. */
	ASSERT_EQ(genl_open(&idle), 0);
	ASSERT_EQ(test_enrol(&idle, &gw, 0), 0);
	EXPECT_EQ(unload(), 0);			/* with 1,024 slots and a key */
	genl_begin(&idle, &msg, VOICEPAY_CMD_DEV_GET);
	EXPECT_EQ(genl_call(&idle, &msg), -ENOENT);
	EXPECT_ERRNO(ENOENT, open(VOICEPAY_DEVICE, O_RDWR));
	ASSERT_EQ(modprobe(), 0);
	genl_close(&idle);
	ASSERT_EQ(genl_open(&g), 0);
	genl_begin(&g, &msg, VOICEPAY_CMD_DEV_GET);
	EXPECT_EQ(genl_call(&g, &msg), 0);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS), 0);
	EXPECT_TRUE(!genl_attr(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, NULL));
	genl_close(&g);
}

static int read_int(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -1;
	close(fd);
	return atoi(text);
}

static void nothing_is_left(void)
{
	struct genl_msg msg;
	struct genl g;

	ASSERT_EQ(genl_open(&g), 0);
	test_fresh_device(&g, &gw, 0);
	genl_begin(&g, &msg, VOICEPAY_CMD_DEV_GET);
	ASSERT_EQ(genl_call(&g, &msg), 0);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS), 0);
	EXPECT_EQ(genl_dump(&g, VOICEPAY_CMD_SLOT_GET, NULL, NULL), 0);
	genl_close(&g);
	EXPECT_EQ(read_int("/sys/module/voicepay/refcnt"), 0);
	EXPECT_EQ(unload(), 0);
	EXPECT_EQ(modprobe(), 0);
}

static void how_often(void)
{
	char text[4096] = "", *at;
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && (at = strstr(text, "removals=")))
		enough = atoi(at + 9);
	close(fd);
}

int main(void)
{
	struct genl nl;
	bool kmemleak;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || genl_open(&nl))
		ktap_bail("no netlink family voicepay; is the module loaded?");
	ktap_plan(5);

	how_often();
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, SLOTS);
	genl_close(&nl);
	kmemleak = kmemleak_is_on();
	KTAP_TEST(all_at_once, "codes, locks, enrolment, deletion, wipe, events and dumps at once");
	KTAP_TEST(removed_in_use, "and the module goes and comes meanwhile");
	KTAP_TEST(holders, "what holds the module and what does not");
	KTAP_TEST(nothing_is_left, "afterwards no slot and no reference is left");
	if (kmemleak)
		KTAP_TEST(no_memory_leaked, "and no memory");
	else
		ktap_skip("and no memory", "this kernel does not watch for leaks");
	return ktap_end();
}
