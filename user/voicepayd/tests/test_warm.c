// SPDX-License-Identifier: GPL-2.0-or-later
/* The pool of warm channels, with a handshake process that only pretends. */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../reply.h"
#include "../wanted.h"
#include "../warm.h"

#define ALICE	1001
#define MALLORY	1002

static char dir[] = "/tmp/voicepay-test-XXXXXX";
static char helper[4096], behaviour[64], crl[64], sock_path[64];
static struct config config;
static struct warm *warm;
static int listener, far[64], far_count;
static int started;	/* handshake processes that have ended */
static int accepted;	/* those that came as far as the gateway */

/* The file as it is. */
static const struct stamp *settings(void)
{
	static struct stamp stamp;

	stamp_settings(&stamp, behaviour);
	return &stamp;
}

/* Settings that are read again: what it does is in them. */
static void behave(const char *how)
{
	FILE *f = fopen(behaviour, "w");

	assert_non_null(f);
	fprintf(f, "%s %s\n", how, sock_path);
	fclose(f);
	if (warm)
		warm_renew(warm, settings());
}

/* What the daemon's loop does, for @ms at most or until so many are ready or coming. */
static void pump(int ms, int ready)
{
	struct pollfd fds[CONFIG_WARM];
	struct vp_reply reply;

	while (ms > 0) {
		size_t n = warm_poll(warm, fds), i;
		pid_t pid;
		int fd;

		poll(fds, n, 10);
		ms -= 10;
		for (i = 0; i < n; i++)
			if (fds[i].revents)
				assert_true(warm_ready(warm, fds[i].fd));
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
			warm_reap(warm, pid);
			started++;
		}
		while ((fd = accept(listener, NULL, NULL)) >= 0)
			far[far_count++] = fd, accepted++;
		warm_work(warm);
		reply_init(&reply);
		warm_ask(warm, ALICE, 0, &reply);
		if (ready >= 0 && (int)reply.ready == ready && !reply.coming)
			return;
	}
	if (ready >= 0)
		fail_msg("%u ready, %u coming, not %d", reply.ready, reply.coming, ready);
}

static void ask(uid_t uid, unsigned int channels, int check)
{
	struct vp_reply reply;

	reply_init(&reply);
	warm_ask(warm, uid, channels, &reply);
	assert_int_equal(reply.check, check);
}

static int take(void)
{
	struct vp_reply reply;
	int fd;

	reply_init(&reply);
	fd = warm_take(warm, &reply);
	if (fd >= 0) {
		assert_int_equal(reply.check, VOICEPAY_CHECK_OK);
		assert_int_equal(reply.op, VP_OP_CHANNEL);
		assert_int_equal(reply.flags, VP_REPLY_WARM);
		assert_string_not_equal(reply.message, "");
	}
	return fd;
}

/* A channel that works: what goes in comes out at the other end. */
static void works(int fd)
{
	char c = 'x';
	int i;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &c, 1), 1);
	c = 0;
	for (i = 0; i < far_count; i++)
		if (recv(far[i], &c, 1, MSG_DONTWAIT) == 1)
			break;
	assert_int_equal(c, 'x');
	close(fd);
}

static void one_is_ready_when_it_is_needed(void **state)
{
	assert_int_equal(take(), -1);
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	works(take());
	assert_int_equal(take(), -1);
	/* and the next one */
	pump(3000, 1);
	works(take());
}

static void no_more_than_the_settings_allow(void **state)
{
	ask(ALICE, 16, VOICEPAY_CHECK_OK);
	ask(MALLORY, 16, VOICEPAY_CHECK_OK);
	pump(3000, 2);
	pump(100, -1);
	assert_int_equal(far_count, 2);
}

static void a_dead_one_is_noticed(void **state)
{
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	close(far[0]);
	far[0] = -1;
	/* even before the loop comes round */
	assert_int_equal(take(), -1);
	pump(3000, 1);
	close(far[1]);
	far[1] = -1;
	pump(50, -1);
	assert_int_equal(far_count, 3);
	works(take());
}

static void one_that_speaks_first_is_dead(void **state)
{
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	assert_int_equal(write(far[0], "x", 1), 1);
	assert_int_equal(take(), -1);
}

static void an_old_one_is_replaced(void **state)
{
	config.warm_age = 1;
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	assert_int_equal(far_count, 1);
	poll(NULL, 0, 1050);
	assert_int_equal(take(), -1);
	pump(3000, 1);
	assert_int_equal(far_count, 2);
}

