// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepayd: hands channels to apps. It listens, decides who may ask, starts
 * one voicepay-handshake for each request and sees to it that everybody gets
 * an answer. It does no TLS and is not linked to OpenSSL, so that no traffic
 * secret can ever be in this process, which lives long.
 */

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "../common/config.h"
#include "donate.h"
#include "jobs.h"
#include "listen.h"
#include "log.h"
#include "stamp.h"

#define EXIT_USAGE	2
#define EXIT_ENVIRONMENT 3

static struct {
	const char *config;
	const char *helper;
	bool check;
	bool donate;
} options = {
	.config = CONFIG_PATH,
	.helper = VOICEPAY_LIBEXECDIR "/voicepay-handshake",
};

static const struct argp_option argp_options[] = {
	{ "config", 'c', "FILE", 0, "Settings, instead of " CONFIG_PATH },
	{ "check-config", 'C', NULL, 0, "Read the settings, say whether they are good, and exit" },
	{ "donate", 'D', NULL, 0, "Give the module secret memory for its keys, if it wants any, and exit" },
	{ "helper", 'H', "PROGRAM", 0, "Run this for each handshake, for tests" },
	{ 0 }
};

const char *argp_program_version = "voicepayd " VOICEPAY_VERSION;

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'c':
		options.config = arg;
		return 0;
	case 'C':
		options.check = true;
		return 0;
	case 'D':
		options.donate = true;
		return 0;
	case 'H':
		options.helper = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Opens channels to the payment gateway for the apps of this device.\v"
	"voicepayd stays in the foreground and logs to standard error. SIGHUP reads the "
	"settings again; SIGTERM ends it.",
};

/* 0, 1 and 2 must be something, or a socket could become standard error. */
static void fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void harden(void)
{
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	/* Handshake processes inherit it; none needs a set-user-id program. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void reload(struct jobs *jobs)
{
	static struct config config;
	char error[CONFIG_ERROR];
	struct stamp settings;

	stamp_settings(&settings, options.config);
	if (config_read(&config, options.config, error) || config_need_tls(&config, error)) {
		log_err("%s; the settings stay as they were", error);
		return;
	}
	jobs_configure(jobs, &config, &settings);
	log_info("settings read again from %s", options.config);
}

/* false: it is time to go. */
static bool on_signals(int fd, struct jobs *jobs)
{
	struct signalfd_siginfo info;
	bool go_on = true;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			jobs_reap(jobs);
		else if (info.ssi_signo == SIGHUP)
			reload(jobs);
		else
			go_on = false;
	}
	return go_on;
}

static void on_connections(int fd, struct jobs *jobs)
{
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (conn >= 0) {
		jobs_accept(jobs, conn);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		log_err("cannot accept a connection: %s", strerror(errno));
		usleep(100000);		/* it stays pending: no use in spinning */
	}
}

static int serve(const struct listener *listener, struct jobs *jobs, int signals)
{
	struct pollfd *fds = calloc(2 + jobs_max(jobs), sizeof(*fds));

	if (!fds)
		return EXIT_ENVIRONMENT;
	fds[0].fd = signals;
	fds[1].fd = listener->fd;
	fds[0].events = fds[1].events = POLLIN;
	for (;;) {
		size_t count = jobs_poll(jobs, fds + 2);

		if (poll(fds, 2 + count, jobs_wait(jobs)) < 0) {
			if (errno == EINTR)
				continue;
			log_err("poll: %s", strerror(errno));
			break;
		}
		/* What apps asked comes before who asks anew. */
		jobs_ready(jobs, fds + 2, count);
		jobs_expire(jobs);
		if (fds[0].revents && !on_signals(signals, jobs))
			break;
		if (fds[1].revents)
			on_connections(listener->fd, jobs);
	}
	free(fds);
	return 0;
}

int main(int argc, char **argv)
{
	static struct config config;
	struct listener listener;
	struct stamp settings;
	char error[CONFIG_ERROR];
	struct jobs *jobs;
	int signals, ret;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);

	if (options.donate) {
		/* Before the settings are written the device is the usual one. */
		(void)config_read(&config, options.config, error);
		return donate_vault(config.device) ? EXIT_ENVIRONMENT : 0;
	}
	stamp_settings(&settings, options.config);
	if (config_read(&config, options.config, error) || config_need_tls(&config, error)) {
		log_err("%s", error);
		return EXIT_ENVIRONMENT;
	}
	if (options.check) {
		log_info("%s is good", options.config);
		return 0;
	}
	if (access(options.helper, X_OK)) {
		log_err("%s: %s: install voicepay anew", options.helper, strerror(errno));
		return EXIT_ENVIRONMENT;
	}

	fill_standard_fds();
	harden();
	/* Where there is no voicepay-vault.service; without root there is nothing to try. */
	if (!geteuid())
		(void)donate_vault(config.device);
	signals = open_signals();
	jobs = jobs_new(&config, options.helper, &settings);
	if (signals < 0 || !jobs) {
		log_err("no memory to start with");
		return EXIT_ENVIRONMENT;
	}
	if (listen_open(&listener, &config, error)) {
		log_err("%s", error);
		return EXIT_ENVIRONMENT;
	}

	log_info("voicepayd %s serves %s on %s", VOICEPAY_VERSION, config.host,
		 listener.own ? listener.path : "systemd's socket");
	sd_notify(0, "READY=1");
	ret = serve(&listener, jobs, signals);
	sd_notify(0, "STOPPING=1");
	listen_close(&listener);
	jobs_stop(jobs);
	log_info("voicepayd ends");
	return ret;
}
