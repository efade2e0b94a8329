// SPDX-License-Identifier: GPL-2.0-or-later
/* jwt.c and voice.c: what a voice token must be, and that one pays one order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>

#include "base64.h"
#include "fixture.h"
#include "store_certs.h"
#include "jwt.h"

#define ES256	"{\"alg\":\"ES256\",\"typ\":\"JWT\"}"

static int check(struct world *w, const char *token)
{
	struct voice_claims want = {
		.issuer = "voice-cloud", .user = "alice", .payee = "mom", .currency = "CNY", .amount = 50000,
	};

	return jwt_verify(w->gw.voice_key, token, w->now, &want);
}

static int check_patched(struct world *w, const char *patch)
{
	char *token = world_token(w->voice, ES256, w->now, patch);
	int ret = check(w, token);

	free(token);
	return ret;
}

static void good(void **state)
{
	struct world *w = *state;

	assert_int_equal(check_patched(w, NULL), 0);
	assert_int_equal(check_patched(w, "{\"aud\":[\"other\",\"voicepay\"]}"), 0);
	assert_int_equal(check_patched(w, "{\"nbf\":1700000000}"), 0);
	/* A quarter of a minute late is what clocks differ by. */
	assert_int_equal(check_patched(w, "{\"exp\":1699999985}"), 0);
}

static void claims(void **state)
{
	static const char *const wrong[] = {
		"{\"iss\":\"someone\"}", "{\"iss\":null}", "{\"aud\":\"other\"}", "{\"aud\":[]}", "{\"aud\":1}",
		"{\"exp\":1699999000}", "{\"exp\":null}", "{\"exp\":\"1700000300\"}", "{\"exp\":1700000300.5}",
		"{\"exp\":1800000000}", "{\"exp\":-1}", "{\"nbf\":1700000900}", "{\"nbf\":\"x\"}", "{\"jti\":\"\"}",
		"{\"jti\":7}", "{\"sub\":\"mallory\"}", "{\"sub\":null}", "{\"payee\":\"mallory\"}",
		"{\"amount\":50001}", "{\"amount\":50000.0}", "{\"amount\":\"50000\"}", "{\"amount\":null}",
		"{\"currency\":\"USD\"}", "{\"sub\":\"alice\\u0001\"}",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (check_patched(*state, wrong[i]) != -EACCES)
			fail_msg("accepted: %s", wrong[i]);
	}
}

static void headers(void **state)
{
	static const char *const wrong[] = {
		"{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"ES384\"}", "{\"alg\":\"RS256\"}", "{}", "[]",
		"{\"alg\":[\"ES256\"]}", "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", "{\"alg\":\"ES256\",\"b64\":false}",
		"{\"alg\":\"ES256\",\"typ\":\"secevent+jwt\"}", "{\"alg\":\"ES256\",\"alg\":\"none\"}", "ES256", "",
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		/* Signed all the same: the header alone must end it. */
		char *token = world_token(w->voice, wrong[i], w->now, NULL);

		if (check(w, token) != -EACCES)
			fail_msg("accepted: %s", wrong[i]);
		free(token);
	}
}

/* alg none without a signature; HS256 whose secret is the public key, as a careless library takes it. */
static void algorithm_confusion(void **state)
{
	struct world *w = *state;
	char *token = world_token(w->voice, "{\"alg\":\"none\"}", w->now, NULL);
	char pem[512], mac64[64];
	unsigned char mac[32];
	size_t len;
	FILE *f;

	*(strrchr(token, '.') + 1) = '\0';
	assert_int_equal(check(w, token), -EACCES);
	free(token);

	token = world_token(w->voice, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", w->now, NULL);
	f = fopen(w->voice_pem, "r");
	len = fread(pem, 1, sizeof(pem), f);
	fclose(f);
	*strrchr(token, '.') = '\0';
	assert_non_null(HMAC(EVP_sha256(), pem, len, (unsigned char *)token, strlen(token), mac, NULL));
	base64_encode(mac64, mac, sizeof(mac));
	*strchr(mac64, '=') = '\0';
	for (char *p = mac64; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	strcat(token, ".");
	strcat(token, mac64);
	assert_int_equal(check(w, token), -EACCES);
	free(token);
}

static void signatures(void **state)
{
	struct world *w = *state;
	EVP_PKEY *other = EVP_EC_gen("P-256");
	char *token = world_token(other, ES256, w->now, NULL);
	size_t len;

	assert_int_equal(check(w, token), -EACCES);
	free(token);
	EVP_PKEY_free(other);

	/* Every single character of a good one matters. */
	token = world_token(w->voice, ES256, w->now, NULL);
	assert_int_equal(check(w, token), 0);
	len = strlen(token);
	for (size_t i = 0; i < len; i++) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		if (check(w, token) != -EACCES)
			fail_msg("accepted with character %zu changed", i);
		token[i] = was;
	}
	for (size_t i = 0; i < len; i++) {
		char was = token[i];

		token[i] = '\0';
		assert_int_equal(check(w, token), -EACCES);
		token[i] = was;
	}
	strcat(token, "=");
	assert_int_equal(check(w, token), -EACCES);
	token[len] = '\0';
	strcat(token, ".x");
	assert_int_equal(check(w, token), -EACCES);
	free(token);
}

static void garbage(void **state)
{
	static const char *const bad[] = { "", ".", "..", "...", "a.b.c", "\xff.\xff.\xff", "e30.e30.", "e30.e30.e30" };
	struct world *w = *state;
	char *longest = malloc(JWT_MAX + 2);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check(w, bad[i]), -EACCES);
	memset(longest, 'A', JWT_MAX + 1);
	longest[JWT_MAX + 1] = '\0';
	assert_int_equal(check(w, longest), -EACCES);
	free(longest);
}