static void none_is_left_from_older_settings(void **state)
{
	ask(ALICE, 2, VOICEPAY_CHECK_OK);
	pump(3000, 2);
	warm_renew(warm, settings());
	assert_int_equal(take(), -1);
	pump(3000, 2);
	assert_int_equal(far_count, 4);
	behave("hang");
	warm_work(warm);
	behave("ok");
	pump(3000, 2);
}

static void none_is_left_from_an_older_crl(void **state)
{
	int fd;

	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	/* a new one in its place, as it is fetched; the daemon is not told */
	fd = open(crl, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	assert_int_equal(take(), -1);
	pump(3000, 1);
	works(take());
	pump(3000, 1);
	unlink(crl);
	assert_int_equal(take(), -1);
}

/* The handshakes go by them, and the daemon does not know what else they name now. */
static void none_while_the_settings_are_not_read(void **state)
{
	FILE *f;

	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	f = fopen(behaviour, "a");
	assert_non_null(f);
	fprintf(f, "\n");
	fclose(f);
	ask(ALICE, 1, VOICEPAY_CHECK_CONFIG);
	assert_int_equal(take(), -1);
	warm_work(warm);
	usleep(100000);
	warm_work(warm);
	assert_int_equal(accept(listener, NULL, NULL), -1);
	warm_renew(warm, settings());
	pump(3000, 1);
	works(take());
}

/* What stands there now may not be what was read. */
static void none_by_settings_that_changed_meanwhile(void **state)
{
	struct stamp before = *settings();
	FILE *f;

	f = fopen(behaviour, "a");
	assert_non_null(f);
	fprintf(f, "\n");
	fclose(f);
	warm_renew(warm, &before);
	ask(ALICE, 1, VOICEPAY_CHECK_CONFIG);
	warm_work(warm);
	usleep(100000);
	assert_int_equal(accept(listener, NULL, NULL), -1);
	warm_renew(warm, settings());
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	works(take());
}

static void who_takes_none_gets_no_more(void **state)
{
	struct vp_reply reply;
	int i;

	for (i = 0; i < 20; i++) {
		struct pollfd fds[CONFIG_WARM];

		reply_init(&reply);
		warm_ask(warm, MALLORY, 2, &reply);
		if (reply.check != VOICEPAY_CHECK_OK)
			break;
		pump(3000, i < 3 ? 2 : -1);
		/* the server ends them all */
		while (far_count)
			close(far[--far_count]);
		while (poll(fds, warm_poll(warm, fds), 0) > 0)
			warm_ready(warm, fds[0].fd);
		if (i > 3)
			break;
	}
	assert_int_equal(reply.check, VOICEPAY_CHECK_BUSY);
	assert_int_equal(reply.error, EAGAIN);
	assert_int_equal(accepted, 6);
	/* Others are not held up by it. */
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(3000, 1);
	works(take());
}

static void who_takes_them_gets_more(void **state)
{
	int i;

	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	for (i = 0; i < 10; i++) {
		pump(3000, 1);
		works(take());
	}
}

static void fewer_by_new_settings(void **state)
{
	ask(ALICE, 2, VOICEPAY_CHECK_OK);
	pump(3000, 2);
	config.warm_max = 1;
	warm_renew(warm, settings());
	pump(3000, 1);
	pump(100, -1);
	assert_int_equal(accepted, 3);
}

static void a_gateway_that_is_not_there(void **state)
{
	int before;

	behave("refuse");
	ask(ALICE, 2, VOICEPAY_CHECK_OK);
	pump(400, -1);
	before = started;
	assert_in_range(before, 1, 2);
	pump(400, -1);
	assert_int_equal(started, before);
	assert_in_range(warm_wait(warm), 1, 2000);
	behave("die");
	pump(2500, -1);
	assert_in_range(started, before + 1, before + 6);
	assert_int_equal(take(), -1);
	behave("ok");
	pump(3000, 2);
}

static void the_next_try_is_in_full(void **state)
{
	behave("again");
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(4000, 1);
	works(take());
}

static void one_that_hangs_is_ended(void **state)
{
	behave("hang");
	config.timeout = 1;
	ask(ALICE, 1, VOICEPAY_CHECK_OK);
	pump(500, -1);
	assert_int_equal(started, 0);
	pump(3000, -1);
	assert_in_range(started, 1, 2);
}

static void switched_off(void **state)
{
	config.warm_max = 0;
	warm_renew(warm, settings());
	ask(ALICE, 1, VOICEPAY_CHECK_CONFIG);
	assert_int_equal(warm_wait(warm), -1);
}

static void credit(void **state)
{
	struct wanted w;
	int64_t until;
	uid_t uid;
	int i;

	wanted_init(&w, 3);
	assert_int_equal(wanted_now(&w, 1000, &until), 0);
	assert_false(wanted_spend(&w, 0, 1000, &uid));
	assert_int_equal(wanted_add(&w, ALICE, 1, 1000, 90000), 0);
	assert_int_equal(wanted_add(&w, MALLORY, 2, 1000, 61000), 0);
	assert_int_equal(wanted_now(&w, 1000, &until), 2);
	assert_int_equal(until, 90000);
	/* who has enough with what there is pays nothing */
	for (i = 0; i < 3; i++) {
		assert_true(wanted_spend(&w, 1, 1000, &uid));
		assert_int_equal(uid, MALLORY);
	}
	assert_false(wanted_spend(&w, 1, 1000, &uid));
	assert_int_equal(wanted_add(&w, MALLORY, 2, 1000, 200000), -2);
	wanted_give_back(&w, MALLORY);
	assert_true(wanted_spend(&w, 1, 1000, &uid));
	/* time gives one back, and not more than there were */
	assert_false(wanted_spend(&w, 1, 30999, &uid));
	assert_true(wanted_spend(&w, 1, 31000, &uid));
	assert_false(wanted_spend(&w, 1, 31000, &uid));
	/* giving up the place does not bring new credit */
	assert_int_equal(wanted_add(&w, MALLORY, 0, 31000, 31000), -2);
	assert_int_equal(wanted_add(&w, MALLORY, 2, 31000, 500000), -2);
	assert_int_equal(wanted_now(&w, 90000, &until), 2);
	for (i = 0; i < 3; i++)
		assert_true(wanted_spend(&w, 1, 400000, &uid));
	assert_false(wanted_spend(&w, 1, 400000, &uid));
	assert_int_equal(wanted_now(&w, 500000, &until), 0);

	/* as many users as there are places, and one more */
	wanted_init(&w, 3);
	for (i = 0; i < WANTED_USERS; i++)
		assert_int_equal(wanted_add(&w, i, 1, 1000, 61000), 0);
	assert_int_equal(wanted_add(&w, ALICE, 1, 1000, 61000), -1);
	assert_int_equal(wanted_add(&w, ALICE, 1, 61000, 99000), 0);
}

static int start(void **state)
{
	char error[CONFIG_ERROR], text[256];

	snprintf(text, sizeof(text), "[tls]\ncrl = %s\n[daemon]\nwarm-max = 2\n", crl);
	if (config_parse(&config, behaviour, text, error))
		return -1;
	behave("ok");
	far_count = started = accepted = 0;
	warm = warm_new(&config, helper, settings());
	return warm ? 0 : -1;
}

static int stop(void **state)
{
	warm_stop(warm);
	warm = NULL;
	while (waitpid(-1, NULL, 0) > 0)
		;
	while (far_count)
		close(far[--far_count]);
	return 0;
}

static int set_up(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	ssize_t n = readlink("/proc/self/exe", helper, sizeof(helper) - 32);

	if (n < 0 || !mkdtemp(dir))
		return -1;
	helper[n] = 0;
	dirname(helper);
	strcat(helper, "/fake-handshake");
	snprintf(behaviour, sizeof(behaviour), "%s/how", dir);
	snprintf(crl, sizeof(crl), "%s/crl", dir);
	snprintf(sock_path, sizeof(sock_path), "%s/sock", dir);
	strcpy(addr.sun_path, sock_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 64);
}

static int tear_down(void **state)
{
	unlink(behaviour);
	unlink(crl);
	unlink(sock_path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
		T(one_is_ready_when_it_is_needed),
		T(no_more_than_the_settings_allow),
		T(a_dead_one_is_noticed),
		T(one_that_speaks_first_is_dead),
		T(an_old_one_is_replaced),
		T(none_is_left_from_older_settings),
		T(none_is_left_from_an_older_crl),
		T(none_while_the_settings_are_not_read),
		T(none_by_settings_that_changed_meanwhile),
		T(who_takes_none_gets_no_more),
		T(who_takes_them_gets_more),
		T(fewer_by_new_settings),
		T(a_gateway_that_is_not_there),
		T(the_next_try_is_in_full),
		T(one_that_hangs_is_ended),
		T(switched_off),
		cmocka_unit_test(credit),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("warm channels", tests, set_up, tear_down);
}
