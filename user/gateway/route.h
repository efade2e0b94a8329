/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From method, path and body to an answer: which call it is, and whether its JSON has the right shape. */
#ifndef VPG_ROUTE_H
#define VPG_ROUTE_H

#include <jansson.h>

#include "gateway.h"

#define ROUTE_BODY_MAX	16384

struct request {
	const char *method, *path, *content_type;
	const char *body;
	size_t body_len;
	json_t *query;	/* what stood after the '?', strings; NULL: nothing */
};

/*
 * Answers @req; returns the HTTP status and a new reference in @answer. What
 * is refused before the peer matters is refused without one: @peer_known says
 * whether c->peer is set.
 */
int route_request(struct call *c, const struct request *req, bool peer_known, json_t **answer);

#define ROUTE_CALLS_MAX	32

/* "POST /v1/enrol" for c->route; "other" for ROUTE_CALLS_MAX; NULL: no such number. */
const char *route_name(int number);

/* {"error", "message"} */
json_t *route_refusal(enum refusal r, const char *detail);

#endif /* VPG_ROUTE_H */
