// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions that are continued. The kernel's part, which keeps tickets and makes
 * their keys, is played by this test, by RFC 8446 and from what the handshake
 * would hand over: so the secrets are right if, and only if, a real server goes on.
 */

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "../handshake/connect.h"
#include "../handshake/resume.h"
#include "../handshake/tls.h"
#include "capable.h"
#include "certs.h"

#define HOST	"pay.voicepay.example"
#define DAY_MS	(24 * 3600 * 1000LL)

static struct identity root, gateway, device_id;
static struct device device;
static STACK_OF(X509) *trusted;
static struct pin pins[2];

struct server {
	SSL_CTX *ctx;
	int fd;
	int bytes, reused, client_known, early, modes, exporter;
};

static int take_any(int ok, X509_STORE_CTX *ctx)
{
	return 1;
}

static SSL_CTX *server_ctx(bool ask, const char *suites)
{
	/* Not through the watched key schedule: the client's secrets are sought. */
	SSL_CTX *ctx = SSL_CTX_new_ex(NULL, "provider=default", TLS_server_method());

	SSL_CTX_use_certificate(ctx, gateway.cert);
	SSL_CTX_use_PrivateKey(ctx, gateway.key);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"t", 1);
	if (suites)
		SSL_CTX_set_ciphersuites(ctx, suites);
	if (ask)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	return ctx;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	struct server *s = arg;
	const unsigned char *ext;
	size_t len;

	s->early = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_early_data, &ext, &len);
	/* psk_key_exchange_modes: one, psk_dhe_ke */
	s->modes = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk_kex_modes, &ext, &len) && len == 2 &&
		   ext[0] == 1 && ext[1] == 1;
	return SSL_CLIENT_HELLO_SUCCESS;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	X509 *peer;
	char buf[256];
	SSL *ssl;
	int n;

	SSL_CTX_set_client_hello_cb(s->ctx, on_hello, s);
	ssl = SSL_new(s->ctx);
	SSL_set_fd(ssl, s->fd);
	if (SSL_accept(ssl) == 1) {
		peer = SSL_get0_peer_certificate(ssl);
		s->reused = SSL_session_reused(ssl);
		s->client_known = peer && !X509_cmp(peer, device_id.cert);
		SSL_write(ssl, "hello", 5);
		while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0)
			s->bytes += n;
	}
	SSL_free(ssl);
	close(s->fd);
	ERR_clear_error();
	return NULL;
}

static struct verify_policy policy(void)
{
	return (struct verify_policy){ .trusted = trusted, .host = HOST, .pins = pins, .pin_count = 2, .max_depth = -1 };
}

