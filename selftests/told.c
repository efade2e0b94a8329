// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Everything that can happen is made to happen, and then netlink events, tracepoint
 * and audit records are compared: each event in all three, with the same number,
 * slot, error and person; and in none of them, nor in the kernel's log, a digit of
 * a code that was given out, or a byte of a key.
 */

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <linux/audit.h>
#include <linux/voicepay.h>

#include "commands.h"
#include "ktap.h"
#include "strangers.h"

#define OWNER	1000
#define TRACING	"/sys/kernel/tracing"
#define ROOM	(4 << 20)

static int dev;
static struct genl nl;
static struct test_gateway gw;

/* What was said, in the order in which it was read. */
struct text { char *bytes; size_t len; };
static struct text told, traced, audited, logged;

/* What must not have been. In shared memory: children have codes, too. */
static struct secrets {
	atomic_int n, owner;		/* the owner's process */
	struct { __u8 bytes[64]; __u8 len; } of[512];
} *secrets;

static void keep_secret(const void *bytes, size_t len)
{
	int i = secrets->n++;

	if (i >= 512)
		ktap_bail("too many secrets");
	memcpy(secrets->of[i].bytes, bytes, len);
	secrets->of[i].len = len;
}

static int code(__u32 slot, __u32 flags)
{
	struct voicepay_code c = { .size = sizeof(c), .slot = slot, .flags = flags };

	if (ioctl(dev, VOICEPAY_IOC_CODE, &c))
		return errno;
	keep_secret(c.digits, 24);
	keep_secret(c.digits + 3, 10);		/* the alias */
	keep_secret(c.digits + 14, 9);		/* the MAC */
	return 0;
}

static int nl_code(__u32 slot)
{
	struct genl_msg msg;
	const char *digits;
	int err;

	genl_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_CODE_NEW, NULL, 0);
	err = genl_call(&nl, &msg);
	digits = genl_attr(&msg, VOICEPAY_A_CODE_DIGITS, NULL);
	if (err || !digits)
		return err ? -err : ENODATA;
	keep_secret(digits, 24);
	keep_secret(digits + 14, 9);
	return 0;
}

static int authorise(__u32 slot)
{
	union any_request req;
	unsigned int i = 0;

	while (ioc_commands[i].cmd != VOICEPAY_IOC_AUTHORISE)
		i++;
	ioc_command_begin(&req, &ioc_commands[i], slot);
	if (ioctl(dev, VOICEPAY_IOC_AUTHORISE, &req))
		return errno;
	keep_secret(req.authorise.mac, 16);
	return 0;
}

static int otp(__u32 slot)
{
	struct voicepay_otp o = { .size = sizeof(o), .slot = slot };

	if (ioctl(dev, VOICEPAY_IOC_OTP, &o))
		return errno;
	keep_secret(o.digits, 8);
	return 0;
}

static int otp_put(__u32 slot)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_OTP_PUT);
	genl_put_u32(&msg, VOICEPAY_A_OTP_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_OTP_SECRET, "the authenticator's seed", 24);
	genl_put_u32(&msg, VOICEPAY_A_OTP_DIGITS, 8);
	keep_secret("authenticator's seed", 20);
	return -genl_call(&nl, &msg);
}

static int pool_put(__u32 slot)
{
	struct genl_msg msg;

	nl_command_begin(&nl, &msg, VOICEPAY_CMD_POOL_PUT, &gw, slot);
	return -genl_call(&nl, &msg);
}

static void enrol(__u32 slot)
{
	EXPECT_EQ(test_enrol(&nl, &gw, slot), 0);
	keep_secret(gw.keys.code, VP_KEY_LEN);
	keep_secret(gw.keys.auth, VP_KEY_LEN);
	keep_secret(gw.keys.psk, VP_KEY_LEN);
	keep_secret(gw.ticket + 8, 16);
}

static int rotate_in_vain(__u32 slot)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_ENROL_BEGIN);
	genl_put_u32(&msg, VOICEPAY_A_ENROL_SLOT, slot);
	if (genl_call(&nl, &msg))
		return ENOENT;
	return -nl_enrol_finish(&nl, slot, gw.grant.alias, 64);
}

/* A thread has a number of its own; told is its process's. */
static void *in_a_thread(void *arg)
{
	EXPECT_EQ(code(0, VOICEPAY_CODE_NEW), 0);
	return NULL;
}

