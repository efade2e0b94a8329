// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=300 */
/*
 * Lifetimes: processes that are killed at every step of everything they do, once at
 * every system call and then whenever it happens to be; descriptors that are
 * copied, passed on, left in flight, and closed after all that they belong to is
 * gone. In the end nothing is held, and the device works.
 */

#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "seal_pair.h"
#include "secretmem.h"
#include "strangers.h"

#define SLOTS		3
#define MOST		600	/* system calls of one operation */
#define AT_RANDOM	40	/* kills of each operation while it runs */

static struct genl nl;
static struct test_gateway gw;

/* What is killed. Each opens what it needs: nothing of the parent's is held. */
static void fetch_codes(void)
{
	struct voicepay_code code = { .size = sizeof(code), .flags = VOICEPAY_CODE_NEW };
	struct voicepay_status st = { .size = sizeof(st) };
	int fd = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);

	ioctl(fd, VOICEPAY_IOC_CODE, &code);
	ioctl(fd, VOICEPAY_IOC_STATUS, &st);
	close(fd);
}

static void enrol_anew(void)
{
	struct test_gateway mine = gw;
	struct genl g;

	if (genl_open(&g))
		return;
	mine.grant.epoch += 1000;
	test_enrol(&g, &mine, 1);
	genl_close(&g);
}

static void manage(void)
{
	struct genl g;

	if (genl_open(&g))
		return;
	nl_slot_del(&g, 2);
	nl_slot_new(&g, 2);
	nl_otp_put(&g, 2, "12345678901234567890", 20, VOICEPAY_OTP_SHA1, 6, 0, 1);
	nl_slot_lock(&g, 2);
	nl_slot_unlock(&g, 2);
	genl_close(&g);
}

static void use_channel(void)
{
	struct pair p;
	char buf[64];

	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	p = sealed_pair();
	send_ticket(p.peer, 100);
	send(p.peer, "hello", 5, 0);
	recv(p.channel, buf, sizeof(buf), 0);
	send(p.channel, "world", 5, 0);
	shutdown(p.channel, SHUT_WR);
	recv(p.peer, buf, sizeof(buf), 0);
	pair_close(&p);
}

static void dump_half(void)
{
	struct genl_msg msg;
	struct genl g;

	if (genl_open(&g))
		return;
	genl_begin(&g, &msg, VOICEPAY_CMD_SLOT_GET);
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg.nlh.nlmsg_len = msg.len;
	send(g.fd, msg.bytes, msg.len, 0);
	recv(g.fd, msg.bytes, 64, 0);
	recv(g.fd, msg.bytes, sizeof(msg.bytes), 0);
	genl_close(&g);
}

static void give_memory(void)
{
	struct voicepay_donation d = { .size = sizeof(d) };
	int fd = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	void *p;

	d.memfd = syscall(SYS_memfd_secret, O_CLOEXEC);
	if (d.memfd >= 0 && !ftruncate(d.memfd, 4 * 4096)) {
		p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, d.memfd, 0);
		if (p != MAP_FAILED) {
			memset(p, 0, 4 * 4096);
			munmap(p, 4 * 4096);
		}
	}
	ioctl(fd, VOICEPAY_IOC_VAULT, &d);
	close(d.memfd);
	close(fd);
}

static const struct { const char *name; void (*run)(void); } operations[] = {
	{ "codes", fetch_codes }, { "enrolment", enrol_anew }, { "slots", manage }, { "a channel", use_channel },
	{ "a dump", dump_half }, { "memory given", give_memory },
};

