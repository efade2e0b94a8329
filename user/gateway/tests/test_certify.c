// SPDX-License-Identifier: GPL-2.0-or-later
/* What is certified, and what is not; renewal; who is revoked, and that it holds everywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "biostring.h"
#include "certify.h"
#include "fixture.h"

#define DAY	86400ULL

static EVP_PKEY *ca_key;
static X509 *ca_cert;

static EVP_PKEY *ec(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	assert_non_null(key);
	return key;
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* A root, good from long ago until @until. */
static X509 *make_ca(EVP_PKEY *key, __u64 until, const char *basic, const char *usage)
{
	X509 *cert = X509_new();

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	ASN1_TIME_set(X509_getm_notBefore(cert), TEST_TIME - 900 * DAY);
	ASN1_TIME_set(X509_getm_notAfter(cert), until);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (void *)"devices", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_set_pubkey(cert, key);
	extend(cert, NID_subject_key_identifier, "hash");
	extend(cert, NID_basic_constraints, basic);
	extend(cert, NID_key_usage, usage);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static struct deviceca the_ca(void)
{
	return (struct deviceca){ .cert = ca_cert, .key = ca_key, .days = 90 };
}

static X509_REQ *request_of(EVP_PKEY *key, const EVP_MD *md)
{
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	X509_REQ *req = X509_REQ_new();

	X509_REQ_set_version(req, X509_REQ_VERSION_1);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC, (void *)"root of all", -1, -1, 0);
	X509_REQ_set_pubkey(req, key);
	/* What a CA must not simply copy. */
	sk_X509_EXTENSION_push(exts, X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE"));
	sk_X509_EXTENSION_push(exts, X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, "serverAuth"));
	sk_X509_EXTENSION_push(exts, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:pay.voicepay.test"));
	assert_int_equal(X509_REQ_add_extensions(req, exts), 1);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	assert_true(X509_REQ_sign(req, key, md) > 0);
	return req;
}

static char *pem_of(X509_REQ *req)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	assert_int_equal(PEM_write_bio_X509_REQ(bio, req), 1);
	text = bio_string(bio);
	assert_non_null(text);
	BIO_free(bio);
	return text;
}

static char *request(EVP_PKEY *key)
{
	X509_REQ *req = request_of(key, EVP_sha256());
	char *text = pem_of(req);

	X509_REQ_free(req);
	return text;
}

static void peer_of(EVP_PKEY *key, struct peer *peer)
{
	X509_PUBKEY *pub = NULL;

	assert_int_equal(X509_PUBKEY_set(&pub, key), 1);
	assert_int_equal(csr_spki(pub, peer->spki), 0);
	memcpy(peer->device, peer->spki, sizeof(peer->device));
	X509_PUBKEY_free(pub);
}

static const char *refused(const char *text, size_t len)
{
	__u8 spki[VP_HASH_LEN];
	const char *why = NULL;
	X509_REQ *req = csr_read(text, len, spki, &why);

	X509_REQ_free(req);
	return req ? NULL : why;
}

static void expect(X509_REQ *req, const char *says)
{
	char *text = pem_of(req);
	const char *why = refused(text, strlen(text));

	if (!says != !why || (says && !strstr(why, says)))
		fail_msg("expected \"%s\", got \"%s\"", says ? says : "nothing", why ? why : "nothing");
	free(text);
	X509_REQ_free(req);
}

