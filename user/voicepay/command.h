/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands share: options, settings, how a result or an error is told. */
#ifndef VP_COMMAND_H
#define VP_COMMAND_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>

#include <voicepay.h>
#include "../common/config.h"

enum {
	STATUS_OK	= 0,
	STATUS_REFUSED	= 1,	/* asked, and the answer was no */
	STATUS_USAGE	= 2,
	STATUS_ENVIRONMENT = 3,	/* no module, no daemon, no network */
};

struct options {
	bool json;
	const char *config;
};

extern struct options options;

/* --json and --config, which every subcommand takes. */
extern const struct argp_child common_options[];

/*
 * Each subcommand, in the file of its name. argv[0] is "voicepay NAME"; the
 * return value is the exit status.
 */
int cmd_certificate(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_code(int argc, char **argv);
int cmd_confirm(int argc, char **argv);
int cmd_enrol(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_limits(int argc, char **argv);
int cmd_lock(int argc, char **argv);
int cmd_notifications(int argc, char **argv);
int cmd_otp(int argc, char **argv);
int cmd_pay(int argc, char **argv);
int cmd_pool(int argc, char **argv);
int cmd_provision(int argc, char **argv);
int cmd_rotate(int argc, char **argv);
int cmd_slot(int argc, char **argv);
int cmd_statement(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_unlock(int argc, char **argv);
int cmd_verify_server(int argc, char **argv);
int cmd_warm(int argc, char **argv);
int cmd_wipe(int argc, char **argv);

/*
 * Tells an error: a sentence on standard error, and with --json an object
 * {"error": name, "message": sentence} on standard output. Returns @status.
 */
int tell_error(int status, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for an errno value of the module's or the library's. */
int tell_errno(enum voicepay_call call, int err);

/* Prints a result as JSON, and frees it. Returns STATUS_OK. */
int tell_json(json_t *result);

/* A member's string; "" if there is none. */
const char *json_text(const json_t *object, const char *name);

/* Seconds since 1970 as a local date and time; "-" if they are none. */
void json_day(char out[32], const json_t *time);

/* Reads the settings. 0, or an exit status after tell_error(). */
int load_config(struct config *config);

/* Opens the device. A descriptor, or minus an exit status after tell_error(). */
int open_device(void);

/*
 * A secret given as itself, as @FILE or as - (standard input). One given as
 * itself is wiped in @arg. Wipe it and free() it.
 */
char *read_secret(char *arg, const char *what);

/* A number of an option; argp_error() if it is none. */
unsigned int parse_slot(const char *arg, struct argp_state *state);

/*
 * --jitter SECONDS of the commands that timers run, a day at most: how long to wait before
 * asking, so that not all devices ask at once. The wait is random and not longer than that.
 */
unsigned int parse_jitter(const char *arg, struct argp_state *state);
void wait_jitter(unsigned int seconds);

#endif
