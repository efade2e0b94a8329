// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "http.h"
#include "log.h"
#include "prim_openssl.h"
#include "route.h"
#include "step.h"
#include "waiters.h"

/* A client that takes longer is cut off; nginx reads slow bodies to the end before it asks. */
#define IDLE_SECONDS	75
#define CONNECTIONS	4096	/* of which half may be devices that wait for news */

struct http {
	struct gateway *gw;
	struct MHD_Daemon *daemon;
	pthread_key_t store;	/* each thread has its own connection to the database */
	struct waiters *waiters;
	int listen_fd;
	atomic_int in_hand;
	atomic_bool draining;
};

struct body {
	char *data;
	size_t len;
	bool too_large;
	bool waited;
};

static struct store *thread_store(struct http *http)
{
	struct store *st = pthread_getspecific(http->store);

	if (!st && store_open(&st, http->gw->db_path, false) == STORE_OK)
		pthread_setspecific(http->store, st);
	return st;
}

static void close_store(void *st)
{
	store_close(st);
}

static enum MHD_Result reply(struct http *http, struct MHD_Connection *conn, int status, json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	struct MHD_Response *resp;
	enum MHD_Result ok;

	json_decref(answer);
	if (!text)
		return MHD_NO;
	resp = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!resp) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (atomic_load(&http->draining))
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONNECTION, "close");
	ok = MHD_queue_response(conn, status, resp);
	MHD_destroy_response(resp);
	step("reply queued");
	return ok;
}

static enum MHD_Result refuse(struct http *http, struct MHD_Connection *conn, enum refusal r)
{
	return reply(http, conn, refusal_status(r), route_refusal(r, NULL));
}

static const char *header(struct MHD_Connection *conn, const char *name)
{
	return MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);
}

static enum MHD_Result first_look(struct http *http, struct MHD_Connection *conn, void **state)
{
	const char *length = header(conn, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct body *body;

	/* Said to be too long: not even read. */
	if (length && strtoull(length, NULL, 10) > ROUTE_BODY_MAX)
		return refuse(http, conn, RF_TOO_LARGE);
	body = calloc(1, sizeof(*body));
	if (!body)
		return MHD_NO;
	atomic_fetch_add(&http->in_hand, 1);
	*state = body;
	return MHD_YES;
}

static enum MHD_Result take_body(struct body *body, const char *data, size_t *len)
{
	if (body->len + *len > ROUTE_BODY_MAX) {
		body->too_large = true;	/* what remains is read and dropped */
	} else {
		if (!body->data)
			body->data = malloc(ROUTE_BODY_MAX);
		if (!body->data)
			return MHD_NO;
		memcpy(body->data + body->len, data, *len);
		body->len += *len;
	}
	*len = 0;
	return MHD_YES;
}

/* Each once, and no more than a call can take. */
static enum MHD_Result on_argument(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	json_t *query = arg, *text = json_string(value ? value : "");

	/* What is not UTF-8 is no argument of any call's; twice the same is none either. */
	if (!text || json_object_get(query, name) || json_object_size(query) > 8 || json_object_set(query, name, text))
		json_object_set_new(query, "?", json_null());
	json_decref(text);
	return MHD_YES;
}

/*
 * Nothing to tell yet: the connection is put aside, without a thread, and
 * comes here again when there is news or the time is up. False: answer now.
 */
static bool wait_for_news(struct http *http, struct MHD_Connection *conn, struct body *body, const struct call *call)
{
	if (!call->wait_seconds || body->waited || atomic_load(&http->draining))
		return false;
	body->waited = true;
	return waiters_add(http->waiters, conn, call->peer.device, call->seen, call->wait_seconds);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version,
				  const char *data, size_t *len, void **state)
{
	struct http *http = arg;
	struct body *body = *state;
	struct call call = { .gw = http->gw };
	struct request req = { .method = method, .path = url };
	const char *cert;
	bool peer_known;
	json_t *answer;
	int status;

	if (!body)
		return first_look(http, conn, state);
	if (*len)
		return take_body(body, data, len);
	if (body->too_large)
		return refuse(http, conn, RF_TOO_LARGE);

	call.st = thread_store(http);
	if (!call.st)
		return refuse(http, conn, RF_FAILED);
	call.now_ms = gateway_clock_ms();
	cert = header(conn, HTTP_PEER_HEADER);
	peer_known = cert && !peer_from_header(&call.peer, cert);
	req.content_type = header(conn, MHD_HTTP_HEADER_CONTENT_TYPE);
	req.body = body->data ? body->data : "";
	req.body_len = body->len;
	if (MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, NULL, NULL)) {
		req.query = json_object();
		MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, on_argument, req.query);
	}
	status = route_request(&call, &req, peer_known, &answer);
	json_decref(req.query);
	step("answered");
	if (call.noticed)
		waiters_poke(http->waiters);
	if (wait_for_news(http, conn, body, &call)) {
		json_decref(answer);
		return MHD_YES;
	}
	return reply(http, conn, status, answer);
}

static void on_completed(void *arg, struct MHD_Connection *conn, void **state,
			 enum MHD_RequestTerminationCode code)
{
	struct http *http = arg;
	struct body *body = *state;

	if (!body)
		return;
	/* It may hold a code or a token. */
	if (body->data)
		vp_prim_wipe(body->data, ROUTE_BODY_MAX);
	free(body->data);
	free(body);
	*state = NULL;
	atomic_fetch_sub(&http->in_hand, 1);
}

/* libmicrohttpd's own complaints quote requests; what they say is of no use to an operator. */
static void on_log(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

struct http *http_start(struct gateway *gw, int listen_fd)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->gw = gw;
	http->listen_fd = listen_fd;
	if (pthread_key_create(&http->store, close_store)) {
		free(http);
		return NULL;
	}
	http->waiters = waiters_start(gw);
	if (!http->waiters)
		goto fail;
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC |
					MHD_ALLOW_SUSPEND_RESUME, 0,
					NULL, NULL, on_request, http,
					MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
					MHD_OPTION_LISTEN_SOCKET, listen_fd,
					MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)gw->set.threads,
					MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
					MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
					/* One connection's buffer: all headers, of which one is a certificate. */
					MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)131072,
					MHD_OPTION_STRICT_FOR_CLIENT, 1,
					MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
					MHD_OPTION_END);
	if (http->daemon)
		return http;
	waiters_end(http->waiters);
	waiters_free(http->waiters);
fail:
	pthread_key_delete(http->store);
	free(http);
	return NULL;
}

bool http_stop(struct http *http, int seconds)
{
	const struct timespec tick = { .tv_nsec = 20 * 1000 * 1000 };
	int ticks = seconds * 50, left;

	atomic_store(&http->draining, true);
	/* Whoever waits is answered now: a suspended connection would hold the daemon's end up. */
	waiters_end(http->waiters);
	MHD_quiesce_daemon(http->daemon);
	while ((left = atomic_load(&http->in_hand)) > 0 && ticks-- > 0)
		nanosleep(&tick, NULL);
	MHD_stop_daemon(http->daemon);
	waiters_free(http->waiters);
	close(http->listen_fd);
	pthread_key_delete(http->store);
	free(http);
	return !left;
}
