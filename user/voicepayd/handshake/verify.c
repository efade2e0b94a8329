// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each check is a function with an error of its own. OpenSSL walks the chain;
 * what it lets pass but should not (a name in the CN, a certificate that does
 * not say what it is for) is checked here.
 */

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "verify.h"

/* 112 bits: no SHA-1, no RSA below 2048, no curve below 224. */
#define AUTH_LEVEL	2
/* Intermediate CAs; the web's longest real chains have three. */
#define MAX_DEPTH	5

X509_STORE *trust_load(const char *file, struct vp_reply *reply)
{
	X509_STORE *store = X509_STORE_new();
	FILE *f = fopen(file, "re");
	unsigned int count = 0;
	unsigned long err;
	X509 *ca;

	if (!f || !store) {
		refuse(reply, VOICEPAY_CHECK_CONFIG, "%s: cannot be opened: it must hold the trusted CAs as PEM",
		       file);
		goto fail;
	}
	while ((ca = PEM_read_X509(f, NULL, NULL, NULL))) {
		int ok = X509_STORE_add_cert(store, ca);

		X509_free(ca);
		if (!ok)
			goto bad;
		count++;
	}
	/* The end shows as "no start line"; a damaged one must not end the list unseen. */
	err = ERR_peek_last_error();
	if (!count || ERR_GET_REASON(err) != PEM_R_NO_START_LINE)
		goto bad;
	ERR_clear_error();
	fclose(f);
	return store;
bad:
	refuse(reply, VOICEPAY_CHECK_CONFIG, "%s: %s: it must hold the trusted CAs as PEM", file,
	       count ? "a certificate in it is damaged" : "holds no certificate");
fail:
	if (f)
		fclose(f);
	X509_STORE_free(store);
	ERR_clear_error();
	return NULL;
}

int verify_spki(X509 *cert, struct pin *pin)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	int ok = len > 0 && EVP_Digest(der, len, pin->sha256, NULL, EVP_sha256(), NULL);

	OPENSSL_free(der);
	return ok ? 0 : -1;
}

static enum voicepay_check check_of(int err)
{
	switch (err) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
		return VOICEPAY_CHECK_DATES;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
	case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
	case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
	case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
		return VOICEPAY_CHECK_SIGNATURE;
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		return VOICEPAY_CHECK_PURPOSE;
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_SUBTREE_MINMAX:
		return VOICEPAY_CHECK_HOST;
	default:
		return VOICEPAY_CHECK_CA;
	}
}

/* A name of the certificate's for a message; the server chose it, so be careful. */
static void describe(X509 *cert, char *buf, size_t size)
{
	GENERAL_NAMES *names = cert ? X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL) : NULL;
	size_t n = 0;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && i < 3; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const unsigned char *p;
		int len;

		if (name->type != GEN_DNS)
			continue;
		p = ASN1_STRING_get0_data(name->d.dNSName);
		len = ASN1_STRING_length(name->d.dNSName);
		if (n && n + 2 < size)
			n += snprintf(buf + n, size - n, ", ");
		for (; len > 0 && n + 1 < size; len--, p++)
			buf[n++] = *p > 0x20 && *p < 0x7f ? *p : '?';
	}
	buf[n < size ? n : size - 1] = 0;
	if (!n)
		snprintf(buf, size, "no name");
	GENERAL_NAMES_free(names);
}

static void format_time(const ASN1_TIME *t, char buf[32])
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm) || !strftime(buf, 32, "%Y-%m-%d %H:%M UTC", &tm))
		strcpy(buf, "an unreadable date");
}

static int refuse_chain(X509_STORE_CTX *ctx, struct vp_reply *reply)
{
	int err = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	const char *whose = depth ? "a CA certificate of its chain" : "the server's certificate";
	char when[32];

	switch (err) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		format_time(X509_get0_notAfter(cert), when);
		return refuse(reply, VOICEPAY_CHECK_DATES,
			      "%s expired on %s: if this device's clock is right, the gateway must renew it",
			      whose, when);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		format_time(X509_get0_notBefore(cert), when);
		return refuse(reply, VOICEPAY_CHECK_DATES,
			      "%s is valid only from %s on: is this device's clock right?", whose, when);
	default:
		return refuse(reply, check_of(err),
			      "%s is refused: %s: this may be an impostor, so do not pay; if it is not, the CA file or the gateway must be put right",
			      whose, X509_verify_cert_error_string(err));
	}
}

