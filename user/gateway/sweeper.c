// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway.h"
#include "log.h"
#include "metrics.h"
#include "sweeper.h"

struct sweeper {
	char db_path[SETTINGS_DB_MAX];
	pthread_t thread;
	bool begun;		/* there is a thread to be joined */
	atomic_bool busy, ending;
	__u64 now;
};

static enum store_result sweep(struct sweeper *sw, struct store *st)
{
	enum store_result r = store_sweep_turn(st, sw->now);

	if (r != STORE_OK)
		return r;
	/* STORE_NONE would say that it was another gateway's turn. */
	r = store_sweep(st, sw->now, ALIAS_REST_SECONDS);
	return r == STORE_NONE ? STORE_OK : r;
}

static void *run(void *arg)
{
	struct sweeper *sw = arg;
	struct store *st;
	enum store_result r = store_open(&st, sw->db_path, false);

	if (r == STORE_OK) {
		store_until(st, &sw->ending);
		r = sweep(sw, st);
	}
	store_close(st);
	if (r > STORE_NONE) {
		metrics_count(M_SWEEPS_FAILED);
		log_warn("the hourly sweep failed; it is tried again in an hour");
	} else {
		if (r == STORE_OK)
			metrics_count(M_SWEEPS_DONE);
		metrics_swept();
	}
	atomic_store(&sw->busy, false);
	return NULL;
}

struct sweeper *sweeper_new(const char *db_path)
{
	struct sweeper *sw = calloc(1, sizeof(*sw));

	if (sw)
		snprintf(sw->db_path, sizeof(sw->db_path), "%s", db_path);
	return sw;
}

bool sweeper_begin(struct sweeper *sw, __u64 now)
{
	if (atomic_load(&sw->busy)) {
		log_warn("the sweep that was begun an hour ago has not ended: does the database keep up?");
		return false;
	}
	if (sw->begun)
		pthread_join(sw->thread, NULL);
	sw->now = now;
	atomic_store(&sw->busy, true);
	sw->begun = !pthread_create(&sw->thread, NULL, run, sw);
	if (!sw->begun) {
		atomic_store(&sw->busy, false);
		metrics_count(M_SWEEPS_FAILED);
		log_warn("cannot start the hourly sweep; it is tried again in an hour");
	}
	return sw->begun;
}

void sweeper_end(struct sweeper *sw)
{
	atomic_store(&sw->ending, true);
	if (sw->begun)
		pthread_join(sw->thread, NULL);
	free(sw);
}
