// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/biostring.h"
#include "../common/input.h"
#include "request.h"

#define CERT_FILE_MAX	65536
#define CHAIN_MAX	8

/* The public half as any program knows it, not as the token's provider does. */
static EVP_PKEY *public_half(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	const unsigned char *p = der;
	EVP_PKEY *pub = len > 0 ? d2i_PUBKEY(NULL, &p, len) : NULL;

	OPENSSL_free(der);
	return pub;
}

static void hex_of(const unsigned char *bytes, char id[DEVICE_ID_HEX])
{
	int i;

	for (i = 0; i < DEVICE_ID_HEX / 2; i++)
		sprintf(id + 2 * i, "%02x", bytes[i]);
}

static int id_of(X509_PUBKEY *pub, char id[DEVICE_ID_HEX])
{
	unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
	int len = i2d_X509_PUBKEY(pub, &der);
	int ok = len > 0 && EVP_Digest(der, len, hash, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	if (ok)
		hex_of(hash, id);
	return ok ? 0 : -1;
}

int device_id_of(X509 *cert, char id[DEVICE_ID_HEX])
{
	return id_of(X509_get_X509_PUBKEY(cert), id);
}

char *request_make(const struct devkey *dk, char error[DEVKEY_ERROR])
{
	X509_REQ *req = X509_REQ_new_ex(dk->ctx, NULL);
	EVP_PKEY *pub = public_half(dk->key);
	BIO *bio = BIO_new(BIO_s_mem());
	char id[DEVICE_ID_HEX], *text = NULL;
	const EVP_MD *md = EVP_PKEY_is_a(dk->key, "ED25519") ? NULL : EVP_sha256();

	/* The gateway decides on the name; this one is what it will be. */
	if (req && pub && bio && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	    X509_REQ_set_pubkey(req, pub) == 1 && !id_of(X509_REQ_get_X509_PUBKEY(req), id) &&
	    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC, (unsigned char *)id, -1, -1,
				       0) == 1 &&
	    X509_REQ_sign(req, dk->key, md) > 0 && PEM_write_bio_X509_REQ(bio, req) == 1)
		text = bio_string(bio);
	if (!text)
		snprintf(error, DEVKEY_ERROR, "a certificate request could not be made with this key");
	X509_REQ_free(req);
	EVP_PKEY_free(pub);
	BIO_free(bio);
	ERR_clear_error();
	return text;
}

static time_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) ? timegm(&tm) : 0;
}

int certfile_parse(struct certfile *f, const char *text, size_t len, char error[DEVKEY_ERROR])
{
	BIO *bio = BIO_new_mem_buf(text, len);
	X509 *ca = NULL;
	unsigned long err;

	memset(f, 0, sizeof(*f));
	f->chain = sk_X509_new_null();
	ERR_clear_error();
	f->cert = bio && f->chain ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	while (f->cert && sk_X509_num(f->chain) < CHAIN_MAX && (ca = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (!sk_X509_push(f->chain, ca)) {
			X509_free(ca);
			break;
		}
	}
	err = ERR_peek_last_error();
	BIO_free(bio);
	ERR_clear_error();
	/* Whatever is cut off or follows would be lost, or be something else than it seems. */
	if (!f->cert || ca || ERR_GET_REASON(err) != PEM_R_NO_START_LINE) {
		snprintf(error, DEVKEY_ERROR, "is not a certificate in PEM, with those of CAs behind it at most");
		certfile_free(f);
		return -1;
	}
	f->from = seconds_of(X509_get0_notBefore(f->cert));
	f->until = seconds_of(X509_get0_notAfter(f->cert));
	return 0;
}

int certfile_read(struct certfile *f, const char *path, char error[DEVKEY_ERROR])
{
	FILE *in = input_open(path);
	char *text = malloc(CERT_FILE_MAX), why[DEVKEY_ERROR];
	size_t len;
	int ret;

	memset(f, 0, sizeof(*f));
	if (!in || !text) {
		ret = in || errno != ENOENT ? -1 : 1;
		snprintf(error, DEVKEY_ERROR, "%.160s: %s", path, strerror(errno));
		input_close(in);
		free(text);
		return ret;
	}
	len = fread(text, 1, CERT_FILE_MAX, in);
	input_close(in);
	ret = certfile_parse(f, text, len, why);
	if (ret)
		snprintf(error, DEVKEY_ERROR, "%.160s %.200s", path, why);
	free(text);
	return ret;
}

void certfile_free(struct certfile *f)
{
	X509_free(f->cert);
	sk_X509_pop_free(f->chain, X509_free);
	memset(f, 0, sizeof(*f));
}

const char *certfile_problem(const struct certfile *f, time_t now)
{
	X509 *issuer = sk_X509_value(f->chain, 0);

	if (X509_get_version(f->cert) != X509_VERSION_3)
		return "is not of version 3";
	if (X509_check_ca(f->cert))
		return "is a CA's: it is not for a device";
	if (!(X509_get_extension_flags(f->cert) & EXFLAG_XKUSAGE) ||
	    !(X509_get_extended_key_usage(f->cert) & XKU_SSL_CLIENT))
		return "is not for a TLS client (extended key usage clientAuth)";
	if (!(X509_get_key_usage(f->cert) & KU_DIGITAL_SIGNATURE))
		return "is not for signatures (key usage digitalSignature)";
	if (now < f->from)
		return "is not valid yet: is this device's clock right?";
	if (now >= f->until)
		return "has expired: is this device's clock right?";
	if (issuer && (X509_check_issued(issuer, f->cert) != X509_V_OK || !X509_get0_pubkey(issuer) ||
		       X509_verify(f->cert, X509_get0_pubkey(issuer)) != 1))
		return "was not made by the CA behind it";
	return NULL;
}

bool certfile_due(const struct certfile *f, time_t now)
{
	return (f->until - now) * 3 <= f->until - f->from;
}

bool certfile_same_key(const struct certfile *a, const struct certfile *b)
{
	char x[DEVICE_ID_HEX], y[DEVICE_ID_HEX];

	return !device_id_of(a->cert, x) && !device_id_of(b->cert, y) && !strcmp(x, y);
}
