// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending on a channel, and its end: close_notify is sent once, after all the
 * data and before the FIN, whatever the state of the send buffer.
 *
 * ktap: timeout=180
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "seal_pair.h"

#define MEGABYTE	(1 << 20)

static uint8_t pattern(size_t i)
{
	return i * 31 + (i >> 8);
}

static void expect_close_notify(int peer)
{
	uint8_t type, buf[16];

	EXPECT_EQ(recv_record(peer, &type, buf, sizeof(buf), 0), 2);
	EXPECT_EQ(type, ALERT);
	EXPECT_EQ(buf[0], 1);
	EXPECT_EQ(buf[1], 0);
	EXPECT_EQ(recv_record(peer, &type, buf, sizeof(buf), 0), 0);
	EXPECT_EQ(type, 0);
}

/*
 * Reads to the end as a careful peer does. Returns the bytes of data, and
 * whether a close_notify came last.
 */
static size_t read_to_the_end(int peer, bool *closed, bool *intact)
{
	static uint8_t buf[65536];
	size_t total = 0;
	uint8_t type;
	ssize_t n;

	*closed = false;
	*intact = true;
	while ((n = recv_record(peer, &type, buf, sizeof(buf), 0)) > 0) {
		if (type == DATA) {
			*intact &= !*closed;
			for (ssize_t i = 0; i < n; i++)
				*intact &= buf[i] == pattern(total + i);
			total += n;
		} else {
			*closed = type == ALERT && n == 2 && buf[0] == 1 && buf[1] == 0;
		}
	}
	return total;
}

struct sender {
	int fd, flags;
	size_t len;
	ssize_t sent;
	int err;
	pthread_t thread;
};

static void *send_pattern(void *arg)
{
	struct sender *s = arg;
	uint8_t *data = malloc(s->len);

	for (size_t i = 0; i < s->len; i++)
		data[i] = pattern(i);
	s->sent = send(s->fd, data, s->len, s->flags | MSG_NOSIGNAL);
	s->err = errno;
	free(data);
	return NULL;
}

static void sender_start(struct sender *s, int fd, size_t len)
{
	*s = (struct sender){ .fd = fd, .len = len };
	pthread_create(&s->thread, NULL, send_pattern, s);
}

/* Lost, doubled or reordered bytes anywhere between the two sockets. */
static void bulk_both_ways(void)
{
	struct pair p = sealed_pair();
	static uint8_t buf[MEGABYTE];
	struct sender up, down;
	bool ok = true;

	sender_start(&up, p.channel, MEGABYTE);
	EXPECT_EQ(recv(p.peer, buf, MEGABYTE, MSG_WAITALL), MEGABYTE);
	for (size_t i = 0; i < MEGABYTE; i++)
		ok &= buf[i] == pattern(i);
	EXPECT_TRUE(ok);
	pthread_join(up.thread, NULL);
	EXPECT_EQ(up.sent, MEGABYTE);

	memset(buf, 0, sizeof(buf));
	sender_start(&down, p.peer, MEGABYTE);
	EXPECT_EQ(recv(p.channel, buf, MEGABYTE, MSG_WAITALL), MEGABYTE);
	for (size_t i = 0; i < MEGABYTE; i++)
		ok &= buf[i] == pattern(i);
	EXPECT_TRUE(ok);
	pthread_join(down.thread, NULL);
	pair_close(&p);
}

/* The caller could forge an alert, a KeyUpdate or a handshake by ancillary data. */
static void no_record_type_by_the_caller(void)
{
	static const uint8_t types[] = { 0, CCS, ALERT, HANDSHAKE, DATA, 99 };
	struct pair p = sealed_pair();
	uint8_t type, buf[16];

	for (size_t i = 0; i < sizeof(types); i++)
		EXPECT_ERRNO(EOPNOTSUPP, send_record(p.channel, types[i], "\1\0", 2, 0));
	EXPECT_EQ(send(p.channel, "clean", 5, 0), 5);
	EXPECT_EQ(recv_record(p.peer, &type, buf, sizeof(buf), 0), 5);
	EXPECT_EQ(type, DATA);
	pair_close(&p);
}

