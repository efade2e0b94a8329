// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * What happened is told: to the netlink group, the tracepoint and the audit
 * log, with who it was, and never with a digit.
 */

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/audit.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

#define NOBODY	65534

static int dev;
static struct genl nl;
static struct test_gateway gw;
static char last_digits[33];

static __u32 group_of_events(void)
{
	struct genl_msg msg;
	const __u8 *p, *end;
	__u16 ctrl = GENL_ID_CTRL, family = nl.family;
	size_t len;
	__u32 id = 0;

	nl.family = ctrl;
	genl_begin(&nl, &msg, CTRL_CMD_GETFAMILY);
	genl_put(&msg, CTRL_ATTR_FAMILY_NAME, VOICEPAY_FAMILY_NAME, sizeof(VOICEPAY_FAMILY_NAME));
	if (genl_call(&nl, &msg))
		ktap_bail("no family");
	nl.family = family;
	p = genl_attr(&msg, CTRL_ATTR_MCAST_GROUPS, &len);
	if (!p)
		ktap_bail("the family has no groups");
	end = p + len;
	/* One group: an attribute with its id somewhere below. */
	for (p += NLA_HDRLEN; p + NLA_HDRLEN <= end;) {
		const struct nlattr *a = (const struct nlattr *)p;

		if (a->nla_type == CTRL_ATTR_MCAST_GRP_ID)
			memcpy(&id, p + NLA_HDRLEN, sizeof(id));
		p += NLA_ALIGN(a->nla_len);
	}
	return id;
}

static int listen_to(__u32 group)
{
	struct timeval patience = { .tv_sec = 2 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	/* Unbound it has the kernel's own address, which no broadcast goes to. */
	if (bind(fd, (struct sockaddr *)&(struct sockaddr_nl){ .nl_family = AF_NETLINK },
		 sizeof(struct sockaddr_nl)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

/* The next event; its kind, 0 if none comes. */
static __u32 next_event(int fd, struct genl_msg *msg)
{
	ssize_t n = recv(fd, msg->bytes, sizeof(msg->bytes), 0);

	memset(msg->bytes + (n > 0 ? n : 0), 0, sizeof(msg->bytes) - (n > 0 ? n : 0));
	msg->len = n > 0 ? n : 0;
	if (n <= 0)
		return 0;
	if (*last_digits)
		EXPECT_TRUE(!memmem(msg->bytes, msg->len, last_digits, VOICEPAY_CODE_DIGITS));
	return genl_u32(msg, VOICEPAY_A_EVENT_KIND);
}

static int code(__u32 flags)
{
	struct voicepay_code c = { .size = sizeof(c), .flags = flags };
	int err = ioctl(dev, VOICEPAY_IOC_CODE, &c) ? errno : 0;

	if (!err)
		memcpy(last_digits, c.digits, sizeof(c.digits));
	return err;
}

static int authorise(__u32 purpose)
{
	struct voicepay_authorise a = { .size = sizeof(a), .purpose = purpose };

	return ioctl(dev, VOICEPAY_IOC_AUTHORISE, &a) ? errno : 0;
}

static int otp(__u32 slot)
{
	struct voicepay_otp o = { .size = sizeof(o), .slot = slot };

	return ioctl(dev, VOICEPAY_IOC_OTP, &o) ? errno : 0;
}

static int fd;
static __u64 number;

#define EXPECT_EVENT(kind, slot, err) expect_event(__LINE__, kind, slot, err)
static void expect_event(int line, __u32 kind, __u32 slot, int err)
{
	struct genl_msg msg;
	__u64 n;

	if (next_event(fd, &msg) != kind || genl_u32(&msg, VOICEPAY_A_EVENT_SLOT) != slot ||
	    genl_u32(&msg, VOICEPAY_A_EVENT_ERROR) != (__u32)err)
		ktap_fail(KTAP_FILE, line, "expected event %u slot %u error %d, got %u %u %u", kind, slot,
			  err, genl_u32(&msg, VOICEPAY_A_EVENT_KIND),
			  genl_u32(&msg, VOICEPAY_A_EVENT_SLOT), genl_u32(&msg, VOICEPAY_A_EVENT_ERROR));
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_EVENT_UID), geteuid());
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_EVENT_PID), getpid());
	EXPECT_NE(genl_u64(&msg, VOICEPAY_A_EVENT_BOOT_MS), 0);
	n = genl_u64(&msg, VOICEPAY_A_EVENT_NUMBER);
	if (number)
		EXPECT_EQ(n, number + 1);
	number = n;
}

