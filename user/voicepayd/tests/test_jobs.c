// SPDX-License-Identifier: GPL-2.0-or-later
/* Who gets a place in voicepayd, with a handshake process that only waits. */

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../libvoicepay/protocol.h"
#include "../jobs.h"
#include <voicepay.h>

#define GREEDY	1001
#define OTHER	1002
#define APPS	64

static char helper[] = "/tmp/voicepay-test-XXXXXX";
static struct jobs *jobs;
static int app[APPS];
static int apps;

/* An app of user @uid connects; its end of the connection. */
static int connect_as(uid_t uid)
{
	int pair[2];

	/* SO_PEERCRED is who made the pair. */
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(seteuid(0), 0);
	jobs_accept(jobs, pair[1]);
	assert_true(apps < APPS);
	return app[apps++] = pair[0];
}

/* The check that its answer names; -1: there is none yet. */
static int answer(int fd)
{
	char packet[sizeof(struct vp_reply) + 1];
	struct vp_reply reply;
	ssize_t n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);

	/* Once, if the request was not read first. */
	if (n < 0)
		n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
	if (n < 0)
		return -1;
	assert_int_equal(vp_reply_check(packet, n, 0, &reply), 0);
	return reply.check;
}

static int ask(int fd)
{
	struct vp_request request = { .magic = VP_REQUEST_MAGIC, .op = VP_OP_CHANNEL };
	struct pollfd *fds = calloc(jobs_max(jobs), sizeof(*fds));
	size_t n;

	assert_int_equal(send(fd, &request, sizeof(request), MSG_NOSIGNAL), sizeof(request));
	n = jobs_poll(jobs, fds);
	assert_true(poll(fds, n, 1000) > 0);
	jobs_ready(jobs, fds, n);
	free(fds);
	return answer(fd);
}

/* An app that takes all it can get leaves something to others. */
static void places(void **state)
{
	int i, got = 0;

	for (i = 0; i < APPS - 1; i++)
		got += answer(connect_as(GREEDY)) == -1;
	assert_in_range(got, 2, jobs_max(jobs) - 1);
	assert_int_equal(answer(connect_as(OTHER)), -1);
}

static void handshakes(void **state)
{
	int i, got = 0;

	for (i = 0; i < 8; i++)
		got += ask(connect_as(GREEDY)) == -1;
	assert_int_equal(got, 3);
	assert_int_equal(ask(connect_as(OTHER)), -1);
	assert_int_equal(ask(connect_as(OTHER)), VOICEPAY_CHECK_BUSY);
	/* Root is who would put an end to it. */
	assert_int_equal(ask(connect_as(0)), VOICEPAY_CHECK_BUSY);
}

static void the_only_place(void **state)
{
	assert_int_equal(ask(connect_as(GREEDY)), -1);
	assert_int_equal(ask(connect_as(GREEDY)), VOICEPAY_CHECK_BUSY);
}

static void start(unsigned int handshakes_max)
{
	static struct config config;
	char error[CONFIG_ERROR], text[256];

	snprintf(text, sizeof(text), "[daemon]\nallow-user = %d\nallow-user = %d\nmax-handshakes = %u\n",
		 GREEDY, OTHER, handshakes_max);
	assert_int_equal(config_parse(&config, "test", text, error), 0);
	jobs = jobs_new(&config, helper);
	assert_non_null(jobs);
	apps = 0;
}

static int four(void **state)
{
	start(4);
	return 0;
}

static int one(void **state)
{
	start(1);
	return 0;
}

static int stop(void **state)
{
	jobs_stop(jobs);
	while (apps)
		close(app[--apps]);
	return 0;
}

static int make_helper(void **state)
{
	static const char script[] = "#!/bin/sh\nexec sleep 60\n";
	int fd = mkstemp(helper);

	if (fd < 0 || write(fd, script, strlen(script)) < 0 || fchmod(fd, 0755))
		return -1;
	return close(fd);
}

static int remove_helper(void **state)
{
	return unlink(helper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(places, four, stop),
		cmocka_unit_test_setup_teardown(handshakes, four, stop),
		cmocka_unit_test_setup_teardown(the_only_place, one, stop),
	};

	signal(SIGPIPE, SIG_IGN);
	if (geteuid()) {
		printf("1..0 # SKIP must be root, to be one user and another\n");
		return 0;
	}
	return cmocka_run_group_tests_name("jobs", tests, make_helper, remove_helper);
}
