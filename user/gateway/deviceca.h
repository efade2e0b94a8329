/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CA of devices and merchants: what it makes has one form, whatever was asked for. */
#ifndef VPG_DEVICECA_H
#define VPG_DEVICECA_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "csr.h"
#include "settings.h"

#define CA_SERIAL_LEN	16	/* all of it random */

struct deviceca {
	X509 *cert;
	EVP_PKEY *key;
	int days;	/* that a certificate is good for */
};

/*
 * Loads what [certificates] names and checks that it is a CA's, in date, and a
 * pair. 0, 1 if the settings name none, or negative; the log is told why.
 */
int deviceca_load(struct deviceca *ca, const struct settings *set);
void deviceca_free(struct deviceca *ca);

/* At @now, is the CA past its last day? A gateway may run for longer than it had left. */
bool deviceca_ended(const struct deviceca *ca, __u64 now);
/* Is @cert this CA's, by issuer and signature? */
bool deviceca_made(const struct deviceca *ca, X509 *cert);

/*
 * A client's certificate for @req's key, from @now on: the subject is the
 * device id, nothing of @req is taken but its key. NULL if it cannot be made, as
 * when the CA has ended.
 */
X509 *deviceca_certify(const struct deviceca *ca, X509_REQ *req, __u64 now);

/* One that is no longer let in. */
struct deviceca_revoked {
	const __u8 *serial;
	size_t serial_len;
	__u64 since;
	int reason;	/* of RFC 5280; 0: not told */
};

/* A CRL without entries yet; then these; then signed. NULL or -1 if it cannot be made. */
X509_CRL *deviceca_crl_new(const struct deviceca *ca, __u64 now, int days, long long number);
int deviceca_crl_add(X509_CRL *crl, const struct deviceca_revoked *rev);
int deviceca_crl_sign(const struct deviceca *ca, X509_CRL *crl);

#endif /* VPG_DEVICECA_H */
