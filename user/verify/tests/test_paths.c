// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chains with a choice: several ways to a trusted CA, some of them blocked, in
 * circles, or without end. A way that is good must be found, whatever else was
 * sent and in whatever order; where none is, the answer must come soon.
 */

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../verify.h"
#include "make.h"

#define MAX_CERTS 128

static STACK_OF(X509) *trusted, *sent;
static X509 *leaf;
static struct verify_result result;

static X509 *made[MAX_CERTS];
static int made_count;

static X509 *keep(X509 *cert)
{
	made[made_count++] = cert;
	return cert;
}

/* A CA named @name with key @own, signed by a CA named @by. */
static X509 *ca(const char *name, enum key own, const char *by, enum key by_key, struct spec s)
{
	char subject[64], issuer[64];
	struct spec issuing = { .subject = issuer };
	X509 *parent, *cert;

	snprintf(subject, sizeof(subject), "CN=%s", name);
	snprintf(issuer, sizeof(issuer), "CN=%s", by);
	parent = make_cert(&issuing, ROOT, by_key, NULL, 0);
	s.subject = subject;
	cert = keep(make_cert(&s, CA, own, parent, by_key));
	X509_free(parent);
	return cert;
}

static X509 *root(const char *name, enum key own)
{
	char subject[64];
	struct spec s = { .subject = subject };

	snprintf(subject, sizeof(subject), "CN=%s", name);
	return keep(make_cert(&s, ROOT, own, NULL, 0));
}

static void server(X509 *issuer, enum key by)
{
	leaf = keep(make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, issuer, by));
}

static void verify(enum voicepay_check check, const char *says, int length)
{
	struct verify_policy policy = {
		.trusted = trusted, .host = "pay.example.com", .any_key = true, .max_depth = -1,
	};
	struct timespec a, b;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	verify_server(&policy, leaf, sent, &result);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	if (result.check != check || (says && !strstr(result.reason, says)))
		fail_msg("expected %s (%s), got %s at %d (%s): %s", voicepay_check_name(check), says ?: "",
			 voicepay_check_name(result.check), result.index, result.subject, result.reason);
	if (length)
		assert_int_equal(sk_X509_num(result.path), length);
	/* Two hundred signatures of P-256, and some: far below a second on anything. */
	assert_true(b.tv_sec - a.tv_sec <= 2);
	verify_clear(&result);
}

/* The same in the opposite order must come to the same. */
static void verify_both(enum voicepay_check check, const char *says, int length)
{
	STACK_OF(X509) *turned = sk_X509_new_null(), *keep_sent = sent;
	int i;

	verify(check, says, length);
	for (i = sk_X509_num(sent) - 1; i >= 0; i--)
		sk_X509_push(turned, sk_X509_value(sent, i));
	sent = turned;
	verify(check, says, length);
	sent = keep_sent;
	sk_X509_free(turned);
}

static int set_up(void **state)
{
	trusted = sk_X509_new_null();
	sent = sk_X509_new_null();
	made_count = 0;
	leaf = NULL;
	return 0;
}

static int tear_down(void **state)
{
	while (made_count)
		X509_free(made[--made_count]);
	sk_X509_free(trusted);
	sk_X509_free(sent);
	return 0;
}

static const struct spec plain, expired = { .from = -30, .until = -1 }, sha1 = { .hash = "SHA1" },
	no_ca = { .bc = "critical,CA:FALSE" }, no_bc = { .bc = "" }, for_mail = { .eku = "emailProtection" },
	elsewhere = { .nc = "critical,permitted;DNS:other.example" };

static const struct spec *const blocks[] = { &expired, &sha1, &no_ca, &no_bc, &for_mail, &elsewhere };

#define NBLOCKS (sizeof(blocks) / sizeof(blocks[0]))

static void in_any_order(void **state)
{
	X509 *r = root("root", KEY_ROOT), *a = ca("a", KEY_CA1, "root", KEY_ROOT, plain);
	X509 *b = ca("b", KEY_CA2, "a", KEY_CA1, plain), *c = ca("c", KEY_CA3, "b", KEY_CA2, plain);

	sk_X509_push(trusted, r);
	sk_X509_push(sent, a);
	sk_X509_push(sent, c);
	sk_X509_push(sent, b);
	server(c, KEY_CA3);
	verify_both(VOICEPAY_CHECK_OK, NULL, 5);
	/* the root may come along, and so may anything twice, and the server's own */
	sk_X509_push(sent, r);
	sk_X509_push(sent, b);
	sk_X509_push(sent, leaf);
	sk_X509_push(sent, root("unrelated", KEY_OTHER));
	verify_both(VOICEPAY_CHECK_OK, NULL, 5);
}

