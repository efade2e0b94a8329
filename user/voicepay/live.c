// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals come through a descriptor, so nothing is ever half done when one
 * does, and the terminal is put back by ordinary code.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "live.h"

/* Another screen, without a cursor; and back. */
#define ENTER	"\033[?1049h\033[?25l"
/* It is emptied before it is left: not every terminal forgets it. */
#define LEAVE	"\033[H\033[2J\033[?25h\033[?1049l"

/* So far past the end of one thing that the next call gives another. */
#define MARGIN_MS	20

struct screen {
	bool cooked;		/* @before is to be put back */
	struct termios before;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	/* Suspended, too: a code does not wait for its owner. */
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int put(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
	return 0;
}

static void enter(struct screen *s)
{
	struct termios raw;

	/* What is put back is the user's setting and never the one made below. */
	if (!s->cooked)
		s->cooked = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &s->before);
	if (s->cooked) {
		raw = s->before;
		raw.c_lflag &= ~(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	put(ENTER, strlen(ENTER));
}

static void leave(struct screen *s)
{
	put(LEAVE, strlen(LEAVE));
	if (s->cooked)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
	s->cooked = false;
}

static int show(const struct live_view *view, int64_t left_ms)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	char *text = NULL, *line, *end;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int err;

	if (!f)
		return -ENOMEM;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_row || !ws.ws_col)
		ws = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	/* The last line stays free: a newline there would scroll. */
	view->draw(view->arg, f, left_ms > 0 ? (left_ms + 999) / 1000 : 0, ws.ws_row - 1, ws.ws_col);
	if (fclose(f)) {
		free(text);
		return -ENOMEM;
	}
	err = put("\033[H", 3);
	for (line = text; !err && *line; line = end + 1) {
		end = strchrnul(line, '\n');
		err = put(line, end - line);
		/* What an earlier frame had there goes. */
		if (!err)
			err = put("\033[K\r\n", 5);
		if (!*end)
			break;
	}
	if (!err)
		err = put("\033[J", 3);
	explicit_bzero(text, size);
	free(text);
	return err;
}

/* The program goes to sleep, and the user gets the terminal as it was. */
static void suspend(struct screen *s)
{
	leave(s);
	kill(getpid(), SIGSTOP);
	enter(s);
}

struct loop {
	const struct live_view *view;
	struct screen screen;
	int signals;
	int64_t end;		/* of what is shown */
	int64_t quit;		/* of the whole; 0: never */
	bool fresh;
	int raise;		/* a signal to be raised in the end */
	bool done;
	bool deaf;		/* standard input has ended */
};

static void on_signal(struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			break;
		case SIGTSTP:
			suspend(&l->screen);
			break;
		case SIGCONT:
			/* After a SIGSTOP nobody could leave the screen before. */
			enter(&l->screen);
			break;
		default:
			l->raise = info.ssi_signo;
			l->done = true;
		}
	}
}

static void on_key(struct loop *l)
{
	char c;

	if (read(STDIN_FILENO, &c, 1) <= 0) {
		l->deaf = true;
		return;
	}
	if (l->view->for_ms)
		l->quit = now_ms() + l->view->for_ms;
	if (c == 'q' || c == 4)
		l->done = true;
	else if (c == 'n')
		l->fresh = true;
}

/* To the next whole second that is left, or past the end. */
static int to_wait(const struct loop *l, int64_t now)
{
	return l->end > now ? (l->end - now) % 1000 + 1 : l->end + MARGIN_MS - now;
}

static int loop(struct loop *l)
{
	struct pollfd fds[2] = { { l->signals, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
	unsigned int valid_ms = 0;
	int64_t now;
	int err;

	l->quit = l->view->for_ms ? now_ms() + l->view->for_ms : 0;
	while (!l->done) {
		now = now_ms();
		if (l->quit && now >= l->quit)
			break;
		if (l->fresh || now >= l->end + MARGIN_MS) {
			err = l->view->next(l->view->arg, l->fresh, &valid_ms);
			if (err)
				return err;
			l->end = now_ms() + valid_ms;
			l->fresh = false;
			now = now_ms();
		}
		err = show(l->view, l->end - now);
		if (err)
			return err;
		fds[1].fd = l->deaf ? -1 : STDIN_FILENO;
		if (poll(fds, 2, to_wait(l, now)) > 0) {
			if (fds[0].revents)
				on_signal(l);
			if (fds[1].revents)
				on_key(l);
		}
	}
	return 0;
}

int live_run(const struct live_view *view)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH };
	struct loop l = { .view = view };
	sigset_t set, before;
	struct sigaction now;
	size_t i;
	int ret;

	l.deaf = !isatty(STDIN_FILENO);
	sigemptyset(&set);
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		/* What the caller told us to ignore, as nohup does, stays ignored. */
		if (!sigaction(caught[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, &before);
	l.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l.signals < 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return -errno;
	}
	enter(&l.screen);
	ret = loop(&l);
	leave(&l.screen);
	close(l.signals);
	if (l.raise) {
		signal(l.raise, SIG_DFL);
		raise(l.raise);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}