static void all_kinds(void)
{
	struct genl_msg answer;

	number = 0;
	EXPECT_EQ(code(0), ENOKEY);
	EXPECT_EVENT(VOICEPAY_EVENT_CODE, 0, ENOKEY);
	ASSERT_EQ(test_enrol(&nl, &gw, 0), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_ENROL, 0, 0);
	EXPECT_EQ(code(0), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_CODE, 0, 0);
	EXPECT_EQ(code(VOICEPAY_CODE_NEW), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_CODE, 0, 0);
	EXPECT_EQ(nl_slot_new(&nl, 5), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_SLOT_NEW, 5, 0);
	EXPECT_EQ(nl_enrol_begin(&nl, 5, gw.ticket, &answer), 0);
	EXPECT_EQ(nl_enrol_finish(&nl, 5, gw.grant.alias, 64), -EBADMSG);
	EXPECT_EVENT(VOICEPAY_EVENT_ENROL, 5, EBADMSG);
	EXPECT_EQ(nl_slot_set(&nl, 5, VOICEPAY_A_SLOT_UID, 1), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_SLOT_SET, 5, 0);
	EXPECT_EQ(nl_slot_lock(&nl, 5), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_LOCK, 5, 0);
	EXPECT_EQ(nl_slot_unlock(&nl, 5), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_UNLOCK, 5, 0);
	EXPECT_EQ(nl_slot_del(&nl, 5), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_SLOT_DEL, 5, 0);
	EXPECT_EQ(test_rotate(&nl, &gw, 0), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_ROTATE, 0, 0);
	EXPECT_EQ(nl_pool_put(&nl, 0, gw.keys.code512), -EOPNOTSUPP);
	EXPECT_EVENT(VOICEPAY_EVENT_POOL, 0, EOPNOTSUPP);
	EXPECT_EQ(authorise(0), EOPNOTSUPP);
	EXPECT_EQ(authorise(VOICEPAY_PURPOSE_DENY), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_AUTHORISE, 0, 0);
	EXPECT_EQ(otp(0), EMEDIUMTYPE);
	EXPECT_EVENT(VOICEPAY_EVENT_OTP, 0, EMEDIUMTYPE);
	EXPECT_EQ(nl_slot_new(&nl, 6), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_SLOT_NEW, 6, 0);
	EXPECT_EQ(nl_otp_put(&nl, 6, "secret", 6, VOICEPAY_OTP_SHA1, 6, 30, 0), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_OTP_PUT, 6, 0);
	EXPECT_EQ(otp(6), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_OTP, 6, 0);
	EXPECT_EQ(nl_otp_put(&nl, 6, "secret", 6, VOICEPAY_OTP_SHA1, 6, 30, 0), -EEXIST);
	EXPECT_EVENT(VOICEPAY_EVENT_OTP_PUT, 6, EEXIST);
	EXPECT_EQ(nl_slot_del(&nl, 6), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_SLOT_DEL, 6, 0);
	gw.grant.time_ms += 3600 * 1000;
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_CLOCK, 0, 0);
	EXPECT_EVENT(VOICEPAY_EVENT_ENROL, 0, 0);
	gw.grant.time_ms -= 3600 * 1000;
	EXPECT_EQ(nl_wipe(&nl, (const __u8 *)"0123456789abcdef"), -ENODEV);
	EXPECT_EVENT(VOICEPAY_EVENT_WIPE, 0, ENODEV);
	EXPECT_EQ(nl_wipe(&nl, gw.device), 0);
	EXPECT_EVENT(VOICEPAY_EVENT_WIPE, 0, 0);
	test_fresh_device(&nl, &gw, 1);
	ASSERT_EQ(test_enrol(&nl, &gw, 0), 0);
	close(fd);
	fd = listen_to(group_of_events());
}

