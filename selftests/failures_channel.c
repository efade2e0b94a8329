// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=300 ktap: apart=uml */
/*
 * Memory runs out while a socket is sealed, and on a channel in use: see failures.c.
 */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "failing.h"
#include "leaks.h"
#include "seal_peer.h"

/* A refusal for want of memory leaves the caller its descriptor, and no other. */
static void seal(void)
{
	bool hit = true;
	int nth;

	ASSERT_GE(device, 0);
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

/* What was sent, also if TCP had no memory for it at first: nobody has to push it. */
static void arrives(struct pair *p)
{
	char buf[5] = "";

	recv_timeout(p->peer, 1500);
	EXPECT_EQ(recv(p->peer, buf, 5, MSG_WAITALL), 5);
	EXPECT_EQ(memcmp(buf, "world", 5), 0);
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

		/* Nothing is on its way any more whose acknowledgement would make TLS try again. */
		usleep(60000);
		fail_next(nth);
		n = send(p.channel, "world", 5, MSG_DONTWAIT);
		hit2 = failed();
		EXPECT_TRUE(n == 5 || (n < 0 && (hit || hit2)));
		if (n == 5)
			arrives(&p);
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

/* The same for a reader's pages, and a sender's: what came is what was sent, or an error. */
static void spliced(void)
{
	bool hit = true, hit2 = true;
	int nth, pipes[2], file;

	file = memfd_create("sent", MFD_CLOEXEC);
	ASSERT_EQ(write(file, "world", 5), 5);
	for (nth = 1; (hit || hit2) && nth < 300; nth++) {
		struct pair p = sealed_pair();
		char buf[16] = "";
		off_t at = 0;
		ssize_t n;

		ASSERT_OK(pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
		EXPECT_EQ(send(p.peer, "hello", 5, 0), 5);
		fail_next(nth);
		n = splice(p.channel, NULL, pipes[1], NULL, 5, SPLICE_F_NONBLOCK);
		hit = failed();
		if (n > 0) {
			EXPECT_EQ(read(pipes[0], buf, sizeof(buf)), n);
			EXPECT_EQ(memcmp(buf, "hello", n), 0);
		} else {
			EXPECT_TRUE(hit);
		}
		fail_next(nth);
		n = sendfile(p.channel, file, &at, 5);
		hit2 = failed();
		EXPECT_TRUE(n == 5 || hit || hit2);
		if (n == 5)
			arrives(&p);
		close(pipes[0]);
		close(pipes[1]);
		pair_close(&p);
	}
	close(file);
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
		/* EFAULT: before anything was done, or the answer was lost, and the ticket with it. */
		if (r == ENOMEM || r == EFAULT)
			r = ioctl(device, VOICEPAY_IOC_TICKET, &t) ? errno : 0;
		if (!r) {
			kept++;
			EXPECT_EQ(t.ticket_len, 100 - TICKET_AROUND);
			EXPECT_EQ(back[0], 0xab);
			EXPECT_EQ(back[t.ticket_len - 1], 0xab);
		} else {
			EXPECT_EQ(r, ENOENT);
			EXPECT_TRUE(hit[0] || hit[1] || hit[3]);
		}
		duo_close(&d);
	}
	EXPECT_FALSE(hit[0] || hit[1] || hit[2] || hit[3]);
	EXPECT_GT(kept, 0);
	ktap_diag("%d places, %d tickets kept", nth - 2, kept);
}

/* A malformed ticket ends the channel, whether there was memory to keep it or not. */
static void malformed_ticket(void)
{
	int nth, unkept = 0;
	bool hit = true;

	for (nth = 1; hit && nth < 300; nth++) {
		struct duo d = tls_duo();
		struct voicepay_seal s = seal_request(d.channel);
		uint8_t ticket[200];
		size_t n = make_ticket(ticket, 100, 1, 0xab);
		ssize_t got;
		int err;
		char c;

		ASSERT_OK(ioctl(device, VOICEPAY_IOC_SEAL, &s));
		d.channel = s.channel_fd;
		ticket[n - 1] = 1;	/* a byte of extensions, which is not there */
		peer_send(&d, HANDSHAKE, ticket, n);
		peer_send(&d, DATA, "x", 1);
		fail_next(nth);
		got = recv(d.channel, &c, 1, MSG_DONTWAIT);
		err = errno;
		hit = failed();
		EXPECT_LT(got, 0);
		if (!hit)
			EXPECT_EQ(err, EPROTO);
		else if (err == EPROTO)
			unkept++;
		duo_close(&d);
	}
	EXPECT_FALSE(hit);
	EXPECT_GE(unkept, 2);	/* without room for the ticket, without room for its nonce */
	ktap_diag("%d places, in %d the ticket was read", nth - 2, unkept);
}

int main(void)
{
	bool kmemleak = kmemleak_is_on();

	if (!failing_init())
		ktap_skip_all("this kernel cannot fail allocations on demand");
	device_open();
	ktap_plan(6);
	KTAP_TEST(seal, "SEAL");
	KTAP_TEST(send_and_receive, "a channel's send, receive and close");
	KTAP_TEST(spliced, "splice and sendfile");
	KTAP_TEST(secrets, "a session's secrets, its tickets and keys");
	KTAP_TEST(malformed_ticket, "a malformed ticket");
	if (kmemleak)
		KTAP_TEST(no_memory_leaked, "nothing is lost");
	else
		ktap_skip("nothing is lost", "this kernel does not watch for leaks");
	return ktap_end();
}
