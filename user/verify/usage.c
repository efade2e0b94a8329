// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a certificate may do what it does in a chain: RFC 5280 4.2.1, BR 7.1.2. */

#include <openssl/x509v3.h>
#include <string.h>

#include "internal.h"

#define TLS_STATUS_REQUEST	5
#define TLS_STATUS_REQUEST_V2	17

bool is_self_issued(X509 *cert)
{
	return !X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert));
}

bool is_self_signed(X509 *cert)
{
	/* Not X509_self_signed(), which believes the key identifiers. */
	return is_self_issued(cert) && X509_get0_pubkey(cert) &&
	       X509_verify(cert, X509_get0_pubkey(cert)) == 1;
}

bool must_staple(X509 *cert)
{
	TLS_FEATURE *features = read_extension(X509_get0_extensions(cert), NID_tlsfeature);
	bool must = false;
	int i;

	for (i = 0; i < sk_ASN1_INTEGER_num(features); i++) {
		long n = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i));

		must |= n == TLS_STATUS_REQUEST || n == TLS_STATUS_REQUEST_V2;
	}
	sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
	return must;
}

static bool extension_is_critical(const struct subject *s, int nid)
{
	int at = X509_get_ext_by_NID(s->cert, nid, -1);

	return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(s->cert, at));
}

static int check_key_ids(const struct subject *s)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_get0_extensions(s->cert);
	AUTHORITY_KEYID *akid = read_extension(exts, NID_authority_key_identifier);
	ASN1_OCTET_STRING *skid = read_extension(exts, NID_subject_key_identifier);
	/* Only a trusted one comes without the certificate that signed it. */
	bool self_signed = s->role == ROLE_TRUSTED && is_self_signed(s->cert);
	int ret = 0;

	if (s->role != ROLE_SERVER && !skid)
		ret = refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "is a CA's and has no subjectKeyIdentifier");
	else if (!akid && !self_signed)
		ret = refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "has no authorityKeyIdentifier");
	else if (akid && !akid->keyid)
		ret = refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "has an authorityKeyIdentifier without a key's");
	else if (akid && (akid->issuer || akid->serial))
		ret = refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
				"has an authorityKeyIdentifier with issuer or serial number, which BR 7.1.2.11.1 forbids");
	else if (akid && self_signed && ASN1_OCTET_STRING_cmp(akid->keyid, skid))
		ret = refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
				"is signed by itself, but its two key identifiers differ");
	AUTHORITY_KEYID_free(akid);
	ASN1_OCTET_STRING_free(skid);
	return ret;
}

/* BR 7.1.2.7.10: what a server's certificate must not be for, too. */
static int check_server_purposes(const struct subject *s)
{
	static const struct {
		int nid;
		const char *what;
	} forbidden[] = {
		{ NID_anyExtendedKeyUsage, "anything" },
		{ NID_code_sign, "code signing" },
		{ NID_email_protect, "e-mail" },
		{ NID_time_stamp, "time stamps" },
		{ NID_OCSP_sign, "OCSP answers" },
		{ NID_ct_precert_signer, "precertificates" },
	};
	EXTENDED_KEY_USAGE *eku = read_extension(X509_get0_extensions(s->cert), NID_ext_key_usage);
	const char *also = NULL;
	bool server = false;
	int i;
	size_t k;

	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i));

		server |= nid == NID_server_auth;
		for (k = 0; k < sizeof(forbidden) / sizeof(forbidden[0]); k++)
			if (nid == forbidden[k].nid)
				also = forbidden[k].what;
	}
	EXTENDED_KEY_USAGE_free(eku);
	if (!server)
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "was not made for a TLS server (no serverAuth)");
	if (also)
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "is for %s, too, which a server's must not be", also);
	if (extension_is_critical(s, NID_ext_key_usage))
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE,
				 "marks its extended key usage critical, which BR 7.1.2.7.6 forbids");
	return 0;
}

static int check_server(const struct subject *s, uint32_t flags, uint32_t ku,
			const BASIC_CONSTRAINTS *bc)
{
	if (bc && bc->ca)
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "is a CA's");
	if (flags & EXFLAG_KUSAGE && ku & (KU_KEY_CERT_SIGN | KU_CRL_SIGN))
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "has a key that signs certificates or CRLs, as a CA's does");
	if (flags & EXFLAG_KUSAGE && !(ku & KU_DIGITAL_SIGNATURE))
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "has a key that is not for signatures");
	if (X509_get_ext_by_NID(s->cert, NID_name_constraints, -1) >= 0)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "has name constraints, which are for CAs");
	return check_server_purposes(s);
}

static int check_ca(const struct subject *s, uint32_t flags, uint32_t ku,
		    const BASIC_CONSTRAINTS *bc)
{
	EXTENDED_KEY_USAGE *eku;
	bool server = false;
	int i;

	if (!bc || !bc->ca)
		return refuse_it(s, VOICEPAY_CHECK_CA, "signs another certificate, but is not a CA's");
	if (!extension_is_critical(s, NID_basic_constraints))
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "is a CA's, but does not mark its basic constraints critical");
	if (!(flags & EXFLAG_KUSAGE))
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "is a CA's and has no key usage");
	if (!(ku & KU_KEY_CERT_SIGN))
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "has a key that is not for signing certificates");
	if (!(flags & EXFLAG_XKUSAGE))
		return 0;
	/* A root that is for servers alone is no root (BR 7.1.2.1.2). */
	if (s->role == ROLE_TRUSTED && is_self_issued(s->cert))
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE,
				 "is a root's and has an extended key usage, which BR 7.1.2.1.2 forbids");
	eku = read_extension(X509_get0_extensions(s->cert), NID_ext_key_usage);
	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
		server |= OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i)) == NID_server_auth;
	EXTENDED_KEY_USAGE_free(eku);
	if (!server)
		return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "is a CA's, but not for TLS servers (no serverAuth)");
	return 0;
}

int check_usage(const struct subject *s)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_get0_extensions(s->cert);
	uint32_t flags = X509_get_extension_flags(s->cert), ku = X509_get_key_usage(s->cert);
	BASIC_CONSTRAINTS *bc = read_extension(exts, NID_basic_constraints);
	int ret = -1;

	if (bc && bc->pathlen && (!bc->ca || ASN1_STRING_type(bc->pathlen) == V_ASN1_NEG_INTEGER))
		refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
			  "has a path length that is negative, or is not a CA's");
	else if (flags & EXFLAG_KUSAGE && !ku)
		refuse_it(s, VOICEPAY_CHECK_PURPOSE, "has a key usage with nothing in it");
	else if (!(s->role == ROLE_SERVER ? check_server(s, flags, ku, bc) : check_ca(s, flags, ku, bc)))
		ret = check_key_ids(s);
	BASIC_CONSTRAINTS_free(bc);
	return ret;
}