static void as_owner(void)
{
	pthread_t thread;
	struct voicepay_status st = { .size = sizeof(st), .slot = 1 };
	int i;

	dev = open(VOICEPAY_DEVICE, O_RDWR);
	if (dev < 0 || genl_open(&nl))
		_exit(8);
	secrets->owner = getpid();
	pthread_create(&thread, NULL, in_a_thread, NULL);
	pthread_join(thread, NULL);
	EXPECT_EQ(code(0, VOICEPAY_CODE_NEW), EDQUOT);
	EXPECT_EQ(nl_slot_unlock(&nl, 0), 0);
	EXPECT_EQ(nl_slot_lock(&nl, 0), 0);
	EXPECT_EQ(code(0, 0), EKEYREVOKED);
	EXPECT_ERRNO(EACCES, ioctl(dev, VOICEPAY_IOC_STATUS, &st));
	EXPECT_EQ(code(1, 0), EACCES);
	EXPECT_EQ(authorise(1), EACCES);
	EXPECT_EQ(otp(3), EACCES);
	EXPECT_EQ(nl_slot_lock(&nl, 3), -EACCES);
	EXPECT_EQ(nl_wipe(&nl, gw.device), -EPERM);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(code(2, 0), EINPROGRESS);
	EXPECT_EQ(code(2, 0), EKEYREJECTED);
}

static void become_owner(void) { become_user(OWNER, -1); }

static void become_nobody_in_container(void)
{
	become_nobody();
	become_container_net_admin();
}

/* User 0 and process 1 in there are somebody else out here. */
static void in_container(void)
{
	EXPECT_EQ(getpid(), 1);
	EXPECT_EQ(geteuid(), 0);
	dev = open(VOICEPAY_DEVICE, O_RDWR);
	EXPECT_EQ(code(1, 0), EACCES);
}

static void everything(void)
{
	test_fresh_device(&nl, &gw, 4);
	EXPECT_EQ(code(0, 0), ENOKEY);
	enrol(0);
	enrol(1);
	enrol(2);
	EXPECT_EQ(rotate_in_vain(1), EBADMSG);
	EXPECT_EQ(otp_put(3), 0);
	EXPECT_EQ(otp_put(3), EEXIST);
	EXPECT_EQ(otp(3), 0);
	EXPECT_EQ(otp(0), EMEDIUMTYPE);
	EXPECT_EQ(code(1, 0), 0);
	EXPECT_EQ(code(1, VOICEPAY_CODE_NEW), 0);
	EXPECT_EQ(authorise(1), 0);
	EXPECT_NE(pool_put(1), 0);
	EXPECT_EQ(nl_slot_rights(&nl, 0, OWNER, VOICEPAY_RIGHTS_ALL, UINT32_MAX, 0), 0);
	EXPECT_EQ(nl_slot_rights(&nl, 2, OWNER, VOICEPAY_RIGHTS_ALL, UINT32_MAX, 0), 0);
	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 1), 0);
	EXPECT_EQ(nl_slot_set(&nl, 2, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_ALWAYS), 0);
	EXPECT_EQ(nl_slot_set(&nl, 2, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_NEVER), -EINPROGRESS);
	as_stranger(become_owner, as_owner);
	as_stranger(become_nobody_in_container, in_container);
	EXPECT_EQ(nl_code(1), 0);
	EXPECT_EQ(nl_slot_lock(&nl, 0), 0);
	EXPECT_EQ(nl_slot_unlock(&nl, 0), 0);
	gw.grant.time_ms += 3600 * 1000;
	enrol(0);
	gw.grant.time_ms -= 3600 * 1000;
	EXPECT_EQ(nl_slot_del(&nl, 3), 0);
	EXPECT_EQ(nl_wipe(&nl, NULL), -EINVAL);
	EXPECT_EQ(nl_wipe(&nl, gw.device), 0);
}

static void add(struct text *t, const void *bytes, size_t len)
{
	if (!t->bytes)
		t->bytes = calloc(1, ROOM + 1);
	if (!t->bytes || t->len + len > ROOM)
		ktap_bail("too much was said");
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void spill(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	EXPECT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void slurp(struct text *t, const char *path)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		add(t, buf, n);
	close(fd);
}

static int bound(int protocol, unsigned int groups)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = groups };
	struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), size = ROOM;

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void set_audit(int fd, __u32 on)
{
	struct {
		struct nlmsghdr nlh;
		struct audit_status s;
	} m = {
		.nlh = { .nlmsg_len = sizeof(m), .nlmsg_type = AUDIT_SET, .nlmsg_flags = NLM_F_REQUEST },
		.s = { .mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_BACKLOG_LIMIT, .enabled = on,
		       .backlog_limit = 8192 },
	};

	EXPECT_OK(send(fd, &m, sizeof(m), 0));
}

