/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads that answer, and who gives them their connections: each goes to the one that has
 * fewest. Threads that accept at one socket themselves take up to ten connections
 * in one go, and then requests queue at one thread while the others have nothing to do.
 */
#ifndef VPG_RECEPTION_H
#define VPG_RECEPTION_H

#include <microhttpd.h>

struct reception;

/* @listen_fd stays the caller's. NULL: it cannot be done. */
struct reception *reception_start(int listen_fd, int threads, MHD_AccessHandlerCallback on_request,
				  MHD_RequestCompletedCallback on_completed, void *arg);
/* Nobody is let in any more; who is in is answered. */
void reception_close(struct reception *r);
/* Cuts off who is in. */
void reception_stop(struct reception *r);

#endif /* VPG_RECEPTION_H */