/* Urgent data would stand in the middle of a record; the others promise what is not kept. */
static void other_flags_are_refused(void)
{
	static const int flags[] = { MSG_OOB, MSG_FASTOPEN, MSG_ZEROCOPY, MSG_DONTROUTE };
	struct pair p = sealed_pair();
	char c;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		EXPECT_ERRNO(EOPNOTSUPP, send(p.channel, "x", 1, flags[i]));
	EXPECT_EQ(send(p.channel, "", 0, 0), 0);
	EXPECT_EQ(send(p.channel, "x", 1, MSG_NOSIGNAL | MSG_EOR), 1);
	EXPECT_EQ(recv(p.peer, &c, 1, 0), 1);
	EXPECT_ERRNO(EFAULT, send(p.channel, (void *)8, 10, 0));
	EXPECT_EQ(send(p.channel, "y", 1, 0), 1);
	EXPECT_EQ(recv(p.peer, &c, 1, 0), 1);
	EXPECT_EQ(c, 'y');
	pair_close(&p);
}

/* The peer can tell the end from a cut only if close_notify is there. */
static void close_sends_close_notify(void)
{
	struct pair p = sealed_pair();
	char buf[8];

	EXPECT_EQ(send(p.channel, "end", 3, 0), 3);
	close(p.channel);
	p.channel = -1;
	EXPECT_EQ(recv(p.peer, buf, sizeof(buf), 0), 3);
	expect_close_notify(p.peer);
	pair_close(&p);

	/* also when the last holder dies without a word */
	p = sealed_pair();
	if (!fork()) {
		close(p.peer);
		kill(getpid(), SIGKILL);
	}
	close(p.channel);
	p.channel = -1;
	wait(NULL);
	expect_close_notify(p.peer);
	pair_close(&p);
}

/* And it must survive what TCP does about bytes nobody read: unread tickets are no reset. */
static void unread_tickets_do_not_reset(void)
{
	struct pair p = sealed_pair();

	send_ticket(p.peer, 100);
	send_ticket(p.peer, 100);
	settle_down();
	close(p.channel);
	p.channel = -1;
	settle_down();
	expect_close_notify(p.peer);
	pair_close(&p);
}

static void shutdown_sends_close_notify(void)
{
	struct pair p = sealed_pair();
	char buf[8];

	EXPECT_ERRNO(EINVAL, shutdown(p.channel, 3));
	EXPECT_ERRNO(EINVAL, shutdown(p.channel, -1));
	EXPECT_EQ(send(p.channel, "end", 3, 0), 3);
	EXPECT_OK(shutdown(p.channel, SHUT_WR));
	EXPECT_OK(shutdown(p.channel, SHUT_WR));	/* once is enough */
	EXPECT_EQ(recv(p.peer, buf, sizeof(buf), 0), 3);
	expect_close_notify(p.peer);
	/* the other half is as it was */
	EXPECT_EQ(send(p.peer, "yet", 3, 0), 3);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 3);
	EXPECT_TRUE(poll_now(p.channel, POLLOUT, 0) & POLLOUT);
	pair_close(&p);
}

static volatile sig_atomic_t sigpipes;

static void count_sigpipe(int sig)
{
	sigpipes++;
}

