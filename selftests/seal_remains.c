// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=240 */
/*
 * What is left of a socket when it has been sealed: those who still watch it, hold
 * its name or wanted signals of it; whom its packets belong to; and that nothing of it stays in memory.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "seal_pair.h"

#define SOMEBODY	4711	/* no user of any name */

/* Both ways, and in order. */
static void carries(struct pair *p)
{
	char c = 0;

	EXPECT_EQ(send(p->peer, "d", 1, 0), 1);
	EXPECT_EQ(recv(p->channel, &c, 1, 0), 1);
	EXPECT_EQ(c, 'd');
	EXPECT_EQ(send(p->channel, "u", 1, 0), 1);
	EXPECT_EQ(recv(p->peer, &c, 1, 0), 1);
	EXPECT_EQ(c, 'u');
}

static const char block[16384];

/* To the last byte: no room is left for a close_notify either. */
static size_t fill(int fd)
{
	size_t sum = 0, filled, len = sizeof(block);
	ssize_t n;

	do {
		poll_now(fd, POLLOUT, 300);
		for (filled = 0; (n = send(fd, block, len, MSG_DONTWAIT)) > 0; filled += n)
			;
		EXPECT_EQ(errno, EAGAIN);
		sum += filled;
		len = 1;
	} while (filled);
	return sum;
}

/* Data up to the close_notify. */
static size_t drain(int fd)
{
	char buf[sizeof(block)];
	uint8_t type = 0;
	size_t sum = 0;
	ssize_t n;

	recv_timeout(fd, 5000);
	while ((n = recv_record(fd, &type, buf, sizeof(buf), 0)) > 0 && type == DATA)
		sum += n;
	EXPECT_EQ(type, ALERT);
	EXPECT_EQ(n, 2);
	return sum;
}

static int watch(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	EXPECT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

/* An instance of epoll holds nothing, so it does not stand in the way; and it goes on asking. */
static void watched(void)
{
	struct epoll_event ev;
	struct pair p;
	int ep;

	for (int first = 0; first < 2; first++) {
		p = tls_pair();
		ep = watch(p.channel);
		EXPECT_EQ(epoll_wait(ep, &ev, 1, 0), 0);
		p.channel = seal_fd(p.channel);
		ASSERT_OK(p.channel);
		EXPECT_EQ(epoll_wait(ep, &ev, 1, 0), 0);
		EXPECT_EQ(send(p.peer, "hello", 5, 0), 5);
		EXPECT_EQ(epoll_wait(ep, &ev, 1, 1000), 1);
		EXPECT_EQ(ev.events, EPOLLIN);
		EXPECT_EQ(recv(p.channel, (char[5]){}, 5, MSG_WAITALL), 5);
		EXPECT_EQ(epoll_wait(ep, &ev, 1, 0), 0);
		carries(&p);
		if (first)
			close(ep);
		close(p.channel);
		p.channel = -1;
		settle_down();
		if (!first)
			EXPECT_EQ(epoll_wait(ep, &ev, 1, 0), 0);
		close(p.peer);
		if (!first) {
			EXPECT_EQ(epoll_wait(ep, &ev, 1, 0), 0);
			close(ep);
		}
	}
}

struct asking {
	int ep;
	atomic_bool stop, ends;
};

/* One who asks without a pause; or who goes, at any moment. */
static void *ask(void *arg)
{
	struct asking *a = arg;
	struct epoll_event ev;

	if (a->ends) {
		for (volatile unsigned int i = rand() % 100000; i; i--)
			;
		close(a->ep);
		return NULL;
	}
	while (!a->stop)
		epoll_wait(a->ep, &ev, 1, 0);
	return NULL;
}

static void watched_meanwhile(void)
{
	int sealed = 0, refused = 0;

	for (int i = 0; i < 300; i++) {
		struct pair p = tls_pair();
		struct asking a = { .ep = watch(p.channel), .ends = i % 2 };
		pthread_t thread;
		char c;

		EXPECT_EQ(send(p.peer, "x", 1, 0), 1);
		ASSERT_EQ(pthread_create(&thread, NULL, ask, &a), 0);
		p.channel = seal_fd(p.channel);
		if (p.channel >= 0) {
			sealed++;
			EXPECT_EQ(recv(p.channel, &c, 1, 0), 1);
			carries(&p);
			if (i % 4 < 2)
				close(p.channel);
		} else {
			/* Since 6.10 who asks holds the file while he does. */
			EXPECT_EQ(errno, EBUSY);
			refused++;
		}
		a.stop = true;
		pthread_join(thread, NULL);
		if (!a.ends)
			close(a.ep);
		if (p.channel >= 0 && i % 4 >= 2)
			close(p.channel);
		close(p.peer);
	}
	EXPECT_GT(sealed, 0);
	ktap_diag("%d sealed, %d refused", sealed, refused);
}

/* A descriptor that holds the name alone. */
static int name_of(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_PATH | O_CLOEXEC);
}

