// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking the CA's responder, if the settings want that and nothing else says
 * what became of a certificate. The chain is good by now, so whom to ask is the
 * word of a CA that is trusted; what comes back is judged as a staple is.
 */

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "internal.h"

#define NONCE_LEN	32	/* RFC 8954: at most */
#define URL_MAX		256

static bool is_http(const unsigned char *url, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] > '~')
			return false;
	return len > 7 && len < URL_MAX && !memcmp(url, "http://", 7);
}

/* RFC 5280 4.2.2.1: the first that can be asked. */
static bool find_responder(X509 *cert, char url[URL_MAX])
{
	AUTHORITY_INFO_ACCESS *aia = read_extension(X509_get0_extensions(cert), NID_info_access);
	bool found = false;
	int i;

	for (i = 0; !found && i < sk_ACCESS_DESCRIPTION_num(aia); i++) {
		const ACCESS_DESCRIPTION *ad = sk_ACCESS_DESCRIPTION_value(aia, i);
		const ASN1_IA5STRING *uri = ad->location->d.uniformResourceIdentifier;

		if (OBJ_obj2nid(ad->method) != NID_ad_OCSP || ad->location->type != GEN_URI ||
		    !is_http(ASN1_STRING_get0_data(uri), ASN1_STRING_length(uri)))
			continue;
		memcpy(url, ASN1_STRING_get0_data(uri), ASN1_STRING_length(uri));
		url[ASN1_STRING_length(uri)] = 0;
		found = true;
	}
	AUTHORITY_INFO_ACCESS_free(aia);
	return found;
}

static OCSP_REQUEST *make_request(X509 *cert, X509 *issuer)
{
	OCSP_REQUEST *req = OCSP_REQUEST_new();
	/* RFC 5019 2.1.1: a name, which all responders know it by. */
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);

	if (req && id && OCSP_request_add0_id(req, id) && OCSP_request_add1_nonce(req, NULL, NONCE_LEN) == 1)
		return req;
	if (!req || OCSP_request_onereq_count(req) < 1)
		OCSP_CERTID_free(id);
	OCSP_REQUEST_free(req);
	return NULL;
}

/* Another's nonce is another's answer. Many responders have none: then its dates must do. */
static bool nonce_fits(OCSP_REQUEST *req, const unsigned char *der, size_t len)
{
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, len);
	OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
	/* What cannot be read is told by who reads all of it. */
	bool fits = !basic || OCSP_check_nonce(req, basic) != 0;

	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return fits;
}

void query_status(const struct verify_policy *policy, X509 *cert, X509 *issuer, time_t now,
		  struct verify_result *result, struct finding *f)
{
	unsigned char *answer = OPENSSL_malloc(VERIFY_ANSWER_MAX), *der = NULL;
	char url[URL_MAX];
	OCSP_REQUEST *req = NULL;
	int len, got;

	if (policy->responder) {
		snprintf(url, sizeof(url), "%s", policy->responder);
	} else if (!find_responder(cert, url)) {
		note(f, STATUS_UNKNOWN, "it names no OCSP responder that could be asked (http), and none is configured");
		goto out;
	}
	req = make_request(cert, issuer);
	len = req ? i2d_OCSP_REQUEST(req, &der) : -1;
	if (!answer || len <= 0) {
		note(f, STATUS_UNKNOWN, "an OCSP request could not be made");
		goto out;
	}
	got = policy->ask(policy->ask_arg, url, der, len, answer);
	if (got <= 0 || got > VERIFY_ANSWER_MAX) {
		note(f, STATUS_UNKNOWN, "the OCSP responder %.100s does not answer", url);
	} else if (!nonce_fits(req, answer, got)) {
		note(f, STATUS_UNKNOWN, "its OCSP answer has another's nonce");
	} else {
		ocsp_status(answer, got, cert, issuer, now, policy->staple_max_age, f);
		if (f->status == STATUS_GOOD) {
			result->asked = answer;
			result->asked_len = got;
			answer = NULL;
		}
	}
out:
	OCSP_REQUEST_free(req);
	OPENSSL_free(der);
	OPENSSL_free(answer);
	ERR_clear_error();
}
