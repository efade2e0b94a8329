// SPDX-License-Identifier: GPL-2.0-or-later
/* That no PIN is tried twice once it was refused, whoever hangs up, and when. */

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../pinfile.h"

static struct config config;
static char error[DEVKEY_ERROR];
static char dir[] = "/tmp/voicepay-pin-XXXXXX";

static void write_pin(const char *pin)
{
	char new[CONFIG_FILE + 4];
	int fd;

	snprintf(new, sizeof(new), "%s.new", config.key_pin_file);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, pin, strlen(pin)), strlen(pin));
	close(fd);
	assert_int_equal(rename(new, config.key_pin_file), 0);
}

static int begin(struct attempt *a)
{
	char pin[PIN_MAX];
	struct stat st;

	return pin_read(config.key_pin_file, pin, &st, error) || attempt_begin(a, &config, &st, error) ? -1 : 0;
}

static void signer(int begun, int ended, pid_t parent)
{
	int sig = 0, left = 500;
	struct attempt a;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent || write(begun, "w", 1) != 1 ||
	    begin(&a) || write(begun, "b", 1) != 1)
		_exit(1);
	while (getppid() == parent && left--)
		usleep(10000);
	attempt_end(&a, true);
	/* and the parent's end is its own again */
	if (!prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0) && sig == SIGKILL && !alarm(0))
		(void)!write(ended, "e", 1);
	_exit(0);
}

/* Kills the parent of a signer that has told @steps; what becomes of the signer is read from the result. */
static int hang_up(int steps)
{
	int begun[2], ended[2];
	pid_t parent;
	char c;

	assert_int_equal(pipe(begun) || pipe(ended), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (!parent) {
		parent = getpid();
		if (!fork())
			signer(begun[1], ended[1], parent);
		for (;;)
			pause();
	}
	close(begun[1]);
	close(ended[1]);
	while (steps--)
		assert_int_equal(read(begun[0], &c, 1), 1);
	/* time to come to the lock */
	usleep(100000);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	close(begun[0]);
	return ended[0];
}

static void an_app_that_hangs_up(void **state)
{
	struct attempt a;
	char c = 0;
	int fd;

	write_pin("wrong");
	fd = hang_up(2);
	assert_int_equal(read(fd, &c, 1), 1);
	close(fd);
	assert_int_equal(begin(&a), -1);
	assert_non_null(strstr(error, "refused before"));
	write_pin("right");
	assert_int_equal(begin(&a), 0);
	attempt_end(&a, false);
	assert_int_equal(begin(&a), 0);
	attempt_end(&a, false);
}

/* Else those that nobody waits for any more would stand in line. */
static void one_that_waits_for_its_turn(void **state)
{
	struct attempt a;
	char c;
	int fd;

	write_pin("right");
	assert_int_equal(begin(&a), 0);
	fd = hang_up(1);
	assert_int_equal(read(fd, &c, 1), 0);
	close(fd);
	attempt_end(&a, false);
}

/* Between its reading and its turn another PIN is written. */
static void a_new_pin_in_between(void **state)
{
	char pin[PIN_MAX];
	struct attempt a;
	struct stat st;

	write_pin("wrong");
	assert_int_equal(pin_read(config.key_pin_file, pin, &st, error), 0);
	write_pin("right");
	assert_int_equal(attempt_begin(&a, &config, &st, error), 0);
	attempt_end(&a, true);
	/* what was refused is the old one */
	assert_int_equal(begin(&a), 0);
	attempt_end(&a, false);
	assert_int_equal(attempt_begin(&a, &config, &st, error), -1);
}

static void owned_by(const char *file, uid_t uid)
{
	struct stat st;

	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_uid, uid);
}

static void what_root_writes_into(void **state)
{
	char roots[sizeof(dir) + 8];
	struct attempt a;
	struct stat st;
	int fd;

	if (geteuid()) {
		skip();
		return;
	}
	write_pin("right");
	unlink(config.key_pin_state);
	assert_int_equal(chown(dir, 65534, -1), 0);
	assert_int_equal(begin(&a), 0);
	attempt_end(&a, false);
	owned_by(config.key_pin_state, 65534);
	/* again, as root and with what was made then */
	assert_int_equal(begin(&a), 0);
	attempt_end(&a, false);

	/* another name of a file of root's */
	snprintf(roots, sizeof(roots), "%s/roots", dir);
	fd = open(roots, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	unlink(config.key_pin_state);
	assert_int_equal(link(roots, config.key_pin_state), 0);
	assert_int_equal(begin(&a), -1);
	owned_by(roots, 0);
	/* nor when its first name is gone, and nobody could tell */
	unlink(roots);
	assert_int_equal(begin(&a), -1);
	owned_by(config.key_pin_state, 0);
	assert_int_equal(stat(config.key_pin_state, &st) || st.st_size, 0);
	unlink(config.key_pin_state);
	assert_int_equal(chown(dir, 0, -1), 0);
}

static int set_up(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(config.key_pin_file, sizeof(config.key_pin_file), "%s/pin", dir);
	snprintf(config.key_pin_state, sizeof(config.key_pin_state), "%s/state", dir);
	snprintf(config.key, sizeof(config.key), "pkcs11:token=device");
	return 0;
}

static int tear_down(void **state)
{
	unlink(config.key_pin_file);
	unlink(config.key_pin_state);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_app_that_hangs_up),
		cmocka_unit_test(one_that_waits_for_its_turn),
		cmocka_unit_test(a_new_pin_in_between),
		cmocka_unit_test(what_root_writes_into),
	};

	return cmocka_run_group_tests_name("pinfile", tests, set_up, tear_down);
}