/* Data after close_notify would be data that the peer must not believe. */
static void send_after_shutdown(void)
{
	struct pair p = sealed_pair();

	signal(SIGPIPE, count_sigpipe);
	EXPECT_OK(shutdown(p.channel, SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(p.channel, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(sigpipes, 0);
	EXPECT_ERRNO(EPIPE, send(p.channel, "x", 1, 0));
	EXPECT_EQ(sigpipes, 1);
	EXPECT_EQ(write(p.channel, "x", 1), -1);
	EXPECT_EQ(sigpipes, 2);
	signal(SIGPIPE, SIG_IGN);
	expect_close_notify(p.peer);
	pair_close(&p);
}

/*
 * Fills until there is no room, and none comes either: first by the block, then
 * by the byte, as poll() wants a third of the buffer free where send() does not.
 * Returns what went in.
 */
static size_t fill(int fd)
{
	static uint8_t data[65536];
	size_t total = 0, filled, len = sizeof(data);
	ssize_t n;

	do {
		poll_now(fd, POLLOUT, 300);
		for (filled = 0;;) {
			for (size_t i = 0; i < len; i++)
				data[i] = pattern(total + i);
			n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n < 0)
				break;
			total += n;
			filled += n;
		}
		EXPECT_EQ(errno, EAGAIN);
		len = 1;
	} while (filled);
	return total;
}

/*
 * TLS throws away at close what TCP had no room for, and a close_notify that
 * finds the buffer full is simply not sent. Both looked like a cut to the peer.
 */
static void full_buffer_loses_nothing(void)
{
	for (int how = 0; how < 3; how++) {
		struct pair p = sealed_pair();
		bool closed, intact;
		size_t sent;

		sent = fill(p.channel);
		EXPECT_EQ(poll_now(p.channel, POLLOUT, 0), 0);
		if (how < 2)
			EXPECT_OK(shutdown(p.channel, how ? SHUT_RDWR : SHUT_WR));
		if (how)
			close(p.channel);
		usleep(200 * 1000);
		EXPECT_EQ(read_to_the_end(p.peer, &closed, &intact), sent);
		EXPECT_TRUE(intact);
		EXPECT_TRUE(closed);
		if (how)
			p.channel = -1;
		pair_close(&p);
	}
}

/* A sender that waits for room while another thread shuts down. */
static void sender_racing_shutdown(void)
{
	for (int round = 0; round < 20; round++) {
		struct pair p = sealed_pair();
		bool closed, intact;
		struct sender s;
		size_t got;

		sender_start(&s, p.channel, 16 * MEGABYTE);
		usleep(round % 5 * 10000);
		EXPECT_OK(shutdown(p.channel, SHUT_WR));
		if (round % 2)	/* woken even if the peer reads nothing */
			pthread_join(s.thread, NULL);
		got = read_to_the_end(p.peer, &closed, &intact);
		if (!(round % 2))
			pthread_join(s.thread, NULL);
		EXPECT_TRUE(closed);
		EXPECT_TRUE(intact);
		if (s.sent < 0) {
			EXPECT_EQ(s.err, EPIPE);
			s.sent = 0;
		}
		EXPECT_EQ(got, s.sent);
		pair_close(&p);
	}
}

/* Room, and a reader, wake a blocked sender; SO_SNDTIMEO and signals end it. */
static void blocked_senders(void)
{
	struct timeval tv = { .tv_usec = 300 * 1000 };
	struct pair p = sealed_pair();
	static uint8_t buf[MEGABYTE];
	double start;
	ssize_t n;

	EXPECT_OK(setsockopt(p.channel, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	fill(p.channel);
	start = seconds();
	EXPECT_ERRNO(EAGAIN, send(p.channel, "x", 1, 0));
	EXPECT_GE((seconds() - start) * 1000, 290);
	EXPECT_LE((seconds() - start) * 1000, 1500);
	/* what went in before the limit counts */
	while (poll_now(p.peer, POLLIN, 100) == POLLIN)
		(void)!recv(p.peer, buf, sizeof(buf), 0);
	EXPECT_EQ(poll_now(p.channel, POLLOUT, 1000), POLLOUT);
	n = send(p.channel, buf, sizeof(buf), 0);
	EXPECT_TRUE(n > 0);
	pair_close(&p);
}

/* Whole files, by reference where the kernel can. */
static void sendfile_and_splice(void)
{
	static const size_t sizes[] = { 1, 4096, 5000, 16384, 100001, MEGABYTE };
	int file = memfd_create("file", MFD_CLOEXEC), pipefd[2];
	static uint8_t buf[MEGABYTE];

	for (size_t i = 0; i < MEGABYTE; i++)
		buf[i] = pattern(i);
	ASSERT_EQ(write(file, buf, MEGABYTE), MEGABYTE);
	ASSERT_OK(pipe(pipefd));

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct pair p = sealed_pair();
		bool closed, intact;
		pid_t pid = fork();
		size_t left;
		ssize_t n;
		int status;

		if (!pid) {
			close(p.peer);
			lseek(file, 0, SEEK_SET);
			for (left = sizes[i]; left; left -= n) {
				n = sendfile(p.channel, file, NULL, left);
				if (n <= 0)
					_exit(1);
			}
			_exit(0);
		}
		close(p.channel);
		p.channel = -1;
		EXPECT_EQ(read_to_the_end(p.peer, &closed, &intact), sizes[i]);
		EXPECT_TRUE(intact);
		EXPECT_TRUE(closed);
		waitpid(pid, &status, 0);
		EXPECT_EQ(status, 0);
		pair_close(&p);
	}

	/* a file shorter than announced: what was held back for more must go out */
	{
		struct pair p = sealed_pair();

		EXPECT_OK(ftruncate(file, 5000));
		lseek(file, 0, SEEK_SET);
		EXPECT_EQ(sendfile(p.channel, file, NULL, 20000), 5000);
		recv_timeout(p.peer, 3000);
		EXPECT_EQ(recv(p.peer, buf, 5000, MSG_WAITALL), 5000);

		EXPECT_EQ(write(pipefd[1], "through a pipe", 14), 14);
		EXPECT_EQ(splice(pipefd[0], NULL, p.channel, NULL, 14, 0), 14);
		EXPECT_EQ(recv(p.peer, buf, 14, MSG_WAITALL), 14);
		EXPECT_MEMEQ(buf, "through a pipe", 14);
		pair_close(&p);
	}
	close(file);
	close(pipefd[0]);
	close(pipefd[1]);
}

/* MSG_MORE holds data back; an end without more must not leave it there. */
static void more_then_close(void)
{
	struct pair p = sealed_pair();
	uint8_t type, buf[16];

	EXPECT_EQ(send(p.channel, "held", 4, MSG_MORE), 4);
	EXPECT_ERRNO(EAGAIN, recv(p.peer, buf, 1, MSG_DONTWAIT));
	close(p.channel);
	p.channel = -1;
	EXPECT_EQ(recv_record(p.peer, &type, buf, sizeof(buf), 0), 4);
	EXPECT_EQ(type, DATA);
	expect_close_notify(p.peer);
	pair_close(&p);
}

/* The peer is gone: an error each time. */
static void peer_reset(void)
{
	struct linger linger = { .l_onoff = 1 };
	struct pair p = sealed_pair();

	EXPECT_OK(setsockopt(p.peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(p.peer);
	p.peer = -1;
	settle_down();
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(send(p.channel, "x", 1, MSG_NOSIGNAL), -1);
		EXPECT_TRUE(errno == ECONNRESET || errno == EPIPE);
	}
	pair_close(&p);
}

struct traffic {
	int fd, flags;
	atomic_int stop;
	atomic_size_t bytes;
};

static void *write_traffic(void *arg)
{
	struct traffic *t = arg;
	uint8_t data[3000];
	ssize_t n;

	memset(data, 'w', sizeof(data));
	while (!atomic_load(&t->stop) && (n = send(t->fd, data, sizeof(data), MSG_NOSIGNAL)) > 0)
		atomic_fetch_add(&t->bytes, n);
	return NULL;
}

static void *read_traffic(void *arg)
{
	struct traffic *t = arg;
	uint8_t data[5000];
	ssize_t n;

	while ((n = recv(t->fd, data, sizeof(data), t->flags)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (data[i] != 'w')
				return NULL;
		atomic_fetch_add(&t->bytes, n);
		poll_now(t->fd, POLLIN, 0);
	}
	return NULL;
}

/* Two writers, two readers, a poller and tickets all at once: locks that cross would show. */
static void everybody_at_once(void)
{
	struct pair p = sealed_pair();
	struct traffic up = { .fd = p.channel }, up_in = { .fd = p.peer };
	struct traffic down = { .fd = p.peer }, down_in = { .fd = p.channel };
	pthread_t t[8];
	double end = seconds() + 3;

	pthread_create(&t[0], NULL, write_traffic, &up);
	pthread_create(&t[1], NULL, write_traffic, &up);
	pthread_create(&t[2], NULL, read_traffic, &up_in);
	pthread_create(&t[3], NULL, write_traffic, &down);
	pthread_create(&t[4], NULL, read_traffic, &down_in);
	pthread_create(&t[5], NULL, read_traffic, &down_in);
	while (seconds() < end) {
		send_ticket(p.peer, 50);
		poll_now(p.channel, POLLIN | POLLOUT, 0);
		usleep(5000);	/* faster, and the tickets outrun the data: EPROTO */
	}
	atomic_store(&up.stop, 1);
	atomic_store(&down.stop, 1);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	pthread_join(t[3], NULL);
	EXPECT_OK(shutdown(p.channel, SHUT_WR));
	pthread_join(t[2], NULL);
	send_close_notify(p.peer);
	pthread_join(t[4], NULL);
	pthread_join(t[5], NULL);
	EXPECT_EQ(up.bytes, up_in.bytes);
	EXPECT_EQ(down.bytes, down_in.bytes);
	ktap_diag("%zu kB up, %zu kB down", up.bytes / 1000, down.bytes / 1000);
	pair_close(&p);
}

/* A peer that never reads holds a closed channel for ten seconds, not for ever. */
static void close_gives_up_in_the_end(void)
{
	struct pair p = sealed_pair();
	bool closed, intact;
	double start;

	fill(p.channel);
	start = seconds();
	close(p.channel);
	p.channel = -1;
	EXPECT_LE(seconds() - start, 1);	/* close itself does not wait */
	usleep(12 * 1000 * 1000);
	read_to_the_end(p.peer, &closed, &intact);
	EXPECT_FALSE(closed);			/* cut: and the peer can tell */
	EXPECT_TRUE(intact);
	pair_close(&p);
}

int main(void)
{
	device_open();
	ktap_plan(17);
	KTAP_TEST(bulk_both_ways, "a megabyte each way");
	KTAP_TEST(no_record_type_by_the_caller, "the caller chooses no record type");
	KTAP_TEST(other_flags_are_refused, "other flags, empty and bad buffers");
	KTAP_TEST(close_sends_close_notify, "close sends close_notify, kill too");
	KTAP_TEST(unread_tickets_do_not_reset, "unread tickets do not reset the connection");
	KTAP_TEST(shutdown_sends_close_notify, "shutdown sends close_notify");
	KTAP_TEST(send_after_shutdown, "sending after shutdown is EPIPE and SIGPIPE");
	KTAP_TEST(full_buffer_loses_nothing, "a full buffer loses neither data nor close_notify");
	KTAP_TEST(sender_racing_shutdown, "no data after close_notify from a racing sender");
	KTAP_TEST(blocked_senders, "a blocked sender and its time limit");
	KTAP_TEST(sendfile_and_splice, "sendfile and splice");
	KTAP_TEST(more_then_close, "what MSG_MORE held back goes out");
	KTAP_TEST(peer_reset, "a peer that is gone");
	tls_version = TLS_1_2_VERSION;
	KTAP_TEST(full_buffer_loses_nothing, "the same full buffer under TLS 1.2");
	tls_version = TLS_1_3_VERSION;
	tls_cipher = TLS_CIPHER_CHACHA20_POLY1305;
	KTAP_TEST(everybody_at_once, "everybody at once");
	KTAP_TEST(bulk_both_ways, "a megabyte each way with ChaCha20");
	KTAP_TEST(close_gives_up_in_the_end, "close gives up on a peer that never reads");
	return ktap_end();
}
