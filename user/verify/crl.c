// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CRLs that are complete and by the certificate's own CA. Indirect ones, deltas
 * and those for some reasons only would each need the others to say anything,
 * and BR 7.2 has none of them: they count as missing.
 */

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define NUMBER_MAX	20	/* octets, RFC 5280 5.2.3 */

static const char *algorithm_problem(const X509_CRL *crl)
{
	const X509_ALGOR *outer, *inner;
	const ASN1_BIT_STRING *signature;
	unsigned char *tbs = NULL;
	const unsigned char *p;
	const char *problem = "cannot be read";
	X509_ALGOR *alg = NULL;
	long len;
	int tag, class, n = i2d_re_X509_CRL_tbs((X509_CRL *)crl, &tbs);

	X509_CRL_get0_signature(crl, &signature, &outer);
	/* There is no accessor: after SEQUENCE and version comes the one inside. */
	p = tbs;
	if (n <= 0 || ASN1_get_object(&p, &len, &tag, &class, n) & 0x80 || tag != V_ASN1_SEQUENCE)
		goto out;
	if (ASN1_get_object(&p, &len, &tag, &class, tbs + n - p) & 0x80 || tag != V_ASN1_INTEGER)
		goto out;
	p += len;
	inner = alg = d2i_X509_ALGOR(NULL, &p, tbs + n - p);
	if (!alg)
		goto out;
	problem = X509_ALGOR_cmp(inner, outer) ? "names two signature algorithms" : signature_problem(inner);
out:
	X509_ALGOR_free(alg);
	OPENSSL_free(tbs);
	return problem;
}

static int check_number(const X509_CRL *crl, struct finding *f)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_CRL_get0_extensions(crl);
	int at = X509v3_get_ext_by_NID(exts, NID_crl_number, -1), len;
	ASN1_INTEGER *number;
	bool ok;

	if (at < 0) {
		note(f, STATUS_UNKNOWN, "the CRL of its CA has no number");
		return -1;
	}
	number = read_extension(exts, NID_crl_number);
	len = number ? ASN1_STRING_length(number) : 0;
	ok = number && !X509_EXTENSION_get_critical(X509v3_get_ext(exts, at)) &&
	     ASN1_STRING_type(number) == V_ASN1_INTEGER && len &&
	     len + (*ASN1_STRING_get0_data(number) >> 7) <= NUMBER_MAX;
	ASN1_INTEGER_free(number);
	if (!ok)
		note(f, STATUS_UNKNOWN, "the CRL of its CA has a malformed number, or one marked critical");
	return ok ? 0 : -1;
}

static bool name_is_in(const GENERAL_NAMES *names, const ASN1_IA5STRING *uri)
{
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_URI && !ASN1_STRING_cmp(name->d.uniformResourceIdentifier, uri))
			return true;
	}
	return false;
}

/* BR 7.2.2.1: by URI, byte for byte. */
static bool is_its_place(const DIST_POINT_NAME *place, X509 *cert)
{
	CRL_DIST_POINTS *points;
	bool found = false;
	int i, j;

	if (place->type != 0)
		return false;
	points = read_extension(X509_get0_extensions(cert), NID_crl_distribution_points);
	for (i = 0; i < sk_GENERAL_NAME_num(place->name.fullname); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(place->name.fullname, i);

		if (name->type != GEN_URI) {
			found = false;
			break;
		}
		for (j = 0; j < sk_DIST_POINT_num(points) && !found; j++) {
			const DIST_POINT *p = sk_DIST_POINT_value(points, j);

			found = p->distpoint && p->distpoint->type == 0 &&
				name_is_in(p->distpoint->name.fullname, name->d.uniformResourceIdentifier);
		}
	}
	CRL_DIST_POINTS_free(points);
	return found;
}

static int check_scope(const X509_CRL *crl, X509 *cert, struct finding *f)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_CRL_get0_extensions(crl);
	int at = X509v3_get_ext_by_NID(exts, NID_issuing_distribution_point, -1);
	ISSUING_DIST_POINT *idp;
	bool ca = X509_get_extension_flags(cert) & EXFLAG_CA;
	const char *problem = NULL;

	if (at < 0)
		return 0;
	idp = read_extension(exts, NID_issuing_distribution_point);
	if (!idp || !X509_EXTENSION_get_critical(X509v3_get_ext(exts, at)))
		problem = "has a malformed scope";
	else if (idp->indirectCRL > 0)
		problem = "is an indirect one, which is not supported";
	else if (idp->onlyattr > 0)
		problem = "is for attribute certificates";
	else if (idp->onlysomereasons)
		problem = "is for some reasons only";
	else if ((idp->onlyuser > 0 && ca) || (idp->onlyCA > 0 && !ca) ||
		 (idp->onlyuser > 0 && idp->onlyCA > 0))
		problem = "is for other certificates";
	else if (idp->distpoint && !is_its_place(idp->distpoint, cert))
		problem = "is for certificates with another distribution point";
	ISSUING_DIST_POINT_free(idp);
	if (problem)
		note(f, STATUS_UNKNOWN, "the CRL of its CA %s", problem);
	return problem ? -1 : 0;
}

