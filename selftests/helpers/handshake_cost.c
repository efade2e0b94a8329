// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a channel costs, for selftests/vm/handshake-cost:
 *
 *	handshake_cost cold COUNT CONFIG	a handshake process each, in full
 *	handshake_cost resumed COUNT CONFIG	the same, continuing a session
 *	handshake_cost warm COUNT CONFIG SOCKET	from voicepayd's pool
 *	handshake_cost run COUNT COMMAND..	another program, each time until it ends
 *
 * prints the nanoseconds of the processor that the process used, its programs
 * and its kernel, and those that went by; of COUNT the median. On a machine
 * on which an instruction takes a nanosecond, these are instructions. For "warm"
 * it is the time of the app's call, which includes what voicepayd does.
 */

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <voicepay.h>
#include "../../user/libvoicepay/protocol.h"

#define HELPER	"/usr/libexec/voicepay/voicepay-handshake"
#define MOST	100

struct cost {
	long long used, passed;
};

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "handshake_cost: %s\n", what);
	exit(1);
}

/* Runs @argv with @fd as descriptor 3, and waits for its end. */
static struct cost run(char *const argv[], int fd)
{
	char *envp[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin", NULL };
	struct cost cost = { .passed = now() };
	struct rusage used;
	posix_spawn_file_actions_t files;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	if (fd >= 0)
		posix_spawn_file_actions_adddup2(&files, fd, 3);
	if (posix_spawn(&pid, argv[0], &files, NULL, argv, envp) || wait4(pid, &status, 0, &used) != pid || status)
		die("the program failed");
	posix_spawn_file_actions_destroy(&files);
	cost.passed = now() - cost.passed;
	cost.used = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000LL +
		    (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL;
	return cost;
}

static struct cost handshake(const char *config, bool full)
{
	char *argv[] = { HELPER, "--config", (char *)config, full ? "--full" : NULL, NULL };
	struct vp_reply reply;
	struct cost cost;
	int pair[2], channel = -1, high;
	char byte;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("no sockets");
	high = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);
	close(pair[1]);
	cost = run(argv, high);
	close(high);
	if (vp_reply_receive(pair[0], &reply, &channel) || channel < 0)
		die("no channel");
	if (full == !!(reply.flags & VP_REPLY_RESUMED))
		die(full ? "the session was continued" : "the session was not continued");
	close(pair[0]);
	/* The tickets are there: they came before this had a chance to. */
	usleep(20000);
	if (recv(channel, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
		die("the server ended the channel");
	close(channel);
	return cost;
}

static struct cost warm(const char *socket)
{
	struct voicepay_channel channel = { .size = sizeof(channel) };
	struct voicepay_warm state = { .size = sizeof(state) };
	struct cost cost;
	int fd, tries = 0;

	do {
		if (voicepay_warm(socket, 1, 0, &state))
			die(state.message);
		if (tries++ > 500)
			die("no channel becomes warm");
		usleep(20000);
	} while (!state.ready);
	cost.passed = now();
	fd = voicepay_channel_open(socket, 0, &channel);
	cost.passed = now() - cost.passed;
	cost.used = cost.passed;
	if (fd < 0 || !channel.warm)
		die("it was not a warm channel");
	close(fd);
	return cost;
}

static int by_used(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	return x->used < y->used ? -1 : x->used > y->used;
}

int main(int argc, char **argv)
{
	struct cost cost[MOST];
	int i, count = argc > 3 ? atoi(argv[2]) : 0;

	if (count < 1 || count > MOST)
		die("usage");
	/* The first ones pay for what is not in memory yet. */
	for (i = -2; i < count; i++) {
		struct cost one;

		if (!strcmp(argv[1], "run"))
			one = run(argv + 3, -1);
		else if (!strcmp(argv[1], "warm"))
			one = warm(argv[4]);
		else
			one = handshake(argv[3], i == -2 || !strcmp(argv[1], "cold"));
		if (i >= 0)
			cost[i] = one;
	}
	qsort(cost, count, sizeof(cost[0]), by_used);
	printf("%lld %lld\n", cost[count / 2].used, cost[count / 2].passed);
	return 0;
}
