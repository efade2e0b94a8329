// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempt number n is offer n % offers of code n / offers: neighbours in time are
 * the same code, at another gateway, by another till, under another order number.
 * As a till does, each asks with the same number again, and elsewhere, until
 * somebody has answered.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "gateway.h"
#include "line.h"
#include "offers.h"

#define STEP_CODES	10	/* of one key within one step */
#define LEFT_ALONE	2.0	/* seconds, a gateway that did not answer */
#define GAP		0.5	/* seconds without a payment that are told */
#define TICKS		20	/* a second, of the time line */
#define LINE_TICKS	(3600 * TICKS)

struct key {
	long long step;
	int used;
};

struct crowd {
	const struct town *town;
	const struct plan *plan;
	pthread_mutex_t lock;	/* over the making of codes */
	struct key *key;
	char (*code)[PAYCODE_DIGITS + 1];
	int turn;		/* the key that the next code is of */
	long run;		/* numbers of one run are not those of another */
	double begun;
	const char *progress;	/* a file */
	atomic_int next;
	atomic_long paid, used, expired, other, resent;
	atomic_int paid_at[LINE_TICKS];
	float *ms;		/* of the paid, in any order */
	char (*record)[64];	/* of the paid: "ORDER PAYMENT" */
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Of the next key that has one left in this step; waits for the next step if none has. */
static void make_code(struct crowd *c, int i)
{
	for (;;) {
		long long step = time(NULL) / PAYCODE_STEP_SECONDS;

		for (int tried = 0; tried < c->town->devices; tried++) {
			struct key *k = &c->key[c->turn];
			int d = c->turn;

			c->turn = (c->turn + 1) % c->town->devices;
			if (k->step != step)
				*k = (struct key){ step, 0 };
			if (k->used == STEP_CODES)
				continue;
			device_code(&c->town->device[d], 0, step, k->used++, c->code[i]);
			return;
		}
		usleep(50000);
	}
}

/* Made when its turn comes, so that it is fresh however long all of it takes. */
static const char *code_of(struct crowd *c, int i)
{
	pthread_mutex_lock(&c->lock);
	if (!*c->code[i])
		make_code(c, i);
	pthread_mutex_unlock(&c->lock);
	return c->code[i];
}

/* For whoever lets things go wrong in good time. In one step, as it is read meanwhile. */
static void tell_progress(const char *path, long n)
{
	char new[256];
	FILE *f;

	snprintf(new, sizeof(new), "%s.%ld", path, n);
	f = fopen(new, "we");
	if (!f)
		return;
	fprintf(f, "%ld\n", n);
	if (!fclose(f))
		rename(new, path);
}

static void paid(struct crowd *c, int n, double began, const json_t *answer)
{
	long at = atomic_fetch_add(&c->paid, 1);
	double t = now();
	int tick = (t - c->begun) * TICKS;
	const char *id = json_string_value(json_object_get(answer, "payment_id"));

	if (tick < LINE_TICKS)
		atomic_fetch_add(&c->paid_at[tick], 1);
	c->ms[at] = (t - began) * 1000;
	snprintf(c->record[at], sizeof(c->record[at]), "o%d %s", n, id ? id : "-");
	if (c->progress && at % 200 == 199)
		tell_progress(c->progress, at + 1);
}

static void answered(struct crowd *c, int n, int status, double began, const char *text)
{
	json_t *a = json_loads(text, 0, NULL);
	const char *error = json_string_value(json_object_get(a, "error"));

	if (status == 200) {
		paid(c, n, began, a);
	} else if (error && !strcmp(error, "CODE_USED")) {
		atomic_fetch_add(&c->used, 1);
	} else if (error && !strcmp(error, "CODE_EXPIRED")) {
		atomic_fetch_add(&c->expired, 1);
	} else {
		if (atomic_fetch_add(&c->other, 1) < 5)
			fprintf(stderr, "# %d %s\n", status, error ? error : "no reason given");
	}
	json_decref(a);
}

struct client {
	struct crowd *c;
	int number;
	struct line line[16];
	double bad_until[16];
};

static void offer(struct client *me, int n)
{
	struct crowd *c = me->c;
	const struct plan *plan = c->plan;
	const char *shop = c->town->shop[me->number % c->town->shops];
	double began = now();
	char body[256], answer[2048];
	int status, g = n % plan->gateways, tries = 0;

	snprintf(body, sizeof(body), "{\"order_no\":\"o%d-%lx\",\"code\":\"%s\",\"amount\":1,\"currency\":\"CNY\"}", n, c->run,
		 code_of(c, n / plan->offers));
	for (;; tries++) {
		for (int i = 0; i < plan->gateways && me->bad_until[g] > now(); i++)
			g = (g + 1) % plan->gateways;
		status = line_post(&me->line[g], "/v1/merchant/charge", shop, body, answer, sizeof(answer));
		if (status > 0 && status < 500)
			break;
		atomic_fetch_add(&c->resent, 1);
		/* Busy is not gone: asked again soon. */
		me->bad_until[g] = now() + (status > 0 ? 0.02 : LEFT_ALONE);
		g = (g + 1) % plan->gateways;
		usleep(tries < plan->gateways ? 1000 : 20000);
	}
	answered(c, n, status, began, answer);
}

static void *client(void *arg)
{
	struct client *me = arg;
	struct crowd *c = me->c;
	int n, all = c->plan->codes * c->plan->offers;

	while ((n = atomic_fetch_add(&c->next, 1)) < all &&
	       (!c->plan->seconds || now() - c->begun < c->plan->seconds))
		offer(me, n);
	for (int g = 0; g < c->plan->gateways; g++)
		if (me->line[g].fd >= 0)
			close(me->line[g].fd);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Spans without a single payment, from the first to the last. */
static json_t *gaps(struct crowd *c, double seconds, double *total)
{
	json_t *list = json_array();
	int last = -1, end = seconds * TICKS;

	*total = 0;
	for (int i = 0; i <= end && i < LINE_TICKS; i++) {
		double gap = (i - last - 1) / (double)TICKS;

		if (!atomic_load(&c->paid_at[i]))
			continue;
		if (last >= 0 && gap >= GAP) {
			json_array_append_new(list, json_pack("{s:f, s:f}", "at", (last + 1) / (double)TICKS, "seconds", gap));
			*total += gap;
		}
		last = i;
	}
	return list;
}

static void report(struct crowd *c, double seconds)
{
	long n = atomic_load(&c->paid);
	double without;
	json_t *spans = gaps(c, seconds, &without), *o;

	qsort(c->ms, n, sizeof(*c->ms), by_size);
	o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:o}", "paid", (json_int_t)n,
		      "used", (json_int_t)c->used, "expired", (json_int_t)c->expired, "other", (json_int_t)c->other,
		      "resent", (json_int_t)c->resent, "seconds", seconds, "rate", n / seconds,
		      "p50_ms", n ? c->ms[n / 2] : 0.0, "p99_ms", n ? c->ms[n * 99 / 100] : 0.0, "without_service", without,
		      "gaps", spans);
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(o);
}

