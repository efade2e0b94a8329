// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The handshake against servers that are right, and against servers that are
 * wrong in one respect each. Every wrong one must be refused by the check that
 * is there for it, and must not get one byte of what an app would have sent.
 *
 * Kernel TLS and the hand-over need the module; selftests/handshake.sh has them.
 */

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../handshake/connect.h"
#include "../handshake/tls.h"
#include "../handshake/trust.h"
#include "capable.h"
#include "certs.h"

/* RFC 8879, section 7.1; OpenSSL before 3.2 has no name for it. */
#ifndef TLSEXT_TYPE_compress_certificate
#define TLSEXT_TYPE_compress_certificate	27
#endif

#define HOST	"pay.voicepay.example"
#define SAN	"DNS:" HOST

static struct identity root, stranger, intermediate, device_id, gateway;
static struct device device;
static STACK_OF(X509) *trusted;
static struct pin pins[2];
static char dir[] = "/tmp/voicepay-test-XXXXXX";

struct server {
	const struct identity *id;
	X509 *chain;		/* an intermediate to send along */
	int max_version;
	const char *groups;
	const char *ciphersuites;
	const char *plain;	/* say this instead of TLS */
	int no_request;		/* do not ask for a client certificate */
	int silent;		/* say nothing at all */
	/* results */
	int fd;
	int bytes;		/* application bytes that arrived */
	int client_known;	/* the client showed the device's certificate */
	int compression;	/* the client would unpack a certificate */
	char sni[64];
};

static int take_any(int ok, X509_STORE_CTX *ctx)
{
	return 1;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *ext;
	size_t len;

	((struct server *)arg)->compression =
		SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_compress_certificate, &ext, &len);
	return SSL_CLIENT_HELLO_SUCCESS;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;
	X509 *peer;
	char buf[256];
	int n;

	if (s->plain && write(s->fd, s->plain, strlen(s->plain)) < 0)
		s->bytes = -1;
	if (s->plain || s->silent) {
		/* Wait for the client to be done, and count nothing but its hello. */
		while (read(s->fd, buf, sizeof(buf)) > 0)
			;
		goto out;
	}
	/* What the server is not to be stopped by is its own strictness. */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_use_certificate(ctx, s->id->cert);
	SSL_CTX_use_PrivateKey(ctx, s->id->key);
	if (s->chain)
		SSL_CTX_add1_chain_cert(ctx, s->chain);
	if (s->max_version)
		SSL_CTX_set_max_proto_version(ctx, s->max_version);
	if (s->groups)
		SSL_CTX_set1_groups_list(ctx, s->groups);
	if (s->ciphersuites)
		SSL_CTX_set_ciphersuites(ctx, s->ciphersuites);
	if (!s->no_request)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	SSL_CTX_set_client_hello_cb(ctx, on_hello, s);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, s->fd);
	if (SSL_accept(ssl) == 1) {
		peer = SSL_get0_peer_certificate(ssl);
		s->client_known = peer && !X509_cmp(peer, device_id.cert);
		snprintf(s->sni, sizeof(s->sni), "%s",
			 SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) ?: "");
		while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0)
			s->bytes += n;
	}
	SSL_free(ssl);
out:
	SSL_CTX_free(ctx);
	close(s->fd);
	ERR_clear_error();
	return NULL;
}

static struct verify_policy policy(void)
{
	return (struct verify_policy){ .trusted = trusted, .host = HOST, .pins = pins, .pin_count = 2, .max_depth = -1 };
}

