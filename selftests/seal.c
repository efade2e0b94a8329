// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VOICEPAY_IOC_SEAL: which sockets it refuses, that it leaves nobody else
 * holding the keys, and what the holder of a channel can ask of it.
 */

#include <linux/io_uring.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "seal_pair.h"

/* Whether @fd gives up a key. On anything but a live TLS socket it cannot. */
static bool reads_key(int fd)
{
	struct tls12_crypto_info_aes_gcm_128 info;
	int directions[] = { TLS_TX, TLS_RX };

	for (int i = 0; i < 2; i++) {
		socklen_t len = sizeof(info);

		if (!getsockopt(fd, SOL_TLS, directions[i], &info, &len))
			return true;
	}
	return false;
}

/* The test's own eyes: without a seal the keys are there for the asking. */
static void bare_socket_leaks(void)
{
	struct pair p = tls_pair();

	EXPECT_TRUE(reads_key(p.channel));
	pair_close(&p);
}

/* A wrong argument must cost the caller nothing: the descriptor stays. */
static void refuses_what_is_no_socket(void)
{
	int pipefd[2], path;

	EXPECT_ERRNO(EBADF, seal_fd(-1));
	EXPECT_ERRNO(EBADF, seal_fd(1000));
	ASSERT_OK(pipe(pipefd));
	EXPECT_ERRNO(ENOTSOCK, seal_fd(pipefd[0]));
	EXPECT_OK(fcntl(pipefd[0], F_GETFD));
	EXPECT_ERRNO(ENOTSOCK, seal_fd(device));
	EXPECT_OK(fcntl(device, F_GETFD));

	/* O_PATH: a descriptor that may not be used for anything */
	path = open("/tmp", O_PATH | O_CLOEXEC);
	ASSERT_OK(path);
	EXPECT_ERRNO(EBADF, seal_fd(path));
	close(path);
	close(pipefd[0]);
	close(pipefd[1]);
}

/* Anything but TCP would be driven through the wrong operations. */
static void refuses_other_sockets(void)
{
	int udp = socket(AF_INET, SOCK_DGRAM, 0), un[2], tcp = socket(AF_INET, SOCK_STREAM, 0);
	int mptcp = socket(AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */);
	struct pair p = sealed_pair();

	ASSERT_GE(udp, 0);
	ASSERT_GE(tcp, 0);
	EXPECT_ERRNO(EPROTONOSUPPORT, seal_fd(udp));
	ASSERT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	EXPECT_ERRNO(EPROTONOSUPPORT, seal_fd(un[0]));
	if (mptcp >= 0)
		EXPECT_ERRNO(EPROTONOSUPPORT, seal_fd(mptcp));
	EXPECT_ERRNO(ENOTCONN, seal_fd(tcp));
	ASSERT_OK(listen(tcp, 1));
	EXPECT_ERRNO(ENOTCONN, seal_fd(tcp));

	/* a channel is no kernel TLS socket: no sealing of the sealed */
	EXPECT_ERRNO(EPROTONOSUPPORT, seal_fd(p.channel));
	EXPECT_EQ(send(p.channel, "x", 1, 0), 1);
	pair_close(&p);
	close(udp);
	close(un[0]);
	close(un[1]);
	close(tcp);
	close(mptcp);
}

/* OpenSSL silently falls back to userspace: the raw socket would carry plaintext or rubbish. */
static void refuses_half_engaged(void)
{
	int sv[2];
	char c;

	tcp_pair(AF_INET, sv);
	EXPECT_ERRNO(EUNATCH, seal_fd(sv[0]));		/* no TLS */
	ASSERT_OK(tls_ulp(sv[0]));
	EXPECT_ERRNO(EUNATCH, seal_fd(sv[0]));		/* no keys */
	ASSERT_OK(tls_key(sv[0], TLS_TX, SEED_UP));
	EXPECT_ERRNO(EUNATCH, seal_fd(sv[0]));		/* TX only */
	ASSERT_OK(tls_ulp(sv[1]));
	ASSERT_OK(tls_key(sv[1], TLS_RX, SEED_UP));
	EXPECT_ERRNO(EUNATCH, seal_fd(sv[1]));		/* RX only */

	/* refused, not harmed */
	EXPECT_EQ(send(sv[0], "y", 1, 0), 1);
	EXPECT_EQ(recv(sv[1], &c, 1, 0), 1);
	close(sv[0]);
	close(sv[1]);
}

