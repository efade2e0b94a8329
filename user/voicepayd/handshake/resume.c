// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * There is no call by which a ticket is put into an SSL_SESSION, so one is read
 * from the DER that i2d_SSL_SESSION() would have written. What OpenSSL makes of
 * it is looked at afterwards: should a later version understand it differently,
 * there is a full handshake, and nothing worse.
 */

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <string.h>
#include <time.h>

#include "resume.h"

/* From the last full handshake on, however many sessions there were since. */
#define LONGEST_MS	(7 * 24 * 3600 * 1000LL)
#define LONGEST_S	(7 * 24 * 3600)

typedef struct {
	uint32_t version;
	int32_t protocol;
	ASN1_OCTET_STRING *suite;
	ASN1_OCTET_STRING *id;
	ASN1_OCTET_STRING *psk;
	int64_t time;
	int64_t timeout;
	uint64_t lifetime;
	ASN1_OCTET_STRING *ticket;
	uint32_t age_add;
} SESSION;

ASN1_SEQUENCE(SESSION) = {
	ASN1_EMBED(SESSION, version, UINT32),
	ASN1_EMBED(SESSION, protocol, INT32),
	ASN1_SIMPLE(SESSION, suite, ASN1_OCTET_STRING),
	ASN1_SIMPLE(SESSION, id, ASN1_OCTET_STRING),
	ASN1_SIMPLE(SESSION, psk, ASN1_OCTET_STRING),
	ASN1_EXP_OPT_EMBED(SESSION, time, ZINT64, 1),
	ASN1_EXP_OPT_EMBED(SESSION, timeout, ZINT64, 2),
	ASN1_EXP_OPT_EMBED(SESSION, lifetime, ZUINT64, 9),
	ASN1_EXP_OPT(SESSION, ticket, ASN1_OCTET_STRING, 10),
	ASN1_EXP_OPT_EMBED(SESSION, age_add, ZUINT32, 14),
} static_ASN1_SEQUENCE_END(SESSION)

/* A responder is asked once a handshake, which a full one may need: what came then must do. */
static int nobody_to_ask(void *arg, const char *url, const unsigned char *request, size_t len, unsigned char *answer)
{
	return -1;
}

bool resume_allowed(const struct ticket *t, const struct verify_policy *policy, struct context *context)
{
	struct verify_policy with_staple = *policy;
	struct verify_result result;
	int64_t age;
	bool good;

	if (context_decode(context, t->context, t->it.context_len))
		return false;
	age = boot_ms() - context->begun_ms;
	with_staple.staple = context->staple;
	with_staple.staple_len = context->staple_len;
	if (policy->ask)
		with_staple.ask = nobody_to_ask;
	/* Settings that want a staple by now want the server's own, which only a full handshake brings. */
	good = age >= 0 && age < LONGEST_MS && !(context->asked && policy->staple_required) &&
	       verify_server(&with_staple, sk_X509_value(context->chain, 0), context->chain, &result);
	if (good)
		verify_clear(&result);
	else
		context_clear(context);
	return good;
}

static bool is_sound(const struct voicepay_ticket *t)
{
	uint32_t psk_len;

	switch (t->cipher_suite) {
	case 0x1302:
		psk_len = 48;
		break;
	case 0x1301:
	case 0x1303:
		psk_len = 32;
		break;
	default:
		return false;
	}
	return t->psk_len == psk_len && t->ticket_len && t->ticket_len <= VOICEPAY_TICKET_MAX &&
	       t->lifetime && t->lifetime <= LONGEST_S && t->age_ms / 1000 < t->lifetime;
}

/* OpenSSL read out of it what was written into it. */
static bool is_understood(const SSL_SESSION *session, const struct ticket *t)
{
	unsigned char psk[VOICEPAY_SECRET_MAX];
	const unsigned char *ticket;
	const SSL_CIPHER *cipher = SSL_SESSION_get0_cipher(session);
	size_t len, psk_len;
	bool good;

	SSL_SESSION_get0_ticket(session, &ticket, &len);
	psk_len = SSL_SESSION_get_master_key(session, psk, sizeof(psk));
	good = SSL_SESSION_is_resumable(session) &&
	       SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION &&
	       cipher && SSL_CIPHER_get_protocol_id(cipher) == t->it.cipher_suite &&
	       len == t->it.ticket_len && !memcmp(ticket, t->ticket, len) &&
	       psk_len == t->it.psk_len && !CRYPTO_memcmp(psk, t->it.psk, psk_len) &&
	       SSL_SESSION_get_ticket_lifetime_hint(session) == t->it.lifetime &&
	       !SSL_SESSION_get_max_early_data(session);
	OPENSSL_cleanse(psk, sizeof(psk));
	return good;
}

static bool set(ASN1_OCTET_STRING **to, const void *data, size_t len)
{
	*to = ASN1_OCTET_STRING_new();
	return *to && ASN1_OCTET_STRING_set(*to, data, len);
}

SSL_SESSION *resume_session(const struct ticket *t)
{
	const unsigned char suite[] = { t->it.cipher_suite >> 8, t->it.cipher_suite };
	SESSION s = {
		.version = 1,
		.protocol = TLS1_3_VERSION,
		/* Its age counts, and the system's clock may have been set since it came. */
		.time = time(NULL) - (int64_t)(t->it.age_ms / 1000),
		.timeout = t->it.lifetime,
		.lifetime = t->it.lifetime,
		.age_add = t->it.age_add,
	};
	SSL_SESSION *session = NULL;
	unsigned char *der = NULL;
	const unsigned char *p;
	int len = -1;

	if (!is_sound(&t->it))
		return NULL;
	if (set(&s.suite, suite, sizeof(suite)) && set(&s.id, "", 0) &&
	    set(&s.psk, t->it.psk, t->it.psk_len) && set(&s.ticket, t->ticket, t->it.ticket_len))
		len = ASN1_item_i2d((ASN1_VALUE *)&s, &der, ASN1_ITEM_rptr(SESSION));
	p = der;
	if (len > 0)
		session = d2i_SSL_SESSION(NULL, &p, len);
	OPENSSL_clear_free(der, len > 0 ? len : 0);
	if (s.psk)
		OPENSSL_cleanse((void *)ASN1_STRING_get0_data(s.psk), ASN1_STRING_length(s.psk));
	ASN1_OCTET_STRING_free(s.suite);
	ASN1_OCTET_STRING_free(s.id);
	ASN1_OCTET_STRING_free(s.psk);
	ASN1_OCTET_STRING_free(s.ticket);
	ERR_clear_error();
	if (session && !is_understood(session, t)) {
		SSL_SESSION_free(session);
		session = NULL;
	}
	return session;
}