static void one_is_missing(void **state)
{
	X509 *b = ca("b", KEY_CA2, "a", KEY_CA1, plain);

	sk_X509_push(trusted, root("root", KEY_ROOT));
	sk_X509_push(sent, b);
	server(b, KEY_CA2);
	verify_both(VOICEPAY_CHECK_CA, NULL, 0);
}

static void a_root_that_was_sent_is_not_trusted(void **state)
{
	X509 *r = root("root", KEY_ROOT);

	sk_X509_push(trusted, root("another", KEY_OTHER));
	sk_X509_push(sent, r);
	server(r, KEY_ROOT);
	verify_both(VOICEPAY_CHECK_CA, NULL, 0);
}

static void nothing_is_trusted(void **state)
{
	X509 *r = root("root", KEY_ROOT);

	sk_X509_push(sent, r);
	server(r, KEY_ROOT);
	verify_both(VOICEPAY_CHECK_CA, NULL, 0);
	sk_X509_free(trusted);
	trusted = NULL;
	verify_both(VOICEPAY_CHECK_CA, NULL, 0);
}

static void a_trusted_ca_that_is_no_root(void **state)
{
	X509 *a = ca("a", KEY_CA1, "root", KEY_ROOT, plain);

	sk_X509_push(trusted, a);
	sk_X509_push(sent, root("root", KEY_ROOT));
	server(a, KEY_CA1);
	verify_both(VOICEPAY_CHECK_OK, NULL, 2);
}

static void a_server_that_is_itself_trusted(void **state)
{
	struct spec s = { .subject = "CN=gateway", .aki = "" };

	leaf = keep(make_cert(&s, LEAF, KEY_LEAF, NULL, 0));
	sk_X509_push(trusted, leaf);
	verify(VOICEPAY_CHECK_CA, "self-signed", 0);
}

/* AddTrust in May 2020: the CA is trusted, and was once signed by another that has expired. */
static void an_old_cross_signature(void **state)
{
	X509 *r = root("root", KEY_ROOT);

	sk_X509_push(trusted, root("old", KEY_OTHER));
	sk_X509_push(trusted, r);
	sk_X509_push(sent, ca("root", KEY_ROOT, "old", KEY_OTHER, expired));
	server(r, KEY_ROOT);
	verify_both(VOICEPAY_CHECK_OK, NULL, 2);
}

static void two_cas_of_one_name(void **state)
{
	X509 *good = ca("a", KEY_CA1, "root", KEY_ROOT, plain);

	sk_X509_push(trusted, root("root", KEY_OTHER));
	sk_X509_push(trusted, root("root", KEY_ROOT));
	sk_X509_push(sent, ca("a", KEY_CA2, "root", KEY_ROOT, plain));
	sk_X509_push(sent, good);
	server(good, KEY_CA1);
	verify_both(VOICEPAY_CHECK_OK, NULL, 3);
}

/* One key, two certificates for it, one of which is blocked: the other must be tried. */
static void one_way_is_blocked(void **state)
{
	size_t i;

	tear_down(NULL);
	for (i = 0; i < NBLOCKS; i++) {
		X509 *good;

		set_up(NULL);
		good = ca("a", KEY_CA1, "root", KEY_ROOT, plain);
		sk_X509_push(trusted, root("root", KEY_ROOT));
		sk_X509_push(sent, ca("a", KEY_CA1, "root", KEY_ROOT, *blocks[i]));
		sk_X509_push(sent, good);
		server(good, KEY_CA1);
		verify_both(VOICEPAY_CHECK_OK, NULL, 3);
		tear_down(NULL);
	}
	set_up(NULL);
}

