/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP on a listening unix socket, by libmicrohttpd: threads, bodies, the peer's header. */
#ifndef VPG_HTTP_H
#define VPG_HTTP_H

#include "gateway.h"

#define HTTP_PEER_HEADER	"X-Client-Cert"

struct http;

struct http *http_start(struct gateway *gw, int listen_fd);
/* Lets requests in hand finish, for at most @seconds, then stops. False if some were cut off. */
bool http_stop(struct http *http, int seconds);

#endif /* VPG_HTTP_H */
