// SPDX-License-Identifier: GPL-2.0-or-later
/* route.c: what comes from outside, in every shape it should not have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fixture.h"
#include "peer.h"

static int status_of(struct world *w, const char *path, const char *body)
{
	json_t *a = NULL;
	int status = world_request(w, w->st, &w->shop_peer, path, body, &a);

	/* Whatever is refused comes with a code and a sentence. */
	if (status != 200) {
		assert_true(json_is_string(json_object_get(a, "error")));
		assert_true(json_string_length(json_object_get(a, "message")) > 20);
	}
	json_decref(a);
	return status;
}

static void charge_bodies(void **state)
{
#define C(order, code, amount, currency) \
	"{\"order_no\":" order ",\"code\":" code ",\"amount\":" amount ",\"currency\":" currency "}"
#define CODE "\"711012345678909069056715\""
	static const char *const bad[] = {
		"", "{", "[]", "null", "7", "\"x\"", "{}", "{}{}", "{\"order_no\":\"a\"}", "\xef\xbb\xbf{}",
		C("\"a\"", CODE, "-1", "\"CNY\""), C("\"a\"", CODE, "0", "\"CNY\""),
		C("\"a\"", CODE, "1.5", "\"CNY\""), C("\"a\"", CODE, "1e3", "\"CNY\""),
		C("\"a\"", CODE, "100.0", "\"CNY\""), C("\"a\"", CODE, "\"100\"", "\"CNY\""),
		C("\"a\"", CODE, "9223372036854775807", "\"CNY\""), C("\"a\"", CODE, "9223372036854775808", "\"CNY\""),
		C("\"a\"", CODE, "1000000000001", "\"CNY\""), C("\"a\"", CODE, "null", "\"CNY\""),
		C("\"a\"", CODE, "true", "\"CNY\""), C("\"a\"", CODE, "[1]", "\"CNY\""), C("\"a\"", CODE, "01", "\"CNY\""),
		C("\"a\"", CODE, "0x10", "\"CNY\""), C("\"a\"", CODE, "NaN", "\"CNY\""), C("\"a\"", CODE, "+1", "\"CNY\""),
		C("\"a\"", CODE, "100", "\"cny\""), C("\"a\"", CODE, "100", "\"\""), C("\"a\"", CODE, "100", "156"),
		C("\"a\"", CODE, "100", "\"CNYY\""), C("\"a\"", "711012345678909069056715", "100", "\"CNY\""),
		C("\"\"", CODE, "100", "\"CNY\""), C("\"a/b\"", CODE, "100", "\"CNY\""), C("\"a b\"", CODE, "100", "\"CNY\""),
		C("\"\\u0000\"", CODE, "100", "\"CNY\""), C("\"a\\u0000b\"", CODE, "100", "\"CNY\""),
		C("\"\xff\"", CODE, "100", "\"CNY\""), C("\"\xc0\xaf\"", CODE, "100", "\"CNY\""),
		C("\"\\ud800\"", CODE, "100", "\"CNY\""), C("17", CODE, "100", "\"CNY\""),
		C("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", CODE, "100", "\"CNY\""),
		"{\"order_no\":\"a\",\"order_no\":\"b\",\"code\":" CODE ",\"amount\":100,\"currency\":\"CNY\"}",
		"{\"order_no\":\"a\",\"code\":" CODE ",\"amount\":1,\"amount\":100,\"currency\":\"CNY\"}",
		"{\"order_no\":\"a\",\"code\":" CODE ",\"amount\":100,\"currency\":\"CNY\",\"discount\":99}",
		C("\"a\"", CODE, "100", "\"CNY\"") "x",
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (status_of(w, "/v1/merchant/charge", bad[i]) != 400)
			fail_msg("not a 400: %s", bad[i]);
	assert_int_equal(status_of(w, "/v1/merchant/charge", C("\"a\"", CODE, "100", "\"USD\"")), 422);
	assert_int_equal(status_of(w, "/v1/merchant/charge", C("\"a\"", CODE, "1000001", "\"CNY\"")), 403);
	assert_int_equal(status_of(w, "/v1/merchant/charge", C("\"a\"", "\"x\"", "100", "\"CNY\"")), 422);
	assert_int_equal(status_of(w, "/v1/merchant/charge", C("\"a\"", CODE, "100", "\"CNY\"")), 410);
	assert_int_equal(world_payments(w), 0);
}

static void deep_and_long(void **state)
{
	struct world *w = *state;
	char *body = malloc(ROUTE_BODY_MAX + 2);

	memset(body, '[', ROUTE_BODY_MAX);
	body[ROUTE_BODY_MAX] = '\0';
	assert_int_equal(status_of(w, "/v1/merchant/charge", body), 400);
	body[ROUTE_BODY_MAX] = '[';
	body[ROUTE_BODY_MAX + 1] = '\0';
	assert_int_equal(status_of(w, "/v1/merchant/charge", body), 413);
	free(body);
}

static void paths_and_methods(void **state)
{
	struct world *w = *state;
	struct call call = { .gw = &w->gw, .st = w->st, .peer = w->shop_peer, .now_ms = w->now * 1000 };
	struct request req = { .method = "POST", .path = "/v1/merchant/charge", .body = "{}", .body_len = 2 };
	static const char *const types[] = { NULL, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/jso" };
	json_t *a;

	assert_int_equal(status_of(w, "/", NULL), 404);
	assert_int_equal(status_of(w, "/v1/merchant/charge/", "{}"), 404);
	assert_int_equal(status_of(w, "/v1/merchant/charge", NULL), 405);
	assert_int_equal(status_of(w, "/v1/time", "{}"), 405);
	assert_int_equal(status_of(w, "/v1/time", NULL), 200);
	assert_int_equal(status_of(w, "/v1/merchant/orders/", NULL), 400);
	assert_int_equal(status_of(w, "/v1/merchant/orders/a/b", NULL), 400);
	assert_int_equal(status_of(w, "/v1/merchant/orders/none", NULL), 404);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		req.content_type = types[i];
		assert_int_equal(route_request(&call, &req, true, &a), 415);
		json_decref(a);
	}
	req.content_type = "Application/JSON; charset=utf-8";
	assert_int_equal(route_request(&call, &req, true, &a), 400);
	json_decref(a);
}

static void strangers(void **state)
{
	struct world *w = *state;
	const char *charge = C("\"a\"", CODE, "100", "\"CNY\"");
	json_t *a;

	assert_int_equal(world_request(w, w->st, NULL, "/v1/time", NULL, &a), 403);
	json_decref(a);
	/* A device is no merchant. */
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/merchant/charge", charge, &a), 403);
	json_decref(a);
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/merchant/orders/a", NULL, &a), 403);
	json_decref(a);
}

static void enrol_bodies(void **state)
{
	struct world *w = *state;
	char *body = malloc(ROUTE_BODY_MAX);

	assert_int_equal(status_of(w, "/v1/enrol", "{\"message\":7}"), 400);
	assert_int_equal(status_of(w, "/v1/enrol", "{\"message\":\"\"}"), 403);
	assert_int_equal(status_of(w, "/v1/enrol", "{\"message\":\"!!!!\"}"), 403);
	assert_int_equal(status_of(w, "/v1/enrol", "{\"message\":\"AAAA\"}"), 403);
	strcpy(body, "{\"message\":\"");
	memset(body + 12, 'A', 12000);
	strcpy(body + 12012, "\"}");
	assert_int_equal(status_of(w, "/v1/enrol", body), 403);
	free(body);
}

static void peer_headers(void **state)
{
	static const char *const bad[] = { "", "x", "%", "%4", "%zz", "-----BEGIN CERTIFICATE-----",
		"-----BEGIN%20CERTIFICATE-----%0AAAAA%0A-----END%20CERTIFICATE-----%0A" };
	struct peer peer;
	char *longest = malloc(100000);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(peer_from_header(&peer, bad[i]) < 0);
	memset(longest, 'A', 99999);
	longest[99999] = '\0';
	assert_true(peer_from_header(&peer, longest) < 0);
	free(longest);
}

/* Files that decide who is believed, or hold the money, are not for everybody. */
static void file_modes(void **state)
{
	struct world *w = *state;
	struct gateway gw;
	struct store *st;
	char conf[128];

	snprintf(conf, sizeof(conf), "%s/conf", w->dir);
	assert_int_equal(gateway_open(&gw, conf, w->dir), 0);
	gateway_close(&gw);
	chmod(conf, 0646);
	assert_int_equal(gateway_open(&gw, conf, w->dir), -EPERM);
	chmod(conf, 0644);
	chmod(w->voice_pem, 0666);
	assert_int_equal(gateway_open(&gw, conf, w->dir), -EPERM);
	chmod(w->voice_pem, 0644);

	if (world_on_postgres())	/* whose files are the server's */
		return;
	chmod(w->gw.db_path, 0644);
	assert_int_equal(store_open(&st, w->gw.db_path, false), STORE_FAILED);
	assert_null(st);
	chmod(w->gw.db_path, 0640);
	assert_int_equal(store_open(&st, w->gw.db_path, false), STORE_OK);
	store_close(st);
}

static int load(struct world *w, const char *text, struct settings *set)
{
	char conf[128];
	FILE *f;

	snprintf(conf, sizeof(conf), "%s/settings", w->dir);
	f = fopen(conf, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return settings_load(set, conf);
}

static void settings_said_once(void **state)
{
	static const char *const bad[] = {
		"[limits]\npayment = 5\npayment = 6\n", "[limits]\npayment = 5\n[keys]\n[limits]\npayment = 5\n",
		"[gateway]\nmodes = 7\n", "[gateway]\nmodes = 0\n", "[gateway]\nmodes = 11\n", "[gateway]\nmodes = 1 1\n",
		"[gateway]\nmodes = 1,2\n", "[gateway]\nmodes =\n", "[gateway]\nmode = 1\n", "[keys]\npool-hours = 0\n",
	};
	struct world *w = *state;
	struct settings set;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!load(w, bad[i], &set))
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(load(w, "[gateway]\nmodes = 1 6  9\n[limits]\npayment = 5\n", &set), 0);
	assert_int_equal(set.modes, PAYCODE_MODE(1) | PAYCODE_MODE(6) | PAYCODE_MODE(9));
	assert_int_equal(set.max_payment, 5);
	assert_int_equal(load(w, "", &set), 0);
	assert_int_equal(set.modes, PAYCODE_MODES_DEVICE | PAYCODE_MODE(PAYCODE_ONLINE));
}

/* A clock that was set is no reason to end keys for good. */
static void clocks(void **state)
{
	struct gateway_moment from = { TEST_TIME, 1000 }, to = { TEST_TIME + 3600, 4600 };

	assert_true(gateway_clock_kept(&from, &to));
	to.real += 30;
	assert_true(gateway_clock_kept(&from, &to));
	to.real += 40 * 86400;
	assert_false(gateway_clock_kept(&from, &to));
	to.real = TEST_TIME - 3600;
	assert_false(gateway_clock_kept(&from, &to));
	from = to = gateway_moment();
	assert_true(from.boot > 0 && gateway_clock_kept(&from, &to));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(charge_bodies), T(deep_and_long), T(paths_and_methods), T(strangers), T(enrol_bodies), T(peer_headers), T(file_modes), T(settings_said_once),
		cmocka_unit_test(clocks),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
