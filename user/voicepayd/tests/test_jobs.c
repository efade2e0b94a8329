// SPDX-License-Identifier: GPL-2.0-or-later
/* Who gets a place in voicepayd, with a handshake process that only waits. */

#include <fcntl.h>
#include <libgen.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../libvoicepay/protocol.h"
#include "../jobs.h"
#include <voicepay.h>

#define GREEDY	1001
#define OTHER	1002
#define NOBODY	65534
#define APPS	64

static char helper[] = "/tmp/voicepay-test-XXXXXX";
static char fake[4096], behaviour[sizeof(helper) + 8], sock_path[sizeof(helper) + 8];
static int listener;
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

static int ask_for(int fd, unsigned int op)
{
	struct vp_request request = { .magic = VP_REQUEST_MAGIC, .op = op, .channels = op == VP_OP_WARM };
	struct pollfd *fds = calloc(jobs_max(jobs), sizeof(*fds));
	size_t n;

	assert_int_equal(send(fd, &request, sizeof(request), MSG_NOSIGNAL), sizeof(request));
	n = jobs_poll(jobs, fds);
	assert_true(poll(fds, n, 1000) > 0);
	jobs_ready(jobs, fds, n);
	free(fds);
	return answer(fd);
}

static int ask(int fd)
{
	return ask_for(fd, VP_OP_CHANNEL);
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

/* Exit status 75: the server stumbled over an old session, and a second process does without. */
static void once_more_in_full(void **state)
{
	int fd = connect_as(GREEDY), tries;
	struct vp_request request = { .magic = VP_REQUEST_MAGIC, .op = VP_OP_CHANNEL, .timeout_ms = 5000 };
	struct pollfd *fds = calloc(jobs_max(jobs), sizeof(*fds));
	char packet[sizeof(struct vp_reply) + 1];
	struct vp_reply reply;
	ssize_t n = -1;

	assert_int_equal(send(fd, &request, sizeof(request), MSG_NOSIGNAL), sizeof(request));
	for (tries = 0; tries < 300 && n < 0; tries++) {
		size_t count = jobs_poll(jobs, fds);

		poll(fds, count, 10);
		jobs_ready(jobs, fds, count);
		jobs_reap(jobs);
		n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
	}
	free(fds);
	assert_int_equal(vp_reply_check(packet, n, *state ? 0 : 1, &reply), 0);
	if (*state) {
		/* not for ever */
		assert_int_equal(reply.check, VOICEPAY_CHECK_HELPER);
		return;
	}
	assert_int_equal(reply.check, VOICEPAY_CHECK_OK);
	assert_string_equal(reply.message, "full");
}

/* Somebody who may not have a channel may not have one kept warm. */
static void warm_for_allowed_users_only(void **state)
{
	assert_int_equal(answer(connect_as(NOBODY)), VOICEPAY_CHECK_PEER);
	assert_int_equal(ask_for(connect_as(OTHER), VP_OP_WARM), VOICEPAY_CHECK_OK);
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
	struct stamp settings;

	snprintf(text, sizeof(text), "[daemon]\nallow-user = %d\nallow-user = %d\nmax-handshakes = %u\n",
		 GREEDY, OTHER, handshakes_max);
	stamp_settings(&settings, "test");
	assert_int_equal(config_parse(&config, "test", text, error), 0);
	jobs = jobs_new(&config, helper, &settings);
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

static int start_fake(const char *how)
{
	static struct config config;
	char error[CONFIG_ERROR], text[64];
	struct stamp settings;
	FILE *f = fopen(behaviour, "w");

	assert_non_null(f);
	fprintf(f, "%s %s\n", how, sock_path);
	fclose(f);
	snprintf(text, sizeof(text), "[daemon]\nallow-user = %d\n", GREEDY);
	stamp_settings(&settings, behaviour);
	assert_int_equal(config_parse(&config, behaviour, text, error), 0);
	jobs = jobs_new(&config, fake, &settings);
	apps = 0;
	return 0;
}

static int again(void **state)
{
	*state = NULL;
	return start_fake("again");
}

static int always_again(void **state)
{
	*state = "always";
	return start_fake("always-again");
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
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = mkstemp(helper);
	ssize_t n;

	if (fd < 0 || write(fd, script, strlen(script)) < 0 || fchmod(fd, 0755))
		return -1;
	close(fd);
	snprintf(behaviour, sizeof(behaviour), "%s.how", helper);
	snprintf(sock_path, sizeof(sock_path), "%s.sock", helper);
	strcpy(addr.sun_path, sock_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	n = readlink("/proc/self/exe", fake, sizeof(fake) - 32);
	if (n < 0 || bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 4))
		return -1;
	fake[n] = 0;
	dirname(fake);
	strcat(fake, "/fake-handshake");
	return 0;
}

static int remove_helper(void **state)
{
	unlink(behaviour);
	unlink(sock_path);
	return unlink(helper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(places, four, stop),
		cmocka_unit_test_setup_teardown(handshakes, four, stop),
		cmocka_unit_test_setup_teardown(the_only_place, one, stop),
		cmocka_unit_test_setup_teardown(once_more_in_full, again, stop),
		cmocka_unit_test_setup_teardown(once_more_in_full, always_again, stop),
		cmocka_unit_test_setup_teardown(warm_for_allowed_users_only, four, stop),
	};

	signal(SIGPIPE, SIG_IGN);
	if (geteuid()) {
		printf("1..0 # SKIP must be root, to be one user and another\n");
		return 0;
	}
	return cmocka_run_group_tests_name("jobs", tests, make_helper, remove_helper);
}
