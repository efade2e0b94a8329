/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions that are continued: a ticket of the kernel's, and OpenSSL's idea of one. */
#ifndef VP_RESUME_H
#define VP_RESUME_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/voicepay.h>
#include "context.h"

/**
 * struct ticket - as the module gives it, with room for what it points to
 */
struct ticket {
	struct voicepay_ticket it;
	unsigned char ticket[VOICEPAY_TICKET_MAX];
	unsigned char context[VOICEPAY_TICKET_CONTEXT_MAX];
};

/*
 * The server of @ticket's session would be accepted today: by @policy, which is
 * what a full handshake goes by, with the staple that came then. Fills in
 * @context if so.
 */
bool resume_allowed(const struct ticket *ticket, const struct verify_policy *policy,
		    struct context *context);

/* A session to be offered to the server, or NULL if the ticket is not sound. */
SSL_SESSION *resume_session(const struct ticket *ticket);

#endif