/* What the kernel does with a NewSessionTicket, RFC 8446 section 4.6.1. */
static void on_message(int out, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	struct tls *tls = SSL_get_app_data(ssl);
	struct ticket *t = arg;
	const unsigned char *p = buf, *nonce;
	const char *md = tls->secrets.len == 48 ? "SHA384" : "SHA256";
	size_t nonce_len;
	OSSL_PARAM params[7], *q = params;
	EVP_KDF *kdf;
	EVP_KDF_CTX *ctx;

	if (out || type != SSL3_RT_HANDSHAKE || len < 15 || p[0] != SSL3_MT_NEWSESSION_TICKET)
		return;
	memset(t, 0, sizeof(*t));
	p += 4;
	t->it.lifetime = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	t->it.age_add = (uint32_t)p[4] << 24 | p[5] << 16 | p[6] << 8 | p[7];
	nonce_len = p[8];
	nonce = p + 9;
	p = nonce + nonce_len;
	t->it.ticket_len = p[0] << 8 | p[1];
	memcpy(t->ticket, p + 2, t->it.ticket_len);
	t->it.cipher_suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl));
	t->it.psk_len = tls->secrets.len;

	kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", "provider=default");
	ctx = EVP_KDF_CTX_new(kdf);
	*q++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	*q++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)md, 0);
	*q++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, tls->secrets.resumption, tls->secrets.len);
	*q++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6);
	*q++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, "resumption", 10);
	*q++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_DATA, (void *)nonce, nonce_len);
	*q = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_KDF_derive(ctx, t->it.psk, t->it.psk_len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/*
 * A handshake, with @old to be continued if that is allowed; then the order, and
 * what comes back. @next gets a new ticket. True if the handshake succeeded.
 */
static bool shake(struct server *s, const struct verify_policy *p, const struct ticket *old, struct ticket *next,
		  struct tls *tls, struct vp_reply *reply)
{
	struct context context;
	pthread_t thread;
	char buf[16];
	int pair[2];
	bool good;

	*tls = (struct tls){ .policy = p, .device = &device, .reply = reply };
	reply_init(reply);
	s->bytes = s->reused = s->client_known = s->early = s->modes = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	s->fd = pair[1];
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(tls_prepare(tls), 0);
	if (old && resume_allowed(old, p, &context)) {
		SSL_SESSION *session = resume_session(old);

		assert_non_null(session);
		tls_offer(tls, session, &context);
	}
	if (next) {
		SSL_set_app_data(tls->ssl, tls);
		SSL_set_msg_callback(tls->ssl, on_message);
		SSL_set_msg_callback_arg(tls->ssl, next);
	}
	pthread_create(&thread, NULL, serve, s);
	good = !tls_handshake(tls, pair[0], clock_ms() + 10000);
	if (good) {
		assert_true(secrets_complete(&tls->secrets));
		assert_int_equal(SSL_write(tls->ssl, "order", 5), 5);
		/* before the answer come the tickets */
		while (SSL_read(tls->ssl, buf, sizeof(buf)) <= 0)
			usleep(1000);
		if (next)
			next->it.context_len = context_encode(&tls->context, next->context);
	}
	tls_free(tls);
	close(pair[0]);
	pthread_join(thread, NULL);
	ERR_clear_error();
	return good;
}

static void forget(struct tls *tls)
{
	context_clear(&tls->context);
	OPENSSL_cleanse(&tls->secrets, sizeof(tls->secrets));
}

/* A first session with @s, and its ticket. */
static void first(struct server *s, struct ticket *t)
{
	struct verify_policy p = policy();
	struct vp_reply reply;
	struct tls tls;

	memset(t, 0, sizeof(*t));
	assert_true(shake(s, &p, NULL, t, &tls, &reply));
	assert_int_equal(reply.flags, 0);
	assert_int_not_equal(t->it.ticket_len, 0);
	assert_int_not_equal(t->it.context_len, 0);
	forget(&tls);
}

static void goes_on(const char *suites, size_t secret_len)
{
	struct server s = { .ctx = server_ctx(true, suites) };
	struct verify_policy p = policy();
	static struct ticket t, next;
	unsigned char tx[SECRET_MAX];
	struct vp_reply reply;
	int64_t begun;
	struct tls tls;

	first(&s, &t);
	assert_true(shake(&s, &p, &t, &next, &tls, &reply));
	assert_int_equal(reply.flags, VP_REPLY_RESUMED);
	assert_int_equal(tls.secrets.len, secret_len);
	assert_int_equal(s.reused, 1);
	assert_int_equal(s.client_known, 1);
	assert_int_equal(s.bytes, 5);
	assert_int_equal(s.early, 0);
	assert_int_equal(s.modes, 1);
	assert_string_equal(reply.group, BEST_GROUP);
	assert_string_equal(reply.host, HOST);
	begun = tls.context.begun_ms;
	memcpy(tx, tls.secrets.tx, sizeof(tx));
	forget(&tls);

	/* and on, with keys of its own; the full handshake stays where it was in time */
	t = next;
	assert_true(shake(&s, &p, &t, &next, &tls, &reply));
	assert_int_equal(reply.flags, VP_REPLY_RESUMED);
	assert_int_equal(tls.context.begun_ms, begun);
	assert_memory_not_equal(tls.secrets.tx, tx, sizeof(tx));
	forget(&tls);
	SSL_CTX_free(s.ctx);
}

static void a_session_goes_on(void **state)
{
	goes_on("TLS_AES_256_GCM_SHA384", 48);
	goes_on("TLS_AES_128_GCM_SHA256", 32);
	goes_on("TLS_CHACHA20_POLY1305_SHA256", 32);
}

static void a_server_that_knows_it_not(void **state)
{
	struct server s = { .ctx = server_ctx(true, NULL) }, other = { .ctx = server_ctx(true, NULL) },
		any = { .ctx = server_ctx(false, NULL) };
	struct verify_policy p = policy();
	static struct ticket t;
	struct vp_reply reply;
	struct tls tls;

	first(&s, &t);
	/* in full, with all checks */
	assert_true(shake(&other, &p, &t, NULL, &tls, &reply));
	assert_int_equal(reply.flags, 0);
	assert_int_equal(other.reused, 0);
	assert_int_equal(other.client_known, 1);
	forget(&tls);
	assert_false(shake(&any, &p, &t, NULL, &tls, &reply));
	assert_int_equal(reply.check, VOICEPAY_CHECK_MUTUAL);
	assert_false(tls_offer_to_blame(&tls));
	assert_int_equal(any.bytes, 0);
	forget(&tls);
	SSL_CTX_set_options(other.ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(other.ctx, 0);
	assert_true(shake(&other, &p, &t, NULL, &tls, &reply));
	forget(&tls);
	SSL_CTX_free(s.ctx);
	SSL_CTX_free(other.ctx);
	SSL_CTX_free(any.ctx);
}

/* The server ends the handshake: it is to be tried in full, which is the caller's work. */
static void a_ticket_with_another_key(void **state)
{
	struct server s = { .ctx = server_ctx(true, NULL) };
	struct verify_policy p = policy();
	static struct ticket t;
	struct vp_reply reply;
	struct tls tls;

	first(&s, &t);
	t.it.psk[0] ^= 1;
	assert_false(shake(&s, &p, &t, NULL, &tls, &reply));
	assert_true(tls_offer_to_blame(&tls));
	assert_int_equal(reply.flags, 0);
	assert_int_equal(s.bytes, 0);
	forget(&tls);
	assert_true(shake(&s, &p, NULL, NULL, &tls, &reply));
	forget(&tls);
	SSL_CTX_free(s.ctx);
}

/* A server that says @len bytes and no more: how long it was waited for, of a second. */
static int64_t stalls(const struct ticket *old, size_t len, bool *blamed)
{
	struct verify_policy p = policy();
	struct vp_reply reply;
	struct tls tls = { .policy = &p, .device = &device, .reply = &reply };
	struct context context;
	int64_t began;
	int pair[2];

	reply_init(&reply);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(write(pair[1], "\x16\x03\x03", len), len);
	assert_int_equal(tls_prepare(&tls), 0);
	assert_true(resume_allowed(old, &p, &context));
	tls_offer(&tls, resume_session(old), &context);
	began = clock_ms();
	assert_int_equal(tls_handshake(&tls, pair[0], began + 1000), -1);
	began = clock_ms() - began;
	assert_int_equal(reply.check, VOICEPAY_CHECK_TIMEOUT);
	*blamed = tls_offer_to_blame(&tls);
	tls_free(&tls);
	forget(&tls);
	close(pair[0]);
	close(pair[1]);
	return began;
}

/* One that is silent may be so for the ticket's sake; a slow line is not. */
static void half_the_time(void **state)
{
	struct server s = { .ctx = server_ctx(true, NULL) };
	static struct ticket t;
	bool blamed;

	first(&s, &t);
	assert_in_range(stalls(&t, 0, &blamed), 450, 950);
	assert_true(blamed);
	assert_in_range(stalls(&t, 3, &blamed), 990, 5000);
	assert_false(blamed);
	SSL_CTX_free(s.ctx);
}

static X509_CRL *crl_of(X509 *revoked)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_adj(NULL, time(NULL), 0, -60), *next = ASN1_TIME_adj(NULL, time(NULL), 7, 0);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(root.cert));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, next);
	if (revoked) {
		X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked));
		X509_REVOKED_set_revocationDate(entry, now);
		X509_CRL_add0_revoked(crl, entry);
	} else {
		X509_REVOKED_free(entry);
	}
	ASN1_INTEGER_set(number, 1);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	if (X509_get0_subject_key_id(root.cert)) {
		akid->keyid = ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(root.cert));
		X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, akid, 0, 0);
	}
	X509_CRL_sign(crl, root.key, EVP_sha256());
	AUTHORITY_KEYID_free(akid);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	return crl;
}