static void *reset_soon(void *arg)
{
	struct linger hard = { .l_onoff = 1 };
	struct pair *p = arg;

	setsockopt(p->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	for (volatile unsigned int i = rand() % 200000; i; i--)
		;
	close(p->peer);
	return NULL;
}

/*
 * The peer resets the connection while it is being sealed. The caller must
 * know what it still has: unless it is told EBUSY, a refusal leaves it its
 * descriptor. Who closes a number that is gone already closes somebody else's.
 */
static void reset_while_sealing(void)
{
	int sealed = 0, early = 0;

	for (int i = 0; i < 200; i++) {
		struct pair p = tls_pair();
		pthread_t thread;
		char c;
		int fd;

		ASSERT_EQ(pthread_create(&thread, NULL, reset_soon, &p), 0);
		fd = seal_fd(p.channel);
		if (fd >= 0) {
			sealed++;
			pthread_join(thread, NULL);
			EXPECT_ERRNO(ECONNRESET, recv(fd, &c, 1, 0));
			close(fd);
		} else {
			early++;
			EXPECT_EQ(errno, ENOTCONN);
			EXPECT_OK(fcntl(p.channel, F_GETFD));
			pthread_join(thread, NULL);
			close(p.channel);
		}
	}
	ktap_diag("%d reset before, %d during or after", early, sealed);
}

/* On success the old descriptor is gone and the new one does not outlive exec. */
static void consumes_the_descriptor(void)
{
	struct pair p = tls_pair();
	int old = p.channel;

	p.channel = seal_fd(old);
	ASSERT_OK(p.channel);
	EXPECT_NE(p.channel, old);
	EXPECT_ERRNO(EBADF, fcntl(old, F_GETFD));
	EXPECT_EQ(fcntl(p.channel, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(p.channel, F_GETFL) & O_NONBLOCK, 0);
	pair_close(&p);
}

/* A duplicate kept back would go on reading keys. Refused before anything is closed. */
static void refuses_a_duplicate(void)
{
	struct pair p = tls_pair();
	int dup_fd = dup(p.channel);

	EXPECT_ERRNO(EBUSY, seal_fd(p.channel));
	EXPECT_OK(fcntl(p.channel, F_GETFD));
	close(dup_fd);
	p.channel = seal_fd(p.channel);
	EXPECT_OK(p.channel);
	pair_close(&p);
}

/* A copy in a forked process. */
static void refuses_a_forked_copy(void)
{
	struct pair p = tls_pair();
	int status, gate[2];
	pid_t pid;
	char c;

	ASSERT_OK(pipe(gate));
	pid = fork();
	ASSERT_OK(pid);
	if (!pid) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) != 0);
	}
	EXPECT_ERRNO(EBUSY, seal_fd(p.channel));
	close(gate[0]);
	close(gate[1]);
	waitpid(pid, &status, 0);
	p.channel = seal_fd(p.channel);
	EXPECT_OK(p.channel);
	pair_close(&p);
}

static int pass_fd(int un, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} c = { .head = {
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)),
	} };
	struct iovec iov = { .iov_base = "f", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c),
	};

	memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	return sendmsg(un, &msg, 0) == 1 ? 0 : -1;
}