/* It keeps the name, and finds nothing behind it. */
static void known_by_name(void)
{
	struct pair p = tls_pair();
	char path[64], buf[64];
	struct stat st;
	int name;

	name = name_of(p.channel);
	ASSERT_OK(name);
	EXPECT_OK(fchownat(name, "", SOMEBODY, SOMEBODY, AT_EMPTY_PATH));
	p.channel = seal_fd(p.channel);
	ASSERT_OK(p.channel);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", name);
	for (int closed = 0; closed < 2; closed++) {
		EXPECT_ERRNO(ENOENT, fchownat(name, "", 1, 1, AT_EMPTY_PATH));
		EXPECT_OK(fstat(name, &st));
		EXPECT_TRUE(S_ISSOCK(st.st_mode));
		EXPECT_ERRNO(EBADF, recv(name, buf, 1, MSG_DONTWAIT));
		EXPECT_ERRNO(EBADF, seal_fd(name));
		EXPECT_ERRNO(ENXIO, open(path, O_RDWR));
		EXPECT_GT(getxattr(path, "system.sockprotoname", buf, sizeof(buf)), 0);
		if (!closed) {
			carries(&p);
			close(p.channel);
			settle_down();
		}
	}
	close(p.peer);
	close(name);
}

static void *change_owner(void *arg)
{
	struct asking *a = arg;

	while (!a->stop)
		if (fchownat(a->ep, "", SOMEBODY, SOMEBODY, AT_EMPTY_PATH))
			EXPECT_EQ(errno, ENOENT);
	return NULL;
}

static void owner_changed_meanwhile(void)
{
	for (int i = 0; i < 200; i++) {
		struct pair p = tls_pair();
		struct asking a = { .ep = name_of(p.channel) };
		pthread_t thread;

		ASSERT_EQ(pthread_create(&thread, NULL, change_owner, &a), 0);
		p.channel = seal_fd(p.channel);
		if (EXPECT_OK(p.channel))
			carries(&p);
		pair_close(&p);
		a.stop = true;
		pthread_join(thread, NULL);
		close(a.ep);
	}
}

/* A file whose socket is not its own: that of a family that fell back to TCP, and knows of it. */
static void fallen_back(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);
	struct pair p;

	ASSERT_OK(listener);
	for (int i = 0; i < 2; i++) {
		p.channel = socket(43 /* AF_SMC */, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ASSERT_OK(p.channel);
		if (!i) {
			ASSERT_OK(bind(listener, (struct sockaddr *)&addr, len));
			ASSERT_OK(listen(listener, 1));
			ASSERT_OK(getsockname(listener, (struct sockaddr *)&addr, &len));
		}
		ASSERT_OK(connect(p.channel, (struct sockaddr *)&addr, len));
		p.peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		ASSERT_OK(p.peer);
		tls_engage(p.channel, SEED_UP, SEED_DOWN);
		tls_engage(p.peer, SEED_DOWN, SEED_UP);
		p.channel = seal_fd(p.channel);
		ASSERT_OK(p.channel);
		carries(&p);
		if (i)
			fill(p.channel);
		pair_close(&p);
	}
	close(listener);
}

static void nothing(int signo)
{
}