static void requests(void **state)
{
	EVP_PKEY *key = ec("P-256"), *other = ec("P-256"), *weak;
	X509_REQ *req;
	char *text, *more;
	size_t i;

	expect(request_of(key, EVP_sha256()), NULL);
	expect(request_of(key, EVP_sha384()), NULL);
	expect(request_of(key, EVP_sha1()), "SHA-256");
	/* Somebody else's key, signed with one's own: a certificate for it would be a way to be taken for him. */
	req = request_of(key, EVP_sha256());
	X509_REQ_set_pubkey(req, other);
	X509_REQ_sign(req, key, EVP_sha256());
	expect(req, "does not fit its key");
	weak = ec("P-521");
	expect(request_of(weak, EVP_sha256()), "P-256 or P-384");
	EVP_PKEY_free(weak);
	weak = ec("secp256k1");
	expect(request_of(weak, EVP_sha256()), "P-256 or P-384");
	EVP_PKEY_free(weak);
	weak = EVP_RSA_gen(1024);
	expect(request_of(weak, EVP_sha256()), "2048 bits or more");
	EVP_PKEY_free(weak);
	weak = EVP_RSA_gen(2048);
	expect(request_of(weak, EVP_sha256()), NULL);
	EVP_PKEY_free(weak);
	weak = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	expect(request_of(weak, NULL), NULL);
	EVP_PKEY_free(weak);
	weak = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	expect(request_of(weak, NULL), "must be P-256");
	EVP_PKEY_free(weak);

	/* One request and nothing else, whole. */
	text = request(key);
	for (i = 0; i < strlen(text); i++)
		if (!refused(text, i) && i < strlen(text) - 1)
			fail_msg("taken, though cut off at %zu", i);
	more = malloc(2 * CSR_MAX + 1);
	sprintf(more, "%s\n  \n", text);
	assert_null(refused(more, strlen(more)));
	sprintf(more, "%s%s", text, text);
	assert_non_null(refused(more, strlen(more)));
	sprintf(more, "x%s", text);
	assert_non_null(refused(more, strlen(more)));
	memset(more, '\n', 2 * CSR_MAX);
	memcpy(more, text, strlen(text));
	assert_non_null(refused(more, 2 * CSR_MAX));
	free(more);
	free(text);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void profile(void **state)
{
	struct deviceca ca = the_ca();
	EVP_PKEY *key = ec("P-256");
	X509_REQ *req = request_of(key, EVP_sha256());
	struct peer peer;
	X509 *cert, *again;
	char cn[64], id[64], *p = id;
	ASN1_TIME *t;
	int i;

	peer_of(key, &peer);
	for (i = 0; i < VP_DEVICE_ID_LEN; i++)
		p += sprintf(p, "%02x", peer.device[i]);
	cert = deviceca_certify(&ca, req, TEST_TIME);
	again = deviceca_certify(&ca, req, TEST_TIME);
	assert_non_null(cert);
	assert_int_equal(X509_get_version(cert), X509_VERSION_3);
	assert_int_equal(X509_verify(cert, ca_key), 1);
	/* The name is the gateway's to give. */
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(cert)), 1);
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, cn, sizeof(cn));
	assert_string_equal(cn, id);
	assert_int_equal(X509_check_ca(cert), 0);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_ext_count(cert), 5);
	assert_true(X509_get_ext_by_NID(cert, NID_subject_alt_name, -1) < 0);
	assert_true(X509_EXTENSION_get_critical(X509_get_ext(cert, X509_get_ext_by_NID(cert, NID_basic_constraints, -1))));
	assert_true(X509_EXTENSION_get_critical(X509_get_ext(cert, X509_get_ext_by_NID(cert, NID_key_usage, -1))));
	/* RFC 5280: positive, at most 20 octets; and never the same. */
	assert_in_range(X509_get0_serialNumber(cert)->length, 10, 20);
	assert_int_equal(X509_get0_serialNumber(cert)->type, V_ASN1_INTEGER);
	assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(cert), X509_get0_serialNumber(again)), 0);
	t = ASN1_TIME_set(NULL, TEST_TIME + 90 * DAY);
	assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(cert), t), 0);
	ASN1_TIME_free(t);
	X509_free(cert);
	X509_free(again);

	/* It does not outlive its CA. */
	ca.days = 9999;
	cert = deviceca_certify(&ca, req, TEST_TIME);
	assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(cert), X509_get0_notAfter(ca_cert)), 0);
	X509_free(cert);
	/* There is none from a CA that has ended. */
	ca.cert = make_ca(ca_key, TEST_TIME, "critical,CA:TRUE", "critical,keyCertSign,cRLSign");
	cert = deviceca_certify(&ca, req, TEST_TIME - 1);
	assert_non_null(cert);
	X509_free(cert);
	assert_null(deviceca_certify(&ca, req, TEST_TIME));
	X509_free(ca.cert);
	X509_REQ_free(req);
	EVP_PKEY_free(key);
}

