// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Receiving on a channel: data is data, everything else is settled by the
 * kernel, and every way in which a stream can end has its own answer.
 *
 * ktap: timeout=120
 */

#include <openssl/evp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "seal_pair.h"

/* An error or end of file stays what it was, whoever asks and however often. */
static void expect_sticky(int fd, int err)
{
	char buf[16];

	for (int i = 0; i < 3; i++) {
		if (err)
			EXPECT_ERRNO(err, recv(fd, buf, sizeof(buf), 0));
		else
			EXPECT_EQ(recv(fd, buf, sizeof(buf), 0), 0);
	}
}

/* A broken channel sends nothing either: it cannot know with whom it speaks. */
static void expect_broken(int fd, int err)
{
	int so_error = 0, mask;
	socklen_t len = sizeof(so_error);

	expect_sticky(fd, err);
	EXPECT_ERRNO(err, send(fd, "x", 1, MSG_NOSIGNAL));
	mask = poll_now(fd, POLLIN | POLLOUT | POLLRDHUP, 0);
	EXPECT_EQ(mask & (POLLIN | POLLERR | POLLRDHUP), POLLIN | POLLERR | POLLRDHUP);
	EXPECT_OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &so_error, &len));
	EXPECT_EQ(so_error, err);
	EXPECT_OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &so_error, &len));
	EXPECT_EQ(so_error, 0);
}

/* The peer is told why, by an alert, and the connection ends. */
static void expect_alert(int peer, uint8_t description)
{
	uint8_t type, alert[16];

	EXPECT_EQ(recv_record(peer, &type, alert, sizeof(alert), 0), 2);
	EXPECT_EQ(type, ALERT);
	EXPECT_EQ(alert[0], 2);
	EXPECT_EQ(alert[1], description);
	EXPECT_EQ(recv_record(peer, &type, alert, sizeof(alert), 0), 0);
}

static void expect_data(int fd, const char *data)
{
	char buf[256] = {};
	size_t len = strlen(data);

	EXPECT_EQ(recv(fd, buf, len, MSG_WAITALL), len);
	EXPECT_MEMEQ(buf, data, len);
}

/* OpenSSL's server sends two tickets at once; a bare kTLS socket dies of the first. */
static void tickets_before_data(void)
{
	struct pair p = sealed_pair();

	send_ticket(p.peer, 200);
	send_ticket(p.peer, 200);
	EXPECT_EQ(send(p.peer, "hello", 5, 0), 5);
	expect_data(p.channel, "hello");
	pair_close(&p);
}

/* A ticket between two records, read in one piece and in small ones. */
static void tickets_between_data(void)
{
	struct pair p = sealed_pair();
	char c;

	for (int round = 0; round < 2; round++) {
		EXPECT_EQ(send(p.peer, "one", 3, 0), 3);
		send_ticket(p.peer, 1000);
		EXPECT_EQ(send(p.peer, "two", 3, 0), 3);
		send_ticket(p.peer, 4000);
		EXPECT_EQ(send(p.peer, "three", 5, 0), 5);
		if (round)
			expect_data(p.channel, "onetwothree");
		else
			for (const char *s = "onetwothree"; *s; s++) {
				EXPECT_EQ(recv(p.channel, &c, 1, 0), 1);
				EXPECT_EQ(c, *s);
			}
	}
	/* and one that nothing follows */
	send_ticket(p.peer, 100);
	EXPECT_ERRNO(EAGAIN, recv(p.channel, &c, 1, MSG_DONTWAIT));
	pair_close(&p);
}

/* Two tickets in one record, one ticket in three: RFC 8446, 5.1 allows both. */
static void tickets_cut_otherwise(void)
{
	struct pair p = sealed_pair();
	uint8_t two[100], one[300];
	size_t n = make_ticket(two, 20, 1, 0xaa);

	n += make_ticket(two + n, 30, 2, 0xbb);
	EXPECT_EQ(send_record(p.peer, HANDSHAKE, two, n, 0), n);
	make_ticket(one, 256, 3, 24);
	EXPECT_EQ(send_record(p.peer, HANDSHAKE, one, 3, 0), 3);
	EXPECT_EQ(send_record(p.peer, HANDSHAKE, one + 3, 1, 0), 1);
	/* the last record begins as a KeyUpdate would, which kernel TLS takes it for */
	EXPECT_EQ(send_record(p.peer, HANDSHAKE, one + 4, 200, 0), 200);
	EXPECT_EQ(send_record(p.peer, HANDSHAKE, one + 204, 56, 0), 56);
	EXPECT_EQ(send(p.peer, "after", 5, 0), 5);
	EXPECT_TRUE(poll_now(p.channel, POLLIN, 2000) & POLLIN);
	expect_data(p.channel, "after");
	pair_close(&p);
}

