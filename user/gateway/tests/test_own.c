// SPDX-License-Identifier: GPL-2.0-or-later
/* What a device asks for itself: whose word counts, what it is told, its owner's limits; keys that come and go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrol.h"
#include "fixture.h"
#include "prim_openssl.h"

static const char *charge(struct world *w, const char *order, unsigned int q, long long amount)
{
	char code[25];

	assert_int_equal(device_code(&w->dev, 0, w->now / 30, q, code), 0);
	return world_charge(w, w->st, order, code, amount, NULL);
}

static json_t *get(struct world *w, const struct peer *peer, const char *path, const char *args)
{
	struct call call = { .gw = &w->gw, .st = w->st, .peer = *peer, .now_ms = w->now * 1000 };
	json_t *query = args ? json_loads(args, 0, NULL) : NULL, *a;
	struct request req = { .method = "GET", .path = path, .body = "", .query = query };

	route_request(&call, &req, true, &a);
	json_decref(query);
	return a;
}

static const char *text(const json_t *a, const char *name)
{
	const char *s = json_string_value(json_object_get(a, name));

	return s ? s : "";
}

static long long number(const json_t *a, const char *name)
{
	return json_integer_value(json_object_get(a, name));
}

static const char *pay_order(struct world *w, const char *auth, const char *ref, const char *payee, long long amount)
{
	char body[512];

	snprintf(body, sizeof(body), "{\"pay_id\":\"%s\",\"slot\":0,\"payee\":\"%s\",\"amount\":%lld,\"currency\":\"CNY\"%s}",
		 ref, payee, amount, auth);
	return world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, NULL);
}

/*
 * Attacks: who has the device's TLS session, or is root on it, sends what he
 * likes; what he lacks is the kernel's MAC over it.
 */
static void nobody_else(void **state)
{
	static const char order[] = "{\"order_no\":\"o\",\"amount\":300,\"currency\":\"CNY\"}";
	struct world *w = *state;
	char ref[33], auth[DEVICE_AUTH_MAX + 32], *mac, *from, body[512];
	struct test_order o = { VP_PURPOSE_PAY_ORDER, 300, "CNY", ref, "shop" };
	struct test_device other;
	json_t *a;

	world_enrol(w);
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/order", order, &a), "NOTPAY");
	strcpy(ref, text(a, "pay_id"));
	json_decref(a);
	assert_string_equal(pay_order(w, "", ref, "shop", 300), "AUTHORISATION_MISSING");
	/* Shapes that are none. */
	assert_string_equal(pay_order(w, ",\"authorisation\":null", ref, "shop", 300), "BAD_REQUEST");
	assert_string_equal(pay_order(w, ",\"authorisation\":{}", ref, "shop", 300), "BAD_REQUEST");
	assert_string_equal(pay_order(w, ",\"authorisation\":{\"slot\":0,\"epoch\":1,\"time\":1,\"mac\":\"AAAA\"}", ref, "shop", 300), "BAD_REQUEST");
	assert_string_equal(pay_order(w, ",\"authorisation\":{\"slot\":0,\"epoch\":1,\"time\":1.5,\"mac\":\"\"}", ref, "shop", 300), "BAD_REQUEST");
	strcpy(auth, world_auth_of(&w->dev, w->now, &o));
	from = strstr(auth, "}");
	strcpy(from, ",\"x\":1}");
	assert_string_equal(pay_order(w, auth, ref, "shop", 300), "BAD_REQUEST");
	/* Every character of the MAC; every other field of what it is over. */
	strcpy(auth, world_auth_of(&w->dev, w->now, &o));
	mac = strstr(auth, "\"mac\":\"") + 7;
	for (int i = 0; i < 43; i++) {
		char was = mac[i];

		mac[i] = was == 'A' ? 'E' : 'A';
		assert_string_equal(pay_order(w, auth, ref, "shop", 300), "AUTHORISATION_WRONG");
		mac[i] = was;
	}
	assert_string_equal(pay_order(w, auth, ref, "kiosk", 300), "AUTHORISATION_WRONG");
	assert_string_equal(pay_order(w, auth, ref, "shop", 3), "AUTHORISATION_WRONG");
	assert_string_equal(pay_order(w, auth, "00000000000000000000000000000000", "shop", 300), "AUTHORISATION_WRONG");
	o.purpose = VP_PURPOSE_CONFIRM;
	assert_string_equal(pay_order(w, world_auth_of(&w->dev, w->now, &o), ref, "shop", 300), "AUTHORISATION_WRONG");
	o.purpose = VP_PURPOSE_PAY_ORDER;
	/* Another epoch, another slot, another time than the MAC's. */
	from = strstr(auth, "\"epoch\":1");
	from[8] = '2';
	assert_string_equal(pay_order(w, auth, ref, "shop", 300), "AUTHORISATION_WRONG");
	from[8] = '1';
	from = strstr(auth, "\"time\":1");
	from[16] ^= 1;
	assert_string_equal(pay_order(w, auth, ref, "shop", 300), "AUTHORISATION_WRONG");
	/* Another device of the same user; its session with this device's MAC. */
	assert_int_equal(device_init(&other, w->shop_peer.device, w->gw.keys.s_pub), 0);
	assert_int_equal(world_enrol_as(w, &w->shop_peer, &other), RF_OK);
	assert_string_equal(pay_order(w, world_auth_of(&other, w->now, &o), ref, "shop", 300), "AUTHORISATION_WRONG");
	snprintf(body, sizeof(body), "{\"pay_id\":\"%s\",\"slot\":0,\"payee\":\"shop\",\"amount\":300,\"currency\":\"CNY\"%s}",
		 ref, world_auth_of(&w->dev, w->now, &o));
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/pay-order", body, NULL), "AUTHORISATION_WRONG");
	assert_int_equal(world_payments(w), 0);
	/* Two minutes either way; an answered order is answered for ever. */
	assert_string_equal(pay_order(w, world_auth_of(&w->dev, w->now - 121, &o), ref, "shop", 300), "AUTHORISATION_STALE");
	assert_string_equal(pay_order(w, world_auth_of(&w->dev, w->now + 121, &o), ref, "shop", 300), "AUTHORISATION_STALE");
	strcpy(auth, world_auth_of(&w->dev, w->now - 120, &o));
	assert_string_equal(pay_order(w, auth, ref, "shop", 300), "SUCCESS");
	w->now += 86400;
	assert_string_equal(pay_order(w, auth, ref, "shop", 300), "SUCCESS");
	assert_int_equal(world_payments(w), 1);
}

