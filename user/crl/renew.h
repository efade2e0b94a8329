/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a CRL that was fetched may replace the one that is there. */
#ifndef VP_RENEW_H
#define VP_RENEW_H

#include <openssl/x509.h>
#include <time.h>

#define RENEW_ERROR	256

/*
 * @fresh: what was fetched; @old: what is there, or empty; @cas: whom the
 * settings trust. 0, 1 if it is no news, or -1 with @error.
 */
int renew_check(const STACK_OF(X509_CRL) *fresh, const STACK_OF(X509_CRL) *old, const STACK_OF(X509) *cas,
		time_t now, char error[RENEW_ERROR]);

#endif