#define N_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static int module_users(void)
{
	char text[32] = "";
	int fd = open("/sys/module/voicepay/refcnt", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -1;
	close(fd);
	return atoi(text);
}

/* A channel that is closed says goodbye on its own time. */
static bool nobody_holds_it(void)
{
	double end = seconds() + 10;

	while (module_users() > 0 && seconds() < end)
		usleep(2000);
	return module_users() == 0;
}

static void still_well(const char *what, int n)
{
	struct voicepay_code code = { .size = sizeof(code) };
	static bool held;
	int fd;

	/* Once is enough: what holds it will not let go for the next ones either. */
	if (!held && !nobody_holds_it()) {
		ktap_fail(KTAP_FILE, __LINE__, "%s, killed at %d: the module is held", what, n);
		held = true;
	}
	fd = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	/* Ten codes a step, and a caller's budget: not of interest here. */
	if (ioctl(fd, VOICEPAY_IOC_CODE, &code) && errno != EAGAIN && errno != EDQUOT)
		ktap_fail(KTAP_FILE, __LINE__, "%s, killed at %d: %s", what, n, ktap_errno_name(errno));
	close(fd);
}

/* Kills it at its @nth stop, before or after a system call; false if it ended before. */
static bool killed_at(void (*run)(void), int nth)
{
	int status, i;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		run();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	for (i = 0; i < nth; i++) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, &status, 0) != pid || WIFEXITED(status))
			return false;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return true;
}

static void at_every_call(void)
{
	unsigned int i;
	double begun;
	int n;

	for (i = 0; i < N_OPERATIONS; i++) {
		begun = seconds();
		for (n = 1; n < MOST && killed_at(operations[i].run, n); n++)
			still_well(operations[i].name, n);
		EXPECT_LT(n, MOST);
		EXPECT_GT(n, 8);
		ktap_diag("%s: killed %d times, %.1f s", operations[i].name, n - 1, seconds() - begun);
	}
}

/* In the midst of a call, where it sleeps or is interrupted. */
static void at_any_moment(void)
{
	unsigned int i;
	int n, status;
	double took;
	pid_t pid;

	for (i = 0; i < N_OPERATIONS; i++) {
		took = seconds();
		pid = fork();
		if (!pid) {
			operations[i].run();
			_exit(0);
		}
		waitpid(pid, &status, 0);
		took = seconds() - took;
		for (n = 0; n < AT_RANDOM; n++) {
			pid = fork();
			if (!pid)
				for (;;)
					operations[i].run();
			usleep(1 + took * 1e6 * (n * 7 % AT_RANDOM) / AT_RANDOM * 1.5);
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			still_well(operations[i].name, n);
		}
	}
}

static int unload(void)
{
	return syscall(SYS_delete_module, "voicepay", O_NONBLOCK) ? errno : 0;
}

