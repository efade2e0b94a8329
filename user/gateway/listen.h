/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the process is reached: sockets of its own, or those that systemd passes. */
#ifndef VPG_LISTEN_H
#define VPG_LISTEN_H

#include <stdbool.h>

#include "settings.h"

struct listening {
	int http;		/* nginx */
	int metrics;		/* whoever watches; -1: nobody */
	bool http_passed, metrics_passed;
};

/*
 * By the names that systemd gives them (FileDescriptorName=), "metrics" is the one
 * and any other the other. What is not passed is opened by the settings. 0 or -1,
 * which has been told to the log.
 */
int listen_open(struct listening *l, const struct settings *set);
/* Nobody comes in through the file any more; who is in the queue still does. */
void listen_unlink(const struct listening *l, const struct settings *set);

#endif /* VPG_LISTEN_H */