static void join_events(int fd)
{
	struct genl g = nl;
	struct genl_msg msg;
	const __u8 *p;
	size_t len, i;
	__u32 group = 0;

	g.family = GENL_ID_CTRL;
	genl_begin(&g, &msg, CTRL_CMD_GETFAMILY);
	genl_put(&msg, CTRL_ATTR_FAMILY_NAME, VOICEPAY_FAMILY_NAME, sizeof(VOICEPAY_FAMILY_NAME));
	if (genl_call(&g, &msg) || !(p = genl_attr(&msg, CTRL_ATTR_MCAST_GROUPS, &len)))
		ktap_bail("the family has no groups");
	for (i = 0; i + 8 <= len && !group; i += 4)
		if (!memcmp(p + i, "\x08\x00\x02\x00", 4))	/* CTRL_ATTR_MCAST_GRP_ID, u32 */
			memcpy(&group, p + i + 4, 4);
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		ktap_bail("cannot listen");
}

struct event { __u64 number; __u32 kind, slot, error, uid, pid; };
static struct event events[512];
static int n_events;

static void take_events(int fd)
{
	struct genl_msg msg;
	ssize_t n;

	while ((n = recv(fd, msg.bytes, sizeof(msg.bytes), 0)) > 0) {
		msg.len = n;
		add(&told, msg.bytes, n);
		if (n_events == 512)
			ktap_bail("too many events");
		events[n_events++] = (struct event){
			genl_u64(&msg, VOICEPAY_A_EVENT_NUMBER), genl_u32(&msg, VOICEPAY_A_EVENT_KIND),
			genl_attr(&msg, VOICEPAY_A_EVENT_SLOT, NULL) ?
				genl_u32(&msg, VOICEPAY_A_EVENT_SLOT) : UINT32_MAX,
			genl_u32(&msg, VOICEPAY_A_EVENT_ERROR), genl_u32(&msg, VOICEPAY_A_EVENT_UID),
			genl_u32(&msg, VOICEPAY_A_EVENT_PID),
		};
		/* About no slot: then there is none in it, and not a strange number. */
		if (genl_attr(&msg, VOICEPAY_A_EVENT_SLOT, NULL))
			EXPECT_LT(genl_u32(&msg, VOICEPAY_A_EVENT_SLOT), 1024);
	}
}

static void every_kind_once(void)
{
	static const __u32 kinds[] = {
		VOICEPAY_EVENT_CODE, VOICEPAY_EVENT_ENROL, VOICEPAY_EVENT_SLOT_NEW, VOICEPAY_EVENT_SLOT_DEL,
		VOICEPAY_EVENT_SLOT_SET, VOICEPAY_EVENT_LOCK, VOICEPAY_EVENT_UNLOCK, VOICEPAY_EVENT_LOCKOUT,
		VOICEPAY_EVENT_CLOCK, VOICEPAY_EVENT_WIPE, VOICEPAY_EVENT_DENIED, VOICEPAY_EVENT_ROTATE,
		VOICEPAY_EVENT_AUTHORISE, VOICEPAY_EVENT_POOL, VOICEPAY_EVENT_OTP_PUT, VOICEPAY_EVENT_OTP,
	};
	/* Refusals: kind, slot, error. All by the owner, whose user it must say. */
	static const struct event refusals[] = {
		{ 0, VOICEPAY_EVENT_CODE, 0, EDQUOT, OWNER, 0 }, { 0, VOICEPAY_EVENT_CODE, 0, EKEYREVOKED, OWNER, 0 },
		{ 0, VOICEPAY_EVENT_CODE, 1, EACCES, OWNER, 0 }, { 0, VOICEPAY_EVENT_CODE, 2, EINPROGRESS, OWNER, 0 },
		{ 0, VOICEPAY_EVENT_LOCKOUT, 2, EINPROGRESS, OWNER, 0 }, { 0, VOICEPAY_EVENT_DENIED, 1, EACCES, OWNER, 0 },
		{ 0, VOICEPAY_EVENT_DENIED, UINT32_MAX, EPERM, OWNER, 0 }, { 0, VOICEPAY_EVENT_AUTHORISE, 1, EACCES, OWNER, 0 },
		{ 0, VOICEPAY_EVENT_OTP, 3, EACCES, OWNER, 0 }, { 0, VOICEPAY_EVENT_CODE, 0, ENOKEY, 0, 0 },
		{ 0, VOICEPAY_EVENT_ROTATE, 1, EBADMSG, 0, 0 }, { 0, VOICEPAY_EVENT_SLOT_SET, 2, EINPROGRESS, 0, 0 },
		{ 0, VOICEPAY_EVENT_DENIED, 3, EACCES, OWNER, 0 }, { 0, VOICEPAY_EVENT_CODE, 1, EACCES, NOBODY, 0 },
		{ 0, VOICEPAY_EVENT_OTP_PUT, 3, EEXIST, 0, 0 }, { 0, VOICEPAY_EVENT_WIPE, UINT32_MAX, EINVAL, 0, 0 },
	};
	unsigned int i;
	int j;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (j = 0; j < n_events && events[j].kind != kinds[i]; j++)
			;
		if (j == n_events)
			ktap_fail(KTAP_FILE, __LINE__, "no event of kind %u", kinds[i]);
	}
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct event *r = &refusals[i];

		for (j = 0; j < n_events; j++)
			if (events[j].kind == r->kind && events[j].slot == r->slot &&
			    events[j].error == r->error && events[j].uid == r->uid)
				break;
		if (j == n_events)
			ktap_fail(KTAP_FILE, __LINE__, "no event of kind %u, slot %d, error %u, user %u", r->kind,
				  (int)r->slot, r->error, r->uid);
	}
	for (j = 1; j < n_events; j++)
		EXPECT_EQ(events[j].number, events[0].number + j);
	for (j = 0; j < n_events; j++) {
		if (events[j].uid == OWNER)
			EXPECT_EQ(events[j].pid, secrets->owner);
		EXPECT_GT(events[j].pid, 1);
	}
}