static int take_fd(int un)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} c;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c),
	};
	int fd;

	if (recvmsg(un, &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* A copy on its way through a unix socket, in nobody's descriptor table. */
static void refuses_one_in_flight(void)
{
	struct pair p = tls_pair();
	int un[2], again;

	ASSERT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	ASSERT_OK(pass_fd(un[0], p.channel));
	EXPECT_ERRNO(EBUSY, seal_fd(p.channel));
	again = take_fd(un[1]);
	EXPECT_OK(again);
	close(again);
	p.channel = seal_fd(p.channel);
	EXPECT_OK(p.channel);
	close(un[0]);
	close(un[1]);
	pair_close(&p);
}

/* A ring's registered files hold the socket without any descriptor. */
static void refuses_one_in_a_ring(void)
{
	struct io_uring_params params = {};
	struct pair p = tls_pair();
	int ring = syscall(SYS_io_uring_setup, 4, &params);

	if (ring < 0) {
		ktap_diag("no io_uring here: %s", strerror(errno));
		pair_close(&p);
		return;
	}
	ASSERT_OK(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &p.channel, 1));
	EXPECT_ERRNO(EBUSY, seal_fd(p.channel));
	EXPECT_OK(syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0));
	close(ring);
	for (int i = 0; i < 100; i++) {		/* the ring lets go in its own time */
		int fd = seal_fd(p.channel);

		if (fd >= 0) {
			p.channel = fd;
			break;
		}
		usleep(10000);
	}
	EXPECT_FALSE(reads_key(p.channel));
	pair_close(&p);
}

/* pidfd_getfd() copies out of another process's table. */
static void refuses_a_pidfd_copy(void)
{
	struct pair p = tls_pair();
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0), copy;

	ASSERT_OK(pidfd);
	copy = syscall(SYS_pidfd_getfd, pidfd, p.channel, 0);
	ASSERT_OK(copy);
	EXPECT_ERRNO(EBUSY, seal_fd(p.channel));
	EXPECT_TRUE(reads_key(copy));	/* which is why */
	close(copy);
	close(pidfd);
	pair_close(&p);
}

/* Numbers of descriptors are used again within microseconds; those of sockets are not. */
static unsigned long inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

struct hammer {
	atomic_int fd, stop, leaks;
	atomic_ulong sealed;	/* inode of the socket that was sealed last */
};

static void *hammer_dup(void *arg)
{
	struct hammer *h = arg;
	unsigned int seed = (uintptr_t)&seed;

	while (!atomic_load(&h->stop)) {
		int fd = atomic_load(&h->fd), copy = fd < 0 ? -1 : dup(fd);

		if (copy < 0)
			continue;
		/*
		 * The descriptor has gone while the copy is here: it was taken
		 * just before the close. Kept until the seal has had its say.
		 */
		if (fcntl(fd, F_GETFD) < 0) {
			usleep(30 * 1000);
			if (inode_of(copy) == atomic_load(&h->sealed) && reads_key(copy))
				atomic_fetch_add(&h->leaks, 1);
		}
		close(copy);
		for (volatile unsigned int spin = rand_r(&seed) % 500; spin; spin--)
			;
	}
	return NULL;
}

/* A thread duplicates while another seals: never a success with a key left readable. */
static void survives_a_dup_hammer(void)
{
	int sealed = 0, early = 0, late = 0, fd;
	struct hammer h = { .fd = -1 };
	double end = seconds() + 8;
	pthread_t thread;

	pthread_create(&thread, NULL, hammer_dup, &h);
	while (seconds() < end) {
		struct pair p = tls_pair();
		unsigned long inode = inode_of(p.channel);

		fd = p.channel;
		atomic_store(&h.fd, fd);
		for (;;) {
			p.channel = seal_fd(fd);
			if (p.channel >= 0 || errno != EBUSY || fcntl(fd, F_GETFD) < 0)
				break;
			early++;
		}
		atomic_store(&h.fd, -1);
		if (p.channel >= 0) {
			sealed++;
			atomic_store(&h.sealed, inode);		/* any copy is a leak now */
		} else {
			EXPECT_EQ(errno, EBADF);	/* fcntl's: closed, as documented */
			late++;
		}
		usleep(1000);
		pair_close(&p);
	}
	atomic_store(&h.stop, 1);
	pthread_join(thread, NULL);
	ktap_diag("%d sealed, %d refused before and %d after the close", sealed, early, late);
	EXPECT_EQ(atomic_load(&h.leaks), 0);
	EXPECT_GT(sealed, 0);
}