static void both_ways_are_blocked(void **state)
{
	static const enum voicepay_check checks[NBLOCKS] = {
		VOICEPAY_CHECK_DATES, VOICEPAY_CHECK_SIGNATURE, VOICEPAY_CHECK_CA, VOICEPAY_CHECK_CA,
		VOICEPAY_CHECK_PURPOSE, VOICEPAY_CHECK_CONSTRAINTS,
	};
	size_t i;

	tear_down(NULL);
	for (i = 0; i < NBLOCKS; i++) {
		X509 *bad;

		set_up(NULL);
		bad = ca("a", KEY_CA1, "root", KEY_ROOT, *blocks[i]);
		sk_X509_push(trusted, root("root", KEY_ROOT));
		sk_X509_push(sent, bad);
		sk_X509_push(sent, ca("a", KEY_CA1, "other", KEY_OTHER, plain));
		server(bad, KEY_CA1);
		verify_both(checks[i], NULL, 0);
		tear_down(NULL);
	}
	set_up(NULL);
}

/* RFC 4158's figure 7: the way through either of two CAs that sign each other. */
static void two_that_sign_each_other(void **state)
{
	size_t i, n;

	tear_down(NULL);
	for (i = 0; i < NBLOCKS; i++) {
		for (n = 0; n < 8; n++) {
			/* bits: root->a, root->c, a->b blocked; c->b never */
			X509 *b;

			set_up(NULL);
			sk_X509_push(trusted, root("root", KEY_ROOT));
			sk_X509_push(sent, ca("a", KEY_CA1, "root", KEY_ROOT, n & 1 ? *blocks[i] : plain));
			sk_X509_push(sent, ca("c", KEY_CA3, "root", KEY_ROOT, n & 2 ? *blocks[i] : plain));
			sk_X509_push(sent, ca("a", KEY_CA1, "c", KEY_CA3, plain));
			sk_X509_push(sent, ca("c", KEY_CA3, "a", KEY_CA1, plain));
			sk_X509_push(sent, ca("b", KEY_CA2, "a", KEY_CA1, n & 4 ? *blocks[i] : plain));
			b = ca("b", KEY_CA2, "c", KEY_CA3, plain);
			sk_X509_push(sent, b);
			server(b, KEY_CA2);
			if ((n & 3) == 3) {
				verify_server(&(struct verify_policy){ .trusted = trusted, .host = "pay.example.com",
					      .any_key = true, .max_depth = -1 }, leaf, sent, &result);
				assert_int_not_equal(result.check, VOICEPAY_CHECK_OK);
			} else {
				verify_both(VOICEPAY_CHECK_OK, NULL, 0);
			}
			tear_down(NULL);
		}
	}
	set_up(NULL);
}

static void a_circle_without_an_exit(void **state)
{
	X509 *a = ca("a", KEY_CA1, "b", KEY_CA2, plain);

	sk_X509_push(trusted, root("root", KEY_ROOT));
	sk_X509_push(sent, a);
	sk_X509_push(sent, ca("b", KEY_CA2, "a", KEY_CA1, plain));
	server(a, KEY_CA1);
	verify_both(VOICEPAY_CHECK_CA, NULL, 0);
}

static void a_circle_of_one_name(void **state)
{
	X509 *a = ca("a", KEY_CA1, "a", KEY_CA2, plain);

	sk_X509_push(trusted, root("root", KEY_ROOT));
	sk_X509_push(sent, a);
	sk_X509_push(sent, ca("a", KEY_CA2, "a", KEY_CA1, plain));
	server(a, KEY_CA1);
	verify_both(VOICEPAY_CHECK_CA, NULL, 0);
}

/* CVE-2024-0567: three that all sign each other, one of them trusted. */
static void a_circle_with_a_trusted_one(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	static const enum key keys[] = { KEY_CA1, KEY_CA2, KEY_CA3 };
	X509 *below = ca("a1", KEY_OTHER, "a", KEY_CA1, plain);
	int i, j;

	sk_X509_push(trusted, root("a", KEY_CA1));
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++)
			if (i != j)
				sk_X509_push(sent, ca(names[i], keys[i], names[j], keys[j], plain));
	sk_X509_push(sent, below);
	server(below, KEY_OTHER);
	verify_both(VOICEPAY_CHECK_OK, NULL, 3);
}

