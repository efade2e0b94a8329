/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP on a listening unix socket, by libmicrohttpd: threads, bodies, the peer's header. */
#ifndef VPG_HTTP_H
#define VPG_HTTP_H

#include "gateway.h"

#define HTTP_PEER_HEADER	"X-Client-Cert"

struct http;

struct http *http_start(struct gateway *gw, int listen_fd);
/*
 * Calls that begin from now on see @gw, all of it; those under way end with what
 * they began with. Returns the one before, which nobody uses any more.
 */
struct gateway *http_replace(struct http *http, struct gateway *gw);

/* The end, in steps, of which each includes those before it. */
/* Whoever waits for news is answered; each answer says that the connection ends with it. */
void http_drain(struct http *http);
/* What is new is refused, and asked again elsewhere; with @listen it still gets as far as that. */
void http_refuse(struct http *http, bool listen);
/* Requests that were let in and are not answered yet. */
int http_in_hand(struct http *http);
/* Lets requests in hand finish, for at most @seconds, then stops. False if some were cut off. */
bool http_stop(struct http *http, int seconds);

#endif /* VPG_HTTP_H */