/* The channel outlives the device's descriptor, its opener, a wipe; and holds the module. */
static void channel_outlives(void)
{
	struct pair p;
	char buf[8] = "";
	int sv[2], status, fd;
	pid_t pid;

	ASSERT_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	p = tls_pair();
	pid = fork();
	if (!pid) {
		close(p.peer);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	p.channel = seal_fd(p.channel);
	ASSERT_OK(p.channel);
	close(device);
	EXPECT_EQ(unload(), EAGAIN);

	/* On to another process, which has nothing else of this, in a socket that is gone. */
	pid = fork();
	if (!pid) {
		int mine = take_fd(sv[1]);

		close(sv[0]);
		close(sv[1]);
		if (mine < 0 || send(mine, "after", 5, 0) != 5 || recv(mine, buf, 8, 0) != 3)
			_exit(1);
		usleep(50000);
		_exit(0);
	}
	EXPECT_EQ(pass_fd(sv[0], p.channel), 0);
	close(p.channel);
	close(sv[0]);
	close(sv[1]);
	EXPECT_EQ(nl_wipe(&nl, gw.device), 0);
	EXPECT_EQ(recv(p.peer, buf, 8, 0), 5);
	EXPECT_EQ(send(p.peer, "end", 3, 0), 3);
	EXPECT_EQ(unload(), EAGAIN);
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	/* close_notify came, as at any close. */
	EXPECT_EQ(recv(p.peer, buf, 8, 0), -1);
	EXPECT_EQ(errno, EIO);
	close(p.peer);
	EXPECT_TRUE(nobody_holds_it());

	/* In flight in both ends of one socket: only the collector of such cycles finds it. */
	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	p = sealed_pair();
	EXPECT_EQ(pass_fd(sv[0], p.channel), 0);
	EXPECT_EQ(pass_fd(sv[0], device), 0);
	EXPECT_EQ(pass_fd(sv[0], sv[0]), 0);
	EXPECT_EQ(pass_fd(sv[0], sv[1]), 0);
	close(p.channel);
	close(device);
	close(sv[0]);
	close(sv[1]);
	/* The next such socket sets it going. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	close(fd);
	EXPECT_TRUE(nobody_holds_it());
	close(p.peer);
	test_fresh_device(&nl, &gw, SLOTS);
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
}

static void *receive(void *arg)
{
	char c;

	return (void *)(long)(recv(*(int *)arg, &c, 1, 0) < 0 ? errno : 0);
}

/* Copies of one channel: the last one closes it, while another thread waits in it. */
static void copies(void)
{
	struct pair p;
	pthread_t t;
	void *result;
	int copy[8], i;

	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	p = sealed_pair();
	close(device);
	for (i = 0; i < 8; i++)
		copy[i] = dup(p.channel);
	pthread_create(&t, NULL, receive, &copy[7]);
	usleep(20000);
	close(p.channel);
	for (i = 0; i < 7; i++)
		close(copy[i]);
	EXPECT_EQ(unload(), EAGAIN);
	EXPECT_EQ(send(p.peer, "x", 1, 0), 1);
	pthread_join(t, &result);
	EXPECT_EQ((long)result, 0);
	pthread_create(&t, NULL, receive, &copy[7]);
	usleep(20000);
	/* The call holds it, and ends when the gateway goes. */
	close(copy[7]);
	EXPECT_EQ(unload(), EAGAIN);
	close(p.peer);
	pthread_join(t, &result);
	EXPECT_TRUE(nobody_holds_it());
}

/* A module that goes in the moment after the last channel has been closed, when that is still saying goodbye. */
static void gone_at_once(void)
{
	struct pair p;
	int i, j, err;

	for (i = 0; i < 12; i++) {
		device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
		ASSERT_OK(device);
		p = sealed_pair();
		close(device);
		/* Nobody reads: close_notify finds the buffers full. */
		if (i & 1) {
			static char junk[65536];

			fcntl(p.channel, F_SETFL, O_NONBLOCK);
			for (j = 0; j < 200 && send(p.channel, junk, sizeof(junk), 0) > 0; j++)
				;
		}
		close(p.channel);
		if (i & 2)
			close(p.peer);
		err = unload();
		EXPECT_TRUE(!err || err == EAGAIN || err == EBUSY);
		if (!(i & 2))
			close(p.peer);
		EXPECT_TRUE(err == 0 || nobody_holds_it());
		if (!err)
			ASSERT_EQ(system("modprobe voicepay"), 0);
	}
	genl_close(&nl);
	ASSERT_EQ(genl_open(&nl), 0);
	test_fresh_device(&nl, &gw, SLOTS);
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (genl_open(&nl))
		ktap_bail("no netlink family voicepay; is the module loaded?");
	ktap_plan(5);
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, SLOTS);
	if (test_enrol(&nl, &gw, 0))
		ktap_bail("cannot enrol");
	KTAP_TEST(at_every_call, "killed before and after each system call");
	KTAP_TEST(at_any_moment, "killed at any moment");
	KTAP_TEST(channel_outlives, "a channel outlives its opener, the device, a wipe, the socket it is passed through");
	KTAP_TEST(copies, "copies of a channel, the last one closed in the midst of a call");
	KTAP_TEST(gone_at_once, "the module goes right after a channel");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