static bool allowed(const struct ticket *t, const struct verify_policy *p)
{
	struct context c;

	if (!resume_allowed(t, p, &c))
		return false;
	assert_non_null(c.chain);
	context_clear(&c);
	return true;
}

static int asked;

static int ask_responder(void *arg, const char *url, const unsigned char *request, size_t len, unsigned char *answer)
{
	asked++;
	return -1;
}

/* What was checked then is checked again, by today's rules. */
static void checked_anew(void **state)
{
	struct server s = { .ctx = server_ctx(true, NULL) };
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	struct verify_policy p = policy();
	static struct ticket t;
	struct context c;

	first(&s, &t);
	assert_true(allowed(&t, &p));
	sk_X509_CRL_push(crls, crl_of(NULL));
	p.crls = crls;
	assert_true(allowed(&t, &p));
	X509_CRL_free(sk_X509_CRL_pop(crls));
	sk_X509_CRL_push(crls, crl_of(gateway.cert));
	assert_false(allowed(&t, &p));
	p = policy();
	p.at = time(NULL) + 90 * 86400;
	assert_false(allowed(&t, &p));
	p = policy();
	p.pin_count = 0;
	assert_false(allowed(&t, &p));
	p = policy();
	p.host = "other.example";
	assert_false(allowed(&t, &p));
	p = policy();
	p.staple_required = true;
	assert_false(allowed(&t, &p));

	/* nobody said then what the settings now want to hear; and it is not asked for here */
	p = policy();
	p.ask = ask_responder;
	p.responder = "http://ocsp.example";
	assert_false(allowed(&t, &p));
	assert_int_equal(asked, 0);

	/* a staple that is none */
	p = policy();
	assert_int_equal(context_decode(&c, t.context, t.it.context_len), 0);
	c.staple = OPENSSL_memdup("stale", 5);
	c.staple_len = 5;
	t.it.context_len = context_encode(&c, t.context);
	assert_false(allowed(&t, &p));

	/* a week after the full handshake, however often it was continued since; or before it */
	OPENSSL_free(c.staple);
	c.staple = NULL;
	c.staple_len = 0;
	c.begun_ms = boot_ms() - 7 * DAY_MS;
	t.it.context_len = context_encode(&c, t.context);
	assert_false(allowed(&t, &p));
	c.begun_ms += 60000;
	t.it.context_len = context_encode(&c, t.context);
	assert_true(allowed(&t, &p) || boot_ms() < 7 * DAY_MS);
	c.begun_ms = boot_ms() + 60000;
	t.it.context_len = context_encode(&c, t.context);
	assert_false(allowed(&t, &p));
	context_clear(&c);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	SSL_CTX_free(s.ctx);
}