/* Data in the midst of a handshake message is a confused peer or an attack on the parser. */
static void data_inside_a_message(void)
{
	uint8_t head[] = { HS_TICKET, 0, 1, 0 };
	struct pair p = sealed_pair();

	EXPECT_EQ(send_record(p.peer, HANDSHAKE, head, 4, 0), 4);
	EXPECT_EQ(send(p.peer, "sneak", 5, 0), 5);
	expect_sticky(p.channel, EPROTO);
	expect_alert(p.peer, 10);
	pair_close(&p);
}

/* MSG_PEEK sees past a ticket, and what it saw is what is read. */
static void peek_sees_data_only(void)
{
	struct pair p = sealed_pair();
	char buf[16];

	send_ticket(p.peer, 50);
	EXPECT_EQ(send(p.peer, "look", 4, 0), 4);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(recv(p.channel, buf, sizeof(buf), MSG_PEEK), 4);
		EXPECT_MEMEQ(buf, "look", 4);
	}
	EXPECT_EQ(recv(p.channel, buf, 2, 0), 2);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), MSG_PEEK), 2);
	EXPECT_MEMEQ(buf, "ok", 2);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 2);
	EXPECT_ERRNO(EAGAIN, recv(p.channel, buf, 1, MSG_PEEK | MSG_DONTWAIT));
	send_close_notify(p.peer);
	EXPECT_EQ(recv(p.channel, buf, 1, MSG_PEEK), 0);
	expect_sticky(p.channel, 0);
	pair_close(&p);
}

struct reader {
	int fd;
	char buf[64];
	ssize_t n;
	int err;
	pthread_t thread;
};

static void *read_once(void *arg)
{
	struct reader *r = arg;

	r->n = recv(r->fd, r->buf, sizeof(r->buf), 0);
	r->err = errno;
	return NULL;
}

static void reader_start(struct reader *r, int fd)
{
	r->fd = fd;
	pthread_create(&r->thread, NULL, read_once, r);
	settle_down();
}

/* A ticket must not wake a blocked reader with nothing, nor lose it the data after. */
static void blocked_reader_sleeps_through_tickets(void)
{
	struct pair p = sealed_pair();
	struct reader r;

	reader_start(&r, p.channel);
	send_ticket(p.peer, 50);
	settle_down();
	EXPECT_EQ(pthread_tryjoin_np(r.thread, NULL), EBUSY);
	EXPECT_EQ(send(p.peer, "wake", 4, 0), 4);
	pthread_join(r.thread, NULL);
	EXPECT_EQ(r.n, 4);
	pair_close(&p);
}

/* No event loop may spin, or read and block, because of a ticket. */
static void poll_raises_no_false_alarm(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct pair p = sealed_pair();
	int ep = epoll_create1(EPOLL_CLOEXEC);
	char buf[8];

	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p.channel, &ev));
	EXPECT_EQ(poll_now(p.channel, POLLIN | POLLOUT, 0), POLLOUT);
	send_ticket(p.peer, 50);
	settle_down();
	EXPECT_EQ(poll_now(p.channel, POLLIN, 100), 0);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 100), 0);
	/* data behind a ticket, level and edge */
	send_ticket(p.peer, 50);
	EXPECT_EQ(send(p.peer, "d", 1, 0), 1);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 1000), 1);
	EXPECT_EQ(poll_now(p.channel, POLLIN, 0), POLLIN);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 1);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 0), 0);

	ev.events = EPOLLIN | EPOLLET;
	ASSERT_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p.channel, &ev));
	EXPECT_EQ(send(p.peer, "e", 1, 0), 1);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 1000), 1);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 50), 0);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 1);
	send_close_notify(p.peer);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 1000), 1);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 0);
	close(ep);
	pair_close(&p);
}