/* A voice order is the owner's of the slot that authorised it, whoever else has a slot there. */
static void whose_slot(void **state)
{
	struct world *w = *state;
	char *token, body[8192];
	struct test_order o = { VP_PURPOSE_VOICE_PAY, 100, "CNY", "v", "mom" };
	struct test_device two;
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	size_t len;

	world_enrol(w);
	/* mom's, in slot 1 of the same speaker. */
	two = w->dev;
	two.grant.epoch = 0;
	two.req.slot = 1;
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(enrol_ticket(&w->gw, w->st, w->mom.party, w->now + 900, ticket), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_int_equal(device_enrol(&two, ticket, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
	assert_int_equal(device_finish(&two, msg2, len), 0);
	token = world_token(w->voice, "{\"alg\":\"ES256\"}", w->now, "{\"amount\":100}");
	snprintf(body, sizeof(body), "{\"order_id\":\"v\",\"user_id\":\"alice\",\"payee\":\"mom\",\"amount\":100,\"currency\":\"CNY\",\"voice_token\":\"%s\"%s}",
		 token, world_auth_of(&two, w->now, &o));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/voice-pay", body, NULL), "TOKEN_INVALID");
	snprintf(body, sizeof(body), "{\"order_id\":\"v\",\"user_id\":\"alice\",\"payee\":\"mom\",\"amount\":100,\"currency\":\"CNY\",\"voice_token\":\"%s\"%s}",
		 token, world_auth_of(&w->dev, w->now, &o));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/voice-pay", body, NULL), "SUCCESS");
	free(token);
}

static void told(void **state)
{
	struct world *w = *state;
	char ref[33], body[512], args[64];
	struct test_device other;
	json_t *a, *list;

	world_enrol(w);
	a = get(w, &w->shop_peer, "/v1/notifications", NULL);
	assert_string_equal(text(a, "error"), "PEER_UNKNOWN");
	json_decref(a);
	a = get(w, &w->device_peer, "/v1/notifications", NULL);
	assert_int_equal(json_array_size(json_object_get(a, "notifications")), 0);
	assert_int_equal(number(a, "next"), 0);
	json_decref(a);
	assert_string_equal(charge(w, "a", 0, 100), "SUCCESS");
	w->gw.set.confirm_above = 200;
	assert_string_equal(charge(w, "b", 1, 300), "USERPAYING");
	assert_string_equal(charge(w, "c", 2, BALANCE), "NOT_ENOUGH");
	a = get(w, &w->device_peer, "/v1/notifications", "{\"since\":\"0\",\"wait\":\"0\"}");
	list = json_object_get(a, "notifications");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(text(json_array_get(list, 0), "kind"), "paid");
	assert_int_equal(strlen(text(json_array_get(list, 0), "payment_id")), 32);
	assert_string_equal(text(json_array_get(list, 1), "kind"), "confirm");
	assert_string_equal(text(json_array_get(list, 1), "payee"), "shop");
	assert_int_equal(number(json_array_get(list, 1), "amount"), 300);
	assert_int_equal(number(json_array_get(list, 1), "expires"), w->now + 120);
	strcpy(ref, text(json_array_get(list, 1), "confirm_id"));
	assert_string_equal(text(json_array_get(list, 2), "kind"), "not-paid");
	assert_string_equal(text(json_array_get(list, 2), "error"), "NOT_ENOUGH");
	snprintf(args, sizeof(args), "{\"since\":\"%lld\",\"wait\":\"50\"}", number(a, "next"));
	json_decref(a);
	/* What it is told is enough to answer. */
	snprintf(body, sizeof(body), "{\"confirm_id\":\"%s\",\"payee\":\"shop\",\"amount\":300,\"currency\":\"CNY\",\"answer\":\"CONFIRM\"%s}",
		 ref, world_auth(w, VP_PURPOSE_CONFIRM, 300, ref, "shop"));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/confirm", body, NULL), "SUCCESS");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refund",
		"{\"order_no\":\"a\",\"refund_no\":\"r\",\"amount\":40,\"currency\":\"CNY\"}", NULL), "REFUND");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/reverse", "{\"order_no\":\"b\"}", NULL), "REVOKED");
	a = get(w, &w->device_peer, "/v1/notifications", args);
	list = json_object_get(a, "notifications");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(text(json_array_get(list, 0), "kind"), "paid");
	assert_string_equal(text(json_array_get(list, 1), "kind"), "refunded");
	assert_int_equal(number(json_array_get(list, 1), "amount"), 40);
	assert_string_equal(text(json_array_get(list, 2), "kind"), "reversed");
	json_decref(a);
	/* Each device its own. */
	assert_int_equal(device_init(&other, w->shop_peer.device, w->gw.keys.s_pub), 0);
	assert_int_equal(world_enrol_as(w, &w->shop_peer, &other), RF_OK);
	a = get(w, &w->shop_peer, "/v1/notifications", NULL);
	assert_int_equal(json_array_size(json_object_get(a, "notifications")), 0);
	json_decref(a);
	a = get(w, &w->shop_peer, "/v1/statement", NULL);
	assert_int_equal(json_array_size(json_object_get(a, "entries")), 0);
	json_decref(a);
	for (int i = 0; i < 4; i++) {
		static const char *const bad[] = { "{\"since\":\"-1\"}", "{\"since\":\"x\"}", "{\"wait\":\"51\"}", "{\"until\":\"1\"}" };

		a = get(w, &w->device_peer, "/v1/notifications", bad[i]);
		assert_string_equal(text(a, "error"), "BAD_REQUEST");
		json_decref(a);
	}
	a = get(w, &w->device_peer, "/v1/time", "{\"x\":\"1\"}");
	assert_string_equal(text(a, "error"), "BAD_REQUEST");
	json_decref(a);
	/* A month later they are gone. */
	assert_int_equal(store_sweep(w->st, w->now + 31 * 86400, ALIAS_REST_SECONDS), STORE_OK);
	a = get(w, &w->device_peer, "/v1/notifications", NULL);
	assert_int_equal(json_array_size(json_object_get(a, "notifications")), 0);
	json_decref(a);
}