static const char *pay(struct world *w, const char *order, long long amount, const char *token)
{
	static char name[64];
	char body[8192];
	json_t *a;
	int status;

	snprintf(body, sizeof(body), "{\"order_id\":\"%s\",\"user_id\":\"alice\",\"payee\":\"mom\",\"amount\":%lld,"
		 "\"currency\":\"CNY\",\"voice_token\":\"%s\"%s}", order, amount, token,
		 world_auth(w, VP_PURPOSE_VOICE_PAY, amount, order, "mom"));
	status = world_request(w, w->st, &w->device_peer, "/v1/voice-pay", body, &a);
	snprintf(name, sizeof(name), "%s", json_string_value(json_object_get(a, status == 200 ? "state" : "error")));
	json_decref(a);
	return name;
}

static void one_token_one_order(void **state)
{
	struct world *w = *state;
	char *token = world_token(w->voice, ES256, w->now, NULL);
	char *second = world_token(w->voice, ES256, w->now, NULL);
	char *third = world_token(w->voice, ES256, w->now, "{\"amount\":60000}");

	assert_string_equal(pay(w, "o1", 50000, token), "PEER_UNKNOWN");
	world_enrol(w);
	assert_string_equal(pay(w, "o1", 50000, "x.y.z"), "TOKEN_INVALID");
	assert_string_equal(pay(w, "o1", 40000, token), "TOKEN_INVALID");
	assert_int_equal(world_payments(w), 0);
	assert_string_equal(pay(w, "o1", 50000, token), "SUCCESS");
	/* Asked again: the first answer, with this token, a new one, or long after it expired. */
	assert_string_equal(pay(w, "o1", 50000, token), "SUCCESS");
	assert_string_equal(pay(w, "o1", 50000, second), "SUCCESS");
	w->now += 86400;
	assert_string_equal(pay(w, "o1", 50000, token), "SUCCESS");
	w->now -= 86400;
	assert_string_equal(pay(w, "o1", 40000, token), "ORDER_CONFLICT");
	assert_string_equal(pay(w, "o2", 50000, token), "TOKEN_USED");
	assert_int_equal(world_payments(w), 1);
	assert_int_equal(world_balance(w, "mom"), 50000);
	/* What is refused for want of money spends no token. */
	assert_string_equal(pay(w, "o3", 60000, third), "NOT_ENOUGH");
	assert_string_equal(pay(w, "o4", 50000, second), "SUCCESS");
	assert_int_equal(world_balance(w, "alice"), 0);
	assert_int_equal(world_payments(w), 2);
	free(token);
	free(second);
	free(third);
}

/* The name of a merchant whose key was taken is still said, and is nobody's to be paid under. */
static void revoked_payee(void **state)
{
	struct revocation rev = { .reason = 1 };
	struct world *w = *state;
	char body[8192], *token = world_token(w->voice, ES256, w->now, "{\"payee\":\"shop\"}");

	world_enrol(w);
	rev.since = w->now;
	memcpy(rev.peer, w->shop_peer.device, sizeof(rev.peer));
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_revoke(w->st, &rev), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	snprintf(body, sizeof(body), "{\"order_id\":\"o\",\"user_id\":\"alice\",\"payee\":\"shop\",\"amount\":50000,"
		 "\"currency\":\"CNY\",\"voice_token\":\"%s\"%s}", token,
		 world_auth(w, VP_PURPOSE_VOICE_PAY, 50000, "o", "shop"));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/voice-pay", body, NULL), "PAYEE_UNKNOWN");
	assert_int_equal(world_payments(w), 0);
	assert_int_equal(world_balance(w, "alice"), BALANCE);
	free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good, world_new, world_end),
		cmocka_unit_test_setup_teardown(claims, world_new, world_end),
		cmocka_unit_test_setup_teardown(headers, world_new, world_end),
		cmocka_unit_test_setup_teardown(algorithm_confusion, world_new, world_end),
		cmocka_unit_test_setup_teardown(signatures, world_new, world_end),
		cmocka_unit_test_setup_teardown(garbage, world_new, world_end),
		cmocka_unit_test_setup_teardown(one_token_one_order, world_new, world_end),
		cmocka_unit_test_setup_teardown(revoked_payee, world_new, world_end),
	};

	return cmocka_run_group_tests_name("voice orders", tests, NULL, NULL);
}
