/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks an OCSP responder, in a process of its own: one that has no key and no
 * connection to the gateway, for a handshake that has both and may open no
 * socket any more.
 */
#ifndef VP_ASKER_H
#define VP_ASKER_H

#include "../../common/config.h"
#include "../reply.h"

/* Forks it, before anything is in memory that is not for it. 0, or -1 after refuse(). */
int asker_start(const struct config *config, int64_t deadline, struct vp_reply *reply);

/* For struct verify_policy. */
int asker_ask(void *arg, const char *url, const unsigned char *request, size_t len, unsigned char *answer);

#endif
