// SPDX-License-Identifier: GPL-2.0-or-later
/* The socket, the signals, the hourly sweep. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "command.h"
#include "deviceca.h"
#include "http.h"
#include "log.h"

#define DRAIN_SECONDS	10
#define SWEEP_SECONDS	3600
#define BACKLOG		511
#define AUDIT_TRANSFERS	10000	/* some 50 ms */

/* A socket file that nobody listens on is left over from a crash. */
static bool stale(const struct sockaddr_un *addr)
{
	struct stat sb;
	int fd, rc;

	if (lstat(addr->sun_path, &sb) || !S_ISSOCK(sb.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	rc = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? errno : 0;
	close(fd);
	return rc == ECONNREFUSED;
}

static int listen_on(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		log_error("%s is too long for a socket's path", path);
		return -1;
	}
	strcpy(addr.sun_path, path);
	if (stale(&addr))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* Who can write here can claim to be any peer: nginx's group and nobody else. */
	mask = umask(0117);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (rc || listen(fd, BACKLOG)) {
		log_error("cannot listen on %s: %m. Is another gateway running, does its directory exist?", path);
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Looks at the end of the ledger, where a crash would show; all of it is
 * "voicepay-gateway ledger"'s to check, beside the running gateway.
 */
static bool ledger_adds_up(struct store *st)
{
	struct audit audit;

	if (store_audit_newest(st, AUDIT_TRANSFERS, &audit) != STORE_OK)
		return false;
	if (audit.sum || audit.wrong) {
		log_error("the ledger does not add up (newest transfers: sum %lld, %lld wrong): nothing is served; see \"voicepay-gateway ledger\"",
			  audit.sum, audit.wrong);
		return false;
	}
	return true;
}

static void sweep(struct store *st)
{
	if (store_sweep(st, gateway_clock_ms() / 1000, ALIAS_REST_SECONDS) > STORE_NONE)
		log_warn("the hourly sweep failed; it is tried again in an hour");
}

/*
 * What a sweep ends is gone: keys die, and the ids of spent tokens, by which
 * they pay once. So it is left out, at the start too, unless the clock has gone
 * on evenly for an hour: one that jumps ahead and is set right again would cost
 * every device its key.
 */
static int wait_for_end(struct store *st, const sigset_t *signals)
{
	const struct timespec hour = { .tv_sec = SWEEP_SECONDS };
	struct gateway_moment then = gateway_moment(), now;
	int sig;

	while ((sig = sigtimedwait(signals, NULL, &hour)) < 0) {
		if (errno != EAGAIN)
			continue;
		now = gateway_moment();
		if (gateway_clock_kept(&then, &now))
			sweep(st);
		else
			log_warn("the clock was set within the last hour, so the hourly sweep waits another; is the time right?");
		then = now;
	}
	return sig;
}

static int serve(struct gateway *gw, struct store *st, const sigset_t *signals)
{
	int passed = sd_listen_fds(1), fd, sig;
	struct http *http;

	if (!ledger_adds_up(st))
		return EXIT_ENVIRONMENT;
	if (passed > 1 || (passed == 1 && !sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, NULL, 0))) {
		log_error("systemd must pass one listening unix stream socket, as whoever connects is believed to be nginx");
		return EXIT_ENVIRONMENT;
	}
	fd = passed == 1 ? SD_LISTEN_FDS_START : listen_on(gw->set.socket);
	if (fd < 0)
		return EXIT_ENVIRONMENT;
	http = http_start(gw, fd);
	if (!http) {
		log_error("cannot start the HTTP server");
		return EXIT_ENVIRONMENT;
	}
	if (!gw->voice_key)
		log_info("no voice cloud's key is configured: voice orders are refused");
	log_info("ready");
	sd_notify(0, "READY=1");
	sig = wait_for_end(st, signals);
	sd_notify(0, "STOPPING=1");
	log_info("%s: finishing what is in hand", strsignal(sig));
	/* Gone before the last answer: nginx then knows at once that nobody is here. */
	if (passed != 1)
		unlink(gw->set.socket);
	if (!http_stop(http, DRAIN_SECONDS))
		log_warn("some requests were cut off; asked again with their order numbers they are answered right");
	return EXIT_OK;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key == 'S') {
		*(const char **)state->input = arg;
		return 0;
	}
	if (key == ARGP_KEY_ARG)
		argp_error(state, "there is no \"%s\" here", arg);
	return ARGP_ERR_UNKNOWN;
}

int cmd_serve(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "socket", 'S', "PATH", 0, "Unix socket to listen on, instead of the settings' one", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, "",
		"Answers devices and merchants on a unix socket behind nginx, until SIGTERM.", children, NULL, NULL };
	const char *path = NULL;
	struct deviceca ca;
	struct gateway gw;
	struct store *st;
	sigset_t signals;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &path))
		return EXIT_USAGE;
	/* Before any thread is there, so that all of them leave these to us. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	ret = command_open(&gw, &st);
	if (ret)
		return ret;
	if (path && strlen(path) < sizeof(gw.set.socket))
		strcpy(gw.set.socket, path);
	ret = deviceca_load(&ca, &gw.set);
	if (ret < 0) {
		command_close(&gw, st);
		return EXIT_ENVIRONMENT;
	}
	gw.ca = ret ? NULL : &ca;
	ret = path && strlen(path) >= sizeof(gw.set.socket) ? EXIT_USAGE : serve(&gw, st, &signals);
	deviceca_free(&ca);
	command_close(&gw, st);
	return ret;
}