/* A stranger's attempt is told with the stranger's name, not root's. */
static void strangers_are_named(void)
{
	struct genl_msg msg;
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct genl mine;
		int mydev;

		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY) ||
		    prctl(PR_SET_NAME, "mal\"ware x=\n") || genl_open(&mine))
			_exit(9);
		mydev = open(VOICEPAY_DEVICE, O_RDWR);
		EXPECT_EQ(nl_wipe(&mine, gw.device), -EPERM);
		EXPECT_ERRNO(EACCES, ioctl(mydev, VOICEPAY_IOC_CODE,
					   &(struct voicepay_code){ .size = sizeof(struct voicepay_code) }));
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(next_event(fd, &msg), VOICEPAY_EVENT_DENIED);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_EVENT_UID), NOBODY);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_EVENT_PID), pid);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_EVENT_ERROR), EPERM);
	EXPECT_EQ(next_event(fd, &msg), VOICEPAY_EVENT_CODE);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_EVENT_UID), NOBODY);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_EVENT_ERROR), EACCES);
	EXPECT_STREQ((char *)genl_attr(&msg, VOICEPAY_A_EVENT_COMM, NULL), "mal\"ware x=\n");
}

static int try_to_listen(bool userns)
{
	__u32 group = group_of_events();
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (userns ? unshare(CLONE_NEWUSER) : setgid(NOBODY) || setuid(NOBODY))
			_exit(99);
		_exit(-listen_to(group));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void only_root_listens(void)
{
	EXPECT_EQ(try_to_listen(false), EPERM);
	EXPECT_EQ(try_to_listen(true), EPERM);
}

/* A listener who does not listen holds nobody up. */
static void deaf_listener(void)
{
	int i, deaf = listen_to(group_of_events());
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < 3000; i++)
		code(0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	EXPECT_LT(b.tv_sec - a.tv_sec, 30);
	close(deaf);
	close(fd);
	fd = listen_to(group_of_events());
}

static atomic_bool enough;

static void *codes_until_enough(void *arg)
{
	struct voicepay_code c = { .size = sizeof(c) };
	long *n = arg;

	do
		*n += !ioctl(dev, VOICEPAY_IOC_CODE, &c);
	while (!enough);
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Who listens again sees how many he missed; and no number is told twice. */
static void numbers(void)
{
	__u32 group = group_of_events();
	static long n[2];
	static __u64 seen[1000];
	long before;
	struct genl_msg msg;
	pthread_t threads[2];
	int i, k = 0;

	close(fd);
	fd = listen_to(group);
	ASSERT_EQ(code(0), 0);
	ASSERT_EQ(next_event(fd, &msg), VOICEPAY_EVENT_CODE);
	before = genl_u64(&msg, VOICEPAY_A_EVENT_NUMBER);
	enough = false;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, codes_until_enough, &n[i]), 0);
	while (k < 1000) {
		close(fd);
		usleep(1000);
		fd = listen_to(group);
		/* They are quicker than this reads: what it misses is no error. */
		ASSERT_OK(setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &(int){ 1 }, sizeof(int)));
		for (i = 0; i < 5; i++) {
			ASSERT_EQ(next_event(fd, &msg), VOICEPAY_EVENT_CODE);
			seen[k++] = genl_u64(&msg, VOICEPAY_A_EVENT_NUMBER);
		}
	}
	close(fd);
	usleep(10000);
	enough = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	fd = listen_to(group);
	ASSERT_EQ(code(0), 0);
	ASSERT_EQ(next_event(fd, &msg), VOICEPAY_EVENT_CODE);
	EXPECT_EQ(genl_u64(&msg, VOICEPAY_A_EVENT_NUMBER), before + n[0] + n[1] + 1);
	qsort(seen, k, sizeof(seen[0]), by_number);
	EXPECT_GT(seen[0], before);
	for (i = 1; i < k; i++)
		EXPECT_NE(seen[i], seen[i - 1]);
	ktap_diag("%ld and %ld codes, %d told of here", n[0], n[1], k);
}