static void statement(void **state)
{
	struct world *w = *state;
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	char args[64];
	json_t *a, *list;
	size_t len;

	world_enrol(w);
	for (unsigned int i = 0; i < 5; i++) {
		char order[] = "s0";

		order[1] += i;
		assert_string_equal(charge(w, order, i, 100 + i), "SUCCESS");
	}
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refund",
		"{\"order_no\":\"s1\",\"refund_no\":\"r\",\"amount\":40,\"currency\":\"CNY\"}", NULL), "REFUND");
	a = get(w, &w->device_peer, "/v1/statement", "{\"limit\":\"2\"}");
	list = json_object_get(a, "entries");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(text(json_array_get(list, 0), "kind"), "refund");
	assert_int_equal(number(json_array_get(list, 0), "amount"), 40);
	assert_string_equal(text(json_array_get(list, 0), "payee"), "shop");
	assert_string_equal(text(json_array_get(list, 1), "kind"), "payment");
	assert_int_equal(number(json_array_get(list, 1), "amount"), 104);
	snprintf(args, sizeof(args), "{\"before\":\"%lld\",\"limit\":\"100\"}", number(json_array_get(list, 1), "id"));
	json_decref(a);
	a = get(w, &w->device_peer, "/v1/statement", args);
	list = json_object_get(a, "entries");
	assert_int_equal(json_array_size(list), 4);
	assert_int_equal(number(json_array_get(list, 3), "amount"), 100);
	json_decref(a);
	/* Sold: what alice paid is not mom's to see. */
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(enrol_ticket(&w->gw, w->st, w->mom.party, w->now + 900, ticket), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
	a = get(w, &w->device_peer, "/v1/statement", NULL);
	assert_int_equal(json_array_size(json_object_get(a, "entries")), 0);
	json_decref(a);
	a = get(w, &w->device_peer, "/v1/notifications", NULL);
	assert_int_equal(json_array_size(json_object_get(a, "notifications")), 0);
	json_decref(a);
}