/* Trusted CA, signatures, dates, and what the extensions allow. */
static int check_chain(const struct verify_policy *policy, X509_STORE_CTX *ctx,
		       struct vp_reply *reply)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_depth(param, MAX_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	if (policy->at)
		X509_VERIFY_PARAM_set_time(param, policy->at);
	if (X509_verify_cert(ctx) == 1 && X509_STORE_CTX_get_error(ctx) == X509_V_OK)
		return 0;
	return refuse_chain(ctx, reply);
}

static int check_purpose(X509 *leaf, struct vp_reply *reply)
{
	uint32_t eku = X509_get_extended_key_usage(leaf), ku = X509_get_key_usage(leaf);

	/* Absent is UINT32_MAX, and means "for anything". */
	if (!(X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) || !(eku & XKU_SSL_SERVER))
		return refuse(reply, VOICEPAY_CHECK_PURPOSE,
			      "the server's certificate was not made for a TLS server (no serverAuth): the gateway needs another");
	if (!(ku & KU_DIGITAL_SIGNATURE))
		return refuse(reply, VOICEPAY_CHECK_PURPOSE,
			      "the key of the server's certificate is not for signatures: the gateway needs another");
	if (X509_get_extension_flags(leaf) & EXFLAG_CA)
		return refuse(reply, VOICEPAY_CHECK_PURPOSE,
			      "the server's certificate is a CA's: the gateway needs one of its own");
	return 0;
}

static int check_host(const struct verify_policy *policy, X509 *leaf, struct vp_reply *reply)
{
	/* Without NEVER_CHECK_SUBJECT a common name stands in for a missing SAN. */
	unsigned int flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
			     X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	char names[96];
	int match;

	if (!policy->host || !*policy->host)
		return refuse(reply, VOICEPAY_CHECK_HOST, "there is no host name to check against");
	if (policy->host_is_ip)
		match = X509_check_ip_asc(leaf, policy->host, flags);
	else
		match = X509_check_host(leaf, policy->host, 0, flags, NULL);
	if (match == 1)
		return 0;
	describe(leaf, names, sizeof(names));
	return refuse(reply, VOICEPAY_CHECK_HOST,
		      "the server's certificate is for %s, not for %.80s: this is not the gateway",
		      names, policy->host);
}

static int check_pins(const struct verify_policy *policy, STACK_OF(X509) *chain,
		      struct vp_reply *reply)
{
	struct pin pin;
	int i;

	for (i = 0; i < sk_X509_num(chain); i++)
		if (!verify_spki(sk_X509_value(chain, i), &pin) &&
		    pin_in(&pin, policy->pins, policy->pin_count))
			return 0;
	return refuse(reply, VOICEPAY_CHECK_PIN,
		      "no key of the server's chain is pinned: this may be an impostor with a CA's help, so do not pay; if the gateway has a new key, its pin must be configured first");
}

int verify_server(const struct verify_policy *policy, X509 *leaf, STACK_OF(X509) *sent,
		  struct vp_reply *reply)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int ret = -1;

	if (!leaf)
		refuse(reply, VOICEPAY_CHECK_CA, "the server has no certificate");
	else if (!ctx || !X509_STORE_CTX_init(ctx, policy->trusted, leaf, sent))
		refuse(reply, VOICEPAY_CHECK_CA, "out of memory");
	else if (!check_chain(policy, ctx, reply) &&
		 !check_purpose(leaf, reply) &&
		 !check_host(policy, leaf, reply) &&
		 !check_pins(policy, X509_STORE_CTX_get0_chain(ctx), reply))
		ret = 0;
	X509_STORE_CTX_free(ctx);
	return ret;
}
