// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "db_postgres.h"
#include "http.h"
#include "log.h"
#include "metrics.h"
#include "prim_openssl.h"
#include "reception.h"
#include "request_id.h"
#include "route.h"
#include "step.h"
#include "waiters.h"

enum stage {
	SERVING,
	DRAINING,	/* serves on, but whoever it answers is to connect anew elsewhere */
	REFUSING,	/* finishes what is in hand */
};

struct http {
	pthread_mutex_t lock;	/* over gw and its users */
	pthread_cond_t unused;
	struct gateway *gw;
	int users, old_users;	/* calls under way that began with gw, or with the one before */
	char db_path[SETTINGS_DB_MAX];
	struct reception *reception;
	pthread_mutex_t stores;	/* over the two below */
	struct store **idle;	/* connections to the database that no call has; room for one a thread */
	int n_idle;
	struct waiters *waiters;
	int listen_fd;
	atomic_int in_hand;
	atomic_int stage;
};

struct body {
	char id[REQUEST_ID_MAX + 1];
	char *data;
	size_t len;
	bool too_large;
	bool waited;
	__u64 ns;	/* in which a thread has worked on it */
};

static __u64 clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * The connection that was given back last: as many are in use as calls are under way at once,
 * and what the database keeps for each, plans and rows found lately, is that of a busy one.
 */
static enum store_result take_store(struct http *http, struct store **out)
{
	enum store_result r = STORE_OK;
	struct store *st = NULL;

	pthread_mutex_lock(&http->stores);
	if (http->n_idle)
		st = http->idle[--http->n_idle];
	pthread_mutex_unlock(&http->stores);
	if (!st) {
		r = store_open(&st, http->db_path, false);
		if (r == STORE_OK)
			r = store_for_calls(st);
		if (r != STORE_OK) {
			store_close(st);
			st = NULL;
		}
	}
	*out = st;
	return r;
}

static void give_back_store(struct http *http, struct store *st)
{
	pthread_mutex_lock(&http->stores);
	http->idle[http->n_idle++] = st;
	pthread_mutex_unlock(&http->stores);
}

static void close_stores(struct http *http)
{
	while (http->n_idle)
		store_close(http->idle[--http->n_idle]);
	free(http->idle);
	pthread_mutex_destroy(&http->stores);
}

/* Settings and keys as they are at the call's beginning: it has them until its end. */
static struct gateway *take_gateway(struct http *http)
{
	struct gateway *gw;

	pthread_mutex_lock(&http->lock);
	gw = http->gw;
	http->users++;
	pthread_mutex_unlock(&http->lock);
	return gw;
}

static void give_back_gateway(struct http *http, struct gateway *gw)
{
	pthread_mutex_lock(&http->lock);
	if (gw == http->gw)
		http->users--;
	else if (!--http->old_users)
		pthread_cond_signal(&http->unused);
	pthread_mutex_unlock(&http->lock);
}

static enum MHD_Result reply(struct http *http, struct MHD_Connection *conn, const struct body *body, int status,
			     json_t *answer)
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
	MHD_add_response_header(resp, REQUEST_ID_HEADER, body->id);
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	if (atomic_load(&http->stage) != SERVING)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONNECTION, "close");
	ok = MHD_queue_response(conn, status, resp);
	MHD_destroy_response(resp);
	step("reply queued");
	return ok;
}

/* @call is route_name()'s number; below 0: none. */
static void account(const struct body *body, int call, enum refusal r)
{
	metrics_request(call, r, body->ns);
	log_answered(route_name(call < 0 ? ROUTE_CALLS_MAX : call), refusal_code(r), refusal_status(r), body->ns);
}

static enum MHD_Result refuse(struct http *http, struct MHD_Connection *conn, const struct body *body, enum refusal r)
{
	account(body, -1, r);
	return reply(http, conn, body, refusal_status(r), route_refusal(r, NULL));
}

static const char *header(struct MHD_Connection *conn, const char *name)
{
	return MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);
}

static enum MHD_Result first_look(struct http *http, struct MHD_Connection *conn, void **state)
{
	const char *length = header(conn, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct body *body = calloc(1, sizeof(*body));

	if (!body)
		return MHD_NO;
	request_id(body->id, header(conn, REQUEST_ID_HEADER));
	/* Counted first, then the look: whoever waits for the last one in hand has seen this or is seen here. */
	atomic_fetch_add(&http->in_hand, 1);
	metrics_add(G_IN_HAND, 1);
	*state = body;
	if (atomic_load(&http->stage) == REFUSING)
		return refuse(http, conn, body, RF_BUSY);
	/* Said to be too long: not even read. */
	if (length && strtoull(length, NULL, 10) > ROUTE_BODY_MAX)
		return refuse(http, conn, body, RF_TOO_LARGE);
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
	if (!call->wait_seconds || body->waited || atomic_load(&http->stage) != SERVING)
		return false;
	body->waited = true;
	return waiters_add(http->waiters, conn, call->peer.device, call->seen, call->since, call->wait_seconds);
}

/* False: the connection waits for news, and is not answered now. */
static bool answer_request(struct http *http, struct gateway *gw, struct MHD_Connection *conn, struct body *body,
			   struct request *req, struct call *call, json_t **answer)
{
	const char *cert = header(conn, HTTP_PEER_HEADER);
	bool peer_known;

