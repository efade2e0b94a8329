// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the server's certificate to a trusted one. There can be several ways,
 * some of them blocked, so this one turns back and tries the next, which
 * OpenSSL does not; the way that it finds is then put before OpenSSL, too.
 * Whatever a server sends, the work is bounded.
 */

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define LIMIT_DEPTH	32
#define MAX_LENGTH	(LIMIT_DEPTH + 2)
/* Of a server that means well a handful of each. */
#define MAX_SIGNATURES	200
#define MAX_PATHS	64
#define MAX_STEPS	20000

/* How much a failure says; of those that say the same, the first is told. */
enum rank {
	RANK_NONE,
	RANK_KEY_ID,
	RANK_SIGNATURE,
	RANK_NO_ISSUER,
	RANK_DEPTH,
	RANK_CA,
	RANK_PATH,
};

struct candidate {
	X509 *cert;
	bool trusted;
	bool examined;
	struct verify_result flaw;
};

struct search {
	const struct verify_policy *policy;
	time_t now;
	int max_depth;
	struct candidate *all;
	int count;
	signed char *signatures;	/* [child][issuer]: 0 not tried, 1 good, -1 bad; the leaf is the last child */
	int path[MAX_LENGTH];		/* indices; [0] is count, the leaf's */
	X509 *leaf;
	int signatures_left, paths_left, steps_left;
	enum rank rank;
	struct verify_result best;
};

static X509 *cert_of(const struct search *s, int i)
{
	return i == s->count ? s->leaf : s->all[i].cert;
}

static void record(struct search *s, enum rank rank, const struct verify_result *why, int index)
{
	if (rank <= s->rank)
		return;
	s->rank = rank;
	s->best = *why;
	s->best.index = index;
}

static bool signed_by(struct search *s, int child, int issuer)
{
	signed char *known = &s->signatures[child * s->count + issuer];
	EVP_PKEY *key;

	if (!*known) {
		if (!s->signatures_left)
			return false;
		s->signatures_left--;
		key = X509_get0_pubkey(cert_of(s, issuer));
		*known = key && X509_verify(cert_of(s, child), key) == 1 ? 1 : -1;
		ERR_clear_error();
	}
	return *known > 0;
}

/* A certificate's flaws do not depend on the way it lies on. */
static bool is_flawed(struct search *s, int i)
{
	struct candidate *c = &s->all[i];
	struct subject subject = {
		.cert = c->cert, .role = c->trusted ? ROLE_TRUSTED : ROLE_CA,
		.now = s->now, .result = &c->flaw,
	};

	if (!c->examined) {
		c->examined = true;
		if (!c->trusted && is_self_signed(c->cert))
			refuse_it(&subject, VOICEPAY_CHECK_CA, "is a root, but not one that is trusted");
		else if (!check_form(&subject) && !check_usage(&subject) && !check_names(&subject))
			check_constraint_form(&subject);
		ERR_clear_error();
	}
	return c->flaw.check != VOICEPAY_CHECK_OK;
}

/* RFC 5280 6.1.4 (l), (m): those that issue themselves do not count. */
static int check_path_length(const STACK_OF(X509) *path, struct verify_result *result)
{
	int i, below = 0;

	for (i = 1; i < sk_X509_num(path); i++) {
		X509 *ca = sk_X509_value(path, i);
		long limit = X509_get_pathlen(ca);

		if (limit >= 0 && below > limit)
			return verify_refuse(result, VOICEPAY_CHECK_CA, i, ca,
					     "allows %ld CA certificates below it, but there are %d", limit, below);
		if (!is_self_issued(ca))
			below++;
	}
	return 0;
}

static enum voicepay_check check_of(int err)
{
	switch (err) {
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
	case X509_V_ERR_INVALID_POLICY_EXTENSION:
	case X509_V_ERR_NO_EXPLICIT_POLICY:
		return VOICEPAY_CHECK_CONSTRAINTS;
	default:
		return VOICEPAY_CHECK_CA;
	}
}