/* What voicepay-handshake does, and then what an app would: send its order. */
static void shake(const struct verify_policy *p, struct server *s, struct vp_reply *reply)
{
	struct tls tls = { .policy = p, .device = &device, .reply = reply };
	pthread_t thread;
	int pair[2];

	reply_init(reply);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	s->fd = pair[1];
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(tls_prepare(&tls), 0);
	pthread_create(&thread, NULL, serve, s);
	if (!tls_handshake(&tls, pair[0], clock_ms() + (s->silent ? 200 : 10000))) {
		assert_int_equal(reply->check, VOICEPAY_CHECK_OK);
		assert_int_equal(SSL_write(tls.ssl, "order", 5), 5);
	}
	tls_free(&tls);
	context_clear(&tls.context);
	close(pair[0]);
	pthread_join(thread, NULL);
	ERR_clear_error();
}

static void expect(const struct verify_policy *p, struct server *s, enum voicepay_check check,
		   const char *says)
{
	struct vp_reply reply;

	shake(p, s, &reply);
	if (reply.check != check || (says && !strstr(reply.message, says)))
		fail_msg("expected %s (%s), got %s: %s", voicepay_check_name(check), says ?: "",
			 voicepay_check_name(reply.check), reply.message);
	assert_int_equal(s->bytes, check == VOICEPAY_CHECK_OK ? 5 : 0);
	if (check != VOICEPAY_CHECK_OK) {
		assert_int_not_equal(reply.error, 0);
		assert_true(strlen(reply.message) > 10);
	}
}

/* A server with a certificate of this recipe from the trusted root, its key pinned. */
static void expect_cert(const struct recipe *recipe, const struct identity *issuer,
			enum voicepay_check check, const char *says)
{
	struct identity id = make_identity(recipe, issuer);
	struct server s = { .id = &id };
	struct verify_policy p = policy();
	struct pin own[2];

	assert_int_equal(verify_spki(id.cert, &own[0]), 0);
	own[1] = pins[1];
	p.pins = own;
	expect(&p, &s, check, says);
	free_identity(&id);
}

static void the_right_gateway(void **state)
{
	struct server s = { .id = &gateway };
	struct verify_policy p = policy();
	struct vp_reply reply;

	shake(&p, &s, &reply);
	assert_int_equal(reply.check, VOICEPAY_CHECK_OK);
	assert_string_equal(reply.protocol, "TLSv1.3");
	assert_string_equal(reply.group, BEST_GROUP);
	assert_string_equal(reply.cipher, "TLS_AES_256_GCM_SHA384");
	assert_string_equal(reply.host, HOST);
	assert_string_equal(s.sni, HOST);
	assert_int_equal(s.client_known, 1);
	assert_int_equal(s.compression, 0);
	assert_int_equal(s.bytes, 5);
}

static void through_an_intermediate(void **state)
{
	struct recipe r = { .cn = "x", .san = SAN };
	struct identity id = make_identity(&r, &intermediate);
	struct server s = { .id = &id, .chain = intermediate.cert };
	struct verify_policy p = policy();
	struct pin ca_pin[2];

	/* a pin may be of any key in the chain */
	assert_int_equal(verify_spki(root.cert, &ca_pin[0]), 0);
	ca_pin[1] = pins[1];
	p.pins = ca_pin;
	expect(&p, &s, VOICEPAY_CHECK_OK, NULL);

	/* the server forgets to send it */
	s = (struct server){ .id = &id };
	expect(&p, &s, VOICEPAY_CHECK_CA, NULL);
	free_identity(&id);
}

static void wrong_host(void **state)
{
	expect_cert(&(struct recipe){ .cn = HOST, .san = "DNS:fake-pay.com" }, &root,
		    VOICEPAY_CHECK_HOST, "is for fake-pay.com, not for " HOST);
	expect_cert(&(struct recipe){ .cn = "x", .san = "DNS:voicepay.example" }, &root,
		    VOICEPAY_CHECK_HOST, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = "DNS:" HOST ".evil.example" }, &root,
		    VOICEPAY_CHECK_HOST, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = "DNS:p*.voicepay.example" }, &root,
		    VOICEPAY_CHECK_HOST, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = "DNS:*.example" }, &root,
		    VOICEPAY_CHECK_HOST, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = "IP:192.0.2.1" }, &root,
		    VOICEPAY_CHECK_HOST, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = "email:" "a@" HOST }, &root,
		    VOICEPAY_CHECK_HOST, NULL);
	/* what is right */
	expect_cert(&(struct recipe){ .cn = "x", .san = "DNS:*.voicepay.example" }, &root,
		    VOICEPAY_CHECK_OK, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = "DNS:a.example,DNS:PAY.voicepay.EXAMPLE" },
		    &root, VOICEPAY_CHECK_OK, NULL);
}