	call->gw = gw;
	call->now_ms = gateway_clock_ms();
	peer_known = cert && !peer_from_header(&call->peer, cert);
	req->content_type = header(conn, MHD_HTTP_HEADER_CONTENT_TYPE);
	req->body = body->data ? body->data : "";
	req->body_len = body->len;
	if (MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, NULL, NULL)) {
		req->query = json_object();
		MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, on_argument, req->query);
	}
	route_request(call, req, peer_known, answer);
	json_decref(req->query);
	step("answered");
	if (call->noticed)
		waiters_poke(http->waiters);
	return !wait_for_news(http, conn, body, call);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version,
				  const char *data, size_t *len, void **state)
{
	struct http *http = arg;
	struct body *body = *state;
	struct call call = { .st = NULL };
	struct request req = { .method = method, .path = url };
	struct gateway *gw;
	json_t *answer = NULL;
	__u64 begun;
	enum store_result r;
	bool now;

	if (!body)
		return first_look(http, conn, state);
	if (*len)
		return take_body(body, data, len);
	if (body->too_large)
		return refuse(http, conn, body, RF_TOO_LARGE);

	begun = clock_ns();
	metrics_add(G_THREADS_BUSY, 1);
	log_of_request(body->id);
	r = take_store(http, &call.st);
	if (call.st) {
		gw = take_gateway(http);
		now = answer_request(http, gw, conn, body, &req, &call, &answer);
		give_back_gateway(http, gw);
		give_back_store(http, call.st);
	} else {
		call.route = -1;
		/* With a server it will be there again; a file that cannot be opened is told in the log. */
		call.result = r == STORE_BUSY || db_postgres_is_uri(http->db_path) ? RF_BUSY : RF_FAILED;
		answer = route_refusal(call.result, NULL);
		now = true;
	}
	/* One that waits may be in the hands of another thread by now. */
	if (now) {
		body->ns += clock_ns() - begun;
		account(body, call.route, call.result);
	}
	log_of_request(NULL);
	metrics_add(G_THREADS_BUSY, -1);
	if (now)
		return reply(http, conn, body, refusal_status(call.result), answer);
	json_decref(answer);
	return MHD_YES;
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
	metrics_add(G_IN_HAND, -1);
}

struct http *http_start(struct gateway *gw, int listen_fd)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->gw = gw;
	strcpy(http->db_path, gw->db_path);
	http->listen_fd = listen_fd;
	pthread_mutex_init(&http->lock, NULL);
	pthread_cond_init(&http->unused, NULL);
	metrics_set(G_THREADS, gw->set.threads);
	pthread_mutex_init(&http->stores, NULL);
	http->idle = calloc(gw->set.threads, sizeof(struct store *));
	if (!http->idle)
		goto fail;
	/* Commands, which answer nobody, have no use for it. */
	if (gw->set.key_cache) {
		gw->kept = key_cache_new(gw->set.key_cache);
		if (!gw->kept)
			goto fail;
	}
	http->waiters = waiters_start(gw);
	if (!http->waiters)
		goto fail;
	http->reception = reception_start(listen_fd, gw->set.threads, on_request, on_completed, http);
	if (http->reception)
		return http;
	waiters_end(http->waiters);
	waiters_free(http->waiters);
fail:
	close_stores(http);
	free(http);
	return NULL;
}

struct gateway *http_replace(struct http *http, struct gateway *gw)
{
	struct gateway *old;

	pthread_mutex_lock(&http->lock);
	gw->kept = http->gw->kept;
	old = http->gw;
	http->old_users = http->users;
	http->gw = gw;
	http->users = 0;
	while (http->old_users)
		pthread_cond_wait(&http->unused, &http->lock);
	pthread_mutex_unlock(&http->lock);
	old->kept = NULL;
	return old;
}

void http_drain(struct http *http)
{
	int serving = SERVING;

	/* Whoever waits is answered now: a suspended connection would hold the daemon's end up. */
	if (atomic_compare_exchange_strong(&http->stage, &serving, DRAINING))
		waiters_end(http->waiters);
}

void http_refuse(struct http *http, bool listen)
{
	http_drain(http);
	atomic_store(&http->stage, REFUSING);
	if (!listen)
		reception_close(http->reception);
}

int http_in_hand(struct http *http)
{
	return atomic_load(&http->in_hand);
}

bool http_stop(struct http *http, int seconds)
{
	const struct timespec tick = { .tv_nsec = 20 * 1000 * 1000 };
	int ticks = seconds * 50, left;

	http_refuse(http, false);
	while ((left = http_in_hand(http)) > 0 && ticks-- > 0)
		nanosleep(&tick, NULL);
	reception_stop(http->reception);
	waiters_free(http->waiters);
	close(http->listen_fd);
	close_stores(http);
	pthread_cond_destroy(&http->unused);
	pthread_mutex_destroy(&http->lock);
	free(http);
	return !left;
}
