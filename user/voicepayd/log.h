/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_LOG_H
#define VP_LOG_H

#include <syslog.h>

/*
 * One line on standard error, with the prefix by which the journal knows the
 * level. Nothing that is secret is ever an argument: the daemon has nothing.
 */
void logf_(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...)	logf_(LOG_ERR, __VA_ARGS__)
#define log_warning(...) logf_(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	logf_(LOG_INFO, __VA_ARGS__)

#endif