/* The CA's word that @cert is good. */
static int ocsp_of(X509 *cert, unsigned char *der)
{
	ASN1_TIME *now = ASN1_TIME_adj(NULL, time(NULL), 0, -60), *next = ASN1_TIME_adj(NULL, time(NULL), 1, 0);
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, root.cert);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	int len;

	OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, now, next);
	OCSP_basic_sign(basic, root.cert, root.key, EVP_sha256(), NULL, 0);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(response, &der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	return len;
}

static int says_good(void *arg, const char *url, const unsigned char *request, size_t len, unsigned char *answer)
{
	return ocsp_of(gateway.cert, answer);
}

/* What a responder said on being asked is good for a session, but is not what a staple is. */
static void asked_is_not_stapled(void **state)
{
	struct server s = { .ctx = server_ctx(true, NULL) };
	struct verify_policy p = policy();
	static struct ticket t, next;
	struct vp_reply reply;
	struct tls tls;

	p.ask = says_good;
	p.responder = "http://ocsp.example";
	assert_true(shake(&s, &p, NULL, &t, &tls, &reply));
	forget(&tls);
	assert_true(allowed(&t, &p));
	p.ask = NULL;
	assert_true(allowed(&t, &p));
	/* and on, to the next session */
	assert_true(shake(&s, &p, &t, &next, &tls, &reply));
	assert_int_equal(reply.flags, VP_REPLY_RESUMED);
	forget(&tls);
	p.staple_required = true;
	assert_false(allowed(&t, &p));
	assert_false(allowed(&next, &p));
	SSL_CTX_free(s.ctx);
}

