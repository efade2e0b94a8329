/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line a message to standard error: as text with the priority that
 * systemd's journal reads, or as a JSON object. What is logged never holds a
 * code, a key, a token, a ticket, a password or a body; identities are cut to
 * eight hex digits.
 */
#ifndef VPG_LOG_H
#define VPG_LOG_H

#include <linux/types.h>

enum log_level { LOG_LV_ALARM = 2, LOG_LV_ERROR = 3, LOG_LV_WARN = 4, LOG_LV_INFO = 6 };
enum log_format { LOG_TEXT, LOG_JSON };
/* Which requests get a line of their own: none, those that failed here, all. */
enum log_requests { LOG_REQ_NONE, LOG_REQ_FAILED, LOG_REQ_ALL };

/* As the settings have them; below 0: no such name. */
int log_format_by_name(const char *name);
int log_requests_by_name(const char *name);

/* May change while other threads log. */
void log_set(enum log_format format, enum log_requests requests);

void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_alarm(...)	log_msg(LOG_LV_ALARM, __VA_ARGS__)
#define log_error(...)	log_msg(LOG_LV_ERROR, __VA_ARGS__)
#define log_warn(...)	log_msg(LOG_LV_WARN, __VA_ARGS__)
#define log_info(...)	log_msg(LOG_LV_INFO, __VA_ARGS__)

/* What this thread logs from now on belongs to the request of that name; NULL: to none. */
void log_of_request(const char *id);
/* The request has been answered: @call and @outcome are names of ours, never a caller's. */
void log_answered(const char *call, const char *outcome, int status, __u64 ns);

#endif /* VPG_LOG_H */
