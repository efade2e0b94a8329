// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "log.h"

#define LINE_MAX_LEN	512

static atomic_int format = LOG_TEXT, requests = LOG_REQ_FAILED;
static __thread const char *request;

struct answer {
	const char *call, *outcome;
	int status;
	__u64 ns;
};

int log_format_by_name(const char *name)
{
	return !strcmp(name, "text") ? LOG_TEXT : !strcmp(name, "json") ? LOG_JSON : -1;
}

int log_requests_by_name(const char *name)
{
	return !strcmp(name, "none") ? LOG_REQ_NONE : !strcmp(name, "failed") ? LOG_REQ_FAILED :
	       !strcmp(name, "all") ? LOG_REQ_ALL : -1;
}

void log_set(enum log_format f, enum log_requests r)
{
	atomic_store(&format, f);
	atomic_store(&requests, r);
}

void log_of_request(const char *id)
{
	request = id;
}

/* One write: lines of several threads do not mix. Nothing to do if it fails. */
static void put(const char *line, size_t len)
{
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

static const char *level_name(enum log_level level)
{
	return level == LOG_LV_ALARM ? "alarm" : level == LOG_LV_ERROR ? "error" : level == LOG_LV_WARN ? "warning" : "info";
}

/* Bytes that are no UTF-8 would make the whole line vanish. */
static json_t *safe_string(char *text)
{
	json_t *s = json_string(text);

	if (s)
		return s;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(text);
}

static void put_json(enum log_level level, char *message, const struct answer *a)
{
	char time_text[40], day[24];
	struct timespec now;
	struct tm tm;
	json_t *o;
	char *line;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(time_text, sizeof(time_text), "%s.%03ldZ", day, now.tv_nsec / 1000000);
	o = json_pack("{s:s, s:s, s:i, s:o}", "time", time_text, "level", level_name(level), "pid", (int)getpid(),
		      "message", safe_string(message));
	if (request)
		json_object_set_new(o, "request", json_string(request));
	if (a) {
		json_object_set_new(o, "call", json_string(a->call));
		json_object_set_new(o, "outcome", json_string(a->outcome));
		json_object_set_new(o, "status", json_integer(a->status));
		json_object_set_new(o, "seconds", json_real(a->ns / 1000 / 1e6));
	}
	line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(7));
	json_decref(o);
	if (!line)
		return;
	/* Its own NUL makes room for the end of the line. */
	len = strlen(line);
	line[len] = '\n';
	put(line, len + 1);
	free(line);
}

static void put_text(enum log_level level, const char *message, const struct answer *a)
{
	char line[LINE_MAX_LEN + 256];
	int n = snprintf(line, sizeof(line), "<%d>voicepay-gateway: %s", level, message);

	if (a)
		n += snprintf(line + n, sizeof(line) - n, ": %s: %s, %d, %.3f ms", a->call, a->outcome, a->status, a->ns / 1e6);
	if (request)
		n += snprintf(line + n, sizeof(line) - n, " [%s]", request);
	/* A name from outside must not be able to write a line of its own. */
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?';
	line[n++] = '\n';
	put(line, n);
}

static void put_line(enum log_level level, char *message, const struct answer *a)
{
	if (atomic_load(&format) == LOG_JSON)
		put_json(level, message, a);
	else
		put_text(level, message, a);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	char message[LINE_MAX_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	put_line(level, message, NULL);
}

void log_answered(const char *call, const char *outcome, int status, __u64 ns)
{
	const struct answer a = { call, outcome, status, ns };
	enum log_level level = status == 503 ? LOG_LV_WARN : status >= 500 ? LOG_LV_ERROR : LOG_LV_INFO;
	char message[] = "answered";
	int which = atomic_load(&requests);

	if (which == LOG_REQ_ALL || (which == LOG_REQ_FAILED && status >= 500))
		put_line(level, message, &a);
}
