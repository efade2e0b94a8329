/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request for a certificate (PKCS#10, RFC 2986), of which one thing counts: whose key it is. */
#ifndef VPG_CSR_H
#define VPG_CSR_H

#include <stddef.h>
#include <openssl/x509.h>

#include "agreement.h"

#define CSR_MAX	8192

/*
 * Reads one PEM request and nothing beside it. @spki gets the SHA-256 of its
 * SubjectPublicKeyInfo. NULL, and why, if it is not one, was not made by the
 * holder of its key, or the key is weak.
 */
X509_REQ *csr_read(const char *text, size_t len, __u8 spki[VP_HASH_LEN], const char **why);

/* NULL, or what is wrong with a key that a certificate is to be made for. */
const char *csr_key_problem(EVP_PKEY *key);

/* SHA-256 of a SubjectPublicKeyInfo as it stands there. */
int csr_spki(X509_PUBKEY *pub, __u8 spki[VP_HASH_LEN]);

#endif /* VPG_CSR_H */