/* A CA changes its key: new with old, RFC 4210; it does not count for the path length. */
static void a_key_that_was_changed(void **state)
{
	X509 *old = ca("a", KEY_CA1, "root", KEY_ROOT, (struct spec){ .bc = "critical,CA:TRUE,pathlen:1" });
	X509 *change = ca("a", KEY_CA2, "a", KEY_CA1, (struct spec){ .bc = "critical,CA:TRUE,pathlen:1" });
	X509 *below = ca("b", KEY_CA3, "a", KEY_CA2, (struct spec){ .bc = "critical,CA:TRUE,pathlen:0" });

	sk_X509_push(trusted, root("root", KEY_ROOT));
	sk_X509_push(sent, old);
	sk_X509_push(sent, change);
	sk_X509_push(sent, below);
	server(below, KEY_CA3);
	verify_both(VOICEPAY_CHECK_OK, NULL, 5);
}

/* Forty certificates of one CA, all alike, none leading on: the work stays small. */
static void a_labyrinth(void **state)
{
	X509 *a = NULL;
	int i;

	sk_X509_push(trusted, root("root", KEY_ROOT));
	for (i = 0; i < 40; i++) {
		char name[16], above[16];

		snprintf(name, sizeof(name), "m%d", i / 8);
		snprintf(above, sizeof(above), "m%d", i / 8 + 1);
		a = ca(name, KEY_CA1 + i % 3, above, KEY_CA1 + i % 2, (struct spec){ .ski = "DER:04:01:01", .aki = "DER:30:03:80:01:01" });
		sk_X509_push(sent, a);
	}
	leaf = keep(make_cert(&(struct spec){ .issuer = "CN=m0", .aki = "DER:30:03:80:01:01" }, LEAF, KEY_LEAF, a, KEY_CA1));
	verify_both(VOICEPAY_CHECK_CA, NULL, 0);
}

static void too_many(void **state)
{
	X509 *r = root("root", KEY_ROOT);
	int i;

	sk_X509_push(trusted, r);
	for (i = 0; i <= VERIFY_MAX_SENT; i++)
		sk_X509_push(sent, r);
	server(r, KEY_ROOT);
	verify(VOICEPAY_CHECK_CA, "more than", 0);
}

/* Two thousand constraints times a thousand names. */
static void many_names(void **state)
{
	static char nc[40000], san[20000];
	X509 *a;
	size_t n = 0, m = 0;
	int i;

	for (i = 0; i < 512; i++) {
		n += sprintf(nc + n, "%spermitted;DNS:t%d.test,excluded;DNS:x%d.test", i ? "," : "critical,", i, i);
		m += sprintf(san + m, "%sDNS:t%d.test", i ? "," : "", i);
	}
	a = ca("a", KEY_CA1, "root", KEY_ROOT, (struct spec){ .nc = nc });
	sk_X509_push(trusted, root("root", KEY_ROOT));
	sk_X509_push(sent, a);
	leaf = keep(make_cert(&(struct spec){ .san = san }, LEAF, KEY_LEAF, a, KEY_CA1));
	verify(VOICEPAY_CHECK_CONSTRAINTS, "more names", 0);
}

static void the_ends_of_a_validity(void **state)
{
	X509 *r = root("root", KEY_ROOT);
	struct verify_policy policy = { .trusted = trusted, .host = "pay.example.com", .any_key = true, .max_depth = -1 };
	struct tm tm;
	time_t end;
	int i;

	sk_X509_push(trusted, r);
	leaf = keep(make_cert(&(struct spec){ .until = 5 }, LEAF, KEY_LEAF, r, KEY_ROOT));
	ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm);
	end = timegm(&tm);
	/* the last second is in, the next is not */
	for (i = 0; i < 2; i++) {
		policy.at = end + i;
		assert_int_equal(verify_server(&policy, leaf, sent, &result), !i);
		assert_int_equal(result.check, i ? VOICEPAY_CHECK_DATES : VOICEPAY_CHECK_OK);
		verify_clear(&result);
	}
	leaf = keep(make_cert(&(struct spec){ .from = -5 }, LEAF, KEY_LEAF, r, KEY_ROOT));
	ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &tm);
	end = timegm(&tm);
	for (i = 0; i < 2; i++) {
		policy.at = end - i;
		verify_server(&policy, leaf, sent, &result);
		if (result.check != (i ? VOICEPAY_CHECK_DATES : VOICEPAY_CHECK_OK))
			fail_msg("%s", result.reason);
		verify_clear(&result);
	}
}

