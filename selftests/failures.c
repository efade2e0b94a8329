// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=300 */
/*
 * Memory runs out: in each call every allocation, and every copy from and to the
 * caller, fails once: the first at the first try, the second at the second, until
 * a try meets no failure any more. For kernels with CONFIG_FAULT_INJECTION and
 * CONFIG_FAILSLAB, as User-mode Linux's is here.
 */

#include "enrol.h"
#include "seal_peer.h"

#define SLOT	7

static struct genl nl;
static struct test_gateway gw;
static int fail_nth;

static void say(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		ktap_skip_all("this kernel cannot fail allocations on demand");
	if (write(fd, value, strlen(value)) < 0)
		ktap_bail(path);
	close(fd);
}

static void fail_next(int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	/* This very call may be what meets a failure asked for before. */
	if (pwrite(fail_nth, text, strlen(text), 0) < 0 &&
	    pwrite(fail_nth, text, strlen(text), 0) < 0)
		ktap_bail("fail-nth");
}

/* Whether the failure asked for came to pass; asks for none. */
static bool failed(void)
{
	char text[16] = "";
	bool hit = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);

	fail_next(0);
	return hit;
}

/* What a call may say when it got no memory, be it the socket's or ours. */
static bool no_memory(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -EAGAIN || err == -EFAULT;
}

/* A netlink socket for one call: whatever a failure leaves in its queue goes with it. */
static int netlink_call(int (*call)(struct genl *g), int nth, bool *hit)
{
	struct timeval patience = { .tv_sec = 2 };
	struct genl own = nl;
	int err;

	own.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (own.fd < 0)
		ktap_bail("socket");
	setsockopt(own.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	fail_next(nth);
	err = call(&own);
	*hit = failed();
	close(own.fd);
	return err;
}

static int slots_there(void)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_DEV_GET);
	return genl_call(&nl, &msg) ? -1 : (int)genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS);
}

static int call_slot_new(struct genl *g) { return nl_slot_new(g, SLOT); }

static void slot_new(void)
{
	int nth, err, before = slots_there();
	bool hit = true;

	for (nth = 1; hit && nth < 200; nth++) {
		err = netlink_call(call_slot_new, nth, &hit);
		EXPECT_TRUE(!err || (hit && no_memory(err)));
		/* It may have been made, and only the answer lost. */
		nl_slot_del(&nl, SLOT);
		EXPECT_EQ(slots_there(), before);
	}
	EXPECT_FALSE(hit);
	ktap_diag("%d places", nth - 2);
}

static struct genl_msg answer;
static __u8 msg2[VP_MSG2_MAX];
static int msg2_len;

static int call_begin(struct genl *g) { return nl_enrol_begin(g, 0, gw.ticket, &answer); }
static int call_finish(struct genl *g) { return nl_enrol_finish(g, 0, msg2, msg2_len); }

static void expect_code(void)
{
	struct voicepay_code code = { .size = sizeof(code) };

	EXPECT_OK(ioctl(device, VOICEPAY_IOC_CODE, &code));
}

static void enrol_begin(void)
{
	bool hit = true;
	int nth, err;

	for (nth = 1; hit && nth < 200; nth++) {
		err = netlink_call(call_begin, nth, &hit);
		EXPECT_TRUE(!err || (hit && no_memory(err)));
		expect_code();
	}
	EXPECT_FALSE(hit);
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
	ktap_diag("%d places", nth - 2);
}

static void enrol_finish(void)
{
	struct test_gateway before;
	bool hit = true;
	int nth, err;

	for (nth = 1; hit && nth < 200; nth++) {
		before = gw;
		gw.grant.epoch++;
		ASSERT_EQ(call_begin(&nl), 0);
		msg2_len = test_gateway_answer(&gw, genl_attr(&answer, VOICEPAY_A_ENROL_MESSAGE, NULL),
					       VP_MSG1_LEN, msg2);
		ASSERT_GE(msg2_len, 1);
		err = netlink_call(call_finish, nth, &hit);
		EXPECT_TRUE(!err || (hit && no_memory(err)));
		expect_code();
		/* The slot holds the old key or the new one, and takes the next. */
		if (err)
			gw.grant.epoch = before.grant.epoch + 1;
	}
	EXPECT_FALSE(hit);
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
	ktap_diag("%d places", nth - 2);
}

/* A refusal for want of memory leaves the caller its descriptor, and no other. */
static void seal(void)
{
	bool hit = true;
	int nth;

	for (nth = 1; hit && nth < 200; nth++) {
		struct pair p = tls_pair();
		int next = dup(device), old = p.channel;
		char c;

		close(next);
		fail_next(nth);
		p.channel = seal_fd(old);
		hit = failed();
		if (p.channel >= 0) {
			EXPECT_EQ(send(p.peer, "x", 1, 0), 1);
			EXPECT_EQ(recv(p.channel, &c, 1, 0), 1);
		} else if (errno == EFAULT && fcntl(old, F_GETFD) < 0) {
			/* The answer was lost, after all was done. */
			p.channel = next;
		} else {
			EXPECT_TRUE(hit && no_memory(-errno));
			EXPECT_OK(fcntl(old, F_GETFD));
			p.channel = old;
		}
		pair_close(&p);
		if (EXPECT_EQ(dup(device), next))
			close(next);
	}
	EXPECT_FALSE(hit);
	ktap_diag("%d places", nth - 2);
}