static const char *set_limit(struct world *w, const char *which, long long amount)
{
	char body[512];

	snprintf(body, sizeof(body), "{\"slot\":0,\"%s\":%lld%s}", which, amount,
		 world_auth(w, VP_PURPOSE_LIMITS, amount, which, NULL));
	return world_ask(w, w->st, &w->device_peer, "/v1/limits", body, NULL);
}

static void limits(void **state)
{
	struct world *w = *state;
	char body[512];
	json_t *a;

	world_enrol(w);
	/* Only narrower than the gateway's, one at a time, and by the kernel's word. */
	assert_string_equal(set_limit(w, "per_payment", w->gw.set.max_payment + 1), "OVER_LIMIT");
	assert_string_equal(set_limit(w, "per_day", w->gw.set.max_day + 1), "OVER_LIMIT");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/limits", "{\"slot\":0,\"per_day\":1}", NULL), "AUTHORISATION_MISSING");
	snprintf(body, sizeof(body), "{\"slot\":0,\"per_day\":5,\"per_payment\":5%s}", world_auth(w, VP_PURPOSE_LIMITS, 5, "per_day", NULL));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/limits", body, NULL), "BAD_REQUEST");
	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_LIMITS, 5, "per_day", NULL));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/limits", body, NULL), "BAD_REQUEST");
	/* One limit's authorisation is not another's. */
	snprintf(body, sizeof(body), "{\"slot\":0,\"per_day\":5%s}", world_auth(w, VP_PURPOSE_LIMITS, 5, "per_payment", NULL));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/limits", body, NULL), "AUTHORISATION_WRONG");
	assert_string_equal(set_limit(w, "per_payment", 500), "(null)");
	assert_string_equal(set_limit(w, "per_payment", 500), "AUTHORISATION_STALE");
	assert_string_equal(set_limit(w, "per_day", 900), "(null)");
	assert_string_equal(set_limit(w, "confirm_above", 400), "(null)");
	a = get(w, &w->device_peer, "/v1/limits/0", NULL);
	assert_int_equal(number(a, "per_payment"), 500);
	assert_int_equal(number(a, "per_day"), 900);
	assert_int_equal(number(a, "confirm_above"), 400);
	json_decref(a);
	a = get(w, &w->device_peer, "/v1/limits/1", NULL);
	assert_string_equal(text(a, "error"), "PEER_UNKNOWN");
	json_decref(a);
	assert_string_equal(charge(w, "a", 0, 501), "OVER_LIMIT");
	assert_string_equal(charge(w, "b", 1, 401), "USERPAYING");
	assert_string_equal(charge(w, "c", 2, 400), "SUCCESS");
	assert_string_equal(charge(w, "d", 3, 400), "SUCCESS");
	assert_string_equal(charge(w, "e", 4, 101), "OVER_DAY_LIMIT");
	assert_int_equal(world_payments(w), 2);
}

static int alarms(struct world *w, const char *kind)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT coalesce(sum(count), 0) FROM alarm WHERE kind = '%s'", kind);
	return (int)world_number(w, sql);
}

