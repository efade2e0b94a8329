// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>
#include <time.h>

#include "../../verify/load.h"
#include "trust.h"

static int load_crl_files(struct trust *t, const struct config *config, struct vp_reply *reply)
{
	char error[LOAD_ERROR];
	size_t i;

	for (i = 0; i < config->crl_count; i++)
		if (load_crls(config->crls[i], t->crls, error))
			return refuse(reply, VOICEPAY_CHECK_REVOCATION,
				      "%.140s: without its CRLs nothing is paid: fetch them anew", error);
	return 0;
}

/* Its CAs and pins stand for the settings'; its CRLs beside theirs, which may be younger. */
static int add_bundle(struct trust *t, const struct config *config, struct vp_reply *reply)
{
	STACK_OF(X509_CRL) *crls = t->crls;

	sk_X509_free(t->cas);
	t->cas = t->bundle.cas;
	t->crls = t->bundle.crls;
	t->bundle.cas = NULL;
	t->bundle.crls = NULL;
	sk_X509_CRL_free(crls);
	return load_crl_files(t, config, reply);
}

static int load_files(struct trust *t, const struct config *config, struct vp_reply *reply)
{
	char error[LOAD_ERROR], why[BUNDLE_ERROR];

	t->cas = sk_X509_new_null();
	t->crls = sk_X509_CRL_new_null();
	if (!t->cas || !t->crls)
		return refuse(reply, VOICEPAY_CHECK_CONFIG, "out of memory");
	if (*config->bundle) {
		switch (bundle_load(&t->bundle, config->bundle, config->bundle_keys, config->bundle_key_count,
				    time(NULL), why)) {
		case BUNDLE_BAD:
			/* Not what it replaced instead: that may be why it was replaced. */
			return refuse(reply, VOICEPAY_CHECK_BUNDLE, "%.250s", why);
		case BUNDLE_THERE:
			return add_bundle(t, config, reply);
		case BUNDLE_NEVER:
			break;
		}
	}
	if (load_certificates(config->ca, t->cas, error))
		return refuse(reply, VOICEPAY_CHECK_CONFIG, "%.180s: it must hold the trusted CAs", error);
	return load_crl_files(t, config, reply);
}

int trust_load(struct trust *t, const struct config *config, struct vp_reply *reply)
{
	/* libc reads the time zone once, even for UTC, and later there are no files any more. */
	tzset();
	memset(t, 0, sizeof(*t));
	if (load_files(t, config, reply)) {
		trust_free(t);
		return -1;
	}
	t->policy = (struct verify_policy){
		.trusted = t->cas,
		.host = config->host,
		.host_is_ip = config->host_is_ip,
		.pins = t->bundle.pin_count ? t->bundle.pins : config->pins,
		.pin_count = t->bundle.pin_count ? t->bundle.pin_count : config->pin_count,
		.max_depth = -1,
		.crls = t->crls,
		.crl_max_age = config->crl_max_age,
		.staple_required = config->staple_required,
		.staple_max_age = config->staple_max_age,
	};
	return 0;
}

void trust_free(struct trust *t)
{
	sk_X509_pop_free(t->cas, X509_free);
	sk_X509_CRL_pop_free(t->crls, X509_CRL_free);
	bundle_free(&t->bundle);
	memset(t, 0, sizeof(*t));
}

static const char *advice(enum voicepay_check check)
{
	switch (check) {
	case VOICEPAY_CHECK_DATES:
		return "if this device's clock is right, the gateway must renew it";
	case VOICEPAY_CHECK_HOST:
		return "this is not the gateway";
	case VOICEPAY_CHECK_PIN:
		return "this may be an impostor with a CA's help, so do not pay; a new key's pin must be configured first";
	case VOICEPAY_CHECK_REVOCATION:
		return "do not pay; the gateway or the CRLs must be put right";
	case VOICEPAY_CHECK_PURPOSE:
	case VOICEPAY_CHECK_CERTIFICATE:
		return "the gateway needs another";
	default:
		return "this may be an impostor, so do not pay";
	}
}

int refuse_server(struct vp_reply *reply, const struct verify_result *r)
{
	if (r->index < 0)
		return refuse(reply, r->check, "%.150s: %s", r->reason, advice(r->check));
	if (!r->index)
		return refuse(reply, r->check, "the server's certificate %.140s: %s", r->reason, advice(r->check));
	return refuse(reply, r->check, "a CA certificate of its chain (%.48s) %.120s: %s", r->subject,
		      r->reason, advice(r->check));
}
