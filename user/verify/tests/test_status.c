// SPDX-License-Identifier: GPL-2.0-or-later
/* Revocation: CRLs and stapled OCSP answers that say it, that do not, and that cannot be believed. */

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../verify.h"
#include "make.h"

#define OK	VOICEPAY_CHECK_OK
#define REVOKED	VOICEPAY_CHECK_REVOCATION

static X509 *root, *ca, *leaf, *other_leaf, *must, *placed, *other_root;
static X509 *responder, *no_eku, *no_nocheck, *old_responder, *weak_responder, *others_responder, *forged_responder, *no_signing, *rsa_responder;
static STACK_OF(X509) *trusted, *sent;

struct status {
	const char *name;
	enum voicepay_check check;
	const char *says;
	int at;
	struct crl_spec crl, crl2;
	struct ocsp_spec ocsp;
	int no_ca_crl, two, staple, no_crls;
	X509 **leaf, **revoked, **signer, **about, **about_issuer;
	int required;
	unsigned long crl_age, staple_age;	/* hours */
};

static void last_byte(unsigned char *der, int len) { der[len - 1] ^= 1; }
static void first_byte(unsigned char *der, int len) { der[0] ^= 1; }

static const struct status rows[] = {
	/* CRLs: of the CA for the server, and of the root for the CA */
	{ "on neither", OK },
	{ "none is asked for", OK, .no_crls = 1 },
	{ "the server's is on it", REVOKED, "was revoked", 0, .revoked = &leaf },
	{ "with its reason", REVOKED, "compromised", 0, .revoked = &leaf, .crl = { .reason = 1 } },
	{ "on hold", REVOKED, "on hold", 0, .revoked = &leaf, .crl = { .reason = 6 } },
	{ "\"remove\" is for deltas", REVOKED, "was revoked", 0, .revoked = &leaf, .crl = { .reason = 8 } },
	{ "the CA's is on it", REVOKED, "was revoked", 1, .crl2 = { .twice = 0 }, .revoked = &ca },
	{ "another is on it", OK, .revoked = &other_leaf },
	{ "no CRL for the CA", REVOKED, "no CRL", 1, .no_ca_crl = 1 },
	{ "a CRL of another name", REVOKED, "no CRL", 0, .crl = { .issuer = "CN=x" } },
	{ "another key signed it", REVOKED, "did not make", 0, .crl = { .by = KEY_OTHER } },
	{ "the server signed it", REVOKED, "did not make", 0, .crl = { .by = KEY_LEAF } },
	{ "SHA-1", REVOKED, "SHA-1", 0, .crl = { .hash = "SHA1" } },
	{ "stale", REVOKED, "stale", 0, .crl = { .from = -48, .until = -1 } },
	{ "revoked counts, even if it is stale", REVOKED, "was revoked", 0, .revoked = &leaf, .crl = { .from = -48, .until = -1 } },
	{ "of the future", REVOKED, "future", 0, .crl = { .from = 2, .until = 48 } },
	{ "without an end", REVOKED, "nextUpdate", 0, .crl = { .until = -9999 } },
	{ "it ends before it begins", REVOKED, "malformed", 0, .crl = { .from = -2, .until = -5 } },
	{ "of version 1", REVOKED, "version 2", 0, .crl = { .version1 = 1 } },
	{ "without a number", REVOKED, "number", 0, .crl = { .number = "" } },
	{ "with a critical number", REVOKED, "number", 0, .crl = { .number = "critical,DER:02:01:05" } },
	{ "with a negative number", REVOKED, "number", 0, .crl = { .number = "DER:02:01:85" } },
	{ "with a number of 21 octets", REVOKED, "number", 0, .crl = { .number = "DER:02:15:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14:15" } },
	{ "unknown critical extension", REVOKED, "not known", 0, .crl = { .ext = { "1.2.3.4=critical,DER:05:00" } } },
	{ "unknown extension", OK, .crl = { .ext = { "1.2.3.4=DER:05:00" } } },
	{ "an extension twice", REVOKED, "twice", 0, .crl = { .ext = { "1.2.3.4=DER:05:00", "1.2.3.4=DER:05:00" } } },
	{ "delta", REVOKED, "delta", 0, .crl = { .ext = { "deltaCRL=critical,DER:02:01:01" } } },
	{ "critical extension of an entry", REVOKED, "entry", 0, .revoked = &other_leaf, .crl = { .entry_ext = "critical,DER:05:00" } },
	{ "extension of an entry", OK, .revoked = &other_leaf, .crl = { .entry_ext = "DER:05:00" } },
	{ "extension of the entry", REVOKED, "was revoked", 0, .revoked = &leaf, .crl = { .entry_ext = "DER:05:00" } },
	{ "an entry twice", REVOKED, "twice", 0, .revoked = &other_leaf, .crl = { .twice = 1 } },
	{ "for users only", OK, .crl = { .idp = "critical,DER:30:03:81:01:ff" } },
	{ "for CAs only", REVOKED, "other certificates", 0, .crl = { .idp = "critical,DER:30:03:82:01:ff" } },
	{ "the CA's: for CAs only", OK, .crl2 = { .idp = "critical,DER:30:03:82:01:ff" } },
	{ "the CA's: for users only", REVOKED, "other certificates", 1, .crl2 = { .idp = "critical,DER:30:03:81:01:ff" } },
	{ "for some reasons only", REVOKED, "some reasons", 0, .crl = { .idp = "critical,DER:30:04:83:02:06:40" } },
	{ "indirect", REVOKED, "indirect", 0, .crl = { .idp = "critical,DER:30:03:84:01:ff" } },
	{ "for attribute certificates", REVOKED, "attribute", 0, .crl = { .idp = "critical,DER:30:03:85:01:ff" } },
	{ "a scope that is not critical", REVOKED, "malformed", 0, .crl = { .idp = "DER:30:03:81:01:ff" } },
	{ "a scope that is no DER", REVOKED, "malformed", 0, .crl = { .idp = "critical,DER:05:00" } },
	/* URI http://c/1 */
	{ "for its distribution point", OK, .leaf = &placed, .crl = { .idp = "critical,DER:30:10:a0:0e:a0:0c:86:0a:68:74:74:70:3a:2f:2f:63:2f:31" } },
	{ "for another one", REVOKED, "another distribution point", 0, .leaf = &placed, .crl = { .idp = "critical,DER:30:10:a0:0e:a0:0c:86:0a:68:74:74:70:3a:2f:2f:63:2f:32" } },
	{ "for one, and it has none", REVOKED, "another distribution point", 0, .crl = { .idp = "critical,DER:30:10:a0:0e:a0:0c:86:0a:68:74:74:70:3a:2f:2f:63:2f:31" } },
	{ "a second, good one helps", OK, .two = 1, .crl = { .from = -48, .until = -1 } },
	{ "a second that names it", REVOKED, "was revoked", 0, .two = 1, .revoked = &leaf, .crl = { .from = -48, .until = -1 } },
	{ "a first that does not, and is good", REVOKED, "was revoked", 0, .two = 2, .revoked = &leaf },
	{ "older than the settings allow", REVOKED, "older", 0, .crl = { .from = -30 }, .crl_age = 24 },
	{ "not older", OK, .crl = { .from = -20 }, .crl2 = { .from = -20 }, .crl_age = 24 },

	/* OCSP, by the CA itself unless it says otherwise */
	{ "good", OK, .staple = 1, .no_crls = 1 },
	{ "good, by key hash", OK, .staple = 1, .no_crls = 1, .ocsp = { .by_key = 1 } },
	{ "good, named by SHA-256", OK, .staple = 1, .no_crls = 1, .ocsp = { .id_hash = "SHA256" } },
	{ "named by MD5", REVOKED, "another certificate", 0, .staple = 1, .no_crls = 1, .ocsp = { .id_hash = "MD5" } },
	{ "good, and must be there", OK, .staple = 1, .no_crls = 1, .leaf = &must },
	{ "good, by a responder", OK, .staple = 1, .no_crls = 1, .signer = &responder, .ocsp = { .by = KEY_OTHER } },
	{ "good, by a responder with RSA", OK, .staple = 1, .no_crls = 1, .signer = &rsa_responder, .ocsp = { .by = KEY_RSA2048 } },
	{ "revoked", REVOKED, "was revoked", 0, .staple = 1, .no_crls = 1, .ocsp = { .status = V_OCSP_CERTSTATUS_REVOKED } },
	{ "unknown", REVOKED, "does not know", 0, .staple = 1, .no_crls = 1, .ocsp = { .status = V_OCSP_CERTSTATUS_UNKNOWN } },
	{ "good and revoked in one", REVOKED, "was revoked", 0, .staple = 1, .no_crls = 1, .ocsp = { .twice_revoked = 1 } },
	{ "about another", REVOKED, "another certificate", 0, .staple = 1, .no_crls = 1, .about = &other_leaf },
	{ "about one of another CA", REVOKED, "another certificate", 0, .staple = 1, .no_crls = 1, .about_issuer = &other_root },
	{ "stale answer", REVOKED, "stale", 0, .staple = 1, .no_crls = 1, .ocsp = { .from = -48, .until = -1 } },
	{ "answer of the future", REVOKED, "future", 0, .staple = 1, .no_crls = 1, .ocsp = { .from = 2, .until = 48 } },
	{ "answer without an end", REVOKED, "nextUpdate", 0, .staple = 1, .no_crls = 1, .ocsp = { .until = -9999 } },
	{ "answer older than allowed", REVOKED, "older", 0, .staple = 1, .no_crls = 1, .ocsp = { .from = -30 }, .staple_age = 24 },
	{ "answer not older", OK, .staple = 1, .no_crls = 1, .ocsp = { .from = -20 }, .staple_age = 24 },
	{ "answer by SHA-1", REVOKED, "weak", 0, .staple = 1, .no_crls = 1, .ocsp = { .hash = "SHA1" } },
	{ "answer by SHA-1 and RSA", REVOKED, "weak", 0, .staple = 1, .no_crls = 1, .signer = &rsa_responder, .ocsp = { .by = KEY_RSA2048, .hash = "SHA1" } },
	{ "answer with a last byte changed", REVOKED, NULL, 0, .staple = 1, .no_crls = 1, .ocsp = { .damage = last_byte, .no_certs = 1 } },
	{ "answer that is no DER", REVOKED, "decoded", 0, .staple = 1, .no_crls = 1, .ocsp = { .damage = first_byte } },
	{ "try later", REVOKED, "trylater", 0, .staple = 1, .no_crls = 1, .ocsp = { .failed = OCSP_RESPONSE_STATUS_TRYLATER } },
	{ "unauthorised", REVOKED, "unauthorized", 0, .staple = 1, .no_crls = 1, .ocsp = { .failed = OCSP_RESPONSE_STATUS_UNAUTHORIZED } },
	{ "critical extension of an answer", REVOKED, "critical", 0, .staple = 1, .no_crls = 1, .ocsp = { .critical = 1 } },
	{ "a responder without OCSPSigning", REVOKED, "OCSPSigning", 0, .staple = 1, .no_crls = 1, .signer = &no_eku, .ocsp = { .by = KEY_OTHER } },
	{ "a responder without nocheck", REVOKED, "nocheck", 0, .staple = 1, .no_crls = 1, .signer = &no_nocheck, .ocsp = { .by = KEY_OTHER } },
	{ "a responder that has expired", REVOKED, "out of date", 0, .staple = 1, .no_crls = 1, .signer = &old_responder, .ocsp = { .by = KEY_OTHER } },
	{ "a responder with RSA 1024", REVOKED, "weak", 0, .staple = 1, .no_crls = 1, .signer = &weak_responder, .ocsp = { .by = KEY_RSA1024 } },
	{ "a responder that may not sign", REVOKED, "not for signatures", 0, .staple = 1, .no_crls = 1, .signer = &no_signing, .ocsp = { .by = KEY_OTHER } },
	{ "a responder of another CA", REVOKED, "did not appoint", 0, .staple = 1, .no_crls = 1, .signer = &others_responder, .ocsp = { .by = KEY_OTHER } },
	{ "a responder with the CA's name for an issuer", REVOKED, "did not appoint", 0, .staple = 1, .no_crls = 1, .signer = &forged_responder, .ocsp = { .by = KEY_OTHER } },
	{ "a responder that did not come along", REVOKED, "did not come", 0, .staple = 1, .no_crls = 1, .signer = &responder, .ocsp = { .by = KEY_OTHER, .no_certs = 1 } },
	{ "the root for the CA's certificate", REVOKED, "did not appoint", 0, .staple = 1, .no_crls = 1, .signer = &root, .ocsp = { .by = KEY_ROOT } },
	{ "the server for itself", REVOKED, "OCSPSigning", 0, .staple = 1, .no_crls = 1, .signer = &leaf, .ocsp = { .by = KEY_LEAF } },
	{ "none, but it must be there", REVOKED, "must-staple", 0, .no_crls = 1, .leaf = &must },
	{ "none, but it must be there, CRLs do not help", REVOKED, "must-staple", 0, .leaf = &must },
	{ "none, but the settings demand one", REVOKED, "required", 0, .no_crls = 1, .required = 1 },
	{ "one where the settings demand it", OK, .staple = 1, .no_crls = 1, .required = 1 },
	{ "a bad one where none is demanded", REVOKED, "stale", 0, .staple = 1, .ocsp = { .from = -48, .until = -1 } },
	{ "a staple instead of the server's CRL", OK, .staple = 1, .crl = { .issuer = "CN=x" } },
	{ "a staple is none for the CA", REVOKED, "no CRL", 1, .staple = 1, .no_ca_crl = 1 },
	{ "a good staple, but on the CRL", REVOKED, "was revoked", 0, .staple = 1, .revoked = &leaf },
};