static void common_name_only(void **state)
{
	expect_cert(&(struct recipe){ .cn = HOST }, &root, VOICEPAY_CHECK_HOST, "is for no name");
}

static void addresses(void **state)
{
	struct recipe r = { .cn = "192.0.2.7", .san = "IP:192.0.2.7,IP:2001:db8::1" };
	struct recipe as_name = { .cn = "192.0.2.7", .san = "IP:192.0.2.7,DNS:192.0.2.8" };
	struct identity id = make_identity(&r, &root);
	struct verify_policy p = policy();
	struct verify_result result;
	struct pin own;

	verify_spki(id.cert, &own);
	p.pins = &own;
	p.pin_count = 1;
	p.host_is_ip = true;
	p.host = "192.0.2.7";
	assert_true(verify_server(&p, id.cert, NULL, &result));
	verify_clear(&result);
	p.host = "2001:db8:0::1";
	assert_true(verify_server(&p, id.cert, NULL, &result));
	verify_clear(&result);
	p.host = "192.0.2.8";
	assert_false(verify_server(&p, id.cert, NULL, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_HOST);
	free_identity(&id);
	/* an address written as a DNS name is a name of nothing */
	id = make_identity(&as_name, &root);
	p.host = "192.0.2.7";
	assert_false(verify_server(&p, id.cert, NULL, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_HOST);
	free_identity(&id);
}

static void dates(void **state)
{
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .from = -30, .until = -1 }, &root,
		    VOICEPAY_CHECK_DATES, "expired on 20");
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .from = 1 }, &root,
		    VOICEPAY_CHECK_DATES, "valid only from 20");
}

static void a_ca_of_the_chain_expired(void **state)
{
	struct recipe old = { .cn = "old CA", .ca = 1, .from = -30, .until = -1 };
	struct recipe r = { .cn = "x", .san = SAN };
	struct identity ca = make_identity(&old, &root), id = make_identity(&r, &ca);
	struct server s = { .id = &id, .chain = ca.cert };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_DATES, "a CA certificate of its chain");
	free_identity(&id);
	free_identity(&ca);
}

static void the_time_that_counts_is_given(void **state)
{
	struct verify_policy p = policy();
	struct verify_result result;

	p.at = time(NULL) + 90 * 86400;
	assert_false(verify_server(&p, gateway.cert, NULL, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_DATES);
}

static void unknown_ca(void **state)
{
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN }, &stranger, VOICEPAY_CHECK_CA, NULL);
}

static void a_ca_with_the_trusted_name(void **state)
{
	/* Same name, same key identifier there is none: the signature is all that differs. */
	struct recipe twin = { .cn = "test root", .ca = 1 };
	struct identity ca = make_identity(&twin, NULL);
	struct recipe r = { .cn = "x", .san = SAN };
	struct identity id = make_identity(&r, &ca);
	struct verify_policy p = policy();
	struct server s = { .id = &id };
	struct vp_reply reply;

	shake(&p, &s, &reply);
	assert_true(reply.check == VOICEPAY_CHECK_CA || reply.check == VOICEPAY_CHECK_SIGNATURE);
	assert_int_equal(s.bytes, 0);
	free_identity(&id);
	free_identity(&ca);
}

static void self_signed(void **state)
{
	expect_cert(&(struct recipe){ .cn = HOST, .san = SAN }, NULL, VOICEPAY_CHECK_CA, "self-signed");
}