static void write_pem(const char *path, X509 *cert, EVP_PKEY *key, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	if (cert)
		assert_int_equal(PEM_write_X509(f, cert), 1);
	else
		assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int loads(struct world *w, X509 *cert, EVP_PKEY *key, mode_t mode)
{
	struct settings set = { .cert_days = 90 };
	struct deviceca ca;
	int ret;

	snprintf(set.ca_cert, sizeof(set.ca_cert), "%s/ca.pem", w->dir);
	snprintf(set.ca_key, sizeof(set.ca_key), "%s/ca.key", w->dir);
	write_pem(set.ca_cert, cert, NULL, 0644);
	write_pem(set.ca_key, NULL, key, mode);
	ret = deviceca_load(&ca, &set);
	deviceca_free(&ca);
	return ret;
}

static void cas(void **state)
{
	__u64 end = (__u64)time(NULL) + 900 * DAY;
	struct world *w = *state;
	struct settings none = { .cert_days = 90 };
	struct deviceca ca;
	EVP_PKEY *other = ec("P-256");
	X509 *bad;

	assert_int_equal(deviceca_load(&ca, &none), 1);
	strcpy(none.ca_cert, "/nowhere");
	assert_true(deviceca_load(&ca, &none) < 0);
	assert_int_equal(loads(w, ca_cert, ca_key, 0600), 0);
	assert_true(loads(w, ca_cert, ca_key, 0604) < 0);
	assert_true(loads(w, ca_cert, other, 0600) < 0);
	bad = make_ca(ca_key, end, "critical,CA:FALSE", "critical,keyCertSign,cRLSign");
	assert_true(loads(w, bad, ca_key, 0600) < 0);
	X509_free(bad);
	bad = make_ca(ca_key, end, "critical,CA:TRUE", "critical,keyCertSign");
	assert_true(loads(w, bad, ca_key, 0600) < 0);
	X509_free(bad);
	bad = make_ca(ca_key, TEST_TIME, "critical,CA:TRUE", "critical,keyCertSign,cRLSign");
	assert_true(loads(w, bad, ca_key, 0600) < 0);
	X509_free(bad);
	EVP_PKEY_free(other);
}

static const char *renew(struct world *w, const struct peer *peer, const char *csr, json_t **answer)
{
	json_t *body = json_pack("{s:s}", "request", csr);
	char *text = json_dumps(body, 0);
	const char *said = world_ask(w, w->st, peer, "/v1/certificate", text, answer);

	free(text);
	json_decref(body);
	return said;
}

static char *renewed(struct world *w, const struct peer *peer, const char *csr)
{
	json_t *answer;
	char *text;

	renew(w, peer, csr, &answer);
	if (!json_object_get(answer, "certificate"))
		fail_msg("refused: %s", json_string_value(json_object_get(answer, "message")));
	text = strdup(json_string_value(json_object_get(answer, "certificate")));
	json_decref(answer);
	return text;
}

static enum store_result has_one(struct world *w, const struct peer *peer)
{
	struct certificate c;

	return store_cert_newest(w->st, peer->spki, &c);
}

static void renewal(void **state)
{
	struct world *w = *state;
	struct deviceca ca = the_ca();
	EVP_PKEY *key = ec("P-256"), *other = ec("P-256");
	char *csr = request(key), *others = request(other), *first, *again;
	struct peer peer;
	json_t *a;

	peer_of(key, &peer);
	assert_string_equal(renew(w, &peer, csr, &a), "NO_CERTIFICATES");
	json_decref(a);
	w->gw.ca = &ca;
	assert_string_equal(renew(w, &peer, "what?", &a), "BAD_REQUEST");
	json_decref(a);
	assert_string_equal(renew(w, &peer, others, &a), "OTHER_KEY");
	json_decref(a);
	assert_int_equal(has_one(w, &peer), STORE_NONE);
	first = renewed(w, &peer, csr);
	/* The answer was lost: asked again, the same; and not a row more. */
	w->now += 29 * DAY;
	again = renewed(w, &peer, csr);
	assert_string_equal(first, again);
	free(again);
	/* A third of its life is gone. */
	w->now += 2 * DAY;
	again = renewed(w, &peer, csr);
	assert_string_not_equal(first, again);
	free(again);
	free(first);
	free(csr);
	free(others);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	w->gw.ca = NULL;
}

static bool signed_by(const char *pem, EVP_PKEY *key)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool good = cert && X509_verify(cert, key) == 1;

	X509_free(cert);
	BIO_free(bio);
	return good;
}

/* The CA is changed, for one that ends sooner: no device gets the old one's again. Then that one ends. */
static void another_ca(void **state)
{
	struct world *w = *state;
	struct deviceca ca = the_ca(), next = { .days = 90 };
	EVP_PKEY *key = ec("P-256");
	char *csr = request(key), *first, *second, *again;
	struct peer peer;
	json_t *a;

	next.key = ec("P-256");
	next.cert = make_ca(next.key, TEST_TIME + 30 * DAY, "critical,CA:TRUE", "critical,keyCertSign,cRLSign");
	peer_of(key, &peer);
	w->gw.ca = &ca;
	first = renewed(w, &peer, csr);
	assert_true(signed_by(first, ca_key));
	w->gw.ca = &next;
	w->now += DAY;
	second = renewed(w, &peer, csr);
	assert_true(signed_by(second, next.key));
	/* And it is not a new one at each call, though the old CA's ends later. */
	w->now += 60;
	again = renewed(w, &peer, csr);
	assert_string_equal(second, again);
	w->now = TEST_TIME + 30 * DAY;
	assert_string_equal(renew(w, &peer, csr, &a), "NO_CERTIFICATES");
	json_decref(a);
	free(first);
	free(second);
	free(again);
	free(csr);
	X509_free(next.cert);
	EVP_PKEY_free(next.key);
	EVP_PKEY_free(key);
	w->gw.ca = NULL;
}

