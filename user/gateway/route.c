// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "calls.h"
#include "metrics.h"
#include "prim_openssl.h"
#include "route.h"
#include "store_certs.h"

#define BAD(c, ...) (snprintf((c)->detail, sizeof((c)->detail), __VA_ARGS__), RF_BAD_REQUEST)

#define CALL(method, path, ...) { method, path, method " " path, __VA_ARGS__ }

static const struct route {
	const char *method, *path;	/* a path that ends in / takes one more component */
	const char *name;
	call_fn *fn;
	bool query;	/* takes something after a '?' */
	ahead_fn *ahead;
} routes[] = {
	CALL("POST", "/v1/enrol", do_enrol),
	CALL("POST", "/v1/voice-pay", do_voice_pay),
	CALL("GET", "/v1/time", do_time),
	CALL("POST", "/v1/certificate", do_certificate),
	CALL("GET", "/v1/waiting", do_waiting),
	CALL("POST", "/v1/confirm", do_confirm),
	CALL("GET", "/v1/orders/", do_order_show),
	CALL("POST", "/v1/pay-order", do_order_pay),
	CALL("POST", "/v1/code", do_code),
	CALL("POST", "/v1/pool", do_pool),
	CALL("POST", "/v1/limits", do_limits),
	CALL("GET", "/v1/limits/", do_limits_show),
	CALL("GET", "/v1/notifications", do_notifications, true),
	CALL("GET", "/v1/statement", do_statement, true),
	CALL("POST", "/v1/merchant/charge", do_charge, .ahead = ahead_charge),
	CALL("GET", "/v1/merchant/orders/", do_query),
	CALL("POST", "/v1/merchant/order", do_order),
	CALL("POST", "/v1/merchant/reverse", do_reverse),
	CALL("POST", "/v1/merchant/refund", do_refund),
	CALL("GET", "/v1/merchant/refunds/", do_refund_query),
};

_Static_assert(sizeof(routes) / sizeof(routes[0]) <= ROUTE_CALLS_MAX, "a call has no number");

const char *route_name(int number)
{
	if (number == ROUTE_CALLS_MAX)
		return "other";
	return number >= 0 && number < (int)(sizeof(routes) / sizeof(routes[0])) ? routes[number].name : NULL;
}

static const struct route *find_route(const char *path, const char **rest)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		size_t len = strlen(routes[i].path);

		*rest = path + len;
		if (routes[i].path[len - 1] == '/' ? !strncmp(path, routes[i].path, len) : !strcmp(path, routes[i].path))
			return &routes[i];
	}
	return NULL;
}

/* application/json, with parameters or without. */
static bool is_json(const char *type)
{
	static const char want[] = "application/json";

	if (!type || strncasecmp(type, want, sizeof(want) - 1))
		return false;
	type += sizeof(want) - 1;
	return !*type || *type == ';' || *type == ' ';
}

static enum refusal read_body(struct call *c, const struct request *req, json_t **body)
{
	json_error_t err;

	if (!is_json(req->content_type))
		return RF_WRONG_TYPE;
	if (req->body_len > ROUTE_BODY_MAX)
		return RF_TOO_LARGE;
	*body = json_loadb(req->body, req->body_len, JSON_REJECT_DUPLICATES, &err);
	if (!*body)
		return BAD(c, "The body is not valid JSON: see line %d, column %d.", err.line, err.column);
	return RF_OK;
}

static enum refusal answer_request(struct call *c, const struct request *req, bool peer_known, json_t **answer)
{
	const char *rest;
	const struct route *route = find_route(req->path, &rest);
	json_t *body = NULL;
	enum store_result revoked;
	enum refusal r = RF_OK;

	if (!route)
		return RF_NO_SUCH_CALL;
	if (strcmp(req->method, route->method))
		return RF_WRONG_METHOD;
	c->route = route - routes;
	/* nginx names the peer of every request; without it there is nobody to answer. */
	if (!peer_known)
		return RF_PEER_UNKNOWN;
	if (!strcmp(route->method, "POST"))
		r = read_body(c, req, &body);
	if (r == RF_OK && route->ahead && store_ahead(c->st)) {
		store_revoked(c->st, c->peer.device);
		route->ahead(c, body);
		store_ahead_end(c->st);
	}
	/* What waits for nothing in between; the rest reads little. */
	if (route->ahead)
		store_look(c->st, true);
	/* Known and gone: before anything else is said, whatever nginx thinks of the certificate. */
	revoked = store_revoked(c->st, c->peer.device);
	if (revoked != STORE_NONE) {
		json_decref(body);
		c->detail[0] = '\0';
		return revoked == STORE_OK ? RF_PEER_REVOKED : refusal_of_store(revoked);
	}
	if (r != RF_OK)
		return r;
	if (req->query && !route->query) {
		json_decref(body);
		return BAD(c, "This call takes nothing after a '?'.");
	}
	if (route->query)
		body = req->query ? json_incref(req->query) : json_object();
	r = route->fn(c, body, rest, answer);
	json_decref(body);
	if (r == RF_OK && !*answer)
		r = RF_FAILED;
	return r;
}

json_t *route_refusal(enum refusal r, const char *detail)
{
	return json_pack("{s:s, s:s}", "error", refusal_code(r),
			 "message", detail && *detail ? detail : refusal_message(r));
}

#define TRIES		8
#define TRIES_MS	3000

/* A little longer each time, and not the same for those who met each other. */
static void nap(int tries)
{
	struct timespec ts = { 0 };
	__u32 n = 0;

	prim_random(&n, sizeof(n));
	ts.tv_nsec = n % (2000000u << (tries < 6 ? tries : 6));
	nanosleep(&ts, NULL);
}

/*
 * What somebody else at the database came between, or lost its connection before the commit
 * was sent, was not done at all: it is run again, a bounded number of times.
 */
static enum refusal answer_in_the_end(struct call *c, const struct request *req, bool peer_known, json_t **answer)
{
	__u64 end = gateway_clock_ms() + TRIES_MS;
	enum refusal r;

	for (int tries = 0;; tries++) {
		*answer = NULL;
		c->detail[0] = '\0';
		c->paid = c->gave_back = c->noticed = false;
		c->wait_seconds = 0;
		r = answer_request(c, req, peer_known, answer);
		store_look(c->st, false);
		store_ahead_forget(c->st);
		if (r != RF_AGAIN)
			return r;
		store_rollback(c->st);
		json_decref(*answer);
		*answer = NULL;
		c->detail[0] = '\0';
		if (tries >= TRIES || gateway_clock_ms() >= end)
			return RF_BUSY;
		metrics_count(M_DB_RETRIES);
		nap(tries);
	}
}

int route_request(struct call *c, const struct request *req, bool peer_known, json_t **answer)
{
	enum refusal r;

	c->route = -1;
	r = answer_in_the_end(c, req, peer_known, answer);
	if (r != RF_OK) {
		json_decref(*answer);
		*answer = route_refusal(r, c->detail);
	}
	/* What was booked and then refused was rolled back. */
	if (r == RF_OK && c->paid)
		metrics_count(M_CHARGES_BOOKED);
	if (r == RF_OK && c->gave_back)
		metrics_count(M_REFUNDS_BOOKED);
	c->result = r;
	return refusal_status(r);
}