static void damaged_signature(void **state)
{
	struct identity id = make_identity(&(struct recipe){ .cn = "x", .san = SAN }, &root);
	const ASN1_BIT_STRING *sig;
	struct verify_policy p = policy();
	struct server s = { .id = &id };
	unsigned char *der = NULL, *bytes;
	int len;

	X509_get0_signature(&sig, NULL, id.cert);
	len = i2d_X509(id.cert, &der);
	/* the last byte of the DER is the last of the signature's s */
	bytes = der;
	bytes[len - 1] ^= 1;
	X509_free(id.cert);
	id.cert = d2i_X509(NULL, (const unsigned char **)&bytes, len);
	OPENSSL_free(der);
	assert_non_null(id.cert);
	expect(&p, &s, VOICEPAY_CHECK_SIGNATURE, NULL);
	free_identity(&id);
}

static void weak_signatures_and_keys(void **state)
{
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .sha1 = 1 }, &root,
		    VOICEPAY_CHECK_SIGNATURE, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .rsa_bits = 1024 }, &root,
		    VOICEPAY_CHECK_SIGNATURE, NULL);
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .rsa_bits = 2048 }, &root,
		    VOICEPAY_CHECK_OK, NULL);
}

static void wrong_purpose(void **state)
{
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .eku = "clientAuth" }, &root,
		    VOICEPAY_CHECK_PURPOSE, NULL);
	/* one that does not say what it is for is for nothing */
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .eku = "" }, &root,
		    VOICEPAY_CHECK_PURPOSE, "serverAuth");
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .ku = "critical,keyEncipherment" }, &root,
		    VOICEPAY_CHECK_PURPOSE, "not for signatures");
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .ca = 1, .eku = "serverAuth",
				      .ku = "critical,digitalSignature,keyCertSign" }, &root,
		    VOICEPAY_CHECK_PURPOSE, "is a CA's");
	expect_cert(&(struct recipe){ .cn = "x", .san = SAN, .eku = "clientAuth,serverAuth" }, &root,
		    VOICEPAY_CHECK_OK, NULL);
}

static void a_ca_for_other_things(void **state)
{
	struct recipe mail = { .cn = "mail CA", .ca = 1, .eku = "emailProtection" };
	struct identity ca = make_identity(&mail, &root);
	struct identity id = make_identity(&(struct recipe){ .cn = "x", .san = SAN }, &ca);
	struct server s = { .id = &id, .chain = ca.cert };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_PURPOSE, NULL);
	free_identity(&id);
	free_identity(&ca);
}

static void a_leaf_is_no_ca(void **state)
{
	struct identity id = make_identity(&(struct recipe){ .cn = "x", .san = SAN }, &gateway);
	struct server s = { .id = &id, .chain = gateway.cert };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_CA, NULL);
	free_identity(&id);
}

static void name_constraints(void **state)
{
	struct recipe limited = { .cn = "limited CA", .ca = 1, .constraint = "critical,permitted;DNS:other.example" };
	struct identity ca = make_identity(&limited, &root);
	struct identity id = make_identity(&(struct recipe){ .cn = "x", .san = SAN }, &ca);
	struct server s = { .id = &id, .chain = ca.cert };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_CONSTRAINTS, NULL);
	free_identity(&id);
	free_identity(&ca);
}

static void wrong_pin(void **state)
{
	/* Good in every other respect: only the pins tell. */
	struct identity id = make_identity(&(struct recipe){ .cn = "x", .san = SAN }, &root);
	struct server s = { .id = &id };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_PIN, "pinned");
	s = (struct server){ .id = &gateway };
	p.pin_count = 0;
	expect(&p, &s, VOICEPAY_CHECK_PIN, NULL);
	/* the backup is as good as the first */
	s = (struct server){ .id = &gateway };
	p = policy();
	p.pins = (struct pin[]){ pins[1], pins[0] };
	expect(&p, &s, VOICEPAY_CHECK_OK, NULL);
	free_identity(&id);
}