/* A poll that runs into an error must not swallow it: the next read still gets it. */
static void poll_keeps_the_error(void)
{
	struct pair p = sealed_pair();

	send_alert(p.peer, 2, 80);
	EXPECT_EQ(poll_now(p.channel, POLLIN, 1000) & (POLLIN | POLLERR), POLLIN | POLLERR);
	EXPECT_EQ(poll_now(p.channel, POLLIN, 1000) & (POLLIN | POLLERR), POLLIN | POLLERR);
	expect_broken(p.channel, ECONNABORTED);
	pair_close(&p);
}

/* The orderly end. */
static void close_notify_is_end_of_file(void)
{
	struct pair p = sealed_pair();
	char buf[8];

	EXPECT_EQ(send(p.peer, "bye", 3, 0), 3);
	send_close_notify(p.peer);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 3);
	expect_sticky(p.channel, 0);
	EXPECT_EQ(poll_now(p.channel, POLLIN | POLLRDHUP, 0), POLLIN | POLLRDHUP);
	/* half-closed only: what we still have to say goes through */
	EXPECT_EQ(send(p.channel, "ack", 3, 0), 3);
	EXPECT_EQ(recv(p.peer, buf, sizeof(buf), 0), 3);
	/* nothing that comes after it is believed */
	EXPECT_EQ(send(p.peer, "late", 4, MSG_NOSIGNAL), 4);
	EXPECT_OK(shutdown(p.peer, SHUT_WR));
	settle_down();
	expect_sticky(p.channel, 0);
	pair_close(&p);
}

/* The truncation attack: somebody on the wire sends a FIN, and half an answer looks whole. */
static void bare_fin_is_an_error(void)
{
	struct pair p = sealed_pair();
	struct reader r;

	EXPECT_OK(shutdown(p.peer, SHUT_WR));
	settle_down();
	expect_broken(p.channel, ECONNRESET);
	pair_close(&p);

	p = sealed_pair();
	reader_start(&r, p.channel);
	EXPECT_OK(shutdown(p.peer, SHUT_WR));
	pthread_join(r.thread, NULL);
	EXPECT_EQ(r.n, -1);
	EXPECT_EQ(r.err, ECONNRESET);
	pair_close(&p);
}

/* The same after some data: the data is delivered, the end is still an error. */
static void data_then_bare_fin(void)
{
	struct pair p = sealed_pair();
	char buf[16];

	EXPECT_EQ(send(p.peer, "half", 4, 0), 4);
	send_ticket(p.peer, 20);
	EXPECT_OK(shutdown(p.peer, SHUT_WR));
	settle_down();
	EXPECT_EQ(poll_now(p.channel, POLLIN, 0) & (POLLIN | POLLERR), POLLIN);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), MSG_WAITALL), 4);
	expect_broken(p.channel, ECONNRESET);
	pair_close(&p);
}

/* Cut in the middle of a record. */
static void fin_inside_a_record(void)
{
	struct pair p = sealed_pair_raw();
	uint8_t head[] = { 23, 3, 3, 0, 100, 1, 2, 3 };

	EXPECT_EQ(send(p.peer, head, sizeof(head), 0), sizeof(head));
	settle_down();
	EXPECT_EQ(poll_now(p.channel, POLLIN, 50), 0);
	EXPECT_OK(shutdown(p.peer, SHUT_WR));
	settle_down();
	expect_broken(p.channel, ECONNRESET);
	pair_close(&p);
}

