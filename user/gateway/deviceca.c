// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "deviceca.h"
#include "filemode.h"
#include "hex.h"
#include "log.h"

#define CLOCK_SLACK	3600	/* a device's clock may be behind */

static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	return -1;	/* there is nobody to ask */
}

static const EVP_MD *digest_of(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
}

static const char *ca_problem(const struct deviceca *ca)
{
	time_t now = time(NULL);

	if (X509_check_private_key(ca->cert, ca->key) != 1)
		return "key and certificate are not a pair";
	if (X509_check_ca(ca->cert) != 1)
		return "the certificate is not a CA's";
	if ((X509_get_key_usage(ca->cert) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != (KU_KEY_CERT_SIGN | KU_CRL_SIGN))
		return "the certificate's key usage must be keyCertSign and cRLSign";
	if (!X509_get0_subject_key_id(ca->cert))
		return "the certificate has no subjectKeyIdentifier";
	if (X509_cmp_time(X509_get0_notAfter(ca->cert), &now) <= 0)
		return "the certificate has expired";
	return csr_key_problem(ca->key);
}

int deviceca_load(struct deviceca *ca, const struct settings *set)
{
	const char *problem = NULL;
	FILE *f;

	memset(ca, 0, sizeof(*ca));
	ca->days = set->cert_days;
	if (!*set->ca_cert && !*set->ca_key)
		return 1;
	if (!*set->ca_cert || !*set->ca_key)
		return log_error("settings: [certificates] needs both, ca and key"), -EINVAL;
	if (!filemode_good(set->ca_key, S_IRWXO) || !filemode_good(set->ca_cert, S_IWOTH))
		return -EPERM;
	f = fopen(set->ca_cert, "re");
	if (f) {
		ca->cert = PEM_read_X509(f, NULL, no_passphrase, NULL);
		fclose(f);
	}
	f = fopen(set->ca_key, "re");
	if (f) {
		setvbuf(f, NULL, _IONBF, 0);
		ca->key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
		fclose(f);
	}
	if (!ca->cert)
		log_error("%s holds no certificate that can be read", set->ca_cert);
	else if (!ca->key)
		log_error("%s holds no key that can be read: it must be PEM, without a passphrase", set->ca_key);
	else
		problem = ca_problem(ca);
	ERR_clear_error();
	if (ca->cert && ca->key && !problem)
		return 0;
	if (problem)
		log_error("%s cannot make devices' certificates: %s", set->ca_cert, problem);
	deviceca_free(ca);
	return -EINVAL;
}

void deviceca_free(struct deviceca *ca)
{
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
	memset(ca, 0, sizeof(*ca));
}

static int add_extension(X509 *cert, const struct deviceca *ca, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx(&ctx, ca->cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

static int set_serial(X509 *cert)
{
	unsigned char bytes[CA_SERIAL_LEN];
	BIGNUM *bn;
	int ok;

	/* Zero is none of RFC 5280's; it comes once in 2^128 certificates. */
	do {
		if (RAND_bytes(bytes, sizeof(bytes)) != 1)
			return 0;
		bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
		ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
		BN_free(bn);
	} while (ok && ASN1_INTEGER_get(X509_get_serialNumber(cert)) == 0);
	return ok;
}

/* Not beyond the CA's own end: such a certificate would be good for nothing. */
static int set_dates(X509 *cert, const struct deviceca *ca, __u64 now)
{
	time_t begin = now - CLOCK_SLACK, end = now + ca->days * 86400ULL;

	if (!ASN1_TIME_set(X509_getm_notBefore(cert), begin) || !ASN1_TIME_set(X509_getm_notAfter(cert), end))
		return 0;
	if (ASN1_TIME_compare(X509_get0_notAfter(ca->cert), X509_get0_notAfter(cert)) < 0)
		return X509_set1_notAfter(cert, X509_get0_notAfter(ca->cert));
	return 1;
}

static int set_subject(X509 *cert, const __u8 spki[VP_HASH_LEN])
{
	char id[2 * VP_DEVICE_ID_LEN + 1];
	X509_NAME *name = X509_NAME_new();
	int ok;

	hex_encode(id, spki, VP_DEVICE_ID_LEN);
	ok = name && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (unsigned char *)id, -1, -1, 0) &&
	     X509_set_subject_name(cert, name);
	X509_NAME_free(name);
	return ok;
}

bool deviceca_ended(const struct deviceca *ca, __u64 now)
{
	time_t t = now;

	/* 0 is an error, and no date. */
	return X509_cmp_time(X509_get0_notAfter(ca->cert), &t) <= 0;
}

bool deviceca_made(const struct deviceca *ca, X509 *cert)
{
	bool made = cert && !X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(ca->cert)) &&
		    X509_verify(cert, X509_get0_pubkey(ca->cert)) == 1;

	ERR_clear_error();
	return made;
}

X509 *deviceca_certify(const struct deviceca *ca, X509_REQ *req, __u64 now)
{
	X509 *cert = X509_new();
	__u8 asked[VP_HASH_LEN], made[VP_HASH_LEN];

	/* What ended before it began would be asked for again at once, and be a row each time. */
	if (!cert || deviceca_ended(ca, now) || csr_spki(X509_REQ_get_X509_PUBKEY(req), asked))
		goto fail;
	if (X509_set_version(cert, X509_VERSION_3) != 1 || !set_serial(cert) || !set_dates(cert, ca, now) ||
	    !set_subject(cert, asked) || !X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)) ||
	    !X509_set_pubkey(cert, X509_REQ_get0_pubkey(req)))
		goto fail;
	/* The device id is a hash of the encoding: one that changed would be another device. */
	if (csr_spki(X509_get_X509_PUBKEY(cert), made) || memcmp(asked, made, sizeof(made)))
		goto fail;
	if (!add_extension(cert, ca, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(cert, ca, NID_key_usage, "critical,digitalSignature") ||
	    !add_extension(cert, ca, NID_ext_key_usage, "clientAuth") ||
	    !add_extension(cert, ca, NID_subject_key_identifier, "hash") ||
	    !add_extension(cert, ca, NID_authority_key_identifier, "keyid:always"))
		goto fail;
	if (X509_sign(cert, ca->key, digest_of(ca->key)) > 0)
		return cert;
fail:
	X509_free(cert);
	ERR_clear_error();
	return NULL;
}