static void revoke(struct world *w, const __u8 id[VP_DEVICE_ID_LEN], int reason)
{
	struct revocation rev = { .since = w->now, .reason = reason };

	memcpy(rev.peer, id, sizeof(rev.peer));
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_revoke(w->st, &rev), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_revoke(w->st, &rev), STORE_TAKEN);
	store_rollback(w->st);
}

static void revoked(void **state)
{
	struct world *w = *state;
	struct deviceca ca = the_ca();
	char code[32] = "", *csr;
	EVP_PKEY *key = ec("P-256");
	struct certificate c;
	struct peer peer;
	X509_REQ *req;
	json_t *a;

	world_enrol(w);
	device_code(&w->dev, 0, w->now / PAYCODE_STEP_SECONDS, 0, code);
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/waiting", NULL, &a), 200);
	json_decref(a);
	revoke(w, w->device_peer.device, 1);
	/* Not one call, and none of its codes, though they were made by a key that lives. */
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/waiting", NULL, &a), "PEER_REVOKED");
	json_decref(a);
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/time", NULL, &a), "PEER_REVOKED");
	json_decref(a);
	assert_string_equal(world_charge(w, w->st, "r1", code, 100, &a), "CODE_EXPIRED");
	json_decref(a);
	assert_int_equal(world_balance(w, "alice"), BALANCE);
	/* A merchant. */
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/orders/r9", NULL, &a), "ORDER_UNKNOWN");
	json_decref(a);
	revoke(w, w->shop_peer.device, 5);
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/orders/r9", NULL, &a), "PEER_REVOKED");
	json_decref(a);
	/* Nor does it come by another certificate. */
	w->gw.ca = &ca;
	peer_of(key, &peer);
	revoke(w, peer.device, 0);
	csr = request(key);
	assert_string_equal(renew(w, &peer, csr, &a), "PEER_REVOKED");
	json_decref(a);
	req = request_of(key, EVP_sha256());
	assert_int_equal(certify(&ca, w->st, req, peer.spki, w->now, &c), STORE_TAKEN);
	X509_REQ_free(req);
	free(csr);
	EVP_PKEY_free(key);
	w->gw.ca = NULL;
}

static void crls(void **state)
{
	struct deviceca ca = the_ca();
	static const __u8 serials[2][16] = { { 0xff, 1 }, { 1, 2 } };
	struct deviceca_revoked rev = { serials[0], 16, TEST_TIME - 5, 1 };
	X509_CRL *crl = deviceca_crl_new(&ca, TEST_TIME, 7, 300);
	const STACK_OF(X509_REVOKED) *list;
	ASN1_INTEGER *n, *serial;
	X509_REVOKED *found;
	BIGNUM *bn;

	assert_int_equal(deviceca_crl_add(crl, &rev), 0);
	rev.serial = serials[1];
	rev.reason = 0;
	assert_int_equal(deviceca_crl_add(crl, &rev), 0);
	assert_int_equal(deviceca_crl_sign(&ca, crl), 0);
	assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
	n = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	assert_int_equal(ASN1_INTEGER_get(n), 300);
	ASN1_INTEGER_free(n);
	list = X509_CRL_get_REVOKED(crl);
	assert_int_equal(sk_X509_REVOKED_num(list), 2);
	bn = BN_bin2bn(serials[0], 16, NULL);
	serial = BN_to_ASN1_INTEGER(bn, NULL);
	assert_int_equal(X509_CRL_get0_by_serial(crl, &found, serial), 1);
	assert_true(X509_REVOKED_get_ext_by_NID(found, NID_crl_reason, -1) >= 0);
	BN_free(bn);
	ASN1_INTEGER_free(serial);
	X509_CRL_free(crl);
}

static int set_up(void **state)
{
	ca_key = ec("P-256");
	ca_cert = make_ca(ca_key, (__u64)time(NULL) + 20 * DAY, "critical,CA:TRUE", "critical,keyCertSign,cRLSign");
	return 0;
}

static int tear_down(void **state)
{
	X509_free(ca_cert);
	EVP_PKEY_free(ca_key);
	return 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests), cmocka_unit_test(profile), cmocka_unit_test(crls),
		T(cas), T(renewal), T(another_ca), T(revoked),
	};

	return cmocka_run_group_tests_name("certify", tests, set_up, tear_down);
}