/* A reset is an error once on TCP and end of file afterwards; here it stays one. */
static void reset_is_sticky(void)
{
	struct linger linger = { .l_onoff = 1 };
	struct pair p = sealed_pair();

	EXPECT_OK(setsockopt(p.peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(p.peer);
	p.peer = -1;
	settle_down();
	EXPECT_TRUE(poll_now(p.channel, POLLIN, 0) & POLLERR);
	expect_broken(p.channel, ECONNRESET);
	pair_close(&p);
}

/* The peer gave up on the session. */
static void fatal_alert(void)
{
	struct pair p = sealed_pair();
	char buf[8];

	EXPECT_EQ(send(p.peer, "ok", 2, 0), 2);
	send_alert(p.peer, 2, 40);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 2);
	expect_broken(p.channel, ECONNABORTED);
	pair_close(&p);

	/* in 1.3 the level byte lies as it likes */
	p = sealed_pair();
	send_alert(p.peer, 1, 40);
	expect_broken(p.channel, ECONNABORTED);
	pair_close(&p);

	/* in 1.2 a warning is a warning */
	tls_version = TLS_1_2_VERSION;
	p = sealed_pair();
	send_alert(p.peer, 1, 100);
	EXPECT_EQ(send(p.peer, "on", 2, 0), 2);
	expect_data(p.channel, "on");
	send_alert(p.peer, 2, 40);
	expect_broken(p.channel, ECONNABORTED);
	pair_close(&p);
	tls_version = TLS_1_3_VERSION;
}

/* What a peer in good faith never sends; each ends the channel, and the peer hears why. */
static void records_out_of_order(void)
{
	static const struct {
		uint8_t type, len, bytes[8];
		int err;
		uint8_t alert;
	} cases[] = {
		{ 99, 4, { 1, 2, 3, 4 }, EPROTO, 10 },			/* unknown type */
		{ CCS, 1, { 1 }, EPROTO, 10 },
		{ 24, 3, { 1, 0, 1 }, EPROTO, 10 },			/* heartbeat */
		{ ALERT, 1, { 1 }, EPROTO, 50 },			/* half an alert */
		{ ALERT, 4, { 1, 0, 1, 0 }, EPROTO, 50 },		/* two in a record */
		{ HANDSHAKE, 4, { 0, 0, 0, 0 }, EPROTO, 10 },		/* HelloRequest */
		{ HANDSHAKE, 8, { 13, 0, 0, 4 }, EPROTO, 10 },		/* CertificateRequest */
		{ HANDSHAKE, 4, { HS_TICKET, 255, 255, 255 }, EPROTO, 50 },
		{ HANDSHAKE, 4, { HS_TICKET, 0, 0, 0 }, EPROTO, 50 },	/* no ticket in it */
		{ HANDSHAKE, 8, { HS_TICKET, 0, 0, 4 }, EPROTO, 50 },	/* a life time only */
		{ HANDSHAKE, 5, { HS_KEY_UPDATE, 0, 0, 1, 0 }, EKEYEXPIRED, 80 },
		{ HANDSHAKE, 5, { HS_KEY_UPDATE, 0, 0, 1, 1 }, EKEYEXPIRED, 80 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pair p = sealed_pair();
		char buf[8];

		EXPECT_EQ(send(p.peer, "first", 5, 0), 5);
		EXPECT_EQ(send_record(p.peer, cases[i].type, cases[i].bytes, cases[i].len, 0),
			  cases[i].len);
		EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 5);
		expect_broken(p.channel, cases[i].err);
		expect_alert(p.peer, cases[i].alert);
		pair_close(&p);
	}
}

/* A ticket under TLS 1.2, and renegotiation, are both handshakes at the wrong time. */
static void no_handshake_under_12(void)
{
	uint8_t hello_request[4] = {};
	struct pair p;

	tls_version = TLS_1_2_VERSION;
	p = sealed_pair();
	send_ticket(p.peer, 20);
	expect_broken(p.channel, EPROTO);
	pair_close(&p);
	p = sealed_pair();
	EXPECT_EQ(send_record(p.peer, HANDSHAKE, hello_request, 4, 0), 4);
	expect_broken(p.channel, EPROTO);
	pair_close(&p);
	tls_version = TLS_1_3_VERSION;
}

/* Bytes that were changed on the way, or never came from the peer. */
static void forged_records(void)
{
	static const struct {
		uint8_t head[5];
	} cases[] = {
		{ { 23, 3, 3, 0, 40 } },	/* bad MAC */
		{ { 23, 3, 3, 0, 5 } },		/* too short to hold one */
		{ { 23, 3, 3, 0x48, 0 } },	/* too long */
		{ { 23, 2, 0, 0, 40 } },	/* SSL 2? */
		{ { 'H', 'T', 'T', 'P', '/' } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t rubbish[64] = {};
		struct pair p = sealed_pair_raw();

		memcpy(rubbish, cases[i].head, 5);
		EXPECT_EQ(send(p.peer, rubbish, sizeof(rubbish), 0), sizeof(rubbish));
		settle_down();
		EXPECT_TRUE(poll_now(p.channel, POLLIN, 1000) & POLLIN);
		expect_broken(p.channel, EBADMSG);
		/* an alert went out, under our keys: a TLS record of type 23 on the wire */
		EXPECT_EQ(recv(p.peer, rubbish, sizeof(rubbish), 0), 5 + 2 + 1 + 16);
		EXPECT_EQ(rubbish[0], 23);
		EXPECT_EQ(recv(p.peer, rubbish, sizeof(rubbish), 0), 0);
		pair_close(&p);
	}
}

/*
 * A TLS 1.3 record as the peer would send it under SEED_DOWN, but with what
 * kernel TLS never sends: no data at all, or padding.
 */
static void send_by_hand(int raw, uint64_t seq, uint8_t type, const char *data, size_t padding)
{
	size_t len = strlen(data), inner = len + 1 + padding;
	uint8_t out[5 + 512], key[16], nonce[12], plain[480] = {};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	memset(key, SEED_DOWN, sizeof(key));
	memset(nonce, SEED_DOWN, sizeof(nonce));
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= seq >> (8 * i);
	memcpy(plain, data, len);
	plain[len] = type;
	memcpy(out, (uint8_t[]){ 23, 3, 3, (inner + 16) >> 8, inner + 16 }, 5);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce);
	EVP_EncryptUpdate(ctx, NULL, &n, out, 5);
	EVP_EncryptUpdate(ctx, out + 5, &n, plain, inner);
	EVP_EncryptFinal_ex(ctx, out + 5 + n, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + 5 + inner);
	EVP_CIPHER_CTX_free(ctx);
	EXPECT_EQ(send(raw, out, 5 + inner + 16, MSG_NOSIGNAL), 5 + inner + 16);
}

static void send_empties(int raw, uint64_t *seq, int count)
{
	while (count--)
		send_by_hand(raw, (*seq)++, DATA, "", 0);
}

/* An empty record is legal, carries nothing, and is not end of file. */
static void empty_records(void)
{
	struct pair p = sealed_pair_raw();
	uint64_t seq = 0;
	char buf[16];
	int pipefd[2];

	/* alone */
	send_empties(p.peer, &seq, 3);
	EXPECT_ERRNO(EAGAIN, recv(p.channel, buf, sizeof(buf), MSG_DONTWAIT));
	send_empties(p.peer, &seq, 3);
	EXPECT_EQ(poll_now(p.channel, POLLIN, 50), 0);
	EXPECT_ERRNO(EAGAIN, recv(p.channel, buf, sizeof(buf), MSG_DONTWAIT | MSG_PEEK));

	pair_close(&p);

	p = sealed_pair_raw();
	seq = 0;
	send_empties(p.peer, &seq, 2);
	send_by_hand(p.peer, seq++, DATA, "first", 0);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 5);
	send_empties(p.peer, &seq, 2);
	EXPECT_EQ(poll_now(p.channel, POLLIN, 20), 0);
	send_empties(p.peer, &seq, 2);
	send_by_hand(p.peer, seq++, DATA, "second", 9);
	settle_down();
	EXPECT_EQ(poll_now(p.channel, POLLIN, 1000), POLLIN);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), MSG_PEEK), 6);
	EXPECT_MEMEQ(buf, "second", 6);
	EXPECT_EQ(poll_now(p.channel, POLLIN, 1000), POLLIN);
	EXPECT_EQ(recv(p.channel, buf, 1, 0), 1);
	EXPECT_EQ(recv(p.channel, buf + 1, sizeof(buf) - 1, 0), 5);
	EXPECT_MEMEQ(buf, "second", 6);

	ASSERT_OK(pipe(pipefd));
	send_empties(p.peer, &seq, 2);
	send_by_hand(p.peer, seq++, DATA, "third", 0);
	settle_down();
	EXPECT_EQ(poll_now(p.channel, POLLIN, 1000), POLLIN);
	EXPECT_EQ(splice(p.channel, NULL, pipefd[1], NULL, 100, 0), 5);
	EXPECT_EQ(read(pipefd[0], buf, sizeof(buf)), 5);
	EXPECT_MEMEQ(buf, "third", 5);
	close(pipefd[0]);
	close(pipefd[1]);

	/* before the end */
	send_empties(p.peer, &seq, 2);
	send_by_hand(p.peer, seq++, ALERT, "\1", 0);	/* half an alert */
	expect_broken(p.channel, EPROTO);
	pair_close(&p);

	/* an empty alert or handshake record is not legal */
	for (int type = ALERT; type <= HANDSHAKE; type++) {
		p = sealed_pair_raw();
		send_by_hand(p.peer, 0, type, "", 3);
		settle_down();
		expect_broken(p.channel, EPROTO);
		pair_close(&p);
	}
}