/* OpenSSL's opinion, and the certificate policies, which are left to it. */
static int ask_openssl(const struct search *s, STACK_OF(X509) *path, struct verify_result *result)
{
	X509 *trusted = sk_X509_value(path, sk_X509_num(path) - 1);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param;
	int ret = -1, err;

	if (!ctx || !store || !X509_STORE_add_cert(store, trusted) ||
	    !X509_STORE_CTX_init(ctx, store, s->leaf, path)) {
		verify_refuse(result, VOICEPAY_CHECK_CA, -1, NULL, "cannot be checked: out of memory");
		goto out;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_depth(param, LIMIT_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	/* Dates have been checked, and OpenSSL takes the last second for past. */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN |
				    X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_NO_CHECK_TIME);
	/* Whatever the policies, as long as there is one where a CA demands it. */
	X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy));
	if (X509_verify_cert(ctx) == 1 && X509_STORE_CTX_get_error(ctx) == X509_V_OK) {
		ret = 0;
		goto out;
	}
	err = X509_STORE_CTX_get_error(ctx);
	verify_refuse(result, check_of(err), X509_STORE_CTX_get_error_depth(ctx),
		      X509_STORE_CTX_get_current_cert(ctx), "is refused: %s",
		      X509_verify_cert_error_string(err));
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return ret;
}

static bool is_good(struct search *s, int length, struct verify_result *result)
{
	STACK_OF(X509) *path = sk_X509_new_null();
	struct verify_result why = { 0 };
	int i;

	for (i = 0; path && i < length; i++)
		if (!X509_up_ref(cert_of(s, s->path[i])) || !sk_X509_push(path, cert_of(s, s->path[i])))
			break;
	s->paths_left--;
	if (i == length && !check_path_length(path, &why) && !check_constraints(path, &why) &&
	    !ask_openssl(s, path, &why)) {
		result->path = path;
		return true;
	}
	record(s, RANK_PATH, &why, why.index);
	sk_X509_pop_free(path, X509_free);
	return false;
}

static bool same_entity(X509 *a, X509 *b)
{
	const ASN1_BIT_STRING *x = X509_get0_pubkey_bitstr(a), *y = X509_get0_pubkey_bitstr(b);

	return !X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) &&
	       ASN1_STRING_length(x) == ASN1_STRING_length(y) &&
	       !memcmp(ASN1_STRING_get0_data(x), ASN1_STRING_get0_data(y), ASN1_STRING_length(x));
}

static bool is_on_path(const struct search *s, int length, X509 *cert)
{
	int i;

	for (i = 0; i < length; i++)
		if (same_entity(cert_of(s, s->path[i]), cert))
			return true;
	return false;
}

static bool key_ids_differ(X509 *child, X509 *issuer)
{
	const ASN1_OCTET_STRING *want = X509_get0_authority_key_id(child);
	const ASN1_OCTET_STRING *is = X509_get0_subject_key_id(issuer);

	return want && is && ASN1_OCTET_STRING_cmp(want, is);
}

static bool search_from(struct search *s, int length, struct verify_result *result);

/* Candidate @i as the issuer of the last of @length. True: a good chain is in @result. */
static bool try_issuer(struct search *s, int length, int i, struct verify_result *result)
{
	int child = s->path[length - 1];
	X509 *cert = cert_of(s, child), *issuer = s->all[i].cert;
	struct verify_result why = { 0 };
	bool flawed;

	if (is_on_path(s, length, issuer))
		return false;
	if (key_ids_differ(cert, issuer)) {
		verify_refuse(&why, VOICEPAY_CHECK_CA, 0, cert,
			      "was signed by another key than that of the CA by this name (authorityKeyIdentifier)");
		record(s, RANK_KEY_ID, &why, length - 1);
		return false;
	}
	/* length - 1 are in between already */
	if (!s->all[i].trusted && length > s->max_depth) {
		verify_refuse(&why, VOICEPAY_CHECK_CA, 0, issuer,
			      "makes the chain too long: %d CA certificates are allowed between server and trust",
			      s->max_depth);
		record(s, RANK_DEPTH, &why, length);
		return false;
	}
	flawed = is_flawed(s, i);
	if (flawed && s->rank >= RANK_CA)
		return false;
	if (!signed_by(s, child, i)) {
		verify_refuse(&why, VOICEPAY_CHECK_SIGNATURE, 0, cert,
			      "has a signature that its CA did not make");
		record(s, RANK_SIGNATURE, &why, length - 1);
		return false;
	}
	if (flawed) {
		record(s, RANK_CA, &s->all[i].flaw, length);
		return false;
	}
	s->path[length] = i;
	if (s->all[i].trusted)
		return is_good(s, length + 1, result);
	return search_from(s, length + 1, result);
}