/* Who wanted signals of the socket is on a list of its, which the kernel says if it loses. */
static void wanted_signals(void)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct pair p = tls_pair();
	char line[8192];
	ssize_t n;

	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END);
	signal(SIGIO, nothing);
	EXPECT_OK(fcntl(p.channel, F_SETOWN, getpid()));
	EXPECT_OK(fcntl(p.channel, F_SETFL, O_ASYNC));
	p.channel = seal_fd(p.channel);
	ASSERT_OK(p.channel);
	EXPECT_EQ(fcntl(p.channel, F_GETFL) & O_ASYNC, 0);
	carries(&p);
	pair_close(&p);
	settle_down();
	while (kmsg >= 0 && (n = read(kmsg, line, sizeof(line) - 1)) > 0) {
		line[n] = 0;
		EXPECT_EQ(strstr(line, "fasync"), NULL);
	}
	close(kmsg);
	signal(SIGIO, SIG_DFL);
}

/* A connection that somebody else made, and not who seals it. */
static struct pair somebodys_pair(void)
{
	int sv[2];

	EXPECT_OK(seteuid(SOMEBODY));
	tcp_pair(AF_INET, sv);
	EXPECT_OK(seteuid(0));
	tls_engage(sv[0], SEED_UP, SEED_DOWN);
	tls_engage(sv[1], SEED_DOWN, SEED_UP);
	return (struct pair){ .channel = sv[0], .peer = sv[1] };
}

static int port_of(int fd, bool peer)
{
	struct sockaddr_in addr = {};
	socklen_t len = sizeof(addr);

	EXPECT_OK(peer ? getpeername(fd, (struct sockaddr *)&addr, &len) :
		  getsockname(fd, (struct sockaddr *)&addr, &len));
	return ntohs(addr.sin_port);
}

/* Of the connection, as ss and netstat show it. */
static int uid_of(int fd)
{
	unsigned int local, remote, mine = port_of(fd, false), his = port_of(fd, true);
	FILE *f = fopen("/proc/net/tcp", "r");
	char line[256];
	int uid, found = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*d: %*x:%x %*x:%x %*x %*s %*s %*s %d", &local, &remote, &uid) == 3 &&
		    local == mine && remote == his)
			found = uid;
	if (f)
		fclose(f);
	return found;
}

static void belongs_to_its_maker(void)
{
	struct pair p = somebodys_pair();

	EXPECT_EQ(uid_of(p.channel), SOMEBODY);
	p.channel = seal_fd(p.channel);
	ASSERT_OK(p.channel);
	EXPECT_EQ(uid_of(p.channel), SOMEBODY);
	carries(&p);
	pair_close(&p);
}

static bool nft(const char *fmt, int port)
{
	char rule[256], cmd[320];

	snprintf(rule, sizeof(rule), fmt, port);
	snprintf(cmd, sizeof(cmd), "nft '%s' >/dev/null 2>&1", rule);
	return !system(cmd);
}

static int counted(const char *name)
{
	char cmd[128], line[256];
	int packets = -1;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "nft list counter inet vp_remains %s", name);
	f = popen(cmd, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, " packets %d", &packets);
	if (f)
		pclose(f);
	return packets;
}

static void firewall(int port)
{
	settle_down();
	ASSERT_TRUE(nft("add table inet vp_remains", 0));
	EXPECT_TRUE(nft("add chain inet vp_remains out { type filter hook output priority 0; }", 0));
	EXPECT_TRUE(nft("add counter inet vp_remains sum; add counter inet vp_remains somebodys; "
			"add counter inet vp_remains roots", 0));
	EXPECT_TRUE(nft("add rule inet vp_remains out tcp dport %d counter name sum", port));
	EXPECT_TRUE(nft("add rule inet vp_remains out tcp dport %d meta skuid 4711 "
			"counter name somebodys", port));
	EXPECT_TRUE(nft("add rule inet vp_remains out tcp dport %d meta skuid 0 "
			"counter name roots", port));
}

/* All packets since the last call were somebody's, or nobody's; and some there were. */
static void were_somebodys(bool somebodys)
{
	int sum;

	settle_down();
	sum = counted("sum");
	EXPECT_GT(sum, 0);
	EXPECT_EQ(counted("somebodys"), somebodys ? sum : 0);
	EXPECT_EQ(counted("roots"), 0);
	EXPECT_TRUE(nft("reset counters table inet vp_remains", 0));
}

