// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "metrics.h"
#include "process.h"
#include "route.h"

#define CALLS	(ROUTE_CALLS_MAX + 1)	/* the last is everything that is no call */

/* Upper bounds. A payment is expected in the first half of them. */
static const __u64 bound_ns[] = {
	500000, 1000000, 2500000, 5000000, 10000000, 25000000, 50000000, 100000000, 250000000,
	500000000, 1000000000, 2500000000, 5000000000, 10000000000,
};
#define BOUNDS	(sizeof(bound_ns) / sizeof(bound_ns[0]))

enum outcome { OUT_OK, OUT_REFUSED, OUT_BUSY, OUT_FAILED, OUTCOMES };

static const char *const outcome_name[OUTCOMES] = { "ok", "refused", "busy", "failed" };

static struct {
	struct timespec begun;
	atomic_llong swept;	/* CLOCK_BOOTTIME seconds; 0: never */
	alignas(64) atomic_ullong counter[METRIC_COUNTERS];
	alignas(64) atomic_llong gauge[METRIC_GAUGES];
	alignas(64) atomic_ullong refusal[RF_COUNT];
	/* A line of its own for each call: threads that answer different ones do not meet. */
	struct {
		alignas(64) atomic_ullong outcome[OUTCOMES];
		atomic_ullong bucket[BOUNDS + 1], ns;
	} call[CALLS];
} m;

static const struct {
	const char *name, *label, *help;
} counters[METRIC_COUNTERS] = {
	[M_CHARGES_BOOKED] = { "voicepay_payments_booked_total", "", "Payments that were booked and acknowledged here." },
	[M_REFUNDS_BOOKED] = { "voicepay_refunds_booked_total", "", "Refunds and reversals that were booked and acknowledged here." },
	[M_DB_RETRIES] = { "voicepay_db_retries_total", "", "Calls that were run again as the database asked for it." },
	[M_DB_FAILURES] = { "voicepay_db_failures_total", "", "Statements that failed, contention left aside." },
	[M_DB_RECONNECTS] = { "voicepay_db_reconnects_total", "", "Connections to the database that were made anew." },
	[M_DB_COMMITS_UNKNOWN] = { "voicepay_db_commits_unknown_total", "", "Commits whose answer was lost with the connection." },
	[M_DB_ROUND_TRIPS] = { "voicepay_db_round_trips_total", "", "Times that a server of databases was waited for." },
	[M_SWEEPS_DONE] = { "voicepay_sweeps_total", "{result=\"done\"}", "Hourly sweeps by what came of them." },
	[M_SWEEPS_FAILED] = { "voicepay_sweeps_total", "{result=\"failed\"}", NULL },
	[M_SWEEPS_PUT_OFF] = { "voicepay_sweeps_total", "{result=\"put_off\"}", NULL },
	[M_KEPT_GOOD] = { "voicepay_key_cache_total", "{result=\"good\"}", "Codes by what the cache of keys said of them." },
	[M_KEPT_NOT] = { "voicepay_key_cache_total", "{result=\"looked_up\"}", NULL },
	[M_KEPT_STALE] = { "voicepay_key_cache_total", "{result=\"stale\"}", NULL },
	[M_RELOADS_DONE] = { "voicepay_reloads_total", "{result=\"done\"}", "Readings of the settings while running." },
	[M_RELOADS_REFUSED] = { "voicepay_reloads_total", "{result=\"refused\"}", NULL },
};

static const struct {
	const char *name, *help;
} gauges[METRIC_GAUGES] = {
	[G_WAITING] = { "voicepay_waiting_polls", "Devices that wait for news." },
	[G_IN_HAND] = { "voicepay_requests_in_hand", "Requests whose answer is not out yet; those that wait for news are among them." },
	[G_THREADS] = { "voicepay_threads", "Threads that answer." },
	[G_THREADS_BUSY] = { "voicepay_threads_busy", "Threads that work on a request." },
	[G_LEDGER_OK] = { "voicepay_ledger_ok", "1 if the newest transfers added up when they were last looked at." },
	[G_DRAINING] = { "voicepay_draining", "1 once the process has been told to end." },
	[G_KEYS_HELD] = { "voicepay_master_keys", "Master keys in use: 2 while they are changed." },
};

void metrics_start(void)
{
	clock_gettime(CLOCK_BOOTTIME, &m.begun);
}

void metrics_count(enum metric_counter c)
{
	atomic_fetch_add_explicit(&m.counter[c], 1, memory_order_relaxed);
}

void metrics_add(enum metric_gauge g, long long n)
{
	atomic_fetch_add_explicit(&m.gauge[g], n, memory_order_relaxed);
}

