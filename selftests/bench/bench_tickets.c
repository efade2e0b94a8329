// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_tickets ROUNDS: what it costs to take a session's ticket out of the kernel, when that
 * keeps 1, 4, 16 and 64 of them, which is the most: of four users, four gateways each. It
 * is the oldest that is taken, which the others are in front of. Each is looked at.
 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"
#include "seal_peer.h"

#define MOST	64	/* in the module, */
#define OF_USER	16	/* of a user, */
#define OF_NAME	4	/* and of a binding */
#define USER	4711	/* the first of the users */
#define BODY	200

/* The first has a binding of its own. */
static unsigned int name_of(unsigned int i)
{
	return i ? 2 + (i - 1) / OF_NAME : 1;
}

static bool alike(unsigned int i, unsigned int k)
{
	return name_of(i) == name_of(k) && i / OF_USER == k / OF_USER;
}

static void become(uid_t user)
{
	if (seteuid(user))
		bench_die("seteuid: %m");
}

/* Tickets are their user's, who has a descriptor of his own. */
static void open_for(unsigned int i)
{
	become(USER + i / OF_USER);
	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		bench_die("user %d cannot open the device: %m", USER + i / OF_USER);
}

static void close_again(void)
{
	close(device);
	become(0);
}

/* All that have the name of the @i-th, through one channel; the number of the next. */
static unsigned int put(unsigned int i, unsigned int n)
{
	struct voicepay_seal seal = seal_request(-1);
	unsigned int first = i;
	struct duo d;
	char c = 0;

	seal.binding[0] = name_of(i);
	open_for(i);
	d = sealed_duo_as(&seal);
	for (; i < n && alike(i, first); i++) {
		uint8_t msg[4 + BODY];
		size_t len = make_ticket(msg, BODY, i, i);

		if (!peer_send(&d, HANDSHAKE, msg, len))
			bench_die("ticket %u: %m", i);
	}
	/* What came before the data has been dealt with. */
	if (!peer_send(&d, DATA, "r", 1) || recv(d.channel, &c, 1, 0) != 1)
		bench_die("nothing comes through the channel: %m");
	duo_close(&d);
	close_again();
	return i;
}

/* The time of the call; the ticket that it gave is number @got. */
static double take(unsigned int i, unsigned int *got)
{
	uint8_t ticket[BODY];
	struct voicepay_ticket t = {
		.size = sizeof(t), .ticket = (uintptr_t)ticket, .ticket_len = sizeof(ticket),
	};
	double passed;
	int err;

	t.binding[0] = name_of(i);
	open_for(i);
	passed = bench_now();
	err = ioctl(device, VOICEPAY_IOC_TICKET, &t);
	passed = bench_now() - passed;
	if (err)
		bench_die("ticket %u: %m", i);
	*got = ticket[0];
	close_again();
	return passed;
}

static void measure(unsigned int n)
{
	bool seen[MOST] = { false };
	unsigned int got;
	double oldest;

	for (unsigned int i = 0; i < n; )
		i = put(i, n);
	oldest = take(0, &got);
	for (unsigned int i = 1; i < n && !got; i++) {
		unsigned int other;

		take(i, &other);
		if (other >= n || !alike(i, other) || seen[other])
			bench_die("asked for one like ticket %u, got %u", i, other);
		seen[other] = true;
	}
	if (got)
		bench_die("asked for the first ticket, got %u", got);
	bench_sample(oldest, "tickets.%u", n);
}

int main(int argc, char **argv)
{
	static const unsigned int sizes[] = { 1, 4, 16, MOST };
	int rounds = argc > 1 ? atoi(argv[1]) : 5;

	signal(SIGPIPE, SIG_IGN);
	for (int r = -1; r < rounds; r++) {
		for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			if (r < 0) {	/* what is not in memory yet */
				put(0, 1);
				take(0, &(unsigned int){ 0 });
			} else {
				measure(sizes[i]);
			}
		}
	}
	return 0;
}