static void refused(int fd, int level, int option)
{
	char buf[256] = {};
	socklen_t len = sizeof(buf);

	if (!EXPECT_ERRNO(ENOPROTOOPT, getsockopt(fd, level, option, buf, &len)))
		ktap_diag("getsockopt level %d option %d", level, option);
	if (!EXPECT_ERRNO(ENOPROTOOPT, setsockopt(fd, level, option, buf, 4)))
		ktap_diag("setsockopt level %d option %d", level, option);
}

/* No option reaches the TLS layer: neither reading a key nor planting one. */
static void no_option_reaches_tls(void)
{
	struct pair p = sealed_pair();

	for (int option = 0; option < 10; option++)
		refused(p.channel, SOL_TLS, option);
	EXPECT_ERRNO(ENOPROTOOPT, tls_key(p.channel, TLS_TX, SEED_UP));
	EXPECT_ERRNO(ENOPROTOOPT, tls_key(p.channel, TLS_RX, SEED_UP));
	refused(p.channel, SOL_TCP, TCP_ULP);
	EXPECT_ERRNO(ENOPROTOOPT, tls_ulp(p.channel));
	/* these would let bytes past, or bring the connection into another state */
	refused(p.channel, SOL_TCP, TCP_REPAIR);
	refused(p.channel, SOL_TCP, TCP_MD5SIG);
	refused(p.channel, SOL_TCP, TCP_ZEROCOPY_RECEIVE);
	refused(p.channel, SOL_IP, 4 /* IP_OPTIONS */);
	refused(p.channel, SOL_IP, 11 /* IP_RECVERR */);
	EXPECT_FALSE(reads_key(p.channel));
	pair_close(&p);
}

static void option_works(int fd, int level, int option, int value)
{
	int got = 0;
	socklen_t len = sizeof(got);

	EXPECT_OK(setsockopt(fd, level, option, &value, sizeof(value)));
	EXPECT_OK(getsockopt(fd, level, option, &got, &len));
	if (option == SO_SNDBUF || option == SO_RCVBUF)
		EXPECT_EQ(got, 2 * value);	/* socket(7) */
	else
		EXPECT_EQ(got, value);
}