static void a_server_that_takes_anybody(void **state)
{
	struct server s = { .id = &gateway, .no_request = 1 };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_MUTUAL, NULL);
}

static void only_old_or_weak_tls(void **state)
{
	struct verify_policy p = policy();
	struct server s = { .id = &gateway, .max_version = TLS1_2_VERSION };

	expect(&p, &s, VOICEPAY_CHECK_PROFILE, "offers no TLS that is good enough");
	s = (struct server){ .id = &gateway, .groups = "P-521" };
	expect(&p, &s, VOICEPAY_CHECK_PROFILE, NULL);
	s = (struct server){ .id = &gateway, .ciphersuites = "TLS_AES_128_CCM_SHA256" };
	expect(&p, &s, VOICEPAY_CHECK_PROFILE, NULL);
	/* less than the best, but good enough */
	s = (struct server){ .id = &gateway, .groups = "P-256", .ciphersuites = "TLS_CHACHA20_POLY1305_SHA256" };
	expect(&p, &s, VOICEPAY_CHECK_OK, NULL);
}

static void not_tls_at_all(void **state)
{
	struct server s = { .id = &gateway, .plain = "HTTP/1.1 400 Bad Request\r\n\r\n" };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_TLS, NULL);
}

static void a_silent_server(void **state)
{
	struct server s = { .id = &gateway, .silent = 1 };
	struct verify_policy p = policy();

	expect(&p, &s, VOICEPAY_CHECK_TIMEOUT, NULL);
}

/* Without kernel TLS the connection must not be handed on. */
static void userspace_tls_is_not_enough(void **state)
{
	struct verify_policy p = policy();
	struct vp_reply reply;
	struct tls tls = { .policy = &p, .device = &device, .reply = &reply };
	struct server s = { .id = &gateway };
	pthread_t thread;
	int pair[2];

	reply_init(&reply);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	s.fd = pair[1];
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(tls_prepare(&tls), 0);
	pthread_create(&thread, NULL, serve, &s);
	assert_int_equal(tls_handshake(&tls, pair[0], clock_ms() + 10000), 0);
	assert_int_equal(tls_engaged(&tls), -1);
	assert_int_equal(reply.check, VOICEPAY_CHECK_KTLS);
	tls_free(&tls);
	context_clear(&tls.context);
	close(pair[0]);
	pthread_join(thread, NULL);
	assert_int_equal(s.bytes, 0);
}