/* A firewall that lets out what is of one user lets out the channel of that user. */
static void owner_of_packets(void)
{
	for (int kept = 0; kept < 2; kept++) {
		struct pair p = somebodys_pair();
		int ep = kept ? watch(p.channel) : -1;

		firewall(port_of(p.channel, true));
		carries(&p);
		were_somebodys(true);

		p.channel = seal_fd(p.channel);
		ASSERT_OK(p.channel);
		carries(&p);
		were_somebodys(true);

		/* close_notify and FIN; unread data: a reset */
		EXPECT_EQ(send(p.peer, "unread", 6, 0), 6);
		settle_down();
		close(p.channel);
		were_somebodys(true);
		close(p.peer);
		if (kept)
			close(ep);
		EXPECT_TRUE(nft("delete table inet vp_remains", 0));
	}
}

/* What is sent when the file is gone, whose it was is not asked of the file. */
static void nobodys_packets(void)
{
	struct pair p = somebodys_pair();

	firewall(port_of(p.channel, true));
	p.channel = seal_fd(p.channel);
	ASSERT_OK(p.channel);
	fill(p.channel);
	close(p.channel);
	settle_down();
	EXPECT_TRUE(nft("reset counters table inet vp_remains", 0));
	drain(p.peer);
	were_somebodys(false);
	close(p.peer);
	EXPECT_TRUE(nft("delete table inet vp_remains", 0));
}

static long number(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (f) {
		EXPECT_EQ(fscanf(f, "%ld", &n), 1);
		fclose(f);
	}
	return n;
}

#define FILES	number("/proc/sys/fs/file-nr")
#define INODES	number("/proc/sys/fs/inode-nr")
#define MANY	400

/* A channel has one file, however many it was made from. */
static void one_file_each(void)
{
	struct rlimit many = { 4 * MANY, 4 * MANY };
	static struct pair p[MANY];
	long files, inodes;

	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &many));
	inodes = INODES;
	for (int i = 0; i < MANY; i++)
		p[i] = tls_pair();
	files = FILES;
	for (int i = 0; i < MANY; i++) {
		p[i].channel = seal_fd(p[i].channel);
		ASSERT_OK(p[i].channel);
	}
	EXPECT_LT(FILES - files, MANY / 2);
	EXPECT_LT(INODES - inodes, MANY * 7 / 2);
	for (int i = 0; i < MANY; i++)
		pair_close(&p[i]);
	settle_down();
	EXPECT_LT(INODES - inodes, MANY / 2);
}

/* Closed with more to send than TCP takes: the rest is sent when the file is gone, and all of it. */
static void closed_with_much_to_send(void)
{
	long inodes = INODES;

	for (int i = 0; i < 12; i++) {
		struct pair p = sealed_pair();
		size_t sum = fill(p.channel);

		close(p.channel);
		EXPECT_EQ(drain(p.peer), sum);
		close(p.peer);
	}
	settle_down();
	EXPECT_LT(INODES - inodes, 6);
}

int main(void)
{
	device_open();
	ktap_plan(11);
	KTAP_TEST(watched, "epoll may go on watching");
	KTAP_TEST(watched_meanwhile, "epoll asks, or goes, while the socket is sealed");
	KTAP_TEST(known_by_name, "a name leads nowhere");
	KTAP_TEST(owner_changed_meanwhile, "a name's owner changes while the socket is sealed");
	if (has_family(43))
		KTAP_TEST(fallen_back, "a file whose socket is not its own");
	else
		ktap_skip("a file whose socket is not its own", "this kernel has no SMC");
	KTAP_TEST(wanted_signals, "who wanted signals is not forgotten");
	KTAP_TEST(belongs_to_its_maker, "the connection is of the user who made it");
	if (!system("nft list tables >/dev/null 2>&1")) {
		KTAP_TEST(owner_of_packets, "so are its packets");
		KTAP_TEST(nobodys_packets, "but for those that are sent after the close");
	} else {
		ktap_skip("so are its packets", "no nftables");
		ktap_skip("but for those that are sent after the close", "no nftables");
	}
	KTAP_TEST(one_file_each, "a channel has one file");
	KTAP_TEST(closed_with_much_to_send, "closed with much to send, all is sent and nothing left");
	return ktap_end();
}
