/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that wait for news: connections that no thread is spent on. */
#ifndef VPG_WAITERS_H
#define VPG_WAITERS_H

#include <microhttpd.h>

#include "gateway.h"

/* A device waits on one connection at a time; these are all of them. */
#define WAITERS_MAX	2048

struct waiters;

struct waiters *waiters_start(struct gateway *gw);
/* Lets all of them go; from here on nobody waits. The connections are answered by the daemon's threads. */
void waiters_end(struct waiters *w);
void waiters_free(struct waiters *w);

/*
 * Suspends @conn until there is news above @seen for the device, or @seconds
 * have passed; it is handled again then. False: not suspended, as there are
 * too many, or news has come already.
 */
bool waiters_add(struct waiters *w, struct MHD_Connection *conn, const __u8 device[VP_DEVICE_ID_LEN],
		 long long seen, long long since, int seconds);
/* This process has told some device something. */
void waiters_poke(struct waiters *w);

#endif /* VPG_WAITERS_H */