/* Kernel memory in kB, roughly. */
static long slab_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = 0;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Slab: %ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

/* Empty records piled up in kernel TLS under every peek; 22 bytes on the wire cost a kilobyte. */
static void endless_empty_records(void)
{
	struct pair p = sealed_pair_raw();
	long before = slab_kb(), grown;
	uint64_t seq = 0;
	int rounds, mask = 0;

	for (rounds = 0; rounds < 1000 && !mask; rounds++) {
		send_empties(p.peer, &seq, 100);
		mask = poll_now(p.channel, POLLIN, 0);
	}
	EXPECT_LE(rounds, 300);
	grown = slab_kb() - before;
	EXPECT_LE(grown, 10000);
	expect_broken(p.channel, EPROTO);
	pair_close(&p);
}

/* Tickets without end: bounded work, bounded memory, an error at last. */
static void endless_tickets(void)
{
	struct pair p = sealed_pair();
	uint8_t ticket[20];
	int sent = 0;

	make_ticket(ticket, 16, 0, 0);

	/* many are fine as long as there is data between */
	for (int i = 0; i < 600; i++) {
		if (send_record(p.peer, HANDSHAKE, ticket, 20, MSG_DONTWAIT) != 20)
			break;
		if (i % 100 == 99) {
			EXPECT_EQ(send(p.peer, "!", 1, 0), 1);
			expect_data(p.channel, "!");
		}
	}
	/* the default of poll-only programs: it never reads, so poll has to cope */
	for (; sent < 100000; sent++) {
		if (send_record(p.peer, HANDSHAKE, ticket, 20, MSG_DONTWAIT | MSG_NOSIGNAL) != 20)
			break;
		if (sent % 50 == 0 && poll_now(p.channel, POLLIN, 0))
			break;
	}
	EXPECT_LE(sent, 1000);
	expect_broken(p.channel, EPROTO);
	pair_close(&p);
}

