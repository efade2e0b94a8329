// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The form of a certificate. OpenSSL reads generously; what differs between
 * two readers is where an attacker lives.
 */

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define SERIAL_MAX	20

/* What may be critical because something here, or in OpenSSL's path check, obeys it. */
static const int obeyed[] = {
	NID_basic_constraints, NID_key_usage, NID_ext_key_usage, NID_subject_alt_name,
	NID_name_constraints, NID_certificate_policies, NID_policy_constraints,
	NID_policy_mappings, NID_inhibit_any_policy, NID_tlsfeature, NID_crl_distribution_points,
};

/* RFC 5280: "MUST mark this extension as non-critical". */
static const int never_critical[] = {
	NID_authority_key_identifier, NID_subject_key_identifier, NID_info_access, NID_sinfo_access,
	NID_subject_directory_attributes, NID_freshest_crl,
};

static const int always_critical[] = { NID_policy_constraints, NID_inhibit_any_policy };

/* Decoded to the last byte, whoever needs them: a damaged one is no extension. */
static const int well_formed[] = {
	NID_basic_constraints, NID_key_usage, NID_ext_key_usage, NID_subject_alt_name,
	NID_issuer_alt_name, NID_name_constraints, NID_certificate_policies,
	NID_policy_constraints, NID_policy_mappings, NID_inhibit_any_policy,
	NID_authority_key_identifier, NID_subject_key_identifier, NID_info_access,
	NID_sinfo_access, NID_crl_distribution_points, NID_freshest_crl, NID_tlsfeature,
};

static bool among(int nid, const int *set, size_t n)
{
	while (n--)
		if (set[n] == nid)
			return true;
	return false;
}

#define AMONG(nid, set) among(nid, set, sizeof(set) / sizeof(set[0]))

/* OpenSSL's decoder is content with a beginning. */
static void *decode(X509_EXTENSION *ext)
{
	const X509V3_EXT_METHOD *method = X509V3_EXT_get(ext);
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
	const unsigned char *start = ASN1_STRING_get0_data(value), *p = start;
	int len = ASN1_STRING_length(value);
	void *data = NULL;

	if (!method)
		return NULL;
	if (method->it)
		data = ASN1_item_d2i(NULL, &p, len, ASN1_ITEM_ptr(method->it));
	else if (method->d2i)
		data = method->d2i(NULL, &p, len);
	if (data && p != start + len) {
		if (method->it)
			ASN1_item_free(data, ASN1_ITEM_ptr(method->it));
		else
			method->ext_free(data);
		data = NULL;
	}
	return data;
}

static void free_decoded(X509_EXTENSION *ext, void *data)
{
	const X509V3_EXT_METHOD *method = X509V3_EXT_get(ext);

	if (method->it)
		ASN1_item_free(data, ASN1_ITEM_ptr(method->it));
	else
		method->ext_free(data);
}

void *read_extension(const STACK_OF(X509_EXTENSION) *exts, int nid)
{
	int at = X509v3_get_ext_by_NID(exts, nid, -1);

	return at < 0 ? NULL : decode(X509v3_get_ext(exts, at));
}

/* SEQUENCE SIZE (1..MAX), which OpenSSL does not count. */
static bool is_empty(int nid, const void *data)
{
	switch (nid) {
	case NID_ext_key_usage:
	case NID_subject_alt_name:
	case NID_issuer_alt_name:
	case NID_certificate_policies:
	case NID_policy_mappings:
	case NID_info_access:
	case NID_sinfo_access:
	case NID_crl_distribution_points:
	case NID_freshest_crl:
	case NID_tlsfeature:
		return OPENSSL_sk_num(data) < 1;
	case NID_policy_constraints:
		return !((const POLICY_CONSTRAINTS *)data)->requireExplicitPolicy &&
		       !((const POLICY_CONSTRAINTS *)data)->inhibitPolicyMapping;
	default:
		return false;
	}
}

static bool policies_repeat(const CERTIFICATEPOLICIES *policies)
{
	int i, j;

	for (i = 0; i < sk_POLICYINFO_num(policies); i++)
		for (j = 0; j < i; j++)
			if (!OBJ_cmp(sk_POLICYINFO_value(policies, i)->policyid,
				     sk_POLICYINFO_value(policies, j)->policyid))
				return true;
	return false;
}