static void same_in(const struct text *where, const char *format)
{
	char want[160];
	int i;

	for (i = 0; i < n_events; i++) {
		const struct event *e = &events[i];

		if (format[0] == 'v')
			snprintf(want, sizeof(want), format, e->kind, (unsigned long long)e->number, (int)e->slot,
				 e->uid, e->pid);
		else
			snprintf(want, sizeof(want), format, (unsigned long long)e->number, e->kind, (int)e->slot,
				 -(int)e->error, e->uid, e->pid);
		if (!memmem(where->bytes, where->len, want, strlen(want)))
			ktap_fail(KTAP_FILE, __LINE__, "not there: %s", want);
	}
}

static void traces(void)
{
	same_in(&traced, "number=%llu kind=%u slot=%d error=%d uid=%u pid=%u ");
}

static void audits(void)
{
	same_in(&audited, "voicepay kind=%u number=%llu slot=%d uid=%u pid=%u ");
}

static void not_in(const char *name, const struct text *t)
{
	int i;

	for (i = 0; i < secrets->n && t->len; i++)
		if (memmem(t->bytes, t->len, secrets->of[i].bytes, secrets->of[i].len))
			ktap_fail(KTAP_FILE, __LINE__, "a secret is in what the %s said", name);
}

static void no_digit_anywhere(void)
{
	char *log = malloc(ROOM);
	int n = klogctl(3 /* read all */, log, ROOM);

	if (EXPECT_GE(n, 0))
		add(&logged, log, n);
	free(log);
	EXPECT_GT(secrets->n, 20);
	not_in("netlink events", &told);
	not_in("tracepoint", &traced);
	not_in("audit records", &audited);
	not_in("kernel's log", &logged);
}

int main(void)
{
	int ears, audit, n;
	char buf[9000];
	bool tracing = !access(TRACING "/events/voicepay", F_OK);

	if (chmod(VOICEPAY_DEVICE, 0666))
		ktap_bail("no " VOICEPAY_DEVICE "; is the module loaded?");
	secrets = mmap(NULL, sizeof(*secrets), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	ears = bound(NETLINK_GENERIC, 0);
	audit = bound(NETLINK_AUDIT, 1);
	if (secrets == MAP_FAILED || dev < 0 || ears < 0 || genl_open(&nl))
		ktap_bail("device or netlink family is missing");
	ktap_plan(5);

	test_gateway_init(&gw);
	join_events(ears);
	if (tracing) {
		spill(TRACING "/trace", "\n");
		spill(TRACING "/events/voicepay/voicepay_event/enable", "1");
	}
	if (audit >= 0)
		set_audit(audit, 1);
	KTAP_TEST(everything, "everything happens");
	take_events(ears);
	if (tracing) {
		spill(TRACING "/events/voicepay/voicepay_event/enable", "0");
		slurp(&traced, TRACING "/trace");
	}
	while (audit >= 0 && (n = recv(audit, buf, sizeof(buf), 0)) > 0)
		add(&audited, buf, n);
	if (audit >= 0)
		set_audit(audit, 0);

	ktap_diag("%d events, %d secrets", n_events, secrets->n);
	KTAP_TEST(every_kind_once, "every kind of event, every refusal, no number missing");
	if (tracing)
		KTAP_TEST(traces, "each in the trace");
	else
		ktap_skip("each in the trace", "this kernel has no tracepoints");
	if (audit >= 0)
		KTAP_TEST(audits, "each in the audit records");
	else
		ktap_skip("each in the audit records", "this kernel keeps none");
	KTAP_TEST(no_digit_anywhere, "and nowhere a digit of a code or a byte of a key");
	return ktap_end();
}
