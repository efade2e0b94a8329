// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=300 */
/*
 * Memory runs out while a socket is sealed, and on a channel in use: see failures.c.
 */

#include <sys/mman.h>
#include <sys/sendfile.h>

#include "failing.h"
#include "leaks.h"
#include "seal_pair.h"

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
		loff_t at = 0;
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
		EXPECT_TRUE(n == 5 || hit2);
		if (n == 5) {
			EXPECT_EQ(recv(p.peer, buf, 5, MSG_WAITALL), 5);
			EXPECT_EQ(memcmp(buf, "world", 5), 0);
		}
		close(pipes[0]);
		close(pipes[1]);
		pair_close(&p);
	}
	close(file);
	EXPECT_FALSE(hit || hit2);
	ktap_diag("%d places", nth - 2);
}

int main(void)
{
	bool kmemleak = kmemleak_is_on();

	if (!failing_init())
		ktap_skip_all("this kernel cannot fail allocations on demand");
	device_open();
	ktap_plan(4);
	KTAP_TEST(seal, "SEAL");
	KTAP_TEST(send_and_receive, "a channel's send, receive and close");
	KTAP_TEST(spliced, "splice and sendfile");
	if (kmemleak)
		KTAP_TEST(no_memory_leaked, "nothing is lost");
	else
		ktap_skip("nothing is lost", "this kernel does not watch for leaks");
	return ktap_end();
}