void metrics_set(enum metric_gauge g, long long value)
{
	atomic_store_explicit(&m.gauge[g], value, memory_order_relaxed);
}

void metrics_swept(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	atomic_store_explicit(&m.swept, now.tv_sec ? now.tv_sec : 1, memory_order_relaxed);
}

static enum outcome outcome_of(enum refusal r)
{
	int status = refusal_status(r);

	if (status < 400)
		return OUT_OK;
	return status < 500 ? OUT_REFUSED : status == 503 ? OUT_BUSY : OUT_FAILED;
}

void metrics_request(int call, enum refusal r, __u64 ns)
{
	int i = call < 0 || call >= ROUTE_CALLS_MAX ? ROUTE_CALLS_MAX : call;
	size_t b = 0;

	while (b < BOUNDS && ns > bound_ns[b])
		b++;
	atomic_fetch_add_explicit(&m.call[i].outcome[outcome_of(r)], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m.call[i].bucket[b], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m.call[i].ns, ns, memory_order_relaxed);
	if (r != RF_OK && r < RF_COUNT)
		atomic_fetch_add_explicit(&m.refusal[r], 1, memory_order_relaxed);
}

static unsigned long long read_count(const atomic_ullong *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_requests(FILE *f)
{
	head(f, "voicepay_requests_total", "counter", "Requests by call and by what came of them.");
	for (int i = 0; i < CALLS; i++)
		for (int o = 0; o < OUTCOMES && route_name(i); o++)
			fprintf(f, "voicepay_requests_total{call=\"%s\",outcome=\"%s\"} %llu\n", route_name(i),
				outcome_name[o], read_count(&m.call[i].outcome[o]));
	head(f, "voicepay_refusals_total", "counter", "Requests that were not granted, by the code of the answer.");
	for (int r = RF_OK + 1; r < RF_COUNT; r++)
		fprintf(f, "voicepay_refusals_total{code=\"%s\"} %llu\n", refusal_code(r), read_count(&m.refusal[r]));
}

static void put_latency(FILE *f)
{
	static const char name[] = "voicepay_request_seconds";

	head(f, name, "histogram", "Time that a thread was at work on a request.");
	for (int i = 0; i < CALLS; i++) {
		unsigned long long n = 0;

		if (!route_name(i))
			continue;
		for (size_t b = 0; b < BOUNDS; b++) {
			n += read_count(&m.call[i].bucket[b]);
			fprintf(f, "%s_bucket{call=\"%s\",le=\"%g\"} %llu\n", name, route_name(i), bound_ns[b] / 1e9, n);
		}
		n += read_count(&m.call[i].bucket[BOUNDS]);
		fprintf(f, "%s_bucket{call=\"%s\",le=\"+Inf\"} %llu\n", name, route_name(i), n);
		fprintf(f, "%s_sum{call=\"%s\"} %.9f\n", name, route_name(i), read_count(&m.call[i].ns) / 1e9);
		/* The same number as the last bucket, whatever is counted meanwhile. */
		fprintf(f, "%s_count{call=\"%s\"} %llu\n", name, route_name(i), n);
	}
}

static void put_single(FILE *f)
{
	struct timespec now;
	long long swept = atomic_load_explicit(&m.swept, memory_order_relaxed);

	for (int i = 0; i < METRIC_COUNTERS; i++) {
		if (counters[i].help)
			head(f, counters[i].name, "counter", counters[i].help);
		fprintf(f, "%s%s %llu\n", counters[i].name, counters[i].label, read_count(&m.counter[i]));
	}
	for (int i = 0; i < METRIC_GAUGES; i++) {
		head(f, gauges[i].name, "gauge", gauges[i].help);
		fprintf(f, "%s %lld\n", gauges[i].name, atomic_load_explicit(&m.gauge[i], memory_order_relaxed));
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	head(f, "voicepay_uptime_seconds", "gauge", "Since the process began.");
	fprintf(f, "voicepay_uptime_seconds %lld\n", (long long)(now.tv_sec - m.begun.tv_sec));
	head(f, "voicepay_seconds_since_sweep", "gauge", "Since a sweep was last done; not there before the first.");
	if (swept)
		fprintf(f, "voicepay_seconds_since_sweep %lld\n", now.tv_sec - swept);
	head(f, "voicepay_build_info", "gauge", "Always 1.");
	fprintf(f, "voicepay_build_info{version=\"%s\"} 1\n", VOICEPAY_VERSION);
}

char *metrics_text(size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	bool failed;

	if (!f)
		return NULL;
	put_requests(f);
	put_latency(f);
	put_single(f);
	process_metrics(f);
	failed = ferror(f);
	if (fclose(f) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
