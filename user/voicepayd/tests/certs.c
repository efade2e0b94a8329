// SPDX-License-Identifier: GPL-2.0-or-later

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"

#define MUST(x) do {								\
	if (!(x)) {								\
		fprintf(stderr, "certs.c:%d: %s failed\n", __LINE__, #x);	\
		abort();							\
	}									\
} while (0)

static void add(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	MUST(ext);
	MUST(X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
}

struct identity make_identity(const struct recipe *r, const struct identity *issuer)
{
	struct identity id = { X509_new(), NULL };
	X509_NAME *name = X509_get_subject_name(id.cert);
	X509 *by = issuer ? issuer->cert : id.cert;
	unsigned char serial[16];
	BIGNUM *bn;

	id.key = r->rsa_bits ? EVP_RSA_gen(r->rsa_bits) : EVP_EC_gen("P-256");
	MUST(id.key);
	MUST(RAND_bytes(serial, sizeof(serial)));
	serial[0] = (serial[0] & 0x7f) | 1;
	bn = BN_bin2bn(serial, sizeof(serial), NULL);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(id.cert));
	BN_free(bn);

	X509_set_version(id.cert, X509_VERSION_3);
	X509_time_adj_ex(X509_getm_notBefore(id.cert), r->from ? r->from : -1, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(id.cert), r->until ? r->until : 30, 0, NULL);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const void *)r->cn, -1, -1, 0);
	X509_set_issuer_name(id.cert, X509_get_subject_name(by));
	X509_set_pubkey(id.cert, id.key);

	add(id.cert, by, NID_subject_key_identifier, "hash");
	add(id.cert, by, NID_authority_key_identifier, issuer ? "keyid" : NULL);
	add(id.cert, by, NID_basic_constraints, r->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add(id.cert, by, NID_key_usage, r->ku ? r->ku :
	    r->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	if (r->eku ? *r->eku : !r->ca)
		add(id.cert, by, NID_ext_key_usage, r->eku ? r->eku : "serverAuth");
	add(id.cert, by, NID_subject_alt_name, r->san);
	add(id.cert, by, NID_name_constraints, r->constraint);
	MUST(X509_sign(id.cert, issuer ? issuer->key : id.key, r->sha1 ? EVP_sha1() : EVP_sha256()));
	return id;
}

void free_identity(struct identity *id)
{
	X509_free(id->cert);
	EVP_PKEY_free(id->key);
	memset(id, 0, sizeof(*id));
}
