/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a certificate is made, and when the last one is given again. */
#ifndef VPG_CERTIFY_H
#define VPG_CERTIFY_H

#include "deviceca.h"
#include "gateway.h"
#include "store_certs.h"

/*
 * Makes one, and writes down that it was made. @spki: the key's hash, as
 * csr_read() gave it. STORE_FAILED if it cannot be made.
 */
enum store_result certify(const struct deviceca *ca, struct store *st, X509_REQ *req, const __u8 spki[VP_HASH_LEN],
			  __u64 now, struct certificate *out);

/* Seconds since 1970. */
__u64 certify_seconds(const ASN1_TIME *t);

/* What a device installs: its certificate, and the CA's if that is no root. PEM, to be freed. */
char *certify_pem(const struct deviceca *ca, const struct certificate *c);

/*
 * A device's renewal of its own: the key of @text's request must be the one
 * that the caller's TLS certificate has. As long as its newest certificate has
 * two thirds of its life left that is the answer, so that an answer that got
 * lost is asked for again without harm, and nobody can fill the table.
 */
enum refusal certify_renew(struct call *c, const char *text, struct certificate *out);

#endif /* VPG_CERTIFY_H */
