// SPDX-License-Identifier: GPL-2.0-or-later
/* The checks in their order. Each is a room of its own. */

#include <openssl/err.h>
#include <string.h>

#include "internal.h"

int verify_spki(X509 *cert, struct pin *pin)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	int ok = len > 0 && EVP_Digest(der, len, pin->sha256, NULL, EVP_sha256(), NULL);

	OPENSSL_free(der);
	return ok ? 0 : -1;
}

static int check_pins(const struct verify_policy *policy, struct verify_result *result)
{
	struct pin pin;
	int i;

	if (policy->any_key)
		return 0;
	for (i = 0; i < sk_X509_num(result->path); i++)
		if (!verify_spki(sk_X509_value(result->path, i), &pin) &&
		    pin_in(&pin, policy->pins, policy->pin_count))
			return 0;
	return verify_refuse(result, VOICEPAY_CHECK_PIN, 0, sk_X509_value(result->path, 0),
			     "is good, but no key of its chain is pinned");
}

static int check_all(const struct verify_policy *policy, X509 *leaf, const STACK_OF(X509) *sent,
		     struct verify_result *result)
{
	time_t now = policy->at ? policy->at : time(NULL);
	struct subject server = {
		.cert = leaf, .role = ROLE_SERVER, .now = now, .result = result,
	};

	if (!leaf)
		return verify_refuse(result, VOICEPAY_CHECK_CA, -1, NULL, "the server has no certificate");
	if (sk_X509_num(sent) > VERIFY_MAX_SENT)
		return verify_refuse(result, VOICEPAY_CHECK_CA, -1, NULL,
				     "the server sent more than %d certificates", VERIFY_MAX_SENT);
	/* First of all: what follows would only find fault with how it was made. */
	if (is_self_signed(leaf))
		return refuse_it(&server, VOICEPAY_CHECK_CA, "is self-signed: nobody but itself vouches for it");
	if (check_form(&server) || check_usage(&server) || check_names(&server) ||
	    find_path(policy, leaf, sent, now, result) || check_host(&server, policy) ||
	    check_pins(policy, result))
		return -1;
	return check_revocation(policy, now, result);
}

bool verify_server(const struct verify_policy *policy, X509 *leaf, const STACK_OF(X509) *sent,
		   struct verify_result *result)
{
	memset(result, 0, sizeof(*result));
	result->index = -1;
	if (check_all(policy, leaf, sent, result)) {
		/* A refusal without a check must not pass for none. */
		if (result->check == VOICEPAY_CHECK_OK)
			verify_refuse(result, VOICEPAY_CHECK_CA, -1, NULL, "the chain could not be checked");
		verify_clear(result);
	}
	ERR_clear_error();
	return result->check == VOICEPAY_CHECK_OK;
}

void verify_clear(struct verify_result *result)
{
	sk_X509_pop_free(result->path, X509_free);
	result->path = NULL;
	OPENSSL_free(result->asked);
	result->asked = NULL;
	result->asked_len = 0;
}