static char *slurp(const char *path)
{
	static char buf[65536];
	int f = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n, len = 0;

	while (f >= 0 && len < (ssize_t)sizeof(buf) - 1 && (n = read(f, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	buf[len] = 0;
	close(f);
	return buf;
}

static void spill(const char *path, const char *text)
{
	int f = open(path, O_WRONLY | O_TRUNC);

	EXPECT_EQ(write(f, text, strlen(text)), (ssize_t)strlen(text));
	close(f);
}

#define TRACING "/sys/kernel/tracing"

static void tracepoint(void)
{
	char want[64], *text;

	spill(TRACING "/trace", "\n");
	spill(TRACING "/events/voicepay/voicepay_event/enable", "1");
	EXPECT_EQ(code(0), 0);
	spill(TRACING "/events/voicepay/voicepay_event/enable", "0");
	text = slurp(TRACING "/trace");
	snprintf(want, sizeof(want), "kind=1 slot=0 error=0 uid=0 pid=%d", getpid());
	EXPECT_TRUE(strstr(text, want));
	EXPECT_TRUE(!strstr(text, last_digits));
}

static int audit_fd;

static void audit_on(__u32 on)
{
	struct {
		struct nlmsghdr nlh;
		struct audit_status s;
	} m = {
		.nlh = { .nlmsg_len = sizeof(m), .nlmsg_type = AUDIT_SET, .nlmsg_flags = NLM_F_REQUEST },
		.s = { .mask = AUDIT_STATUS_ENABLED, .enabled = on },
	};

	EXPECT_OK(send(audit_fd, &m, sizeof(m), 0));
}

/* Without an audit daemon the records go to a multicast group, too. */
static bool audit_has(const char *what, const char *never)
{
	char buf[9000];
	ssize_t n;

	while ((n = recv(audit_fd, buf, sizeof(buf) - 1, 0)) > 0) {
		buf[n] = 0;
		if (never && memmem(buf, n, never, strlen(never)))
			return false;
		if (memmem(buf, n, what, strlen(what)))
			return true;
	}
	return false;
}

static void audit_records(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct timeval patience = { .tv_sec = 2 };
	char want[64];

	audit_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	ASSERT_GE(audit_fd, 0);
	ASSERT_OK(bind(audit_fd, (struct sockaddr *)&addr, sizeof(addr)));
	setsockopt(audit_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	audit_on(1);
	EXPECT_EQ(code(0), 0);
	snprintf(want, sizeof(want), "voicepay kind=1 ");
	EXPECT_TRUE(audit_has(want, last_digits));
	/* Attack: a name that forges a field. */
	prctl(PR_SET_NAME, "a\" res=0 uid=7");
	EXPECT_EQ(code(0), 0);
	EXPECT_TRUE(audit_has("comm=\"a??res=0?uid=7\"", last_digits));
	audit_on(0);
	close(audit_fd);
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 1);
	if (chmod(VOICEPAY_DEVICE, 0666))
		ktap_bail("cannot let others open the device");
	ktap_plan(7);

	fd = listen_to(group_of_events());
	if (fd < 0)
		ktap_bail("cannot listen");

	KTAP_TEST(all_kinds, "every kind of event, in order, none missing");
	KTAP_TEST(strangers_are_named, "a stranger's attempts are told with the stranger's name");
	KTAP_TEST(only_root_listens, "only the administrator may listen");
	KTAP_TEST(deaf_listener, "a listener who does not read holds nobody up");
	KTAP_TEST(numbers, "numbers count what nobody heard, and none is told twice");
	if (access(TRACING "/events/voicepay", F_OK))
		ktap_skip("tracepoint", "this kernel has none");
	else
		KTAP_TEST(tracepoint, "tracepoint");
	if (socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) < 0)
		ktap_skip("audit records", "this kernel keeps none");
	else
		KTAP_TEST(audit_records, "audit records, which a name cannot forge");
	return ktap_end();
}