static void contexts_are_exact(void **state)
{
	unsigned char good[CONTEXT_MAX], again[CONTEXT_MAX], bad[CONTEXT_MAX];
	STACK_OF(X509) *path = sk_X509_new_null();
	struct context c, d;
	size_t len, i;

	sk_X509_push(path, gateway.cert);
	sk_X509_push(path, device_id.cert);
	sk_X509_push(path, root.cert);
	assert_int_equal(context_make(&c, path, (const unsigned char *)"staple", 6, true), 0);
	len = context_encode(&c, good);
	assert_in_range(len, 100, CONTEXT_MAX);
	assert_int_equal(context_decode(&d, good, len), 0);
	/* the trusted one is today's, and is not kept */
	assert_int_equal(sk_X509_num(d.chain), 2);
	assert_int_equal(X509_cmp(sk_X509_value(d.chain, 0), gateway.cert), 0);
	assert_int_equal(d.begun_ms, c.begun_ms);
	assert_memory_equal(d.staple, "staple", 6);
	assert_true(d.asked);
	assert_int_equal(context_encode(&d, again), len);
	assert_memory_equal(good, again, len);
	context_clear(&d);
	for (i = 0; i < len; i++)
		assert_int_equal(context_decode(&d, good, i), -1);
	good[len] = 0;
	assert_int_equal(context_decode(&d, good, len + 1), -1);
	/* whatever is read, is what would be written */
	for (i = 0; i < len * 8; i++) {
		memcpy(bad, good, len);
		bad[i / 8] ^= 1 << i % 8;
		if (context_decode(&d, bad, len))
			continue;
		assert_int_equal(context_encode(&d, again), len);
		context_clear(&d);
	}
	/* one that does not fit is not cut */
	context_clear(&c);
	assert_int_equal(context_make(&c, path, bad, sizeof(bad) - 100, false), 0);
	assert_int_equal(context_encode(&c, good), 0);
	context_clear(&c);
	ERR_clear_error();
	sk_X509_free(path);
}

static void bound(const struct config *config, const struct verify_policy *p, X509 *cert,
		  unsigned char binding[BINDING_LEN])
{
	assert_int_equal(binding_make(binding, config, p, cert), 0);
}

static void bindings(void **state)
{
	static struct config config = { .port = "443" };
	STACK_OF(X509) *cas = sk_X509_new_null();
	unsigned char a[BINDING_LEN], b[BINDING_LEN];
	struct verify_policy p = policy();
	struct pin swapped[3] = { pins[1], pins[0], pins[1] };

	bound(&config, &p, device_id.cert, a);
	/* the order says nothing, nor does saying something twice */
	p.pins = swapped;
	p.pin_count = 3;
	sk_X509_push(cas, root.cert);
	sk_X509_push(cas, root.cert);
	p.trusted = cas;
	bound(&config, &p, device_id.cert, b);
	assert_memory_equal(a, b, BINDING_LEN);

#define DIFFERS(change) do {							\
		p = policy();							\
		change;								\
		bound(&config, &p, device_id.cert, b);				\
		assert_memory_not_equal(a, b, BINDING_LEN);			\
	} while (0)
	DIFFERS(p.host = "pay.voicepay.exampl");
	DIFFERS(p.pin_count = 1);
	DIFFERS(swapped[0].sha256[31] ^= 1; p.pins = swapped);
	DIFFERS(sk_X509_push(cas, gateway.cert); p.trusted = cas);
	/* an item cannot grow into the next one */
	DIFFERS(p.host = HOST "4"; strcpy(config.port, "43"));
	strcpy(config.port, "443");
	p = policy();
	bound(&config, &p, gateway.cert, b);
	assert_memory_not_equal(a, b, BINDING_LEN);
	sk_X509_free(cas);
}