static void write_pem(const char *name, const struct identity *id, int key, int mode, char path[128])
{
	FILE *f;

	snprintf(path, 128, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	if (key)
		PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_X509(f, id->cert);
	fclose(f);
	chmod(path, mode);
}

static void expect_device(const char *cert, const char *key, const char *says)
{
	struct device d;
	struct vp_reply reply;

	reply_init(&reply);
	assert_int_equal(device_load(&d, cert, key, &reply), says ? -1 : 0);
	if (says) {
		assert_int_equal(reply.check, VOICEPAY_CHECK_DEVICE);
		if (!strstr(reply.message, says))
			fail_msg("\"%s\" does not say \"%s\"", reply.message, says);
	}
	device_free(&d);
}

static void the_devices_own_papers(void **state)
{
	struct identity old = make_identity(&(struct recipe){ .cn = "d", .eku = "clientAuth", .from = -9, .until = -1 }, &root);
	struct identity young = make_identity(&(struct recipe){ .cn = "d", .eku = "clientAuth", .from = 1 }, &root);
	char cert[128], key[128], other[128], open_key[128], late[128], early[128];

	write_pem("cert", &device_id, 0, 0644, cert);
	write_pem("key", &device_id, 1, 0600, key);
	write_pem("other", &gateway, 1, 0600, other);
	write_pem("open", &device_id, 1, 0644, open_key);
	write_pem("late", &old, 0, 0644, late);
	write_pem("early", &young, 0, 0644, early);

	expect_device(cert, key, NULL);
	expect_device(cert, other, "is not the key of");
	expect_device(cert, open_key, "chmod 600");
	chmod(open_key, 0640);
	expect_device(cert, open_key, "chmod 600");
	expect_device(late, key, "has expired");
	expect_device(early, key, "not valid yet");
	expect_device(key, key, "holds no certificate");
	expect_device(cert, "/dev/null", "others than its owner");
	expect_device("/nowhere", key, "No such file");
	expect_device(cert, "/nowhere", "No such file");
	free_identity(&old);
	free_identity(&young);
}

static void expect_trust(const struct config *config, enum voicepay_check check, const char *says)
{
	struct vp_reply reply;
	struct trust trust;

	reply_init(&reply);
	assert_int_equal(trust_load(&trust, config, &reply), check == VOICEPAY_CHECK_OK ? 0 : -1);
	if (reply.check != check || (says && !strstr(reply.message, says)))
		fail_msg("expected %s (%s), got %s: %s", voicepay_check_name(check), says ?: "",
			 voicepay_check_name(reply.check), reply.message);
	trust_free(&trust);
}

static void the_trusted_cas(void **state)
{
	static struct config c;
	char path[128], text[65536];
	FILE *f;
	size_t n;

	strcpy(c.ca, "/nowhere");
	expect_trust(&c, VOICEPAY_CHECK_CONFIG, "/nowhere: No such file");

	write_pem("ca", &root, 0, 0644, path);
	strcpy(c.ca, path);
	expect_trust(&c, VOICEPAY_CHECK_OK, NULL);

	/* a second one that is damaged must not pass unseen */
	f = fopen(path, "r+");
	n = fread(text, 1, sizeof(text), f);
	text[n / 2] = '!';
	fwrite(text, 1, n, f);
	fclose(f);
	expect_trust(&c, VOICEPAY_CHECK_CONFIG, "damaged");

	strcpy(c.ca, "/dev/null");
	expect_trust(&c, VOICEPAY_CHECK_CONFIG, "no certificate");

	/* CRLs that were configured and are not there: never "no CRLs" */
	write_pem("ca", &root, 0, 0644, path);
	strcpy(c.ca, path);
	strcpy(c.crls[c.crl_count++], "/nowhere.crl");
	expect_trust(&c, VOICEPAY_CHECK_REVOCATION, "/nowhere.crl: No such file");
	strcpy(c.crls[0], path);
	expect_trust(&c, VOICEPAY_CHECK_REVOCATION, "holds no CRL");
}

/* A bundle stands for what the settings say of CAs and pins; a bad one for nothing. */
static void a_bundle(void **state)
{
	static struct config c;
	struct bundle b = { .version = 3, .cas = sk_X509_new_null(), .crls = sk_X509_CRL_new_null(), .pin_count = 2 };
	EVP_PKEY *maker = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char path[128], error[BUNDLE_ERROR];
	struct vp_reply reply;
	struct trust trust;
	unsigned char *data;
	size_t len = BUNDLE_KEY;
	char *text;
	FILE *f;

	write_pem("ca", &root, 0, 0644, path);
	strcpy(c.ca, path);
	memcpy(c.pins, pins, sizeof(pins));
	c.pin_count = 2;
	snprintf(c.bundle, sizeof(c.bundle), "%s/bundle", dir);
	EVP_PKEY_get_raw_public_key(maker, c.bundle_keys[c.bundle_key_count++], &len);

	/* before the first one */
	reply_init(&reply);
	assert_int_equal(trust_load(&trust, &c, &reply), 0);
	assert_int_equal(X509_cmp(sk_X509_value(trust.cas, 0), root.cert), 0);
	assert_ptr_equal(trust.policy.pins, c.pins);
	trust_free(&trust);

	X509_up_ref(stranger.cert);
	sk_X509_push(b.cas, stranger.cert);
	memset(b.pins[1].sha256, 9, PIN_BYTES);
	text = bundle_text(&b, error);
	data = bundle_sign(text, maker, &len, error);
	assert_non_null(data);
	f = fopen(c.bundle, "w");
	assert_non_null(f);
	fwrite(data, 1, len, f);
	fclose(f);
	reply_init(&reply);
	assert_int_equal(trust_load(&trust, &c, &reply), 0);
	assert_int_equal(sk_X509_num(trust.cas), 1);
	assert_int_equal(X509_cmp(sk_X509_value(trust.cas, 0), stranger.cert), 0);
	assert_ptr_equal(trust.policy.pins, trust.bundle.pins);
	assert_int_equal(trust.policy.pin_count, 2);
	trust_free(&trust);

	assert_int_equal(truncate(c.bundle, len - 1), 0);
	expect_trust(&c, VOICEPAY_CHECK_BUNDLE, "part of a bundle");
	unlink(c.bundle);
	free(data);
	free(text);
	bundle_free(&b);
	EVP_PKEY_free(maker);
}

static int set_up(void **state)
{
	struct vp_reply reply;

	if (!mkdtemp(dir))
		return -1;
	root = make_identity(&(struct recipe){ .cn = "test root", .ca = 1 }, NULL);
	stranger = make_identity(&(struct recipe){ .cn = "stranger", .ca = 1 }, NULL);
	intermediate = make_identity(&(struct recipe){ .cn = "intermediate", .ca = 1 }, &root);
	gateway = make_identity(&(struct recipe){ .cn = "gateway", .san = SAN }, &root);
	device_id = make_identity(&(struct recipe){ .cn = "device", .eku = "clientAuth" }, &root);
	device.cert = device_id.cert;
	device.key = device_id.key;
	device.chain = sk_X509_new_null();
	trusted = sk_X509_new_null();
	sk_X509_push(trusted, root.cert);
	reply_init(&reply);
	memset(pins[1].sha256, 0xbb, PIN_BYTES);
	return verify_spki(gateway.cert, &pins[0]);
}

static int tear_down(void **state)
{
	static const char *const files[] = { "cert", "key", "other", "open", "late", "early", "ca" };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	sk_X509_free(device.chain);
	sk_X509_free(trusted);
	free_identity(&root);
	free_identity(&stranger);
	free_identity(&intermediate);
	free_identity(&gateway);
	free_identity(&device_id);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_gateway),
		cmocka_unit_test(through_an_intermediate),
		cmocka_unit_test(wrong_host),
		cmocka_unit_test(common_name_only),
		cmocka_unit_test(addresses),
		cmocka_unit_test(dates),
		cmocka_unit_test(a_ca_of_the_chain_expired),
		cmocka_unit_test(the_time_that_counts_is_given),
		cmocka_unit_test(unknown_ca),
		cmocka_unit_test(a_ca_with_the_trusted_name),
		cmocka_unit_test(self_signed),
		cmocka_unit_test(damaged_signature),
		cmocka_unit_test(weak_signatures_and_keys),
		cmocka_unit_test(wrong_purpose),
		cmocka_unit_test(a_ca_for_other_things),
		cmocka_unit_test(a_leaf_is_no_ca),
		cmocka_unit_test(name_constraints),
		cmocka_unit_test(wrong_pin),
		cmocka_unit_test(a_server_that_takes_anybody),
		cmocka_unit_test(only_old_or_weak_tls),
		cmocka_unit_test(not_tls_at_all),
		cmocka_unit_test(a_silent_server),
		cmocka_unit_test(userspace_tls_is_not_enough),
		cmocka_unit_test(the_devices_own_papers),
		cmocka_unit_test(the_trusted_cas),
		cmocka_unit_test(a_bundle),
	};

	/* SHA-1 certificates are made here, which a system's openssl.cnf may forbid. */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("handshake", tests, set_up, tear_down);
}
