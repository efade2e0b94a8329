/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates made on the fly: good ones, and bad ones in one respect each. */
#ifndef VP_CERTS_H
#define VP_CERTS_H

#include <openssl/x509.h>

struct identity {
	X509 *cert;
	EVP_PKEY *key;
};

/**
 * struct recipe - how a certificate is made; what is left out is as it should be
 * @cn: common name
 * @san: X.509v3 subjectAltName value; NULL for none
 * @eku: extendedKeyUsage value; NULL for "serverAuth", "" or a CA for none
 * @ku: keyUsage value
 * @from: days from now to notBefore, default -1
 * @until: days from now to notAfter, default 30
 * @ca: it is one
 * @rsa_bits: an RSA key of that size instead of P-256
 * @sha1: signed with SHA-1
 * @constraint: nameConstraints value
 */
struct recipe {
	const char *cn;
	const char *san;
	const char *eku;
	const char *ku;
	int from;
	int until;
	int ca;
	int rsa_bits;
	int sha1;
	const char *constraint;
};

/* Signed by @issuer, or by itself if that is NULL. */
struct identity make_identity(const struct recipe *recipe, const struct identity *issuer);
void free_identity(struct identity *id);

#endif
