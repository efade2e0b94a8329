/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one session to the next, by way of the kernel. */
#ifndef VP_SESSION_H
#define VP_SESSION_H

#include "../../common/config.h"
#include "tls.h"

struct voicepay_seal;

/* If the module has a ticket for what this handshake is bound to, and it is good, offers it. */
void session_offer(struct tls *tls, const struct config *config, int device);

/*
 * Fills in what the module is to have of the session. @context is room that
 * must stay until it has. session_forget() wipes both, and @tls's.
 */
void session_pass_on(struct tls *tls, const struct config *config, struct voicepay_seal *seal,
		     unsigned char context[CONTEXT_MAX]);
void session_forget(struct tls *tls, struct voicepay_seal *seal);

#endif
