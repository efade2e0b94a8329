/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line a message to standard error, with the priority that systemd's
 * journal reads. What is logged never holds a code, a key, a token, a ticket
 * or a body; identities are cut to eight hex digits.
 */
#ifndef VPG_LOG_H
#define VPG_LOG_H

enum log_level { LOG_LV_ALARM = 2, LOG_LV_ERROR = 3, LOG_LV_WARN = 4, LOG_LV_INFO = 6 };

void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_alarm(...)	log_msg(LOG_LV_ALARM, __VA_ARGS__)
#define log_error(...)	log_msg(LOG_LV_ERROR, __VA_ARGS__)
#define log_warn(...)	log_msg(LOG_LV_WARN, __VA_ARGS__)
#define log_info(...)	log_msg(LOG_LV_INFO, __VA_ARGS__)

#endif /* VPG_LOG_H */
