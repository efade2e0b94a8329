/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TLS handshake, by the profile of this project and no other. */
#ifndef VP_TLS_H
#define VP_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "../reply.h"
#include "../../verify/verify.h"
#include "context.h"
#include "device.h"
#include "secrets.h"

/**
 * struct tls - one handshake
 * @policy: what the server must be
 * @device: what this device is
 * @reply: where a refusal goes
 * @secrets: out: those of the session, or nothing
 * @context: out: what was checked of the server, for a later session
 */
struct tls {
	const struct verify_policy *policy;
	const struct device *device;
	struct vp_reply *reply;
	struct secrets secrets;
	struct context context;
	/* private */
	SSL_CTX *ctx;
	SSL *ssl;
	bool asked;		/* the server asked for our certificate */
	bool checked;		/* its own was good */
	bool offered;		/* a session to be continued */
	bool heard;		/* something came from the server */
};

/*
 * Before any other use of OpenSSL, the reading of a certificate too: whichever
 * comes first takes the system's openssl.cnf in. 0, or -1 after refuse().
 */
int tls_no_system_config(struct vp_reply *reply);

/* This OpenSSL can do what a channel needs. 0, or -1 after refuse(). */
int tls_can_hand_over(struct vp_reply *reply);

/* Makes everything ready that needs files or memory. 0, or -1 after refuse(). */
int tls_prepare(struct tls *tls);

/*
 * Offers the server @session, whose certificates, @context, the caller has
 * checked anew. Both are taken over. Whether it is continued is the server's choice.
 */
void tls_offer(struct tls *tls, SSL_SESSION *session, struct context *context);

/* The handshake failed in a way that may be the offered session's fault. */
bool tls_offer_to_blame(const struct tls *tls);

/*
 * Shakes hands on @fd, a non-blocking socket that stays the caller's. When 0
 * comes back the server has passed every check and nothing was sent or read
 * beyond the handshake. -1 after refuse().
 */
int tls_handshake(struct tls *tls, int fd, int64_t deadline);

/* Kernel TLS took over in both directions, and OpenSSL holds back no data. */
int tls_engaged(struct tls *tls);

/* Frees, and with it wipes, all that OpenSSL knows; not what is there for the caller. Sends nothing. */
void tls_free(struct tls *tls);

#endif