static void one_row(void **state)
{
	const struct status *r = *state;
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	struct verify_policy policy = {
		.trusted = trusted, .host = "pay.example.com", .any_key = true, .max_depth = -1,
		.crls = r->no_crls ? NULL : crls, .crl_max_age = r->crl_age * 3600,
		.staple_max_age = r->staple_age * 3600, .staple_required = r->required,
	};
	X509 *subject = r->leaf ? *r->leaf : leaf;
	struct crl_spec crl = r->crl, crl2 = r->crl2, plain = { 0 };
	struct ocsp_spec ocsp = r->ocsp;
	struct verify_result result;
	unsigned char *staple = NULL;

	if (r->revoked && *r->revoked == ca)
		crl2.revoked = ca;
	else if (r->revoked)
		crl.revoked = *r->revoked;
	plain.revoked = crl.revoked;
	if (r->two == 2)
		crl.revoked = NULL;
	sk_X509_CRL_push(crls, make_crl(&crl, ca, KEY_CA1));
	if (r->two)
		sk_X509_CRL_push(crls, make_crl(&plain, ca, KEY_CA1));
	if (!r->no_ca_crl)
		sk_X509_CRL_push(crls, make_crl(&crl2, root, KEY_ROOT));
	/* one that has nothing to do with it, and is wrong at that */
	sk_X509_CRL_push(crls, make_crl(&(struct crl_spec){ .revoked = leaf, .until = -1, .from = -9 }, other_root, KEY_OTHER2));
	if (r->staple) {
		ocsp.signer = r->signer ? *r->signer : NULL;
		ocsp.about = r->about ? *r->about : NULL;
		ocsp.about_issuer = r->about_issuer ? *r->about_issuer : NULL;
		staple = make_ocsp(&ocsp, subject, ca, KEY_CA1, &policy.staple_len);
		policy.staple = staple;
	}
	verify_server(&policy, subject, sent, &result);
	if (result.check != r->check || (r->says && !strstr(result.reason, r->says)) ||
	    (r->check != OK && result.index != r->at))
		fail_msg("%s: expected %s at %d (%s), got %s at %d: %s", r->name, voicepay_check_name(r->check), r->at,
			 r->says ?: "", voicepay_check_name(result.check), result.index, result.reason);
	verify_clear(&result);
	OPENSSL_free(staple);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

/* Ten thousand entries are looked through in no time. */
static void a_long_crl(void **state)
{
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	X509_CRL *crl = make_crl(&(struct crl_spec){ .many = 10000 }, ca, KEY_CA1);
	struct verify_policy policy = {
		.trusted = trusted, .host = "pay.example.com", .any_key = true, .max_depth = -1, .crls = crls,
	};
	struct verify_result result;

	sk_X509_CRL_push(crls, crl);
	sk_X509_CRL_push(crls, make_crl(&(struct crl_spec){ 0 }, root, KEY_ROOT));
	verify_server(&policy, leaf, sent, &result);
	if (result.check != OK)
		fail_msg("%s", result.reason);
	verify_clear(&result);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

/* A CA whose key is not for CRLs. */
static void no_crl_sign(void **state)
{
	X509 *plain = make_cert(&(struct spec){ .ku = "critical,keyCertSign" }, CA, KEY_CA1, root, KEY_ROOT);
	X509 *cert = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, plain, KEY_CA1);
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	STACK_OF(X509) *with = sk_X509_new_null();
	struct verify_policy policy = {
		.trusted = trusted, .host = "pay.example.com", .any_key = true, .max_depth = -1, .crls = crls,
	};
	struct verify_result result;

	sk_X509_push(with, plain);
	sk_X509_CRL_push(crls, make_crl(&(struct crl_spec){ 0 }, plain, KEY_CA1));
	sk_X509_CRL_push(crls, make_crl(&(struct crl_spec){ 0 }, root, KEY_ROOT));
	assert_false(verify_server(&policy, cert, with, &result));
	assert_int_equal(result.check, REVOKED);
	assert_non_null(strstr(result.reason, "cRLSign"));
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	sk_X509_free(with);
	X509_free(plain);
	X509_free(cert);
}

/* What a CA promises for all below it. */
static void a_ca_that_must_staple(void **state)
{
	X509 *strict = make_cert(&(struct spec){ .ext = { "tlsfeature=status_request" } }, CA, KEY_CA1, root, KEY_ROOT);
	X509 *cert = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, strict, KEY_CA1);
	STACK_OF(X509) *with = sk_X509_new_null();
	struct verify_policy policy = { .trusted = trusted, .host = "pay.example.com", .any_key = true, .max_depth = -1 };
	struct verify_result result;

	sk_X509_push(with, strict);
	assert_false(verify_server(&policy, cert, with, &result));
	assert_int_equal(result.check, REVOKED);
	assert_non_null(strstr(result.reason, "must-staple"));
	sk_X509_free(with);
	X509_free(strict);
	X509_free(cert);
}