static void record_no_issuer(struct search *s, int length)
{
	X509 *cert = cert_of(s, s->path[length - 1]);
	X509_NAME *issuer = X509_get_issuer_name(cert);
	struct verify_result why = { 0 };
	char cn[128], shown[64];
	int len = X509_NAME_get_text_by_NID(issuer, NID_commonName, cn, sizeof(cn));

	verify_refuse(&why, VOICEPAY_CHECK_CA, 0, cert, "does not lead to a CA that is trusted: its issuer is \"%s\"",
		      verify_quote(shown, sizeof(shown), cn, len < 0 ? 0 : len));
	record(s, RANK_NO_ISSUER, &why, length - 1);
}

static bool search_from(struct search *s, int length, struct verify_result *result)
{
	X509_NAME *wanted = X509_get_issuer_name(cert_of(s, s->path[length - 1]));
	bool known = false;
	int i;

	for (i = 0; i < s->count && s->steps_left > 0 && s->paths_left > 0; i++) {
		s->steps_left--;
		if (X509_NAME_cmp(X509_get_subject_name(s->all[i].cert), wanted))
			continue;
		known = true;
		if (try_issuer(s, length, i, result))
			return true;
	}
	if (!known)
		record_no_issuer(s, length);
	return false;
}

static bool is_among(const STACK_OF(X509) *set, int n, X509 *cert)
{
	int i;

	for (i = 0; i < n; i++)
		if (!X509_cmp(sk_X509_value(set, i), cert))
			return true;
	return false;
}

static bool set_up(struct search *s, const STACK_OF(X509) *sent)
{
	int trusted = sk_X509_num(s->policy->trusted), others = sk_X509_num(sent), i;

	if (trusted < 0)
		trusted = 0;
	if (others < 0)
		others = 0;
	s->all = calloc(trusted + others + 1, sizeof(*s->all));
	if (!s->all)
		return false;
	/* Trusted ones come first, so that the shortest way is tried first. */
	for (i = 0; i < trusted; i++)
		s->all[s->count++] = (struct candidate){
			.cert = sk_X509_value(s->policy->trusted, i), .trusted = true
		};
	for (i = 0; i < others; i++) {
		X509 *cert = sk_X509_value(sent, i);

		if (X509_cmp(cert, s->leaf) && !is_among(s->policy->trusted, trusted, cert) &&
		    !is_among(sent, i, cert))
			s->all[s->count++].cert = cert;
	}
	s->signatures = calloc(s->count + 1, s->count ? s->count : 1);
	return s->signatures;
}

int find_path(const struct verify_policy *policy, X509 *leaf, const STACK_OF(X509) *sent,
	      time_t now, struct verify_result *result)
{
	struct search s = {
		.policy = policy, .now = now, .leaf = leaf,
		.max_depth = policy->max_depth < 0 ? VERIFY_MAX_DEPTH : policy->max_depth,
		.signatures_left = MAX_SIGNATURES, .paths_left = MAX_PATHS, .steps_left = MAX_STEPS,
	};
	bool found = false;

	if (s.max_depth > LIMIT_DEPTH)
		s.max_depth = LIMIT_DEPTH;
	if (!set_up(&s, sent)) {
		verify_refuse(result, VOICEPAY_CHECK_CA, -1, NULL, "cannot be checked: out of memory");
	} else {
		s.path[0] = s.count;
		found = search_from(&s, 1, result);
		if (!found && s.rank != RANK_NONE)
			*result = s.best;
		else if (!found)
			verify_refuse(result, VOICEPAY_CHECK_CA, 0, leaf, "does not lead to a CA that is trusted");
	}
	free(s.signatures);
	free(s.all);
	return found ? 0 : -1;
}