struct flood {
	int fd;
	pthread_t thread;
};

static void *flood_alerts(void *arg)
{
	struct flood *f = arg;
	uint8_t canceled[2] = { 1, 90 };

	while (send_record(f->fd, ALERT, canceled, 2, MSG_NOSIGNAL) == 2)
		;
	return NULL;
}

/* The same at full speed against a blocked reader: it comes back by itself. */
static void flood_ends_a_blocked_reader(void)
{
	struct pair p = sealed_pair();
	struct flood f = { .fd = p.peer };
	char buf[8];

	recv_timeout(p.channel, 20000);
	pthread_create(&f.thread, NULL, flood_alerts, &f);
	EXPECT_ERRNO(EPROTO, recv(p.channel, buf, sizeof(buf), 0));
	close(p.channel);
	p.channel = -1;
	pthread_join(f.thread, NULL);
	pair_close(&p);
}

/* MSG_WAITALL over several records with tickets between, and cut short by the end. */
static void waitall(void)
{
	struct pair p = sealed_pair();
	char buf[100];

	EXPECT_EQ(send(p.peer, "aaaa", 4, 0), 4);
	send_ticket(p.peer, 20);
	EXPECT_EQ(send(p.peer, "bbbb", 4, 0), 4);
	EXPECT_EQ(recv(p.channel, buf, 8, MSG_WAITALL), 8);
	EXPECT_MEMEQ(buf, "aaaabbbb", 8);
	EXPECT_EQ(send(p.peer, "cc", 2, 0), 2);
	send_close_notify(p.peer);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), MSG_WAITALL), 2);
	expect_sticky(p.channel, 0);
	pair_close(&p);
}

/* MSG_TRUNC discards, as on TCP, and needs no buffer; a null one must not harm the session. */
static void trunc_discards(void)
{
	struct pair p = sealed_pair();
	char buf[16];

	EXPECT_EQ(send(p.peer, "0123456789", 10, 0), 10);
	EXPECT_EQ(recv(p.channel, NULL, 4, MSG_TRUNC), 4);
	EXPECT_EQ(recv(p.channel, buf, sizeof(buf), 0), 6);
	EXPECT_MEMEQ(buf, "456789", 6);
	pair_close(&p);
}