#define NOCHECK "1.3.6.1.5.5.7.48.1.5=DER:05:00"

static int set_up(void **state)
{
	struct spec r = { .subject = "CN=responder", .san = "", .eku = "OCSPSigning", .ext = { NOCHECK } };

	root = make_cert(&(struct spec){ 0 }, ROOT, KEY_ROOT, NULL, 0);
	other_root = make_cert(&(struct spec){ .subject = "CN=other root" }, ROOT, KEY_OTHER2, NULL, 0);
	ca = make_cert(&(struct spec){ 0 }, CA, KEY_CA1, root, KEY_ROOT);
	leaf = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, ca, KEY_CA1);
	other_leaf = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, ca, KEY_CA1);
	must = make_cert(&(struct spec){ .ext = { "tlsfeature=status_request" } }, LEAF, KEY_LEAF, ca, KEY_CA1);
	placed = make_cert(&(struct spec){ .ext = { "crlDistributionPoints=URI:http://c/1" } }, LEAF, KEY_LEAF, ca, KEY_CA1);
	responder = make_cert(&r, LEAF, KEY_OTHER, ca, KEY_CA1);
	rsa_responder = make_cert(&r, LEAF, KEY_RSA2048, ca, KEY_CA1);
	weak_responder = make_cert(&r, LEAF, KEY_RSA1024, ca, KEY_CA1);
	others_responder = make_cert(&r, LEAF, KEY_OTHER, root, KEY_ROOT);
	r.by = KEY_OTHER2;
	forged_responder = make_cert(&r, LEAF, KEY_OTHER, ca, KEY_CA1);
	r.by = KEY_DEFAULT;
	r.from = -30;
	r.until = -1;
	old_responder = make_cert(&r, LEAF, KEY_OTHER, ca, KEY_CA1);
	r.from = r.until = 0;
	r.ku = "critical,keyEncipherment";
	no_signing = make_cert(&r, LEAF, KEY_OTHER, ca, KEY_CA1);
	r.ku = NULL;
	r.ext[0] = NULL;
	no_nocheck = make_cert(&r, LEAF, KEY_OTHER, ca, KEY_CA1);
	r.ext[0] = NOCHECK;
	r.eku = "serverAuth";
	no_eku = make_cert(&r, LEAF, KEY_OTHER, ca, KEY_CA1);
	trusted = sk_X509_new_null();
	sent = sk_X509_new_null();
	sk_X509_push(trusted, root);
	sk_X509_push(sent, ca);
	return 0;
}

#define NROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
	static struct CMUnitTest tests[NROWS + 3] = {
		[NROWS] = cmocka_unit_test(a_long_crl),
		cmocka_unit_test(no_crl_sign),
		cmocka_unit_test(a_ca_that_must_staple),
	};
	size_t i;

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	for (i = 0; i < NROWS; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name, .test_func = one_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("revocation", tests, set_up, NULL);
}