/* What libcurl and every other user of a stream socket expects to be able to set and ask. */
static void useful_options_work(void)
{
	struct pair p = sealed_pair();
	int got;
	socklen_t len = sizeof(got);
	struct tcp_info info;

	option_works(p.channel, SOL_SOCKET, SO_KEEPALIVE, 1);
	option_works(p.channel, SOL_SOCKET, SO_SNDBUF, 20000);
	option_works(p.channel, SOL_SOCKET, SO_RCVBUF, 30000);
	option_works(p.channel, SOL_TCP, TCP_NODELAY, 1);
	option_works(p.channel, SOL_TCP, TCP_KEEPIDLE, 33);
	option_works(p.channel, SOL_TCP, TCP_KEEPINTVL, 7);
	option_works(p.channel, SOL_TCP, TCP_KEEPCNT, 3);
	option_works(p.channel, SOL_TCP, TCP_USER_TIMEOUT, 9000);

	EXPECT_OK(getsockopt(p.channel, SOL_SOCKET, SO_TYPE, &got, &len));
	EXPECT_EQ(got, SOCK_STREAM);
	EXPECT_OK(getsockopt(p.channel, SOL_SOCKET, SO_ERROR, &got, &len));
	EXPECT_EQ(got, 0);
	EXPECT_OK(getsockopt(p.channel, SOL_SOCKET, SO_ACCEPTCONN, &got, &len));
	EXPECT_EQ(got, 0);
	len = sizeof(info);
	EXPECT_OK(getsockopt(p.channel, SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(info.tcpi_state, 1 /* ESTABLISHED */);
	/* still a channel afterwards */
	EXPECT_EQ(send(p.channel, "z", 1, 0), 1);
	pair_close(&p);
}

/* SOL_SOCKET options that this socket does not have, where the kernel lets us say so. */
static void other_socket_options(void)
{
	struct pair p = sealed_pair();
	struct linger linger = { .l_onoff = 1 };
	int one = 1;

	if (setsockopt(p.channel, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)) == 0) {
		ktap_diag("this kernel keeps SOL_SOCKET to itself");
	} else {
		EXPECT_EQ(errno, ENOPROTOOPT);
		EXPECT_ERRNO(ENOPROTOOPT, setsockopt(p.channel, SOL_SOCKET, SO_LINGER, &linger,
						     sizeof(linger)));
		EXPECT_ERRNO(ENOPROTOOPT, setsockopt(p.channel, SOL_SOCKET, SO_RCVLOWAT, &one,
						     sizeof(one)));
		EXPECT_ERRNO(ENOPROTOOPT, setsockopt(p.channel, SOL_SOCKET, SO_TIMESTAMP, &one,
						     sizeof(one)));
	}
	pair_close(&p);
}

/* A stream socket in every respect that a program looks at. */
static void looks_like_a_stream_socket(void)
{
	struct sockaddr_in name = {}, peer = {};
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct pair p = sealed_pair();
	socklen_t len = sizeof(name);
	int bytes;

	EXPECT_OK(getpeername(p.peer, (struct sockaddr *)&name, &len));
	len = sizeof(peer);
	EXPECT_OK(getsockname(p.channel, (struct sockaddr *)&peer, &len));
	EXPECT_EQ(peer.sin_family, AF_INET);
	EXPECT_EQ(peer.sin_port, name.sin_port);
	len = sizeof(peer);
	EXPECT_OK(getpeername(p.channel, (struct sockaddr *)&peer, &len));
	EXPECT_EQ(peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));

	EXPECT_ERRNO(EOPNOTSUPP, bind(p.channel, (struct sockaddr *)&any, sizeof(any)));
	EXPECT_ERRNO(EOPNOTSUPP, connect(p.channel, (struct sockaddr *)&any, sizeof(any)));
	EXPECT_ERRNO(EOPNOTSUPP, listen(p.channel, 1));
	EXPECT_ERRNO(EOPNOTSUPP, accept(p.channel, NULL, NULL));
	EXPECT_ERRNO(ENODEV, (long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, p.channel, 0));
	EXPECT_ERRNO(ENOTTY, ioctl(p.channel, FIONREAD, &bytes));
	EXPECT_ERRNO(ESPIPE, lseek(p.channel, 0, SEEK_SET));
	EXPECT_OK(fcntl(p.channel, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, recv(p.channel, &bytes, 1, 0));
	pair_close(&p);
}

/* A connection attempt with AF_UNSPEC would disconnect a TCP socket and free its TLS state. */
static void cannot_be_disconnected(void)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct pair p = sealed_pair();
	char c;

	EXPECT_ERRNO(EOPNOTSUPP, connect(p.channel, &unspec, sizeof(unspec)));
	EXPECT_EQ(send(p.peer, "a", 1, 0), 1);
	EXPECT_EQ(recv(p.channel, &c, 1, 0), 1);
	pair_close(&p);
}

/* sendmmsg() marks all messages but its last, io_uring's sends ask for all of a send. */
static void flags_of_the_core(void)
{
	struct iovec iov[2] = { { "one", 3 }, { "two", 3 } };
	struct mmsghdr msgs[2] = {
		{ .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } },
	};
	struct pair p = sealed_pair();
	char buf[10] = "";

	EXPECT_EQ(sendmmsg(p.channel, msgs, 2, 0), 2);
	EXPECT_EQ(send(p.channel, "all", 3, MSG_WAITALL), 3);
	shutdown(p.channel, SHUT_WR);
	EXPECT_EQ(recv(p.peer, buf, 9, MSG_WAITALL), 9);
	EXPECT_STREQ(buf, "onetwoall");
	pair_close(&p);
}

