// SPDX-License-Identifier: GPL-2.0-or-later
/* The signals, what is done by the clock, the beginning and the end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "command.h"
#include "health.h"
#include "http.h"
#include "listen.h"
#include "log.h"
#include "master_keys.h"
#include "metrics.h"
#include "sweeper.h"

#define FINISH_SECONDS	10	/* for what is in hand at the end */
#define SPARE_SECONDS	10	/* and for all else, before systemd loses patience */
#define SWEEP_SECONDS	3600
#define LOOK_SECONDS	60	/* from one look at the ledger's end to the next */
#define AUDIT_TRANSFERS	10000	/* some 50 ms */

struct options {
	const char *socket, *metrics, *log;
};

struct serving {
	const struct options *opt;
	struct gateway *first, *gw;	/* as it was opened, and as it is now */
	struct store *st;
	struct http *http;
	struct health *health;
	struct sweeper *sweeper;
	struct listening at;
	const sigset_t *signals;
	char keys_state[MASTER_STATE_MAX];	/* that the keys in use fit */
};

/*
 * Looks at the end of the ledger, where a crash would show; all of it is
 * "voicepay-gateway ledger"'s to check, beside the running gateway.
 */
static bool ledger_adds_up(struct store *st)
{
	struct audit audit;
	bool good;

	/* A database that does not answer says nothing about the ledger. */
	if (store_audit_newest(st, AUDIT_TRANSFERS, &audit) != STORE_OK)
		return false;
	good = !audit.sum && !audit.wrong;
	if (!good)
		log_error("the ledger does not add up (newest transfers: sum %lld, %lld wrong): see \"voicepay-gateway ledger\"",
			  audit.sum, audit.wrong);
	health_ledger(good);
	return good;
}

/*
 * What a sweep ends is gone: keys die, and the ids of spent tokens, by which
 * they pay once. So it is left out, at the start too, unless the clock has gone
 * on evenly for an hour: one that jumps ahead and is set right again would cost
 * every device its key.
 */
static void hourly(struct serving *s, struct gateway_moment *then)
{
	struct gateway_moment now = gateway_moment();

	/* Whatever the clock did: what goes too early is looked up. */
	if (s->gw->kept)
		key_cache_tidy(s->gw->kept, gateway_clock_ms() / 1000);
	if (gateway_clock_kept(then, &now)) {
		sweeper_begin(s->sweeper, gateway_clock_ms() / 1000);
	} else {
		metrics_count(M_SWEEPS_PUT_OFF);
		log_warn("the clock was set within the last hour, so the hourly sweep waits another; is the time right?");
	}
	*then = now;
}

static int settings_of(struct settings *set, const struct options *opt)
{
	if (gateway_settings(set, common.config, common.state))
		return -1;
	if (opt->socket)
		snprintf(set->socket, sizeof(set->socket), "%s", opt->socket);
	if (opt->metrics)
		snprintf(set->metrics, sizeof(set->metrics), "%s", opt->metrics);
	if (opt->log)
		snprintf(set->log, sizeof(set->log), "%s", opt->log);
	return 0;
}

static void set_log(const struct settings *set)
{
	log_set(log_format_by_name(set->log), log_requests_by_name(set->log_requests));
}

/* All that it was, or all that it is to be: a file that cannot be used changes nothing. */
static bool reload(struct serving *s, const struct settings *set)
{
	struct gateway *next = NULL, *old;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", now.tv_sec * 1000000LL + now.tv_nsec / 1000);
	if (set)
		next = gateway_reload(s->gw, set);
	if (next && gateway_fits(next, s->st) != STORE_OK) {
		gateway_forget(next);
		free(next);
		next = NULL;
	}
	if (next) {
		set_log(&next->set);
		/* Returns when no call is under way that has the old keys. */
		old = http_replace(s->http, next);
		gateway_forget(old);
		if (old != s->first)
			free(old);
		s->gw = next;
		metrics_count(M_RELOADS_DONE);
		log_info("settings, keys and certificates have been read anew");
	} else {
		metrics_count(M_RELOADS_REFUSED);
		log_error("nothing was reloaded: what was in force stays in force");
	}
	sd_notify(0, "READY=1");
	return next != NULL;
}

static void reload_all(struct serving *s)
{
	struct settings set;

	reload(s, settings_of(&set, s->opt) ? NULL : &set);
}

/* As it is between two changes, and the process has just been started. */
static bool fits_already(const struct gateway *gw, const char *state)
{
	char id[KEYSTORE_ID_LEN + 1];

	return !keystore_id(&gw->keys, id) && !strncmp(state, id, KEYSTORE_ID_LEN) && !state[KEYSTORE_ID_LEN + 2];
}

/*
 * Somebody changes the master key: this process loads what it needs for that, and
 * then says so. Until it has, it is not ready, and looks again.
 */
static void look_at_keys(struct serving *s)
{
	char state[MASTER_STATE_MAX];

	master_keys_state(s->st, state);
	if (!*state || !strcmp(state, s->keys_state))
		return;
	/* By the settings in force: only SIGHUP has them read anew. */
	if ((*s->keys_state || !fits_already(s->gw, state)) && !reload(s, &s->gw->set)) {
		health_keys(false);
		return;
	}
	health_keys(true);
	if (master_keys_tell(s->gw, s->st) == STORE_OK)
		strcpy(s->keys_state, state);
}