static ASN1_TIME *time_of(__u64 t)
{
	return ASN1_TIME_set(NULL, (time_t)t);
}

X509_CRL *deviceca_crl_new(const struct deviceca *ca, __u64 now, int days, long long number)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *last = time_of(now), *next = time_of(now + days * 86400ULL);
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();
	int ok = 0;

	if (crl && last && next && n && akid && ASN1_INTEGER_set_int64(n, number)) {
		akid->keyid = ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(ca->cert));
		ok = akid->keyid && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
		     X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)) &&
		     X509_CRL_set1_lastUpdate(crl, last) && X509_CRL_set1_nextUpdate(crl, next) &&
		     X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, akid, 0, 0) == 1 &&
		     X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1;
	}
	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	ASN1_INTEGER_free(n);
	AUTHORITY_KEYID_free(akid);
	if (ok)
		return crl;
	X509_CRL_free(crl);
	return NULL;
}

int deviceca_crl_add(X509_CRL *crl, const struct deviceca_revoked *rev)
{
	BIGNUM *bn = BN_bin2bn(rev->serial, rev->serial_len, NULL);
	ASN1_INTEGER *serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *since = time_of(rev->since);
	int ok;

	ok = serial && reason && r && since && X509_REVOKED_set_serialNumber(r, serial) &&
	     X509_REVOKED_set_revocationDate(r, since);
	/* RFC 5280 5.3.1: "unspecified" is left out. */
	if (ok && rev->reason)
		ok = ASN1_ENUMERATED_set(reason, rev->reason) &&
		     X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0) == 1;
	ok = ok && X509_CRL_add0_revoked(crl, r);
	if (!ok)
		X509_REVOKED_free(r);
	BN_free(bn);
	ASN1_INTEGER_free(serial);
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(since);
	return ok ? 0 : -1;
}

int deviceca_crl_sign(const struct deviceca *ca, X509_CRL *crl)
{
	return X509_CRL_sort(crl) && X509_CRL_sign(crl, ca->key, digest_of(ca->key)) > 0 &&
	       X509_CRL_verify(crl, ca->key) == 1 ? 0 : -1;
}
