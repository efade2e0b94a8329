// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The display of a code takes a terminal over. Whatever ends it, the user gets
 * the terminal back as it was, and the code is not left on it.
 */

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <unistd.h>
#include <cmocka.h>

#include "../live.h"

#define ENTERED	"\033[?1049h"
#define LEFT	"\033[?1049l"

/* In the child: things number themselves; each is good for @good_ms. */
static struct {
	unsigned int good_ms;
	int fail_at;
	int number;
	int asked_fresh;
} source;

static int next_thing(void *arg, bool fresh, unsigned int *valid_ms)
{
	source.number++;
	source.asked_fresh += fresh;
	if (source.number == source.fail_at)
		return -EKEYEXPIRED;
	*valid_ms = source.good_ms;
	return 0;
}

static void draw_thing(void *arg, FILE *out, unsigned int left, int rows, int columns)
{
	fprintf(out, "<%d,%d,%us,%dx%d>\n", source.number, source.asked_fresh, left, columns, rows);
}

struct terminal {
	int master;
	pid_t child;
	struct termios before;
	char seen[65536];
	size_t len;
};

static void start(struct terminal *t, unsigned int good_ms, int fail_at, unsigned int for_ms)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	struct termios usual;
	int slave, go[2];
	char c;

	memset(t, 0, sizeof(*t));
	assert_int_equal(openpty(&t->master, &slave, NULL, NULL, &ws), 0);
	assert_int_equal(tcgetattr(slave, &usual), 0);
	/* something that is not what anybody would make up */
	usual.c_cc[VKILL] = 'K' & 31;
	usual.c_lflag |= ICANON | ECHO | ISIG;
	assert_int_equal(tcsetattr(slave, TCSANOW, &usual), 0);
	t->before = usual;
	assert_int_equal(pipe(go), 0);
	t->child = fork();
	if (!t->child) {
		const struct live_view view = { next_thing, draw_thing, for_ms, NULL };

		close(t->master);
		login_tty(slave);
		source.good_ms = good_ms;
		source.fail_at = fail_at;
		if (read(go[0], &c, 1) != 1)
			_exit(99);
		_exit(live_run(&view) == -EKEYEXPIRED ? 77 : 0);
	}
	close(slave);
	assert_int_equal(write(go[1], "g", 1), 1);
	close(go[0]);
	close(go[1]);
}

/* Waits until the terminal was sent @text, after what was looked for before. */
static void expect(struct terminal *t, const char *text)
{
	struct pollfd p = { t->master, POLLIN, 0 };
	char *at;

	while (!(at = strstr(t->seen, text))) {
		ssize_t n;

		if (poll(&p, 1, 5000) <= 0)
			fail_msg("the terminal never saw \"%s\" but: %s", text, t->seen);
		n = read(t->master, t->seen + t->len, sizeof(t->seen) - 1 - t->len);
		if (n <= 0)
			fail_msg("it ended without \"%s\": %s", text, t->seen);
		t->len += n;
		t->seen[t->len] = 0;
	}
	at += strlen(text);
	t->len -= at - t->seen;
	memmove(t->seen, at, t->len + 1);
}

static void is_as_before(struct terminal *t)
{
	struct termios now;

	assert_int_equal(tcgetattr(t->master, &now), 0);
	assert_int_equal(now.c_lflag, t->before.c_lflag);
	assert_int_equal(now.c_iflag, t->before.c_iflag);
	assert_int_equal(now.c_oflag, t->before.c_oflag);
	assert_memory_equal(now.c_cc, t->before.c_cc, sizeof(now.c_cc));
}

static void is_taken(struct terminal *t)
{
	struct termios now;

	assert_int_equal(tcgetattr(t->master, &now), 0);
	assert_int_equal(now.c_lflag & (ICANON | ECHO), 0);
}

static int ended(struct terminal *t)
{
	int status;

	/* Emptied, then left. */
	expect(t, "\033[2J");
	expect(t, LEFT);
	assert_int_equal(waitpid(t->child, &status, 0), t->child);
	is_as_before(t);
	close(t->master);
	return status;
}

static void key(struct terminal *t, const char *keys)
{
	assert_int_equal(write(t->master, keys, strlen(keys)), strlen(keys));
}