/* A reader of the one form would look elsewhere than a reader of the other. */
static bool points_elsewhere(const CRL_DIST_POINTS *points)
{
	int i, j;

	for (i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		if (!p->distpoint || p->distpoint->type != 0 || p->reasons || p->CRLissuer)
			return true;
		for (j = 0; j < sk_GENERAL_NAME_num(p->distpoint->name.fullname); j++)
			if (sk_GENERAL_NAME_value(p->distpoint->name.fullname, j)->type != GEN_URI)
				return true;
	}
	return false;
}

static int check_content(const struct subject *s, int nid, const char *name, X509_EXTENSION *ext)
{
	void *data = decode(ext);
	int ret = 0;

	if (!data)
		return refuse_it(s, nid == NID_subject_alt_name ? VOICEPAY_CHECK_HOST : VOICEPAY_CHECK_CERTIFICATE,
				 "has an extension that cannot be decoded: %.60s", name);
	if (is_empty(nid, data))
		ret = refuse_it(s, nid == NID_subject_alt_name ? VOICEPAY_CHECK_HOST : VOICEPAY_CHECK_CERTIFICATE,
				"has an extension with nothing in it: %.60s", name);
	else if (nid == NID_certificate_policies && policies_repeat(data))
		ret = refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "names a certificate policy twice");
	else if (nid == NID_crl_distribution_points && s->role == ROLE_SERVER && points_elsewhere(data))
		ret = refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
				"has a CRL distribution point that is not by URI alone");
	free_decoded(ext, data);
	return ret;
}

static int check_extensions(const struct subject *s)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_get0_extensions(s->cert);
	int i, j, n = X509v3_get_ext_count(exts);

	for (i = 0; i < n; i++) {
		X509_EXTENSION *ext = X509v3_get_ext(exts, i);
		const ASN1_OBJECT *oid = X509_EXTENSION_get_object(ext);
		int nid = OBJ_obj2nid(oid);
		bool critical = X509_EXTENSION_get_critical(ext);
		char name[80] = "?";

		OBJ_obj2txt(name, sizeof(name), oid, 0);
		for (j = 0; j < i; j++)
			if (!OBJ_cmp(oid, X509_EXTENSION_get_object(X509v3_get_ext(exts, j))))
				return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
						 "has an extension twice: %.60s", name);
		if (nid == NID_ct_precert_poison)
			return refuse_it(s, VOICEPAY_CHECK_PURPOSE, "is a precertificate, which is for logs alone");
		if (critical && AMONG(nid, never_critical))
			return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
					 "marks an extension critical that must not be: %.60s", name);
		if (!critical && AMONG(nid, always_critical))
			return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
					 "does not mark an extension critical that must be: %.60s", name);
		if (critical && !AMONG(nid, obeyed))
			return refuse_it(s, VOICEPAY_CHECK_PURPOSE,
					 "has a critical extension that is not known here: %.60s", name);
		if (AMONG(nid, well_formed) && check_content(s, nid, name, ext))
			return -1;
	}
	/* Present, it must not be empty. */
	if (exts && !n)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "has a list of extensions with nothing in it");
	return 0;
}

static int check_serial(const struct subject *s)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(s->cert);
	int len = ASN1_STRING_length(serial);
	const unsigned char *p = ASN1_STRING_get0_data(serial);

	/* Nobody looks one up in a CRL, and the public ones have zeros. */
	if (s->role == ROLE_TRUSTED)
		return 0;
	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "has a negative serial number");
	if (len < 1 || (len == 1 && !*p))
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "has the serial number zero");
	/* OpenSSL keeps the magnitude; its encoding has a zero byte before a high bit. */
	if (len + (*p >> 7) > SERIAL_MAX)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
				 "has a serial number of more than %d octets", SERIAL_MAX);
	return 0;
}