/* recvmsg reports no control data and no flags, and leaves the caller's buffer as it was. */
static void control_buffer_untouched(void)
{
	struct pair p = sealed_pair();
	char control[64], data[16];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	memset(control, 0x5a, sizeof(control));
	send_ticket(p.peer, 20);
	EXPECT_EQ(send(p.peer, "plain", 5, 0), 5);
	EXPECT_EQ(recvmsg(p.channel, &msg, 0), 5);
	EXPECT_EQ(msg.msg_controllen, 0);
	EXPECT_EQ(msg.msg_flags, 0);
	for (size_t i = 0; i < sizeof(control); i++)
		EXPECT_EQ(control[i], 0x5a);

	/* nor does it need one */
	msg.msg_control = NULL;
	msg.msg_controllen = 0;
	EXPECT_EQ(send(p.peer, "again", 5, 0), 5);
	EXPECT_EQ(recvmsg(p.channel, &msg, 0), 5);
	EXPECT_EQ(msg.msg_flags, 0);
	pair_close(&p);
}

/* Ways of reading that this socket does not have. */
static void other_flags_are_refused(void)
{
	struct pair p = sealed_pair();
	char buf[8];

	EXPECT_ERRNO(EOPNOTSUPP, recv(p.channel, buf, 1, MSG_OOB));
	EXPECT_ERRNO(EOPNOTSUPP, recv(p.channel, buf, 1, MSG_ERRQUEUE));
	EXPECT_EQ(recv(p.channel, buf, 0, 0), 0);
	EXPECT_EQ(recv(p.channel, buf, 0, MSG_DONTWAIT), 0);
	EXPECT_EQ(read(p.channel, buf, 0), 0);
	pair_close(&p);
}

/* One time limit for a whole call, however many tickets keep it company. */
static void receive_timeout(void)
{
	struct pair p = sealed_pair();
	double start;
	pid_t pid;
	char c;

	recv_timeout(p.channel, 600);
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 20; i++) {
			send_ticket(p.peer, 20);
			usleep(100 * 1000);
		}
		_exit(0);
	}
	start = seconds();
	EXPECT_ERRNO(EAGAIN, recv(p.channel, &c, 1, 0));
	EXPECT_GE((seconds() - start) * 1000, 590);
	EXPECT_LE((seconds() - start) * 1000, 1500);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pair_close(&p);
}

static void nothing(int sig)
{
}

/* A signal ends a blocked call: restarted without a time limit, EINTR with one. */
static void signals_interrupt(void)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct pair p = sealed_pair();
	struct itimerval it = { .it_value.tv_usec = 100 * 1000 };
	char c;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	EXPECT_ERRNO(EINTR, recv(p.channel, &c, 1, 0));
	sa.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &sa, NULL);
	recv_timeout(p.channel, 5000);
	setitimer(ITIMER_REAL, &it, NULL);
	EXPECT_ERRNO(EINTR, recv(p.channel, &c, 1, 0));
	pair_close(&p);
}

/* Another thread ends the reading. */
static void shutdown_wakes_a_reader(void)
{
	int how[] = { SHUT_RD, SHUT_RDWR };

	for (int i = 0; i < 2; i++) {
		struct pair p = sealed_pair();
		struct reader r;

		reader_start(&r, p.channel);
		EXPECT_OK(shutdown(p.channel, how[i]));
		pthread_join(r.thread, NULL);
		EXPECT_EQ(r.n, 0);
		pair_close(&p);
	}
}

/* Several readers: each byte goes to exactly one, and all see the end. */
static void concurrent_readers(void)
{
	struct pair p = sealed_pair();
	struct reader r[4];
	size_t total = 0;
	int ended = 0;

	for (int i = 0; i < 4; i++)
		reader_start(&r[i], p.channel);
	send_ticket(p.peer, 20);
	EXPECT_EQ(send(p.peer, "solo", 4, 0), 4);
	settle_down();
	send_close_notify(p.peer);
	for (int i = 0; i < 4; i++) {
		pthread_join(r[i].thread, NULL);
		EXPECT_GE(r[i].n, 0);
		total += r[i].n;
		ended += r[i].n == 0;
	}
	EXPECT_EQ(total, 4);
	EXPECT_GE(ended, 3);
	pair_close(&p);
}

/* A buffer that cannot be written costs the caller his call, never a false end of file. */
static void bad_buffer(void)
{
	struct pair p = sealed_pair();
	char buf[16];
	ssize_t n;

	EXPECT_EQ(send(p.peer, "data", 4, 0), 4);
	EXPECT_ERRNO(EFAULT, recv(p.channel, (void *)8, 100, 0));
	n = recv(p.channel, buf, sizeof(buf), MSG_DONTWAIT);
	EXPECT_TRUE(n == 4 || (n == -1 && (errno == EBADMSG || errno == EAGAIN)));
	pair_close(&p);
}