/* Whatever fails on a channel in use: it goes on, or says why not; never wrong data. */
static void send_and_receive(void)
{
	bool hit = true, hit2 = true;
	int nth;

	for (nth = 1; (hit || hit2) && nth < 300; nth++) {
		struct pair p = sealed_pair();
		char buf[16] = "";
		ssize_t n;

		send_ticket(p.peer, 100);
		EXPECT_EQ(send(p.peer, "hello", 5, 0), 5);
		fail_next(nth);
		n = recv(p.channel, buf, sizeof(buf), MSG_DONTWAIT);
		hit = failed();
		if (n >= 0)
			EXPECT_STREQ(buf, "hello");
		else
			EXPECT_TRUE(hit);

		fail_next(nth);
		n = send(p.channel, "world", 5, MSG_DONTWAIT);
		hit2 = failed();
		EXPECT_TRUE(n == 5 || (n < 0 && (hit || hit2)));
		if (n == 5) {
			EXPECT_EQ(recv(p.peer, buf, 5, 0), 5);
			EXPECT_EQ(memcmp(buf, "world", 5), 0);
		}
		fail_next(nth);
		shutdown(p.channel, SHUT_WR);
		close(p.channel);
		failed();
		p.channel = -1;
		pair_close(&p);
	}
	EXPECT_FALSE(hit || hit2);
	ktap_diag("%d places", nth - 2);
}

/*
 * A session with its secrets: whatever fails, the channel is there or the socket
 * is, a ticket is kept whole or not at all, taken or still there, and a KeyUpdate
 * is followed or ends the channel.
 */
static void secrets(void)
{
	bool hit[4] = { true, true, true, true };
	int nth, kept = 0;

	for (nth = 1; (hit[0] || hit[1] || hit[2] || hit[3]) && nth < 300; nth++) {
		struct duo d = tls_duo();
		struct voicepay_seal s = seal_request(d.channel);
		struct voicepay_ticket t = { .size = sizeof(t) };
		uint8_t ticket[200], back[200];
		size_t n = make_ticket(ticket, 100, 1, 0xab);
		char buf[16] = "";
		ssize_t got;
		int r;

		memset(s.binding, 0xf0, sizeof(s.binding));
		fail_next(nth);
		r = ioctl(device, VOICEPAY_IOC_SEAL, &s);
		hit[0] = failed();
		if (r) {
			EXPECT_TRUE(hit[0]);
			duo_close(&d);
			continue;
		}
		d.channel = s.channel_fd;

		peer_send(&d, HANDSHAKE, ticket, n);
		peer_update(&d, true);
		peer_send(&d, DATA, "hello", 5);
		fail_next(nth);
		got = recv(d.channel, buf, sizeof(buf), MSG_DONTWAIT);
		hit[1] = failed();
		if (got >= 0)
			EXPECT_STREQ(buf, "hello");
		else
			EXPECT_TRUE(hit[0] || hit[1]);

		fail_next(nth);
		got = send(d.channel, "world", 5, MSG_DONTWAIT);
		hit[2] = failed();
		EXPECT_TRUE(got == 5 || hit[0] || hit[1] || hit[2]);

		t.ticket = (uintptr_t)back;
		t.ticket_len = sizeof(back);
		memcpy(t.binding, s.binding, sizeof(t.binding));
		fail_next(nth);
		r = ioctl(device, VOICEPAY_IOC_TICKET, &t) ? errno : 0;
		hit[3] = failed();
		if (r == ENOMEM)
			r = ioctl(device, VOICEPAY_IOC_TICKET, &t) ? errno : 0;
		if (!r) {
			kept++;
			EXPECT_EQ(t.ticket_len, 100 - TICKET_AROUND);
			EXPECT_EQ(back[0], 0xab);
			EXPECT_EQ(back[t.ticket_len - 1], 0xab);
		} else {
			EXPECT_EQ(r, ENOENT);
			EXPECT_TRUE(hit[0] || hit[1]);
		}
		duo_close(&d);
	}
	EXPECT_FALSE(hit[0] || hit[1] || hit[2] || hit[3]);
	EXPECT_GT(kept, 0);
	ktap_diag("%d places, %d tickets kept", nth - 2, kept);
}

int main(void)
{
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		ktap_skip_all("this kernel cannot fail allocations on demand");
	say("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	say("/sys/kernel/debug/failslab/verbose", "0");
	say("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	say("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	say("/sys/kernel/debug/fail_page_alloc/verbose", "0");

	device_open();
	if (genl_open(&nl))
		ktap_bail("no netlink family voicepay");
	ktap_plan(6);
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	if (test_enrol(&nl, &gw, 0))
		ktap_bail("enrol");
	KTAP_TEST(slot_new, "slot-new");
	KTAP_TEST(enrol_begin, "enrol-begin");
	KTAP_TEST(enrol_finish, "enrol-finish");
	KTAP_TEST(seal, "SEAL");
	KTAP_TEST(send_and_receive, "a channel's send, receive and close");
	KTAP_TEST(secrets, "a session's secrets, its tickets and keys");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