/* Until a signal says that it is the end; which. */
static int watch(struct serving *s)
{
	const struct timespec second = { .tv_sec = 1 };
	struct gateway_moment swept = gateway_moment(), looked = swept, now;
	int sig;

	for (;;) {
		sig = sigtimedwait(s->signals, NULL, &second);
		if (sig == SIGHUP)
			reload_all(s);
		else if (sig > 0)
			return sig;
		look_at_keys(s);
		now = gateway_moment();
		if (now.boot - looked.boot >= LOOK_SECONDS) {
			ledger_adds_up(s->st);
			looked = now;
		}
		if (now.boot - swept.boot >= SWEEP_SECONDS)
			hourly(s, &swept);
	}
}

/* True: told a second time to end. */
static bool told_again(const struct serving *s, long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	int sig = sigtimedwait(s->signals, NULL, &t);

	return sig == SIGTERM || sig == SIGINT;
}

/*
 * First nobody is sent here any more, then nobody is let in, then what was let
 * in is finished. A socket of systemd's is let go at once where no time for it
 * was asked for: who stands in its queue is served by the next process.
 */
static void end(struct serving *s, int sig)
{
	long ms = s->gw->set.drain_seconds * 1000L;
	bool now = false;

	/* However long drain-seconds are: the unit's own time is for a gateway that does not say so. */
	sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%lld", (ms / 1000 + FINISH_SECONDS + SPARE_SECONDS) * 1000000LL);
	health_draining();
	log_info("%s: finishing what is in hand", strsignal(sig));
	http_drain(s->http);
	for (; ms > 0 && !now; ms -= 100)
		now = told_again(s, 100);
	/* Gone before the last answer: nginx then knows at once that nobody is here. */
	listen_unlink(&s->at, &s->gw->set);
	http_refuse(s->http, !s->at.http_passed);
	for (ms = FINISH_SECONDS * 1000L; ms > 0 && !now && http_in_hand(s->http); ms -= 20)
		now = told_again(s, 20);
	if (now) {
		log_warn("told again: ended with %d requests in hand, which are answered right when they are asked again", http_in_hand(s->http));
		_exit(EXIT_OK);
	}
	if (!http_stop(s->http, 0))
		log_warn("some requests were cut off; asked again with their order numbers they are answered right");
	health_stop(s->health);
	sweeper_end(s->sweeper);
}

static int serve(struct serving *s)
{
	struct gateway *gw = s->gw;

	if (!ledger_adds_up(s->st)) {
		log_error("nothing is served");
		return EXIT_ENVIRONMENT;
	}
	/* The first sweep is an hour away, and a database may have stood still for months. */
	if (store_partitions(s->st, gateway_clock_ms() / 1000) > STORE_NONE)
		log_warn("the months to come have no partitions yet; that is tried again each hour");
	if (listen_open(&s->at, &gw->set))
		return EXIT_ENVIRONMENT;
	s->sweeper = sweeper_new(gw->db_path);
	s->http = s->sweeper ? http_start(gw, s->at.http) : NULL;
	if (!s->http) {
		log_error("cannot start the HTTP server");
		return EXIT_ENVIRONMENT;
	}
	if (s->at.metrics >= 0) {
		s->health = health_start(gw, s->at.metrics);
		if (!s->health)
			log_error("cannot start the server of metrics: it goes on without");
	}
	if (!gw->voice_key)
		log_info("no voice cloud's key is configured: voice orders are refused");
	log_info("ready");
	sd_notify(0, "READY=1");
	end(s, watch(s));
	if (s->gw != s->first) {
		gateway_forget(s->gw);
		free(s->gw);
	}
	return EXIT_OK;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case 'S':
		if (strlen(arg) >= sizeof(((struct settings *)0)->socket))
			argp_error(state, "\"%s\" is too long for a socket's path", arg);
		opt->socket = arg;
		return 0;
	case 'm':
		if (strlen(arg) >= sizeof(((struct settings *)0)->metrics))
			argp_error(state, "\"%s\" is too long for a socket's path", arg);
		opt->metrics = arg;
		return 0;
	case 'l':
		if (log_format_by_name(arg) < 0)
			argp_error(state, "--log is text or json");
		opt->log = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is no \"%s\" here", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_serve(int argc, char **argv)
{
	static const struct argp_option table[] = {
		{ "socket", 'S', "PATH", 0, "Unix socket to listen on, instead of the settings' one", 0 },
		{ "metrics", 'm', "WHERE", 0, "Socket or port on loopback for /metrics, /healthz and /readyz", 0 },
		{ "log", 'l', "FORMAT", 0, "text or json", 0 },
		{ 0 }
	};
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { table, parse, "",
		"Answers devices and merchants on a unix socket behind nginx, until SIGTERM; a second one ends it at once. "
		"SIGHUP has it read settings, keys and certificates anew.", children, NULL, NULL };
	struct options opt = { NULL, NULL, NULL };
	struct serving s = { .opt = &opt };
	struct gateway gw;
	sigset_t signals;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return EXIT_USAGE;
	/* Before any thread is there, so that all of them leave these to us. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	metrics_start();
	if (opt.log)
		log_set(log_format_by_name(opt.log), LOG_REQ_FAILED);
	ret = command_open(&gw, &s.st);
	if (ret)
		return ret;
	if (settings_of(&gw.set, &opt) || gateway_open_ca(&gw)) {
		command_close(&gw, s.st);
		return EXIT_ENVIRONMENT;
	}
	set_log(&gw.set);
	s.first = s.gw = &gw;
	s.signals = &signals;
	ret = serve(&s);
	command_close(&gw, s.st);
	return ret;
}
