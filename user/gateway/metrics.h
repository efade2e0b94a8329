/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this process has done, in numbers for Prometheus. Counting takes no lock:
 * it is one relaxed addition, to a cache line that calls of another kind do not
 * touch. No label names a person, a device, a merchant, a key or a code: labels
 * are the names of calls, outcomes and refusals, all of them fixed at build time.
 */
#ifndef VPG_METRICS_H
#define VPG_METRICS_H

#include <stddef.h>
#include <linux/types.h>

#include "refusal.h"

/* Only ever rise. */
enum metric_counter {
	M_CHARGES_BOOKED,	/* payments that were booked and acknowledged here */
	M_REFUNDS_BOOKED,
	M_DB_RETRIES,		/* a call was run again from its start */
	M_DB_FAILURES,		/* the database refused, for another reason than contention */
	M_DB_RECONNECTS,
	M_DB_COMMITS_UNKNOWN,	/* the connection was lost while committing */
	M_DB_ROUND_TRIPS,	/* to a server and back */
	M_SWEEPS_DONE,
	M_SWEEPS_FAILED,
	M_SWEEPS_PUT_OFF,	/* the clock was set */
	M_KEPT_GOOD,		/* a code was good by a key that was kept */
	M_KEPT_NOT,
	M_KEPT_STALE,		/* and what was kept did not hold any more */
	M_RELOADS_DONE,
	M_RELOADS_REFUSED,
	METRIC_COUNTERS
};

/* Are set, and go up and down. */
enum metric_gauge {
	G_WAITING,		/* devices that wait for news */
	G_IN_HAND,		/* requests */
	G_THREADS,
	G_THREADS_BUSY,
	G_LEDGER_OK,		/* as of the last look */
	G_DRAINING,
	G_KEYS_HELD,		/* master keys: 2 while they are changed */
	METRIC_GAUGES
};

/* Call once, before anything is counted. */
void metrics_start(void);
void metrics_count(enum metric_counter m);
void metrics_add(enum metric_gauge g, long long n);
void metrics_set(enum metric_gauge g, long long value);
/* The sweep that was counted last was now. */
void metrics_swept(void);
/*
 * One request has been answered: @call as route_number() has it, below 0 for what
 * is no call of ours; @ns is how long a thread was at work on it, without the time
 * in which a device waited for news.
 */
void metrics_request(int call, enum refusal r, __u64 ns);

/* What GET /metrics answers (text exposition format 0.0.4); to be freed. NULL: no memory. */
char *metrics_text(size_t *len);

#endif /* VPG_METRICS_H */
