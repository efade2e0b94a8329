// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "reception.h"

/* A client that takes longer is cut off; nginx reads slow bodies to the end before it asks. */
#define IDLE_SECONDS	75
#define CONNECTIONS	4096	/* of which half may be devices that wait for news */
#define FULL_MS		20	/* until the next look whether there is room again */

struct worker {
	struct MHD_Daemon *daemon;	/* one thread */
	atomic_int connections;
};

struct reception {
	int listen_fd, end_fd;
	pthread_t thread;
	bool open;
	int n, turn;	/* whose turn it is of those who have as few */
	struct worker worker[];
};

/* libmicrohttpd's own complaints quote requests; what they say is of no use to an operator. */
static void on_log(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

static void on_connection(void *arg, struct MHD_Connection *conn, void **state, enum MHD_ConnectionNotificationCode code)
{
	struct worker *w = arg;

	(void)conn;
	(void)state;
	/* It was counted when it was given: its thread may see it only after others have come. */
	if (code == MHD_CONNECTION_NOTIFY_CLOSED)
		atomic_fetch_sub(&w->connections, 1);
}

static struct worker *least(struct reception *r)
{
	struct worker *best = NULL;
	int fewest = CONNECTIONS / r->n;

	for (int i = 0; i < r->n; i++) {
		struct worker *w = &r->worker[(r->turn + i) % r->n];
		int has = atomic_load(&w->connections);

		if (has < fewest) {
			fewest = has;
			best = w;
		}
	}
	r->turn = best ? (int)(best - r->worker) + 1 : r->turn;
	return best;
}

/* False: nothing more can be done for now. */
static bool let_in(struct reception *r)
{
	struct worker *w = least(r);
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd;

	if (!w)
		return false;
	fd = accept4(r->listen_fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		/* Another process of the same socket, or who asked has gone. */
		return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
	/* It closes what it does not take. */
	atomic_fetch_add(&w->connections, 1);
	if (MHD_add_connection(w->daemon, fd, (struct sockaddr *)&from, len) != MHD_YES)
		atomic_fetch_sub(&w->connections, 1);
	return true;
}

static void *receive(void *arg)
{
	struct reception *r = arg;
	struct pollfd fds[2] = { { .fd = r->end_fd, .events = POLLIN }, { .fd = r->listen_fd, .events = POLLIN } };

	for (;;) {
		poll(fds, 2, -1);
		if (fds[0].revents)
			return NULL;
		if (fds[1].revents && !let_in(r))
			poll(fds, 1, FULL_MS);
	}
}

static struct MHD_Daemon *start(struct reception *r, struct worker *w, MHD_AccessHandlerCallback on_request,
				MHD_RequestCompletedCallback on_completed, void *arg)
{
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
				MHD_USE_NO_LISTEN_SOCKET, 0,
				NULL, NULL, on_request, arg,
				MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned int)(CONNECTIONS / r->n + 1),
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
				/* One connection's buffer: all headers, of which one is a certificate. */
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)131072,
				MHD_OPTION_STRICT_FOR_CLIENT, 1,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, arg,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
				MHD_OPTION_END);
}

struct reception *reception_start(int listen_fd, int threads, MHD_AccessHandlerCallback on_request,
				  MHD_RequestCompletedCallback on_completed, void *arg)
{
	struct reception *r = calloc(1, sizeof(*r) + threads * sizeof(r->worker[0]));

	if (!r)
		return NULL;
	r->listen_fd = listen_fd;
	r->n = threads;
	r->end_fd = eventfd(0, EFD_CLOEXEC);
	/* Whoever shares it may be quicker. */
	if (r->end_fd < 0 || fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK))
		goto fail;
	for (int i = 0; i < threads; i++) {
		r->worker[i].daemon = start(r, &r->worker[i], on_request, on_completed, arg);
		if (!r->worker[i].daemon)
			goto fail;
	}
	r->open = !pthread_create(&r->thread, NULL, receive, r);
	if (r->open)
		return r;
fail:
	log_error("cannot start the threads that answer: %m");
	reception_stop(r);
	return NULL;
}

void reception_close(struct reception *r)
{
	if (!r->open)
		return;
	eventfd_write(r->end_fd, 1);
	pthread_join(r->thread, NULL);
	r->open = false;
}

void reception_stop(struct reception *r)
{
	reception_close(r);
	for (int i = 0; i < r->n; i++)
		if (r->worker[i].daemon)
			MHD_stop_daemon(r->worker[i].daemon);
	if (r->end_fd >= 0)
		close(r->end_fd);
	free(r);
}
