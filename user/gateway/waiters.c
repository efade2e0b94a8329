// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread looks for news: at once when this process has some, and once a
 * second for those of other processes on the same database. It looks only
 * while somebody waits.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "metrics.h"
#include "waiters.h"

struct waiter {
	struct MHD_Connection *conn;
	__u8 device[VP_DEVICE_ID_LEN];
	long long since;	/* this device's highest number before it was looked */
	time_t until;
};

struct waiters {
	pthread_mutex_t lock;	/* over all below but st */
	pthread_cond_t poke;
	pthread_t thread;
	struct store *st;	/* the thread's own */
	bool poked, ending;
	long long seen;		/* news up to this number has been passed on */
	int n;
	struct waiter waiter[WAITERS_MAX];
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Under the lock. */
static void let_go(struct waiters *w, int i)
{
	MHD_resume_connection(w->waiter[i].conn);
	w->waiter[i] = w->waiter[--w->n];
	metrics_set(G_WAITING, w->n);
}

static void let_device_go(struct waiters *w, const __u8 device[VP_DEVICE_ID_LEN])
{
	for (int i = w->n - 1; i >= 0; i--)
		if (!memcmp(w->waiter[i].device, device, VP_DEVICE_ID_LEN))
			let_go(w, i);
}

static void one_notified(void *arg, const __u8 device[VP_DEVICE_ID_LEN], long long number)
{
	struct waiters *w = arg;

	pthread_mutex_lock(&w->lock);
	for (int i = w->n - 1; i >= 0; i--)
		if (number > w->waiter[i].since && !memcmp(w->waiter[i].device, device, VP_DEVICE_ID_LEN))
			let_go(w, i);
	pthread_mutex_unlock(&w->lock);
}

/* Not under the lock: the database may be slow. */
static void pass_on(struct waiters *w, long long seen, bool poked)
{
	/* Of another gateway's that took longer the number is lower: once a second is often enough for that. */
	long long top, late = poked ? 0 : store_notification_late(w->st);

	if (store_notification_top(w->st, &top) != STORE_OK || (top <= seen && !late))
		return;
	/* Who comes from now on has looked, or is told to look again. */
	pthread_mutex_lock(&w->lock);
	w->seen = top;
	pthread_mutex_unlock(&w->lock);
	store_each_notified(w->st, seen - late, one_notified, w);
}

static void *look(void *arg)
{
	struct waiters *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		struct timespec tick;
		long long seen;
		bool poked;

		clock_gettime(CLOCK_MONOTONIC, &tick);
		tick.tv_sec++;
		while (!w->poked && !w->ending)
			if (pthread_cond_timedwait(&w->poke, &w->lock, &tick))
				break;
		poked = w->poked;
		w->poked = false;
		for (int i = w->n - 1; i >= 0; i--)
			if (w->waiter[i].until <= now())
				let_go(w, i);
		if (!w->n || w->ending)
			continue;
		seen = w->seen;
		pthread_mutex_unlock(&w->lock);
		pass_on(w, seen, poked);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct waiters *waiters_start(struct gateway *gw)
{
	struct waiters *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	if (!w)
		return NULL;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->poke, &attr);
	pthread_condattr_destroy(&attr);
	if (store_open(&w->st, gw->db_path, false) != STORE_OK || store_notification_top(w->st, &w->seen) != STORE_OK ||
	    pthread_create(&w->thread, NULL, look, w)) {
		log_error("cannot start the thread that looks for news");
		store_close(w->st);
		free(w);
		return NULL;
	}
	return w;
}

void waiters_end(struct waiters *w)
{
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_signal(&w->poke);
	while (w->n)
		let_go(w, w->n - 1);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}

void waiters_free(struct waiters *w)
{
	store_close(w->st);
	pthread_cond_destroy(&w->poke);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

bool waiters_add(struct waiters *w, struct MHD_Connection *conn, const __u8 device[VP_DEVICE_ID_LEN],
		 long long seen, long long since, int seconds)
{
	bool ok = false;

	pthread_mutex_lock(&w->lock);
	/* A device that asks again has given up on the other connection. */
	let_device_go(w, device);
	/* What came while nobody waited need not be passed on. */
	if (!w->n && w->seen < seen)
		w->seen = seen;
	if (!w->ending && w->n < WAITERS_MAX && w->seen <= seen) {
		struct waiter *new = &w->waiter[w->n++];

		new->conn = conn;
		memcpy(new->device, device, sizeof(new->device));
		new->since = since;
		new->until = now() + seconds;
		metrics_set(G_WAITING, w->n);
		MHD_suspend_connection(conn);
		ok = true;
	}
	pthread_mutex_unlock(&w->lock);
	return ok;
}

void waiters_poke(struct waiters *w)
{
	pthread_mutex_lock(&w->lock);
	/* Where nobody waits there is nobody to wake the thread for, with each payment. */
	if (w->n) {
		w->poked = true;
		pthread_cond_signal(&w->poke);
	}
	pthread_mutex_unlock(&w->lock);
}
