// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Has a certificate of the chain been revoked? If that is asked for and there
 * is no answer that can be believed, the answer is yes.
 */

#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

void note(struct finding *f, enum status status, const char *fmt, ...)
{
	va_list ap;

	f->status = status;
	va_start(ap, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, ap);
	va_end(ap);
}

const char *reason_name(long reason)
{
	static const char *const names[] = {
		"no reason given", "its key was compromised", "its CA was compromised", "its owner changed",
		"it was superseded", "it is out of use", "on hold", NULL, NULL, "a privilege was withdrawn",
		"its authority was compromised",
	};

	if (reason < 0 || reason >= (long)(sizeof(names) / sizeof(names[0])) || !names[reason])
		return names[0];
	return names[reason];
}

int check_window(const ASN1_TIME *from, const ASN1_TIME *until,
		 int (*read)(const ASN1_TIME *t, time_t *out), time_t now, unsigned long max_age,
		 const char *what, struct finding *f)
{
	time_t begin, end;
	char when[32];

	if (!from || read(from, &begin)) {
		note(f, STATUS_UNKNOWN, "%s has a date that is malformed", what);
		return -1;
	}
	if (!until) {
		note(f, STATUS_UNKNOWN, "%s does not say when the next one comes (nextUpdate)", what);
		return -1;
	}
	if (read(until, &end) || end < begin) {
		note(f, STATUS_UNKNOWN, "%s has a date that is malformed", what);
		return -1;
	}
	if (begin > now + CLOCK_SKEW) {
		write_time(begin, when);
		note(f, STATUS_UNKNOWN, "%s is of the future: %s", what, when);
		return -1;
	}
	if (end < now) {
		write_time(end, when);
		note(f, STATUS_UNKNOWN, "%s is stale: the next one was due on %s", what, when);
		return -1;
	}
	if (max_age && now > begin && (unsigned long)(now - begin) > max_age) {
		write_time(begin, when);
		note(f, STATUS_UNKNOWN, "%s is older than is allowed here: of %s", what, when);
		return -1;
	}
	return 0;
}

static int tell(struct verify_result *result, int index, X509 *cert, const struct finding *f)
{
	if (f->status == STATUS_REVOKED)
		return verify_refuse(result, VOICEPAY_CHECK_REVOCATION, index, cert, "was revoked: %s", f->reason);
	return verify_refuse(result, VOICEPAY_CHECK_REVOCATION, index, cert,
			     "may have been revoked: %s", f->reason);
}

static bool path_must_staple(const STACK_OF(X509) *path)
{
	int i;

	/* A CA's counts for all below it (RFC 7633 4.2.2). */
	for (i = 0; i < sk_X509_num(path); i++)
		if (must_staple(sk_X509_value(path, i)))
			return true;
	return false;
}

/* Only if no CRL says it: a responder is somebody else who learns who pays when, and may be down. */
static int ask_about_server(const struct verify_policy *policy, time_t now, struct verify_result *result)
{
	X509 *cert = sk_X509_value(result->path, 0), *issuer = sk_X509_value(result->path, 1);
	struct finding f = { STATUS_UNKNOWN, "" };

	if (sk_X509_CRL_num(policy->crls) > 0)
		crl_status(policy->crls, cert, issuer, now, policy->crl_max_age, &f);
	if (f.status == STATUS_UNKNOWN)
		query_status(policy, cert, issuer, now, result, &f);
	return f.status == STATUS_GOOD ? 0 : tell(result, 0, cert, &f);
}

int check_revocation(const struct verify_policy *policy, time_t now, struct verify_result *result)
{
	STACK_OF(X509) *path = result->path;
	bool stapled = false;
	int i;

	if (policy->staple) {
		struct finding f = { STATUS_UNKNOWN, "" };

		ocsp_status(policy->staple, policy->staple_len, sk_X509_value(path, 0),
			    sk_X509_value(path, 1), now, policy->staple_max_age, &f);
		/* One that is there and bad is never better than none. */
		if (f.status != STATUS_GOOD)
			return tell(result, 0, sk_X509_value(path, 0), &f);
		stapled = true;
	} else if (policy->staple_required) {
		return verify_refuse(result, VOICEPAY_CHECK_REVOCATION, 0, sk_X509_value(path, 0),
				     "may have been revoked: the server sent no OCSP staple, which is required here");
	} else if (path_must_staple(path)) {
		return verify_refuse(result, VOICEPAY_CHECK_REVOCATION, 0, sk_X509_value(path, 0),
				     "may have been revoked: the server sent no OCSP staple, which the certificate demands (must-staple)");
	}
	if (!stapled && policy->ask) {
		if (ask_about_server(policy, now, result))
			return -1;
		stapled = true;
	}
	if (sk_X509_CRL_num(policy->crls) < 1)
		return 0;
	for (i = 0; i + 1 < sk_X509_num(path); i++) {
		struct finding f = { STATUS_UNKNOWN, "" };

		crl_status(policy->crls, sk_X509_value(path, i), sk_X509_value(path, i + 1), now,
			   policy->crl_max_age, &f);
		if (f.status == STATUS_REVOKED || (f.status == STATUS_UNKNOWN && (i || !stapled)))
			return tell(result, i, sk_X509_value(path, i), &f);
	}
	return 0;
}
