// SPDX-License-Identifier: GPL-2.0-or-later
/* OCSP answers, RFC 6960, of the kind that a server staples. */

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "internal.h"

/* What is refused here in a responder's certificate is refused in a server's, too. */
static bool is_weak(X509 *cert)
{
	struct verify_result flaw = { 0 };
	struct subject s = { .cert = cert, .role = ROLE_SERVER, .result = &flaw };
	const X509_ALGOR *outer;

	X509_get0_signature(NULL, &outer, cert);
	return check_key(&s) || signature_problem(outer) ||
	       X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(cert));
}

static bool has_purpose(X509 *cert, int wanted)
{
	EXTENDED_KEY_USAGE *eku = read_extension(X509_get0_extensions(cert), NID_ext_key_usage);
	bool found = false;
	int i;

	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
		found |= OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i)) == wanted;
	EXTENDED_KEY_USAGE_free(eku);
	return found;
}

/* RFC 6960 4.2.2.2: the CA itself, or one whom it gave the task with its own hand. */
static const char *signer_problem(X509 *signer, X509 *issuer, time_t now)
{
	time_t from, until;

	if (!X509_cmp(signer, issuer))
		return X509_get_extension_flags(issuer) & EXFLAG_KUSAGE &&
		       !(X509_get_key_usage(issuer) & KU_DIGITAL_SIGNATURE) &&
		       !(X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN) ?
		       "is signed by a key that is not for signatures" : NULL;
	if (X509_NAME_cmp(X509_get_issuer_name(signer), X509_get_subject_name(issuer)) ||
	    X509_verify(signer, X509_get0_pubkey(issuer)) != 1)
		return "is signed by somebody whom the certificate's CA did not appoint";
	if (!has_purpose(signer, NID_OCSP_sign))
		return "is signed by a certificate that is not for it (no OCSPSigning)";
	if (is_weak(signer))
		return "is signed by a certificate with a weak key or signature";
	if (X509_get_extension_flags(signer) & EXFLAG_KUSAGE &&
	    !(X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE))
		return "is signed by a key that is not for signatures";
	if (read_time(X509_get0_notBefore(signer), &from) ||
	    read_time(X509_get0_notAfter(signer), &until) || now < from || now > until)
		return "is signed by a certificate that is out of date";
	/* Else one would have to ask about this one, and about the next. */
	if (X509_get_ext_by_NID(signer, NID_id_pkix_OCSP_noCheck, -1) < 0)
		return "is signed by a certificate that may itself be revoked (no id-pkix-ocsp-nocheck)";
	return NULL;
}

static int check_signature(OCSP_BASICRESP *basic, X509 *issuer, time_t now, struct finding *f)
{
	STACK_OF(X509) *known = sk_X509_new_null();
	const char *problem = "has a signature that does not verify";
	X509 *signer = NULL;

	if (signature_problem(OCSP_resp_get0_tbs_sigalg(basic))) {
		problem = "is signed by a weak algorithm, or one that is not allowed";
	} else if (known && sk_X509_push(known, issuer)) {
		if (!OCSP_resp_get0_signer(basic, &signer, known))
			problem = "is signed by a certificate that did not come with it";
		else
			problem = signer_problem(signer, issuer, now);
		/* Last, as it is dear. NOVERIFY: who signed has been looked at above. */
		if (!problem && OCSP_basic_verify(basic, known, NULL, OCSP_NOVERIFY) != 1)
			problem = "has a signature that does not verify";
	}
	sk_X509_free(known);
	if (problem)
		note(f, STATUS_UNKNOWN, "its OCSP answer %s", problem);
	return problem ? -1 : 0;
}

static bool is_about(OCSP_SINGLERESP *single, X509 *cert, X509 *issuer)
{
	const OCSP_CERTID *is = OCSP_SINGLERESP_get0_id(single);
	ASN1_OBJECT *oid = NULL;
	OCSP_CERTID *want;
	bool same;
	int nid;

	OCSP_id_get0_info(NULL, &oid, NULL, NULL, (OCSP_CERTID *)is);
	nid = OBJ_obj2nid(oid);
	/* A name for the certificate, not a proof: SHA-1 does. */
	if (nid != NID_sha1 && nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512)
		return false;
	want = OCSP_cert_to_id(EVP_get_digestbynid(nid), cert, issuer);
	same = want && !OCSP_id_cmp(want, is);
	OCSP_CERTID_free(want);
	return same;
}

static bool has_critical(OCSP_BASICRESP *basic, OCSP_SINGLERESP *single)
{
	return OCSP_BASICRESP_get_ext_by_critical(basic, 1, -1) >= 0 ||
	       OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0;
}

static void read_single(OCSP_BASICRESP *basic, OCSP_SINGLERESP *single, time_t now,
			unsigned long max_age, struct finding *f)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
	int reason = -1, status = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
	char date[32] = "an unreadable date";
	time_t when;

	switch (status) {
	case V_OCSP_CERTSTATUS_REVOKED:
		if (revoked && !read_generalized_time(revoked, &when))
			write_time(when, date);
		note(f, STATUS_REVOKED, "on %s, by OCSP (%s)", date, reason_name(reason));
		return;
	case V_OCSP_CERTSTATUS_GOOD:
		break;
	default:
		note(f, STATUS_UNKNOWN, "the OCSP responder does not know it");
		return;
	}
	if (has_critical(basic, single)) {
		note(f, STATUS_UNKNOWN, "its OCSP answer has a critical extension that is not known here");
		return;
	}
	if (!check_window(from, until, read_generalized_time, now, max_age, "its OCSP answer", f))
		note(f, STATUS_GOOD, "good by OCSP");
}

static void read_basic(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer, time_t now,
		       unsigned long max_age, struct finding *f)
{
	const ASN1_GENERALIZEDTIME *produced = OCSP_resp_get0_produced_at(basic);
	struct finding one;
	bool found = false;
	time_t when;
	int i;

	if (check_signature(basic, issuer, now, f))
		return;
	if (read_generalized_time(produced, &when) || when > now + CLOCK_SKEW) {
		note(f, STATUS_UNKNOWN, "its OCSP answer was made in the future");
		return;
	}
	note(f, STATUS_UNKNOWN, "its OCSP answer is about another certificate");
	/* If there are two about it, the worse one counts. */
	for (i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);

		if (!is_about(single, cert, issuer))
			continue;
		read_single(basic, single, now, max_age, &one);
		if (!found || one.status != STATUS_GOOD)
			*f = one;
		found = true;
		if (f->status != STATUS_GOOD)
			return;
	}
}

void ocsp_status(const unsigned char *der, size_t len, X509 *cert, X509 *issuer, time_t now,
		 unsigned long max_age, struct finding *f)
{
	const unsigned char *p = der;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, len);
	OCSP_BASICRESP *basic = NULL;
	int status;

	if (!response || p != der + len) {
		note(f, STATUS_UNKNOWN, "its OCSP answer cannot be decoded");
		goto out;
	}
	status = OCSP_response_status(response);
	if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		note(f, STATUS_UNKNOWN, "the OCSP responder gave no answer but \"%s\"",
		     OCSP_response_status_str(status));
		goto out;
	}
	basic = OCSP_response_get1_basic(response);
	if (basic)
		read_basic(basic, cert, issuer, now, max_age, f);
	else
		note(f, STATUS_UNKNOWN, "its OCSP answer is of an unknown kind");
out:
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
}