/* Channels are for handing on: copies work, none of them reads a key. */
static void may_be_passed_on(void)
{
	struct pair p = sealed_pair();
	int un[2], copy = dup(p.channel), passed, status;
	pid_t pid;
	char c;

	ASSERT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, un));
	ASSERT_OK(pass_fd(un[0], p.channel));
	close(p.channel);
	close(copy);
	/* in flight only: still open, so no close_notify may have gone out */
	settle_down();
	EXPECT_EQ(poll_now(p.peer, POLLIN, 0), 0);

	pid = fork();
	if (!pid) {
		passed = take_fd(un[1]);
		_exit(passed < 0 || reads_key(passed) || send(passed, "h", 1, 0) != 1 ||
		      recv(passed, &c, 1, 0) != 1 || c != 'i');
	}
	close(un[0]);
	close(un[1]);
	EXPECT_EQ(recv(p.peer, &c, 1, 0), 1);
	EXPECT_EQ(send(p.peer, "i", 1, 0), 1);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	p.channel = -1;
	pair_close(&p);
}

/* What the helper did to its end (linger, low-water mark) must not reach through. */
static void former_settings_are_gone(void)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };	/* close by reset */
	struct pair p = tls_pair();
	int lowat = 1000;
	uint8_t type, buf[16];
	char c;

	EXPECT_OK(setsockopt(p.channel, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	EXPECT_OK(setsockopt(p.channel, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof(lowat)));
	EXPECT_OK(fcntl(p.channel, F_SETFL, O_NONBLOCK));
	p.channel = seal_fd(p.channel);
	ASSERT_OK(p.channel);
	EXPECT_EQ(send(p.peer, "b", 1, 0), 1);
	EXPECT_EQ(poll_now(p.channel, POLLIN, 1000), POLLIN);
	EXPECT_EQ(recv(p.channel, &c, 1, 0), 1);
	close(p.channel);
	p.channel = -1;
	EXPECT_EQ(recv_record(p.peer, &type, buf, sizeof(buf), 0), 2);
	EXPECT_EQ(type, ALERT);
	settle_down();
	EXPECT_EQ(recv_record(p.peer, &type, buf, sizeof(buf), 0), 0);	/* a FIN, no reset */
	pair_close(&p);
}

/* Every version and cipher of the profile, and both IP versions. */
static void every_cipher(void)
{
	static const uint16_t versions[] = { TLS_1_2_VERSION, TLS_1_3_VERSION };
	static const uint16_t ciphers[] = {
		TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_CHACHA20_POLY1305,
	};
	char buf[32];

	for (int v = 0; v < 2; v++)
		for (int c = 0; c < 3; c++)
			for (int family = 0; family < 2; family++) {
				struct pair p;
				int sv[2];

				if (family && !has_family(AF_INET6))
					continue;
				tls_version = versions[v];
				tls_cipher = ciphers[c];
				tcp_pair(family ? AF_INET6 : AF_INET, sv);
				tls_engage(sv[0], SEED_UP, SEED_DOWN);
				tls_engage(sv[1], SEED_DOWN, SEED_UP);
				p = (struct pair){ .channel = seal_fd(sv[0]), .peer = sv[1] };
				if (!EXPECT_OK(p.channel))
					continue;
				EXPECT_EQ(send(p.channel, "ping", 4, 0), 4);
				EXPECT_EQ(recv(p.peer, buf, sizeof(buf), 0), 4);
				EXPECT_EQ(send(p.peer, "pong", 4, 0), 4);
				EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 4);
				EXPECT_MEMEQ(buf, "pong", 4);
				send_close_notify(p.peer);
				EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 0);
				pair_close(&p);
			}
	tls_version = TLS_1_3_VERSION;
	tls_cipher = TLS_CIPHER_AES_GCM_128;
}

/* The peer may have said all it had to say, and closed, before the hand-over. */
static void a_half_closed_peer_is_taken(void)
{
	struct pair p = tls_pair();
	char buf[8];

	EXPECT_EQ(send(p.peer, "last", 4, 0), 4);
	send_close_notify(p.peer);
	EXPECT_OK(shutdown(p.peer, SHUT_WR));
	settle_down();
	p.channel = seal_fd(p.channel);
	ASSERT_OK(p.channel);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 4);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 0);
	EXPECT_EQ(send(p.channel, "more", 4, 0), 4);
	EXPECT_EQ(recv(p.peer, buf, sizeof(buf), 0), 4);
	pair_close(&p);
}

