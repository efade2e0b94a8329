// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "handover.h"
#include "resume.h"
#include "session.h"

void session_offer(struct tls *tls, const struct config *config, int device)
{
	unsigned char binding[BINDING_LEN];
	static struct ticket ticket;
	struct context context;
	SSL_SESSION *session;

	if (binding_make(binding, config, tls->policy, tls->device->cert) ||
	    !handover_ticket(device, binding, &ticket))
		return;
	if (resume_allowed(&ticket, tls->policy, &context)) {
		session = resume_session(&ticket);
		if (session)
			tls_offer(tls, session, &context);
		else
			context_clear(&context);
	}
	OPENSSL_cleanse(&ticket, sizeof(ticket));
}

void session_pass_on(struct tls *tls, const struct config *config, struct voicepay_seal *seal,
		     unsigned char context[CONTEXT_MAX])
{
	const struct secrets *s = &tls->secrets;
	size_t len;

	memset(seal, 0, sizeof(*seal));
	/* Without them there is a channel that cannot follow a KeyUpdate, and no session after it. */
	if (!secrets_complete(&tls->secrets))
		return;
	seal->secret_len = s->len;
	memcpy(seal->tx_secret, s->tx, s->len);
	memcpy(seal->rx_secret, s->rx, s->len);
	if (!config->resume || binding_make(seal->binding, config, tls->policy, tls->device->cert)) {
		memset(seal->binding, 0, sizeof(seal->binding));
		return;
	}
	len = context_encode(&tls->context, context);
	if (!len) {
		memset(seal->binding, 0, sizeof(seal->binding));
		return;
	}
	memcpy(seal->resumption_secret, s->resumption, s->len);
	seal->context = (uintptr_t)context;
	seal->context_len = len;
}

void session_forget(struct tls *tls, struct voicepay_seal *seal)
{
	OPENSSL_cleanse(seal, sizeof(*seal));
	OPENSSL_cleanse(&tls->secrets, sizeof(tls->secrets));
	context_clear(&tls->context);
}
