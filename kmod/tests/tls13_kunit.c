// SPDX-License-Identifier: GPL-2.0
/* KUnit: TLS 1.3's key schedule after the handshake, and tickets, by RFC 8448 and by hand. */

#include <kunit/test.h>
#include <linux/hex.h>
#include <linux/prandom.h>
#include <linux/tls.h>

#include "voicepay.h"
#include "newticket.h"
#include "record.h"
#include "tls13.h"
#include "tls13_vectors.h"

static void unhex(struct kunit *test, u8 *out, const char *hex)
{
	KUNIT_ASSERT_EQ(test, hex2bin(out, hex, strlen(hex) / 2), 0);
}

static void expect_hex(struct kunit *test, const u8 *got, const char *hex)
{
	u8 want[VOICEPAY_SECRET_MAX];

	unhex(test, want, hex);
	KUNIT_EXPECT_MEMEQ(test, got, want, strlen(hex) / 2);
}

/* RFC 8448, 3: "generate resumption secret". */
static void psk_of_the_rfc(struct kunit *test)
{
	const struct vp_suite *suite = vp_suite_of(TLS_CIPHER_AES_GCM_128);
	u8 secret[VOICEPAY_SECRET_MAX] = {}, psk[VOICEPAY_SECRET_MAX], nonce[2] = {};

	unhex(test, secret, "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
	KUNIT_ASSERT_EQ(test, vp_tls13_psk(suite, secret, nonce, 2, psk), 0);
	expect_hex(test, psk, "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3");
	expect_hex(test, psk + 32, "00000000000000000000000000000000");
}

/* RFC 8448, 3: "derive write traffic keys for application data"; the step after it by hand. */
static void keys_of_the_rfc(struct kunit *test)
{
	const struct vp_suite *suite = vp_suite_of(TLS_CIPHER_AES_GCM_128);
	u8 secret[VOICEPAY_SECRET_MAX] = {}, next[VOICEPAY_SECRET_MAX];
	struct vp_traffic_keys keys;

	unhex(test, secret, "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
	KUNIT_ASSERT_EQ(test, vp_tls13_keys(suite, secret, &keys), 0);
	expect_hex(test, keys.key, "17422dda596ed5d9acd890e3c63f5051");
	expect_hex(test, keys.iv, "5b78923dee08579033e523d9");
	KUNIT_ASSERT_EQ(test, vp_tls13_next(suite, secret, next), 0);
	expect_hex(test, next, "fcdfcc72725aaee48bf64e4fd8b749cdbdbab39d90da0b26e2245ca6ea167207");
	KUNIT_ASSERT_EQ(test, vp_tls13_keys(suite, next, &keys), 0);
	expect_hex(test, keys.key, "3879d82f5f14056e623f2ce5bfc66fce");
	expect_hex(test, keys.iv, "5dfb2c5938c3379b6cc5d1f2");

	/* the same hash, a longer key */
	suite = vp_suite_of(TLS_CIPHER_CHACHA20_POLY1305);
	KUNIT_ASSERT_EQ(test, vp_tls13_keys(suite, next, &keys), 0);
	expect_hex(test, keys.key,
		   "e94818cd08e6071fae4cf6b04d62e583b7a04ea41aebd72044aa5f1f11919816");
}

static void sha384_by_hand(struct kunit *test)
{
	const struct vp_suite *suite = vp_suite_of(TLS_CIPHER_AES_GCM_256);
	u8 secret[VOICEPAY_SECRET_MAX], next[VOICEPAY_SECRET_MAX], nonce[8];
	struct vp_traffic_keys keys;
	size_t i;

	for (i = 0; i < sizeof(secret); i++)
		secret[i] = i;
	memcpy(nonce, secret, sizeof(nonce));
	KUNIT_ASSERT_EQ(test, vp_tls13_next(suite, secret, next), 0);
	expect_hex(test, next, next384_hex);
	KUNIT_ASSERT_EQ(test, vp_tls13_keys(suite, next, &keys), 0);
	expect_hex(test, keys.key,
		   "eb354f3b48924ed78de34dd8aa6a6a0a51d857ddad1454d5cfa7b69f60712911");
	expect_hex(test, keys.iv, "8478ffbe4f2e5450789775b3");
	KUNIT_ASSERT_EQ(test, vp_tls13_psk(suite, secret, nonce, sizeof(nonce), next), 0);
	expect_hex(test, next, psk384_hex);
}

static void other_ciphers_are_none(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, vp_suite_of(TLS_CIPHER_AES_CCM_128), NULL);
	KUNIT_EXPECT_PTR_EQ(test, vp_suite_of(0), NULL);
}

/* The message of the RFC, in pieces of any size. */
static void ticket_of_the_rfc(struct kunit *test)
{
	u8 body[TICKET_BODY], room[TICKET_LEN], nonce[VP_NEWTICKET_NONCE_MAX];
	struct vp_newticket nt = { .ticket = room, .room = sizeof(room), .nonce = nonce };
	size_t step, at;

	unhex(test, body, ticket_hex);
	for (step = 1; step <= sizeof(body); step++) {
		memset(room, 0, sizeof(room));
		memset(nonce, 0x5a, sizeof(nonce));
		vp_newticket_begin(&nt);
		for (at = 0; at < sizeof(body); at += step)
			KUNIT_ASSERT_EQ(test, vp_newticket_bytes(&nt, body + at,
								 min(step, sizeof(body) - at)),
					VP_ALERT_NONE);
		KUNIT_ASSERT_EQ(test, vp_newticket_end(&nt), VP_ALERT_NONE);
		KUNIT_EXPECT_EQ(test, nt.lifetime, 30);
		KUNIT_EXPECT_EQ(test, nt.age_add, 0xfad6aac5);
		KUNIT_EXPECT_EQ(test, nt.nonce_len, 2);
		KUNIT_EXPECT_EQ(test, nonce[0] | nonce[1], 0);
		KUNIT_EXPECT_EQ(test, nonce[2], 0x5a);
		KUNIT_EXPECT_EQ(test, nt.ticket_len, TICKET_LEN);
		KUNIT_EXPECT_TRUE(test, vp_newticket_kept(&nt));
		KUNIT_EXPECT_MEMEQ(test, room, body + TICKET_AT, TICKET_LEN);
	}

	/* cut off anywhere, or with more behind it, it is none */
	for (at = 0; at < sizeof(body); at++) {
		vp_newticket_begin(&nt);
		KUNIT_ASSERT_EQ(test, vp_newticket_bytes(&nt, body, at), VP_ALERT_NONE);
		KUNIT_EXPECT_EQ(test, vp_newticket_end(&nt), VP_ALERT_DECODE);
	}
	vp_newticket_begin(&nt);
	KUNIT_ASSERT_EQ(test, vp_newticket_bytes(&nt, body, sizeof(body)), VP_ALERT_NONE);
	KUNIT_EXPECT_EQ(test, vp_newticket_bytes(&nt, body, 1), VP_ALERT_DECODE);
}

/* A ticket for which there is not room enough is read to its end, and not written anywhere. */
static void too_long_is_not_kept(struct kunit *test)
{
	u8 body[TICKET_BODY], room[TICKET_LEN], nonce[VP_NEWTICKET_NONCE_MAX];
	struct vp_newticket nt = { .ticket = room, .room = sizeof(room) - 1, .nonce = nonce };
	size_t i;

	unhex(test, body, ticket_hex);
	memset(room, 0x5a, sizeof(room));
	vp_newticket_begin(&nt);
	KUNIT_EXPECT_EQ(test, vp_newticket_bytes(&nt, body, sizeof(body)), VP_ALERT_NONE);
	KUNIT_EXPECT_EQ(test, vp_newticket_end(&nt), VP_ALERT_NONE);
	KUNIT_EXPECT_FALSE(test, vp_newticket_kept(&nt));
	for (i = 0; i < sizeof(room); i++)
		KUNIT_ASSERT_EQ(test, room[i], 0x5a);
	nt.ticket = NULL;
	vp_newticket_begin(&nt);
	KUNIT_EXPECT_EQ(test, vp_newticket_bytes(&nt, body, sizeof(body)), VP_ALERT_NONE);
	KUNIT_EXPECT_FALSE(test, vp_newticket_kept(&nt));
}

static u8 read_all(const u8 *bytes, size_t len, size_t step)
{
	struct vp_newticket nt = {};
	u8 alert = VP_ALERT_NONE;
	size_t at, n;

	vp_newticket_begin(&nt);
	for (at = 0; at < len && alert == VP_ALERT_NONE; at += n) {
		n = min(step, len - at);
		alert = vp_newticket_bytes(&nt, bytes + at, n);
	}
	return alert == VP_ALERT_NONE ? vp_newticket_end(&nt) : alert;
}

static void tickets_are_read_strictly(struct kunit *test)
{
	size_t i, step;

	for (i = 0; i < ARRAY_SIZE(bodies); i++)
		for (step = 1; step <= bodies[i].len; step++)
			KUNIT_EXPECT_EQ_MSG(test, read_all(bodies[i].bytes, bodies[i].len, step),
					    bodies[i].alert, "%s, pieces of %zu", bodies[i].name,
					    step);
}

/* The RFC's ticket with bytes changed: any answer, but always the same, however it is cut. */
static void damaged_tickets(struct kunit *test)
{
	u8 body[TICKET_BODY], bad[TICKET_BODY];
	struct rnd_state rnd;
	int i, changes;

	prandom_seed_state(&rnd, 20240301);
	unhex(test, body, ticket_hex);
	for (i = 0; i < 20000; i++) {
		memcpy(bad, body, sizeof(bad));
		for (changes = 1 + prandom_u32_state(&rnd) % 3; changes; changes--)
			bad[prandom_u32_state(&rnd) % sizeof(bad)] = prandom_u32_state(&rnd);
		KUNIT_ASSERT_EQ(test, read_all(bad, sizeof(bad), sizeof(bad)),
				read_all(bad, sizeof(bad), 1 + i % 7));
	}
}

static struct kunit_case tls13_cases[] = {
	KUNIT_CASE(psk_of_the_rfc),
	KUNIT_CASE(keys_of_the_rfc),
	KUNIT_CASE(sha384_by_hand),
	KUNIT_CASE(other_ciphers_are_none),
	KUNIT_CASE(ticket_of_the_rfc),
	KUNIT_CASE(too_long_is_not_kept),
	KUNIT_CASE(tickets_are_read_strictly),
	KUNIT_CASE(damaged_tickets),
	{}
};

static struct kunit_suite tls13_suite = {
	.name = "voicepay_tls13",
	.test_cases = tls13_cases,
};

kunit_test_suite(tls13_suite);