static int read_date(const ASN1_TIME *t, struct tm *tm)
{
	int len = ASN1_STRING_length(t), type = ASN1_STRING_type(t), i;
	const unsigned char *p = ASN1_STRING_get0_data(t);

	if (len != (type == V_ASN1_UTCTIME ? 13 : 15) || p[len - 1] != 'Z')
		return -1;
	for (i = 0; i < len - 1; i++)
		if (p[i] < '0' || p[i] > '9')
			return -1;
	return ASN1_TIME_to_tm(t, tm) ? 0 : -1;
}

int read_time(const ASN1_TIME *t, time_t *out)
{
	struct tm tm;

	if (read_date(t, &tm))
		return -1;
	/* GeneralizedTime only where UTCTime does not reach. */
	if (ASN1_STRING_type(t) == V_ASN1_GENERALIZEDTIME && tm.tm_year + 1900 < 2050)
		return -1;
	*out = timegm(&tm);
	return 0;
}

int read_generalized_time(const ASN1_GENERALIZEDTIME *t, time_t *out)
{
	struct tm tm;

	if (ASN1_STRING_type(t) != V_ASN1_GENERALIZEDTIME || read_date(t, &tm))
		return -1;
	*out = timegm(&tm);
	return 0;
}

void write_time(time_t t, char buf[32])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, 32, "%Y-%m-%d %H:%M:%S UTC", &tm))
		strcpy(buf, "an unreadable date");
}

static int check_dates(const struct subject *s)
{
	time_t from, until;
	char when[32];

	if (read_time(X509_get0_notBefore(s->cert), &from) ||
	    read_time(X509_get0_notAfter(s->cert), &until))
		return refuse_it(s, VOICEPAY_CHECK_DATES,
				 "has a date in a form that is not allowed: UTCTime to 2049, GeneralizedTime after, with seconds and Z");
	if (from > until)
		return refuse_it(s, VOICEPAY_CHECK_DATES, "ends before it begins");
	/* Both ends are included. */
	if (s->now < from) {
		write_time(from, when);
		return refuse_it(s, VOICEPAY_CHECK_DATES, "is valid only from %s on", when);
	}
	if (s->now > until) {
		write_time(until, when);
		return refuse_it(s, VOICEPAY_CHECK_DATES, "expired on %s", when);
	}
	return 0;
}

static int check_issuer_and_subject(const struct subject *s)
{
	X509_NAME *subject = X509_get_subject_name(s->cert);
	const ASN1_BIT_STRING *a, *b;
	int i;

	if (!X509_NAME_entry_count(X509_get_issuer_name(s->cert)))
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "does not name its issuer");
	if (s->role != ROLE_SERVER && !X509_NAME_entry_count(subject))
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "is a CA's and has no subject");
	for (i = 0; i < X509_NAME_entry_count(subject); i++) {
		ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
		unsigned char *text = NULL;
		int len = ASN1_STRING_to_UTF8(&text, value);
		bool nul = len > 0 && memchr(text, 0, len);

		OPENSSL_free(text);
		/* Two readers would see two names. */
		if (len < 0 || nul)
			return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE,
					 "has a subject with a NUL in it, or one that is not text");
	}
	X509_get0_uids(s->cert, &a, &b);
	if (a || b)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "has a unique identifier of version 2");
	return 0;
}

static int check_signature_fields(const struct subject *s)
{
	const X509_ALGOR *outer, *inner = X509_get0_tbs_sigalg(s->cert);
	const char *problem;

	X509_get0_signature(NULL, &outer, s->cert);
	if (X509_ALGOR_cmp(inner, outer))
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE,
				 "names one signature algorithm inside and another outside");
	/* Trust in one that is given does not come from its signature. */
	if (s->role == ROLE_TRUSTED)
		return 0;
	problem = signature_problem(inner);
	if (problem)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE, "is signed %s", problem);
	return 0;
}

int check_form(const struct subject *s)
{
	if (X509_get_version(s->cert) != X509_VERSION_3)
		return refuse_it(s, VOICEPAY_CHECK_CERTIFICATE, "is not of version 3");
	if (check_serial(s) || check_issuer_and_subject(s) || check_extensions(s) ||
	    check_signature_fields(s) || check_key(s))
		return -1;
	return check_dates(s);
}
