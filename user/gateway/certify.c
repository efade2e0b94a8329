// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "biostring.h"
#include "certify.h"
#include "log.h"

__u64 certify_seconds(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) ? (__u64)timegm(&tm) : 0;
}

static int describe(X509 *cert, const __u8 spki[VP_HASH_LEN], __u64 now, struct certificate *out)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	unsigned char *p = out->der;
	int len = i2d_X509(cert, NULL);

	memset(out, 0, sizeof(*out));
	if (serial->length < 1 || serial->length > STORE_SERIAL_MAX || len < 1 || len > STORE_CERT_MAX)
		return -1;
	memcpy(out->serial, serial->data, serial->length);
	out->serial_len = serial->length;
	memcpy(out->spki, spki, sizeof(out->spki));
	out->made = now;
	out->not_after = certify_seconds(X509_get0_notAfter(cert));
	out->der_len = i2d_X509(cert, &p);
	return 0;
}

enum store_result certify(const struct deviceca *ca, struct store *st, X509_REQ *req, const __u8 spki[VP_HASH_LEN],
			  __u64 now, struct certificate *out)
{
	X509 *cert = deviceca_certify(ca, req, now);
	int bad = !cert || describe(cert, spki, now, out);
	enum store_result r;

	X509_free(cert);
	if (bad) {
		log_error("a certificate could not be made%s", deviceca_ended(ca, now) ? ": the CA has expired" : "");
		return STORE_FAILED;
	}
	r = store_begin_alone(st);
	if (r == STORE_OK)
		r = store_revoked(st, spki);
	/* By another of our programs, since this one looked. */
	if (r == STORE_OK)
		r = STORE_TAKEN;
	else if (r == STORE_NONE)
		r = store_cert_add(st, out);
	if (r == STORE_OK)
		r = store_commit(st);
	store_rollback(st);
	return r;
}

char *certify_pem(const struct deviceca *ca, const struct certificate *c)
{
	const unsigned char *p = c->der;
	X509 *cert = d2i_X509(NULL, &p, c->der_len);
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;

	if (cert && bio && PEM_write_bio_X509(bio, cert) == 1 &&
	    (X509_get_extension_flags(ca->cert) & EXFLAG_SS || PEM_write_bio_X509(bio, ca->cert) == 1))
		pem = bio_string(bio);
	X509_free(cert);
	BIO_free(bio);
	return pem;
}

/* One of the CA that was there before would be handed out with a chain that does not lead to it. */
static bool is_ours(const struct deviceca *ca, const struct certificate *c)
{
	const unsigned char *p = c->der;
	X509 *cert = d2i_X509(NULL, &p, c->der_len);
	bool ours = deviceca_made(ca, cert);

	X509_free(cert);
	return ours;
}

static bool is_fresh(const struct certificate *c, __u64 now)
{
	return c->not_after > now && (c->not_after - now) * 3 >= (c->not_after - c->made) * 2;
}

enum refusal certify_renew(struct call *c, const char *text, struct certificate *out)
{
	const char *why = "";
	__u8 spki[VP_HASH_LEN];
	enum store_result r;
	X509_REQ *req;

	if (!c->gw->ca)
		return RF_NO_CERTIFICATES;
	if (deviceca_ended(c->gw->ca, call_now(c))) {
		log_error("the CA of the settings has expired: no certificate is made until there is another");
		return RF_NO_CERTIFICATES;
	}
	req = csr_read(text, strlen(text), spki, &why);
	if (!req) {
		snprintf(c->detail, sizeof(c->detail), "The certificate request is refused: %s.", why);
		return RF_BAD_REQUEST;
	}
	if (CRYPTO_memcmp(spki, c->peer.spki, sizeof(spki))) {
		X509_REQ_free(req);
		return RF_OTHER_KEY;
	}
	r = store_cert_newest(c->st, spki, out);
	if (r == STORE_NONE || (r == STORE_OK && !(is_fresh(out, call_now(c)) && is_ours(c->gw->ca, out))))
		r = certify(c->gw->ca, c->st, req, spki, call_now(c), out);
	X509_REQ_free(req);
	return r == STORE_TAKEN ? RF_PEER_REVOKED : refusal_of_store(r);
}