/* splice() takes the same decisions as recv(). */
static void splice_from_a_channel(void)
{
	struct pair p = sealed_pair();
	char out[40000], in[40000];
	size_t got = 0;
	int pipefd[2];
	ssize_t n;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7;
	ASSERT_OK(pipe(pipefd));
	EXPECT_ERRNO(EAGAIN, splice(p.channel, NULL, pipefd[1], NULL, 100, SPLICE_F_NONBLOCK));
	send_ticket(p.peer, 30);
	EXPECT_EQ(send(p.peer, out, 20000, 0), 20000);
	send_ticket(p.peer, 30);
	EXPECT_EQ(send(p.peer, out + 20000, 20000, 0), 20000);
	while (got < sizeof(in)) {
		n = splice(p.channel, NULL, pipefd[1], NULL, sizeof(in) - got, 0);
		if (!EXPECT_GT(n, 0))
			break;
		EXPECT_EQ(read(pipefd[0], in + got, n), n);
		got += n;
	}
	EXPECT_MEMEQ(in, out, sizeof(in));
	send_alert(p.peer, 2, 40);
	EXPECT_ERRNO(ECONNABORTED, splice(p.channel, NULL, pipefd[1], NULL, 100, 0));
	pair_close(&p);

	p = sealed_pair();
	send_close_notify(p.peer);
	EXPECT_EQ(splice(p.channel, NULL, pipefd[1], NULL, 100, 0), 0);
	close(pipefd[0]);
	close(pipefd[1]);
	pair_close(&p);
}

int main(void)
{
	device_open();
	ktap_plan(31);
	KTAP_TEST(tickets_before_data, "tickets before data");
	KTAP_TEST(tickets_between_data, "tickets between data");
	KTAP_TEST(tickets_cut_otherwise, "tickets sharing and spanning records");
	KTAP_TEST(data_inside_a_message, "data inside a handshake message is EPROTO");
	KTAP_TEST(peek_sees_data_only, "MSG_PEEK sees data only");
	KTAP_TEST(blocked_reader_sleeps_through_tickets, "a blocked reader sleeps through tickets");
	KTAP_TEST(poll_raises_no_false_alarm, "poll and epoll raise no false alarm");
	KTAP_TEST(poll_keeps_the_error, "poll keeps the error it met");
	KTAP_TEST(close_notify_is_end_of_file, "close_notify is end of file");
	KTAP_TEST(bare_fin_is_an_error, "a bare FIN is ECONNRESET");
	KTAP_TEST(data_then_bare_fin, "data, then a bare FIN");
	KTAP_TEST(fin_inside_a_record, "a FIN inside a record");
	KTAP_TEST(reset_is_sticky, "a reset stays an error");
	KTAP_TEST(fatal_alert, "a fatal alert is ECONNABORTED");
	KTAP_TEST(records_out_of_order, "records that may not come");
	KTAP_TEST(no_handshake_under_12, "no handshake under TLS 1.2");
	KTAP_TEST(forged_records, "forged records are EBADMSG");
	KTAP_TEST(empty_records, "empty records");
	KTAP_TEST(endless_empty_records, "endless empty records end in EPROTO");
	KTAP_TEST(endless_tickets, "endless tickets end in EPROTO");
	KTAP_TEST(flood_ends_a_blocked_reader, "a flood ends a blocked reader");
	KTAP_TEST(waitall, "MSG_WAITALL");
	KTAP_TEST(trunc_discards, "MSG_TRUNC discards");
	KTAP_TEST(control_buffer_untouched, "no control data is reported");
	KTAP_TEST(other_flags_are_refused, "other flags and empty reads");
	KTAP_TEST(receive_timeout, "SO_RCVTIMEO counts for the whole call");
	KTAP_TEST(signals_interrupt, "signals interrupt");
	KTAP_TEST(shutdown_wakes_a_reader, "shutdown wakes a reader");
	KTAP_TEST(concurrent_readers, "concurrent readers");
	KTAP_TEST(bad_buffer, "a bad buffer");
	KTAP_TEST(splice_from_a_channel, "splice from a channel");
	return ktap_end();
}