static int check_extensions(const X509_CRL *crl, struct finding *f)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_CRL_get0_extensions(crl);
	int i, j;

	for (i = 0; i < X509v3_get_ext_count(exts); i++) {
		X509_EXTENSION *ext = X509v3_get_ext(exts, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

		if (nid == NID_delta_crl) {
			note(f, STATUS_UNKNOWN, "the CRL of its CA is a delta only");
			return -1;
		}
		if (X509_EXTENSION_get_critical(ext) && nid != NID_issuing_distribution_point &&
		    nid != NID_crl_number) {
			note(f, STATUS_UNKNOWN, "the CRL of its CA has a critical extension that is not known here");
			return -1;
		}
		for (j = 0; j < i; j++)
			if (!OBJ_cmp(X509_EXTENSION_get_object(ext),
				     X509_EXTENSION_get_object(X509v3_get_ext(exts, j)))) {
				note(f, STATUS_UNKNOWN, "the CRL of its CA has an extension twice");
				return -1;
			}
	}
	return 0;
}

static int by_serial(const void *a, const void *b)
{
	return ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(*(X509_REVOKED *const *)a),
				X509_REVOKED_get0_serialNumber(*(X509_REVOKED *const *)b));
}

/* A list that contradicts itself, or that cannot be understood, is none. */
static int check_entries(X509_CRL *crl, struct finding *f)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
	int n = sk_X509_REVOKED_num(list), i, ret = -1;
	X509_REVOKED **sorted = n > 0 ? malloc(n * sizeof(*sorted)) : NULL;

	if (n > 0 && !sorted) {
		note(f, STATUS_UNKNOWN, "the CRL of its CA is too large");
		return -1;
	}
	for (i = 0; i < n; i++) {
		X509_REVOKED *entry = sk_X509_REVOKED_value(list, i);

		sorted[i] = entry;
		if (X509_REVOKED_get_ext_by_critical(entry, 1, -1) >= 0) {
			note(f, STATUS_UNKNOWN, "the CRL of its CA has an entry with a critical extension that is not known here");
			goto out;
		}
	}
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), by_serial);
	for (i = 1; i < n; i++)
		if (!by_serial(&sorted[i - 1], &sorted[i])) {
			note(f, STATUS_UNKNOWN, "the CRL of its CA names a certificate twice");
			goto out;
		}
	ret = 0;
out:
	free(sorted);
	return ret;
}

static void look_up(X509_CRL *crl, X509 *cert, struct finding *f)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *reason;
	time_t when;
	char date[32] = "an unreadable date";

	if (!X509_CRL_get0_by_serial(crl, &entry, X509_get0_serialNumber(cert))) {
		note(f, STATUS_GOOD, "not on the CRL");
		return;
	}
	reason = read_extension(X509_REVOKED_get0_extensions(entry), NID_crl_reason);
	if (!read_time(X509_REVOKED_get0_revocationDate(entry), &when))
		write_time(when, date);
	/* "Remove from CRL" is for deltas; here it is a name on the list. */
	note(f, STATUS_REVOKED, "on %s, by CRL (%s)", date,
	     reason_name(reason ? ASN1_ENUMERATED_get(reason) : 0));
	ASN1_ENUMERATED_free(reason);
}

static void ask(X509_CRL *crl, X509 *cert, X509 *issuer, time_t now, unsigned long max_age,
		struct finding *f)
{
	const char *problem;

	if (X509_CRL_get_version(crl) != 1) {
		note(f, STATUS_UNKNOWN, "the CRL of its CA is not of version 2");
		return;
	}
	problem = algorithm_problem(crl);
	if (problem) {
		note(f, STATUS_UNKNOWN, "the CRL of its CA is signed %s", problem);
		return;
	}
	if (X509_get_extension_flags(issuer) & EXFLAG_KUSAGE &&
	    !(X509_get_key_usage(issuer) & KU_CRL_SIGN)) {
		note(f, STATUS_UNKNOWN, "the key of its CA is not for CRLs (no cRLSign)");
		return;
	}
	if (X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1) {
		note(f, STATUS_UNKNOWN, "the CRL in the name of its CA has a signature that the CA did not make");
		return;
	}
	if (check_extensions(crl, f) || check_scope(crl, cert, f) || check_number(crl, f) ||
	    check_entries(crl, f))
		return;
	look_up(crl, cert, f);
	/* Once revoked, a certificate stays it. */
	if (f->status == STATUS_GOOD)
		check_window(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl), read_time,
			     now, max_age, "the CRL of its CA", f);
}

void crl_status(const STACK_OF(X509_CRL) *crls, X509 *cert, X509 *issuer, time_t now,
		unsigned long max_age, struct finding *f)
{
	struct finding one;
	int i;

	note(f, STATUS_UNKNOWN, "there is no CRL of its CA");
	for (i = 0; i < sk_X509_CRL_num(crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(crls, i);

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(cert)))
			continue;
		ask(crl, cert, issuer, now, max_age, &one);
		ERR_clear_error();
		if (one.status == STATUS_REVOKED) {
			*f = one;
			return;
		}
		if (f->status != STATUS_GOOD)
			*f = one;
	}
}
