/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this certificate the gateway's? Needs no connection. */
#ifndef VP_VERIFY_H
#define VP_VERIFY_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

#include "../../common/pin.h"
#include "../reply.h"

/**
 * struct verify_policy - what a certificate must satisfy, all of it
 * @trusted: CAs, from trust_load(); no others count
 * @host: DNS name in ASCII, or an address if @host_is_ip
 * @pins: one key of the verified chain must be among them
 * @at: the time that counts, 0 for now
 */
struct verify_policy {
	X509_STORE *trusted;
	const char *host;
	bool host_is_ip;
	const struct pin *pins;
	size_t pin_count;
	time_t at;
};

/* The CAs of a PEM file, and nothing of the system's. NULL after refuse(). */
X509_STORE *trust_load(const char *file, struct vp_reply *reply);

/*
 * Checks @leaf with the help of the certificates that came with it: trusted
 * CA, signatures, dates, purpose, host name, pin. 0, or -1 after refuse().
 */
int verify_server(const struct verify_policy *policy, X509 *leaf, STACK_OF(X509) *sent,
		  struct vp_reply *reply);

/* SHA-256 over the certificate's DER SubjectPublicKeyInfo. 0 or -1. */
int verify_spki(X509 *cert, struct pin *pin);

#endif
