// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "csr.h"
#include "prim_openssl.h"

static bool exponent_good(EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) && BN_num_bits(e) > 16;

	BN_free(e);
	return good;
}

const char *csr_key_problem(EVP_PKEY *key)
{
	int explicit = 0, bits = EVP_PKEY_get_bits(key);
	char group[64] = "";

	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	if (EVP_PKEY_is_a(key, "RSA"))
		return !exponent_good(key) ? "an RSA key's exponent must be 65537 or more, and odd" :
		       bits < 2048 ? "an RSA key must have 2048 bits or more" :
		       bits > 4096 ? "an RSA key must have 4096 bits or less" : NULL;
	if (!EVP_PKEY_is_a(key, "EC"))
		return "the key must be P-256, P-384, Ed25519 or RSA";
	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) != 1 ||
	    (strcmp(group, "prime256v1") && strcmp(group, "secp384r1")))
		return "an elliptic curve must be P-256 or P-384";
	/* CVE-2020-0601: a curve that only looks like the one it names. */
	if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) == 1 && explicit)
		return "the curve must be named, not described";
	return NULL;
}

static bool digest_good(const X509_REQ *req)
{
	switch (X509_REQ_get_signature_nid(req)) {
	case NID_ecdsa_with_SHA256:
	case NID_ecdsa_with_SHA384:
	case NID_ecdsa_with_SHA512:
	case NID_sha256WithRSAEncryption:
	case NID_sha384WithRSAEncryption:
	case NID_sha512WithRSAEncryption:
	case NID_ED25519:
		return true;
	default:
		return false;
	}
}

int csr_spki(X509_PUBKEY *pub, __u8 spki[VP_HASH_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(pub, &der), ret;
	struct vp_piece piece = { der, len };

	ret = len > 0 ? vp_prim_hash(spki, &piece, 1) : -EINVAL;
	OPENSSL_free(der);
	return ret;
}

static const char *check(X509_REQ *req, __u8 spki[VP_HASH_LEN])
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(req);
	const char *problem;

	if (X509_REQ_get_version(req) != X509_REQ_VERSION_1)
		return "it is of an unknown version";
	if (!key)
		return "its key cannot be read";
	/* Before its key does any work for a stranger. */
	problem = csr_key_problem(key);
	if (problem)
		return problem;
	if (!digest_good(req))
		return "it must be signed with SHA-256, SHA-384 or SHA-512";
	if (X509_REQ_verify(req, key) != 1)
		return "its signature does not fit its key";
	return csr_spki(X509_REQ_get_X509_PUBKEY(req), spki) ? "its key cannot be read" : NULL;
}

/* A PEM block and white space, no more. */
static X509_REQ *read_pem(const char *text, size_t len)
{
	static const char begin[] = "-----BEGIN CERTIFICATE REQUEST-----", old[] = "-----BEGIN NEW CERTIFICATE REQUEST-----";
	X509_REQ *req = NULL;
	BIO *bio;
	char c;

	if (len < sizeof(old) || len > CSR_MAX || memchr(text, 0, len) ||
	    (memcmp(text, begin, sizeof(begin) - 1) && memcmp(text, old, sizeof(old) - 1)))
		return NULL;
	bio = BIO_new_mem_buf(text, len);
	if (bio)
		req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	while (req && BIO_read(bio, &c, 1) == 1) {
		if (c != '\n' && c != '\r' && c != ' ') {
			X509_REQ_free(req);
			req = NULL;
		}
	}
	BIO_free(bio);
	return req;
}

X509_REQ *csr_read(const char *text, size_t len, __u8 spki[VP_HASH_LEN], const char **why)
{
	X509_REQ *req = read_pem(text, len);

	*why = req ? check(req, spki) : "it is not one PEM certificate request of at most 8 kB";
	if (*why) {
		X509_REQ_free(req);
		req = NULL;
	}
	ERR_clear_error();
	return req;
}
