// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CRLs come over plain HTTP as a rule. Whether one is believed is decided in
 * each handshake; here it is only seen to that a good one is not replaced by
 * something worse, which would stop all payments.
 */

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "renew.h"

static int is_signed(X509_CRL *crl, const STACK_OF(X509) *cas)
{
	int i, known = 0, good = 0;

	for (i = 0; i < sk_X509_num(cas); i++) {
		X509 *ca = sk_X509_value(cas, i);

		if (X509_NAME_cmp(X509_get_subject_name(ca), X509_CRL_get_issuer(crl)))
			continue;
		known = 1;
		good |= X509_get0_pubkey(ca) && X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1;
	}
	ERR_clear_error();
	/* A CA in between is not in the settings: the handshake knows it. */
	return !known || good;
}

static X509_CRL *same_issuer(const STACK_OF(X509_CRL) *list, X509_CRL *crl)
{
	int i;

	for (i = 0; i < sk_X509_CRL_num(list); i++)
		if (!X509_NAME_cmp(X509_CRL_get_issuer(sk_X509_CRL_value(list, i)), X509_CRL_get_issuer(crl)))
			return sk_X509_CRL_value(list, i);
	return NULL;
}

static int complain(char error[RENEW_ERROR], const char *what)
{
	snprintf(error, RENEW_ERROR, "%s", what);
	return -1;
}

int renew_check(const STACK_OF(X509_CRL) *fresh, const STACK_OF(X509_CRL) *old, const STACK_OF(X509) *cas,
		time_t now, char error[RENEW_ERROR])
{
	int i, news = 0;

	for (i = 0; i < sk_X509_CRL_num(old); i++)
		if (!same_issuer(fresh, sk_X509_CRL_value(old, i)))
			return complain(error, "is by another CA than the one that is there");
	for (i = 0; i < sk_X509_CRL_num(fresh); i++) {
		X509_CRL *crl = sk_X509_CRL_value(fresh, i), *before = same_issuer(old, crl);
		const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
		int cmp;

		if (!is_signed(crl, cas))
			return complain(error, "has a signature that its CA did not make");
		if (!next || ASN1_TIME_cmp_time_t(next, now) < 0)
			return complain(error, "is stale, or does not say until when it counts");
		if (ASN1_TIME_cmp_time_t(X509_CRL_get0_lastUpdate(crl), now + 300) > 0)
			return complain(error, "is of the future: is this device's clock right?");
		if (!before) {
			news = 1;
			continue;
		}
		cmp = ASN1_TIME_compare(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_lastUpdate(before));
		if (cmp < 0)
			return complain(error, "is older than the one that is there");
		news |= cmp > 0;
	}
	return news ? 0 : 1;
}