/* What earlier runs have used of this step is not offered again: it would be refused, and measured. */
static void keys_file(struct crowd *c, const char *mode)
{
	const char *path = getenv("CLUSTER_KEYS");
	FILE *f = path ? fopen(path, mode) : NULL;
	size_t n = c->town->devices;

	if (!f)
		return;
	if (*mode == 'r' ? fread(c->key, sizeof(*c->key), n, f) != n || fread(&c->turn, sizeof(c->turn), 1, f) != 1
			 : fwrite(c->key, sizeof(*c->key), n, f) != n || fwrite(&c->turn, sizeof(c->turn), 1, f) != 1)
		fprintf(stderr, "# %s is not of this town\n", path);
	fclose(f);
}

static int write_record(const struct crowd *c)
{
	FILE *f = c->plan->record ? fopen(c->plan->record, "we") : NULL;

	if (!c->plan->record)
		return 0;
	if (!f)
		return -1;
	for (long i = 0; i < atomic_load(&c->paid); i++)
		fprintf(f, "%s\n", c->record[i]);
	return fclose(f);
}

int offers_run(const struct town *town, const struct plan *plan)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct client *clients = calloc(plan->clients, sizeof(*clients));
	pthread_t *threads = calloc(plan->clients, sizeof(*threads));
	size_t most = (size_t)plan->codes * plan->offers;
	int ret = -1;

	if (!c || !clients || !threads || plan->gateways > 16)
		goto out;
	c->town = town;
	c->plan = plan;
	c->run = gateway_clock_ms();
	c->progress = getenv("CLUSTER_PROGRESS");
	c->key = calloc(town->devices, sizeof(*c->key));
	c->code = calloc(plan->codes, sizeof(*c->code));
	c->ms = calloc(most, sizeof(*c->ms));
	c->record = calloc(most, sizeof(*c->record));
	if (!c->key || !c->code || !c->ms || !c->record)
		goto out;
	pthread_mutex_init(&c->lock, NULL);
	keys_file(c, "re");
	c->begun = now();
	for (int i = 0; i < plan->clients; i++) {
		clients[i].c = c;
		clients[i].number = i;
		for (int g = 0; g < plan->gateways; g++)
			clients[i].line[g] = (struct line){ plan->gateway[g], -1 };
		pthread_create(&threads[i], NULL, client, &clients[i]);
	}
	for (int i = 0; i < plan->clients; i++)
		pthread_join(threads[i], NULL);
	report(c, now() - c->begun);
	keys_file(c, "we");
	ret = write_record(c) || atomic_load(&c->other) ? -1 : 0;
out:
	if (c) {
		free(c->key);
		free(c->code);
		free(c->ms);
		free(c->record);
	}
	free(c);
	free(clients);
	free(threads);
	return ret;
}