/* Whatever bit of a certificate is changed: not accepted, if it can be read at all. */
static void any_bit_changed(void **state)
{
	X509 *r = root("root", KEY_ROOT), *a = ca("a", KEY_CA1, "root", KEY_ROOT, plain), *good;
	struct verify_policy policy = { .trusted = trusted, .host = "pay.example.com", .any_key = true, .max_depth = -1 };
	unsigned char *der = NULL;
	int which, len, i, bit;

	sk_X509_push(trusted, r);
	server(a, KEY_CA1);
	good = leaf;
	for (which = 0; which < 2; which++) {
		len = i2d_X509(which ? a : good, &der);
		for (i = 0; i < len; i++) {
			for (bit = 1; bit < 256; bit <<= 3) {
				const unsigned char *p = der;
				X509 *bad;

				der[i] ^= bit;
				bad = d2i_X509(NULL, &p, len);
				der[i] ^= bit;
				if (!bad)
					continue;
				sk_X509_zero(sent);
				sk_X509_push(sent, which ? bad : a);
				if (verify_server(&policy, which ? good : bad, sent, &result))
					fail_msg("bit %#x of byte %d of certificate %d does not count", bit, i, which);
				verify_clear(&result);
				X509_free(bad);
			}
		}
		OPENSSL_free(der);
		der = NULL;
	}
	ERR_clear_error();
	sk_X509_zero(sent);
	sk_X509_push(sent, a);
	verify(VOICEPAY_CHECK_OK, NULL, 3);
}

static void pins(void **state)
{
	X509 *r = root("root", KEY_ROOT), *a = ca("a", KEY_CA1, "root", KEY_ROOT, plain);
	struct pin p[2] = { { "\1" }, { "\2" } };
	struct verify_policy policy = { .trusted = trusted, .host = "pay.example.com", .max_depth = -1, .pins = p, .pin_count = 2 };
	X509 *chain[4];
	int i;

	sk_X509_push(trusted, r);
	sk_X509_push(sent, a);
	/* sent, but not in the chain: anybody can send anything */
	chain[3] = root("another", KEY_OTHER);
	sk_X509_push(sent, chain[3]);
	server(a, KEY_CA1);
	chain[0] = leaf;
	chain[1] = a;
	chain[2] = r;
	assert_false(verify_server(&policy, leaf, sent, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_PIN);
	for (i = 0; i < 4; i++) {
		assert_int_equal(verify_spki(chain[i], &p[1]), 0);
		assert_int_equal(verify_server(&policy, leaf, sent, &result), i < 3);
		assert_int_equal(result.check, i < 3 ? VOICEPAY_CHECK_OK : VOICEPAY_CHECK_PIN);
		verify_clear(&result);
	}
	/* no pins at all is no pin that matches */
	policy.pin_count = 0;
	assert_false(verify_server(&policy, leaf, sent, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_PIN);
	/* a pin does not make up for anything else */
	policy.pin_count = 2;
	assert_int_equal(verify_spki(leaf, &p[1]), 0);
	policy.host = "other.example";
	assert_false(verify_server(&policy, leaf, sent, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_HOST);
}

static void nothing_given_is_nothing_accepted(void **state)
{
	struct verify_policy policy = { .max_depth = -1 };
	X509 *r = root("root", KEY_ROOT);

	server(r, KEY_ROOT);
	assert_false(verify_server(&policy, NULL, NULL, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_CA);
	assert_false(verify_server(&policy, leaf, NULL, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_CA);
	sk_X509_push(trusted, r);
	policy.trusted = trusted;
	assert_false(verify_server(&policy, leaf, NULL, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_HOST);
	policy.host = "pay.example.com";
	assert_false(verify_server(&policy, leaf, NULL, &result));
	assert_int_equal(result.check, VOICEPAY_CHECK_PIN);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(in_any_order), CASE(one_is_missing), CASE(a_root_that_was_sent_is_not_trusted),
		CASE(nothing_is_trusted), CASE(a_trusted_ca_that_is_no_root),
		CASE(a_server_that_is_itself_trusted), CASE(an_old_cross_signature),
		CASE(two_cas_of_one_name), CASE(one_way_is_blocked), CASE(both_ways_are_blocked),
		CASE(two_that_sign_each_other), CASE(a_circle_without_an_exit), CASE(a_circle_of_one_name),
		CASE(a_circle_with_a_trusted_one), CASE(a_key_that_was_changed), CASE(a_labyrinth),
		CASE(too_many), CASE(many_names), CASE(the_ends_of_a_validity), CASE(any_bit_changed), CASE(pins),
		CASE(nothing_given_is_nothing_accepted),
	};

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