/* A clone, or an image restored: its codes are good, and under a key that nobody should have any more. */
static void clones(void **state)
{
	static const char order[] = "{\"order_no\":\"scan\",\"amount\":300,\"currency\":\"CNY\"}";
	struct world *w = *state;
	struct test_device image;
	struct test_order o = { VP_PURPOSE_PAY_ORDER, 300, "CNY", NULL, "shop" };
	char code[25], ref[33];
	json_t *a;

	world_enrol(w);
	assert_string_equal(charge(w, "a", 0, 1), "SUCCESS");
	image = w->dev;
	assert_int_equal(world_rotate(w, &w->device_peer, &w->dev), RF_OK);
	/* An authorisation is a first use, too. */
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/order", order, &a), "NOTPAY");
	strcpy(ref, text(a, "pay_id"));
	json_decref(a);
	o.order = ref;
	assert_string_equal(pay_order(w, world_auth_of(&w->dev, w->now, &o), ref, "shop", 300), "SUCCESS");
	w->now += 299;
	assert_int_equal(device_code(&image, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "b", code, 1, NULL), "SUCCESS");
	assert_int_equal(alarms(w, "old-key"), 0);
	w->now += 31;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(device_code(&image, 0, w->now / 30, i, code), 0);
		assert_string_equal(world_charge(w, w->st, "c", code, 1, NULL), "CODE_EXPIRED");
	}
	assert_int_equal(alarms(w, "old-key"), 3);
	/* Whoever guesses under an old alias raises none. */
	code[20] = code[20] == '9' ? '0' : code[20] + 1;
	code[23] = '0' + paycode_damm((const __u8 *)code, 23);
	assert_string_equal(world_charge(w, w->st, "c", code, 1, NULL), "CODE_EXPIRED");
	assert_int_equal(alarms(w, "old-key"), 3);
	assert_string_equal(pay_order(w, world_auth_of(&image, w->now, &o), ref, "shop", 300), "AUTHORISATION_WRONG");
	assert_int_equal(alarms(w, "old-authorisation"), 1);
	/* Nor does the image rotate; the device does. */
	assert_int_equal(world_rotate(w, &w->device_peer, &image), RF_ENROL_REFUSED);
	assert_int_equal(world_rotate(w, &w->device_peer, &w->dev), RF_OK);
	/* The alias rests for 90 days, and the alarm holds all that time, swept or not. */
	assert_int_equal(store_sweep(w->st, w->now, ALIAS_REST_SECONDS), STORE_OK);
	w->now += 30 * 86400;
	assert_int_equal(device_code(&image, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "c", code, 1, NULL), "CODE_EXPIRED");
	assert_int_equal(alarms(w, "old-key"), 4);
	assert_int_equal(world_payments(w), 3);
}

/* Weeks offline, then past the end: another ticket, and all is well. */
static void weeks_offline(void **state)
{
	struct world *w = *state;
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX], again[VP_MSG2_MAX];
	struct test_device lost;
	char code[25];
	size_t len, again_len;

	world_enrol(w);
	assert_string_equal(charge(w, "a", 0, 1), "SUCCESS");
	/* The answer to a rotation got lost, and the device went offline for weeks. */
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
	for (int week = 1; week <= 4; week++) {
		char order[] = "w0";

		order[1] += week;
		w->now += 7 * 86400;
		assert_int_equal(store_sweep(w->st, w->now, ALIAS_REST_SECONDS), STORE_OK);
		assert_string_equal(charge(w, order, 0, 1), "SUCCESS");
	}
	/* Asked for again, the same message: the same answer. */
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), again, &again_len), RF_OK);
	assert_int_equal(again_len, len);
	assert_memory_equal(again, msg2, len);
	/* It has forgotten (a reboot): another message, another key; the lost one is dead. */
	lost = w->dev;
	assert_int_equal(world_rotate(w, &w->device_peer, &w->dev), RF_OK);
	assert_int_equal(w->dev.grant.epoch, 3);
	assert_string_equal(charge(w, "b", 1, 1), "SUCCESS");
	assert_int_equal(device_finish(&lost, again, again_len), 0);
	assert_int_equal(device_code(&lost, 0, w->now / 30, 2, code), 0);
	assert_string_equal(world_charge(w, w->st, "c", code, 1, NULL), "CODE_EXPIRED");
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), again, &again_len), RF_ENROL_REFUSED);
	/* Past its last day: go online, by which is meant a ticket. */
	w->now += 36 * 86400;
	assert_string_equal(charge(w, "d", 0, 1), "CODE_EXPIRED");
	assert_int_equal(alarms(w, "expired-key"), 1);
	assert_int_equal(world_rotate(w, &w->device_peer, &w->dev), RF_ENROL_REFUSED);
	assert_int_equal(world_enrol_as(w, &w->device_peer, &w->dev), RF_OK);
	assert_int_equal(w->dev.grant.epoch, 4);
	assert_string_equal(charge(w, "e", 1, 1), "SUCCESS");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(nobody_else), T(whose_slot), T(told), T(statement), T(limits), T(clones), T(weeks_offline),
	};

	return cmocka_run_group_tests_name("devices for themselves", tests, NULL, NULL);
}
