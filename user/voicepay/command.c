// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

struct options options = { .config = CONFIG_PATH };

static error_t on_common(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'j':
		options.json = true;
		return 0;
	case 'c':
		options.config = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option common[] = {
	{ "json", 'j', NULL, 0, "Print the result, or the error, as JSON", 10 },
	{ "config", 'c', "FILE", 0, "Settings, instead of " CONFIG_PATH, 10 },
	{ 0 }
};

static const struct argp common_argp = { common, on_common };

const struct argp_child common_options[] = { { &common_argp, 0, NULL, 10 }, { 0 } };

int tell_error(int status, const char *name, const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	fflush(stdout);
	fprintf(stderr, "voicepay: %s\n", message);
	if (options.json)
		tell_json(json_pack("{s:s, s:s}", "error", name, "message", message));
	return status;
}

int tell_errno(enum voicepay_call call, int err)
{
	const char *name;
	int status = STATUS_REFUSED;

	err = err < 0 ? -err : err;
	name = strerrorname_np(err);
	if (call == VOICEPAY_CALL_OPEN || err == ENOTTY || err == E2BIG)
		status = STATUS_ENVIRONMENT;
	return tell_error(status, name ? name : "EUNKNOWN", "%s", voicepay_explain(call, err));
}

int tell_json(json_t *result)
{
	if (!result || json_dumpf(result, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER)) {
		json_decref(result);
		fprintf(stderr, "voicepay: the result cannot be written as JSON\n");
		return STATUS_ENVIRONMENT;
	}
	putchar('\n');
	json_decref(result);
	if (fflush(stdout)) {
		perror("voicepay: standard output");
		return STATUS_ENVIRONMENT;
	}
	return STATUS_OK;
}

const char *json_text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

void json_day(char out[32], const json_t *time)
{
	time_t t = json_integer_value(time);
	struct tm tm;

	if (!json_is_integer(time) || !localtime_r(&t, &tm) || !strftime(out, 32, "%F %H:%M", &tm))
		strcpy(out, "-");
}

int load_config(struct config *config)
{
	char error[CONFIG_ERROR];

	if (config_read(config, options.config, error))
		return tell_error(STATUS_ENVIRONMENT, "CONFIG", "%s", error);
	return 0;
}

int open_device(void)
{
	int dev = voicepay_open(NULL);

	return dev < 0 ? -tell_errno(VOICEPAY_CALL_OPEN, dev) : dev;
}

char *read_secret(char *arg, const char *what)
{
	bool file = arg[0] == '@';
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *f;

	if (strcmp(arg, "-") && !file) {
		text = strdup(arg);
		/* It is in our argument list, which everybody on the machine can read. */
		explicit_bzero(arg, strlen(arg));
		return text;
	}
	f = file ? fopen(arg + 1, "re") : stdin;
	if (!f) {
		tell_error(STATUS_USAGE, "USAGE", "%s: %s", arg + 1, strerror(errno));
		return NULL;
	}
	len = getline(&text, &size, f);
	if (file)
		fclose(f);
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = 0;
	if (len <= 0 || strlen(text) != (size_t)len) {
		free(text);
		tell_error(STATUS_USAGE, "USAGE", "%s holds no %s: its first line must be one",
			   file ? arg + 1 : "standard input", what);
		return NULL;
	}
	return text;
}

unsigned int parse_slot(const char *arg, struct argp_state *state)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(arg, &end, 10);
	if (!isdigit((unsigned char)arg[0]) || *end || errno || n > 65535)
		argp_error(state, "\"%s\" is not a slot number", arg);
	return n;
}

#define JITTER_MAX	86400

unsigned int parse_jitter(const char *arg, struct argp_state *state)
{
	char *end;
	long n = strtol(arg, &end, 10);

	if (!*arg || *end || n < 0 || n > JITTER_MAX)
		argp_error(state, "\"%s\" is not a number of seconds up to %d", arg, JITTER_MAX);
	return n;
}

void wait_jitter(unsigned int seconds)
{
	uint32_t n;

	if (seconds && getrandom(&n, sizeof(n), 0) == sizeof(n))
		sleep(n % (seconds + 1));
}