/* An open channel runs the module's code: the module must not go from under it. */
static void module_stays_while_a_channel_is_open(void)
{
	struct pair p = sealed_pair();
	int keep = device;

	close(keep);
	device = -1;
	EXPECT_ERRNO(EWOULDBLOCK, syscall(SYS_delete_module, "voicepay", O_NONBLOCK));
	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	EXPECT_OK(device);
	EXPECT_EQ(send(p.channel, "s", 1, 0), 1);
	pair_close(&p);
}

/* socket(2) must not make a channel that owns nothing. */
static void socket_call_makes_none(void)
{
	char name[64] = "";
	FILE *f = fopen("/proc/net/protocols", "r");
	bool found = false;

	while (f && fscanf(f, "%63s%*[^\n]", name) == 1)
		found |= !strcmp(name, "VOICEPAY");
	if (f)
		fclose(f);
	EXPECT_TRUE(found);
	for (int family = 0; family < 46; family++) {
		int fd = socket(family, SOCK_STREAM, 0);
		struct voicepay_seal seal = { .size = sizeof(seal), .sock_fd = fd };
		socklen_t len = sizeof(name);

		if (fd < 0)
			continue;
		/* none of them takes the options only a channel takes */
		if (family == 41)
			EXPECT_NE(getsockopt(fd, SOL_TCP, TCP_KEEPIDLE, name, &len), 0);
		EXPECT_NE(ioctl(device, VOICEPAY_IOC_SEAL, &seal), 0);
		close(fd);
	}
}

int main(void)
{
	device_open();
	ktap_plan(24);
	KTAP_TEST(bare_socket_leaks, "a bare kernel TLS socket gives its key away");
	KTAP_TEST(refuses_what_is_no_socket, "what is no socket is refused");
	KTAP_TEST(refuses_other_sockets, "other kinds of socket are refused");
	KTAP_TEST(refuses_half_engaged, "TLS in neither or one direction is refused");
	KTAP_TEST(consumes_the_descriptor, "success consumes the descriptor");
	KTAP_TEST(reset_while_sealing, "a reset meanwhile does not lose the descriptor's fate");
	KTAP_TEST(refuses_a_duplicate, "a duplicate is EBUSY");
	KTAP_TEST(refuses_a_forked_copy, "a copy in a forked process is EBUSY");
	KTAP_TEST(refuses_one_in_flight, "a copy in flight over a unix socket is EBUSY");
	KTAP_TEST(refuses_one_in_a_ring, "a copy registered with io_uring is EBUSY");
	KTAP_TEST(refuses_a_pidfd_copy, "a copy by pidfd_getfd is EBUSY");
	KTAP_TEST(survives_a_dup_hammer, "a dup race leaves no key readable");
	KTAP_TEST(no_option_reaches_tls, "no socket option reaches TLS");
	KTAP_TEST(useful_options_work, "useful socket options work");
	KTAP_TEST(other_socket_options, "other SOL_SOCKET options are refused");
	KTAP_TEST(looks_like_a_stream_socket, "looks like a connected stream socket");
	KTAP_TEST(cannot_be_disconnected, "cannot be disconnected");
	KTAP_TEST(flags_of_the_core, "sendmmsg and MSG_WAITALL work as on TCP");
	KTAP_TEST(may_be_passed_on, "a channel may be duplicated and passed on");
	KTAP_TEST(former_settings_are_gone, "the former owner's settings are gone");
	KTAP_TEST(every_cipher, "TLS 1.2 and 1.3, three ciphers, IPv4 and IPv6");
	KTAP_TEST(a_half_closed_peer_is_taken, "a peer that closed its half is taken");
	KTAP_TEST(module_stays_while_a_channel_is_open, "the module stays while a channel is open");
	KTAP_TEST(socket_call_makes_none, "socket(2) makes no channel");
	return ktap_end();
}