static void refused(struct ticket t)
{
	assert_null(resume_session(&t));
}

static time_t began(const SSL_SESSION *session)
{
#if OPENSSL_VERSION_PREREQ(3, 3)
	return SSL_SESSION_get_time_ex(session);
#else
	return SSL_SESSION_get_time(session);
#endif
}

static void tickets_that_are_not_sound(void **state)
{
	struct server s = { .ctx = server_ctx(true, NULL) };
	static struct ticket good, t;
	SSL_SESSION *session;

	first(&s, &good);
	session = resume_session(&good);
	assert_non_null(session);
	SSL_SESSION_free(session);
#define BAD(change) do { t = good; change; refused(t); } while (0)
	BAD(t.it.cipher_suite = 0x1304);
	BAD(t.it.cipher_suite = 0x1301);	/* whose hash is another */
	BAD(t.it.psk_len = 32);
	BAD(t.it.psk_len = 0);
	BAD(t.it.ticket_len = 0);
	BAD(t.it.ticket_len = VOICEPAY_TICKET_MAX + 1);
	BAD(t.it.lifetime = 0);
	BAD(t.it.lifetime = 7 * 24 * 3600 + 1);
	BAD(t.it.age_ms = t.it.lifetime * 1000ULL);
	/* sessions are long, and no longer than a week */
	t = good;
	t.it.lifetime = 7 * 24 * 3600;
	t.it.age_ms = 7 * DAY_MS - 1000;
	t.it.ticket_len = VOICEPAY_TICKET_MAX;
	session = resume_session(&t);
	assert_non_null(session);
	assert_in_range(time(NULL) - began(session), 7 * 24 * 3600 - 2, 7 * 24 * 3600);
	SSL_SESSION_free(session);
	SSL_CTX_free(s.ctx);
}

static int set_up(void **state)
{
	root = make_identity(&(struct recipe){ .cn = "test root", .ca = 1 }, NULL);
	gateway = make_identity(&(struct recipe){ .cn = "gateway", .san = "DNS:" HOST }, &root);
	device_id = make_identity(&(struct recipe){ .cn = "device", .eku = "clientAuth" }, &root);
	device.cert = device_id.cert;
	device.key = device_id.key;
	device.chain = sk_X509_new_null();
	trusted = sk_X509_new_null();
	sk_X509_push(trusted, root.cert);
	memset(pins[1].sha256, 0xbb, PIN_BYTES);
	return verify_spki(gateway.cert, &pins[0]);
}

static int tear_down(void **state)
{
	sk_X509_free(device.chain);
	sk_X509_free(trusted);
	free_identity(&root);
	free_identity(&gateway);
	free_identity(&device_id);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_goes_on),
		cmocka_unit_test(a_server_that_knows_it_not),
		cmocka_unit_test(a_ticket_with_another_key),
		cmocka_unit_test(half_the_time),
		cmocka_unit_test(checked_anew),
		cmocka_unit_test(asked_is_not_stapled),
		cmocka_unit_test(contexts_are_exact),
		cmocka_unit_test(bindings),
		cmocka_unit_test(tickets_that_are_not_sound),
	};

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!can_hand_over())
		return 0;
	return cmocka_run_group_tests_name("resumption", tests, set_up, tear_down);
}