static void it_counts_down_and_goes_on(void **state)
{
	struct terminal t;
	int status;

	start(&t, 2100, 0, 0);
	expect(&t, ENTERED);
	expect(&t, "<1,0,3s,80x23>");
	is_taken(&t);
	expect(&t, "<1,0,2s,80x23>");
	expect(&t, "<1,0,1s,80x23>");
	expect(&t, "<2,0,3s,80x23>");
	key(&t, "n");
	expect(&t, "<3,1,3s,80x23>");
	key(&t, "x");
	key(&t, "q");
	status = ended(&t);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* no other was drawn for a key that means nothing */
	assert_null(strstr(t.seen, "<4"));
}

static void a_signal_ends_it_and_is_passed_on(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct terminal t;
	size_t i;

	for (i = 0; i <= sizeof(signals) / sizeof(signals[0]); i++) {
		int status, want = i ? signals[i - 1] : SIGINT;

		start(&t, 30000, 0, 0);
		expect(&t, "<1,");
		if (i)
			kill(t.child, want);
		else
			key(&t, "\003");
		status = ended(&t);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), want);
	}
}

static void stopped_it_gives_the_terminal_back(void **state)
{
	struct terminal t;
	int status;

	start(&t, 30000, 0, 0);
	expect(&t, "<1,");
	/* Its process group is an orphan here, which the key would not stop. */
	kill(t.child, SIGTSTP);
	expect(&t, LEFT);
	assert_int_equal(waitpid(t.child, &status, WUNTRACED), t.child);
	assert_true(WIFSTOPPED(status));
	is_as_before(&t);
	kill(t.child, SIGCONT);
	expect(&t, ENTERED);
	expect(&t, "<1,");
	is_taken(&t);
	/* stopped without a chance to say so, and continued by a shell that put things right */
	kill(t.child, SIGSTOP);
	assert_int_equal(waitpid(t.child, &status, WUNTRACED), t.child);
	assert_int_equal(tcsetattr(t.master, TCSANOW, &t.before), 0);
	kill(t.child, SIGCONT);
	expect(&t, ENTERED);
	expect(&t, "<1,");
	is_taken(&t);
	key(&t, "q");
	assert_int_equal(ended(&t), 0);

	/* what is put back in the end is the user's setting, not the one made after the stop */
	start(&t, 30000, 0, 0);
	expect(&t, "<1,");
	kill(t.child, SIGTSTP);
	assert_int_equal(waitpid(t.child, &status, WUNTRACED), t.child);
	kill(t.child, SIGCONT);
	expect(&t, LEFT);
	expect(&t, ENTERED);
	expect(&t, "<1,");
	expect(&t, "<1,");
	key(&t, "q");
	assert_int_equal(ended(&t), 0);
}

static void a_window_that_changes_is_drawn_anew(void **state)
{
	struct winsize ws = { .ws_row = 40, .ws_col = 132 };
	struct terminal t;

	start(&t, 30000, 0, 0);
	expect(&t, "80x23>");
	assert_int_equal(ioctl(t.master, TIOCSWINSZ, &ws), 0);
	expect(&t, "132x39>");
	key(&t, "\004");
	assert_int_equal(ended(&t), 0);
}

static void forgotten_it_ends(void **state)
{
	struct terminal t;

	start(&t, 700, 0, 1500);
	expect(&t, "<1,");
	expect(&t, "<3,");
	assert_int_equal(ended(&t), 0);
	assert_null(strstr(t.seen, "<4,"));
}

static void what_cannot_be_shown_is_told_by_the_caller(void **state)
{
	struct terminal t;
	int status;

	start(&t, 300, 2, 0);
	expect(&t, "<1,");
	status = ended(&t);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_counts_down_and_goes_on),
		cmocka_unit_test(a_signal_ends_it_and_is_passed_on),
		cmocka_unit_test(stopped_it_gives_the_terminal_back),
		cmocka_unit_test(a_window_that_changes_is_drawn_anew),
		cmocka_unit_test(forgotten_it_ends),
		cmocka_unit_test(what_cannot_be_shown_is_told_by_the_caller),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
