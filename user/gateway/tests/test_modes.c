// SPDX-License-Identifier: GPL-2.0-or-later
/* V, from 1 to 9: each is believed as far as it goes, and no code is ever another mode's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "fixture.h"
#include "identify.h"
#include "pool.h"
#include "prim_openssl.h"

/* The till's side of a charge; challenge NULL: none. */
static const char *charge(struct world *w, const struct peer *till, const char *order, const char *code,
			  long long amount, const char *challenge)
{
	char body[512], extra[96] = "";

	if (challenge)
		snprintf(extra, sizeof(extra), ",\"challenge\":\"%s\"", challenge);
	snprintf(body, sizeof(body), "{\"order_no\":\"%s\",\"code\":\"%s\",\"amount\":%lld,\"currency\":\"CNY\"%s}",
		 order, code, amount, extra);
	return world_ask(w, w->st, till, "/v1/merchant/charge", body, NULL);
}

static struct paycode_terms terms_of(long long amount, const char *merchant, const char *challenge)
{
	struct paycode_terms t = { .amount = amount };

	if (amount)
		memcpy(t.currency, "CNY", 3);
	memcpy(t.merchant, merchant, strlen(merchant));
	memcpy(t.challenge, challenge, strlen(challenge));
	return t;
}

static const char *code_of(struct world *w, unsigned int mode, unsigned int q, const struct paycode_terms *t)
{
	static char code[25];

	assert_int_equal(device_code_mode(&w->dev, mode, 0, w->now / 30, q, t, code), 0);
	return code;
}

static struct peer kiosk(void)
{
	struct vp_piece piece = { "kiosk", 5 };
	struct peer peer;

	assert_int_equal(vp_prim_hash(peer.spki, &piece, 1), 0);
	memcpy(peer.device, peer.spki, sizeof(peer.device));
	return peer;
}

static void granted(void **state)
{
	struct world *w = *state;
	struct test_device old;
	char code[25];

	world_enrol(w);
	assert_int_equal(w->dev.grant.modes, PAYCODE_MODES_DEVICE);
	/* A gateway that serves fewer grants fewer, and takes no other. */
	w->gw.set.modes = PAYCODE_MODE(1) | PAYCODE_MODE(5);
	assert_int_equal(world_rotate(w, &w->device_peer, &w->dev), RF_OK);
	assert_int_equal(w->dev.grant.modes, PAYCODE_MODE(1) | PAYCODE_MODE(5));
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 6, 0, NULL), 1, NULL), "CODE_UNSUPPORTED");
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 1, 1, NULL), 1, NULL), "SUCCESS");
	/* What this key was not granted is not good, though others may have it. */
	w->gw.set.modes = PAYCODE_MODES_DEVICE;
	assert_string_equal(charge(w, &w->shop_peer, "b", code_of(w, 6, 2, NULL), 1, NULL), "CODE_EXPIRED");
	/* A device from before there were modes: plain, by the old message. */
	assert_int_equal(device_init(&old, w->shop_peer.device, w->gw.keys.s_pub), 0);
	old.req.modes = 0;
	assert_int_equal(world_enrol_as(w, &w->shop_peer, &old), RF_OK);
	assert_int_equal(old.grant.modes, PAYCODE_MODE(1));
	assert_int_equal(device_code_mode(&old, 1, 0, w->now / 30, 0, NULL, code), 0);
	assert_string_equal(charge(w, &w->shop_peer, "c", code, 1, NULL), "SUCCESS");
	assert_int_equal(device_code_mode(&old, 5, 0, w->now / 30, 1, NULL, code), 0);
	assert_string_equal(charge(w, &w->shop_peer, "d", code, 1, NULL), "CODE_EXPIRED");
	/* Nothing in common: no key. */
	w->gw.set.modes = PAYCODE_MODE(6);
	assert_int_equal(world_rotate(w, &w->shop_peer, &old), RF_ENROL_REFUSED);
}

static void bound_to_amount(void **state)
{
	struct world *w = *state;
	struct paycode_terms t = terms_of(1200, "", "");

	world_enrol(w);
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 2, 0, &t), 1201, NULL), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 2, 0, &t), 1200, NULL), "SUCCESS");
	assert_string_equal(charge(w, &w->shop_peer, "b", code_of(w, 2, 0, &t), 1200, NULL), "CODE_USED");
	/* Whoever has the code has it for this amount, whoever he is. */
	w->shop_peer = kiosk();
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 2, 1, &t), 1200, NULL), "SUCCESS");
	assert_int_equal(world_payments(w), 2);
}

static void bound_to_merchant(void **state)
{
	struct world *w = *state;
	struct paycode_terms t = terms_of(0, "shop.1", "K7"), all = terms_of(500, "shop.1", "K7"), none = terms_of(0, "shop.1", "");
	struct peer other = kiosk();

	world_enrol(w);
	assert_string_equal(charge(w, &other, "a", code_of(w, 3, 0, &t), 10, "K7"), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 3, 0, &t), 10, "K8"), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 3, 0, &t), 10, NULL), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 3, 0, &t), 10, "K7"), "SUCCESS");
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 3, 0, &t), 10, "K7"), "SUCCESS");
	/* Another challenge is another charge. */
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 3, 0, &t), 10, "K8"), "ORDER_CONFLICT");
	assert_string_equal(charge(w, &w->shop_peer, "b", code_of(w, 3, 1, &none), 10, NULL), "SUCCESS");
	/* A till that wants a bound code takes no plain one. */
	assert_string_equal(charge(w, &w->shop_peer, "c", code_of(w, 1, 2, NULL), 10, "K7"), "CODE_UNSUPPORTED");
	assert_string_equal(charge(w, &w->shop_peer, "c", code_of(w, 4, 2, &all), 501, "K7"), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "c", code_of(w, 4, 2, &all), 500, NULL), "CODE_EXPIRED");
	assert_string_equal(charge(w, &other, "c", code_of(w, 4, 2, &all), 500, "K7"), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "c", code_of(w, 4, 2, &all), 500, "K7"), "SUCCESS");
	assert_string_equal(charge(w, &w->shop_peer, "d", code_of(w, 1, 3, NULL), 10, "a b"), "BAD_REQUEST");
	assert_string_equal(charge(w, &w->shop_peer, "d", code_of(w, 1, 3, NULL), 10, "123456789012345678901234567890123"), "BAD_REQUEST");
	assert_int_equal(world_payments(w), 3);
}

/* Shown or spoken digits: however little it is, its owner is asked. */
static void shown(void **state)
{
	struct world *w = *state;
	char body[512], ref[33];
	json_t *a;

	world_enrol(w);
	assert_string_equal(charge(w, &w->shop_peer, "a", code_of(w, 5, 0, NULL), 1, NULL), "USERPAYING");
	assert_int_equal(world_payments(w), 0);
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/waiting", NULL, &a), 200);
	snprintf(ref, sizeof(ref), "%s", json_string_value(json_object_get(json_array_get(json_object_get(a, "waiting"), 0), "confirm_id")));
	json_decref(a);
	snprintf(body, sizeof(body), "{\"confirm_id\":\"%s\",\"payee\":\"shop\",\"amount\":1,\"currency\":\"CNY\",\"answer\":\"CONFIRM\"%s}",
		 ref, world_auth(w, VP_PURPOSE_CONFIRM, 1, ref, "shop"));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/confirm", body, NULL), "SUCCESS");
	assert_int_equal(world_payments(w), 1);
	/* The same digits as V 1 are another code: nobody gets round the question by changing one. */
	{
		struct paycode c;
		char plain[25] = "";

		assert_int_equal(paycode_parse(&c, code_of(w, 5, 1, NULL), 24), 0);
		c.mode = 1;
		paycode_format((__u8 *)plain, &c);
		assert_string_equal(charge(w, &w->shop_peer, "b", plain, 1, NULL), "CODE_EXPIRED");
	}
}

/* No V's code is good under any other V. */
static void never_another_mode(void **state)
{
	static const unsigned int modes[] = { 1, 2, 3, 4, 5, 6, 8, 9 };
	struct world *w = *state;
	struct paycode_terms t[10] = { [2] = terms_of(10, "", ""), [3] = terms_of(0, "shop.1", ""), [4] = terms_of(10, "shop.1", "") };
	struct pool pool = { .not_after = w->now + 1000 };
	struct device_key key;
	int n = 0;

	world_enrol(w);
	assert_int_equal(store_key_epoch(w->st, w->dev.id, 0, 1, &key), STORE_OK);
	pool.key = key.id;
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_pool_put(w->st, &pool), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	for (size_t i = 0; i < 7; i++) {
		for (size_t j = 0; j < 8; j++) {
			char code[25], order[16];
			struct paycode c;
			const char *r;

			assert_int_equal(device_code_mode(&w->dev, modes[i], 0, modes[i] == 8 ? pool.serial * 16 + 7 : w->now / 30, 7,
							  paycode_is_bound(modes[i]) ? &t[modes[i]] : NULL, code), 0);
			assert_int_equal(paycode_parse(&c, code, 24), 0);
			c.mode = modes[j];
			paycode_format((__u8 *)code, &c);
			snprintf(order, sizeof(order), "o%d", n++);
			r = charge(w, &w->shop_peer, order, code, 10, NULL);
			if (i == j)
				assert_true(!strcmp(r, "SUCCESS") || !strcmp(r, "USERPAYING"));
			else if (strcmp(r, "CODE_EXPIRED"))
				fail_msg("a code of V %u as V %u: %s", modes[i], modes[j], r);
			/* Its next codes are to be judged, not overtaken ones. */
			world_force(w, world_on_postgres() ? "UPDATE device_key SET watermark = 0; DELETE FROM spent" :
				    "UPDATE device_key SET watermark = 0; UPDATE payment SET ordinal = -9000000000 - transfer");
			throttle_free(w->gw.throttle);
			w->gw.throttle = throttle_new();
		}
	}
}

static void pool(void **state)
{
	struct world *w = *state;
	char body[512], code[25], later[25], order[16];
	__u8 msg[VP_POOL_LEN];
	struct vp_pool p, next;
	json_t *a;

	world_enrol(w);
	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_POOL, 0, NULL, NULL));
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/pool", body, &a), 200);
	assert_int_equal(base64_decode(msg, sizeof(msg), json_string_value(json_object_get(a, "pool")), 88), VP_POOL_LEN);
	json_decref(a);
	assert_int_equal(vp_pool_decode(&p, msg, sizeof(msg), w->dev.id, w->dev.keys.auth), 0);
	assert_int_equal(p.count, 15);
	assert_int_equal(p.slot, 0);
	assert_int_equal(p.epoch, 1);
	assert_int_equal(p.not_after, w->now + 168 * 3600);
	/* In any order, each once, on any day of it, though codes by the clock were used since. */
	assert_string_equal(charge(w, &w->shop_peer, "clock", code_of(w, 1, 9, NULL), 1, NULL), "SUCCESS");
	w->now += 5 * 86400;
	for (int i = 14; i >= 0; i--) {
		assert_int_equal(device_code_mode(&w->dev, 8, i % 8, paycode_pool_step(p.serial, i), i % 10, NULL, code), 0);
		snprintf(order, sizeof(order), "p%d", i);
		assert_string_equal(charge(w, &w->shop_peer, order, code, 1, NULL), "SUCCESS");
		assert_string_equal(charge(w, &w->shop_peer, order, code, 1, NULL), "SUCCESS");
		assert_string_equal(charge(w, &w->shop_peer, "again", code, 1, NULL), "CODE_USED");
	}
	/* There is no sixteenth. */
	assert_int_equal(device_code_mode(&w->dev, 8, 0, paycode_pool_step(p.serial, 15), 5, NULL, code), 0);
	assert_string_equal(charge(w, &w->shop_peer, "p15", code, 1, NULL), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "clock2", code_of(w, 1, 0, NULL), 1, NULL), "SUCCESS");
	assert_int_equal(world_payments(w), 17);
	/* The next one ends the one before; its own deadline ends it. */
	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_POOL, 0, NULL, NULL));
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/pool", body, &a), 200);
	base64_decode(msg, sizeof(msg), json_string_value(json_object_get(a, "pool")), 88);
	json_decref(a);
	assert_int_equal(vp_pool_decode(&next, msg, sizeof(msg), w->dev.id, w->dev.keys.auth), 0);
	assert_true(next.serial > p.serial);
	w->now++;
	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_POOL, 0, NULL, NULL));
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/pool", body, &a), 200);
	base64_decode(msg, sizeof(msg), json_string_value(json_object_get(a, "pool")), 88);
	json_decref(a);
	assert_int_equal(device_code_mode(&w->dev, 8, 0, paycode_pool_step(next.serial, 0), 0, NULL, code), 0);
	assert_string_equal(charge(w, &w->shop_peer, "q0", code, 1, NULL), "CODE_EXPIRED");
	assert_int_equal(vp_pool_decode(&p, msg, sizeof(msg), w->dev.id, w->dev.keys.auth), 0);
	assert_int_equal(device_code_mode(&w->dev, 8, 0, paycode_pool_step(p.serial, 0), 0, NULL, code), 0);
	assert_int_equal(device_code_mode(&w->dev, 8, 0, paycode_pool_step(p.serial, 1), 1, NULL, later), 0);
	assert_string_equal(charge(w, &w->shop_peer, "q1", code, 1, NULL), "SUCCESS");
	w->now = p.not_after;
	assert_string_equal(charge(w, &w->shop_peer, "q2", later, 1, NULL), "CODE_EXPIRED");
	/* Who may not issue them gets none. */
	w->gw.set.modes &= ~PAYCODE_MODE(8);
	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_POOL, 0, NULL, NULL));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pool", body, NULL), "CODE_UNSUPPORTED");
}

static const char *online(struct world *w)
{
	static char code[25];
	char body[512];
	json_t *a;

	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_ONLINE_CODE, 0, NULL, NULL));
	assert_int_equal(world_request(w, w->st, &w->device_peer, "/v1/code", body, &a), 200);
	assert_int_equal(json_integer_value(json_object_get(a, "valid_ms")), 60000);
	snprintf(code, sizeof(code), "%s", json_string_value(json_object_get(a, "code")));
	json_decref(a);
	return code;
}

static void online_codes(void **state)
{
	struct world *w = *state;
	char code[25], other[25], body[512];
	struct paycode c;
	char sql[128];

	world_enrol(w);
	strcpy(code, online(w));
	assert_int_equal(paycode_parse(&c, code, 24), 0);
	assert_int_equal(c.mode, 9);
	/* Not kept: neither the digits nor a hash that could be tried. */
	snprintf(sql, sizeof(sql), world_on_postgres() ? "SELECT count(*) FROM online_code WHERE position('%.24s'::bytea IN mac) > 0" :
		 "SELECT count(*) FROM online_code WHERE instr(mac, '%.24s')", code);
	assert_int_equal(world_number(w, sql), 0);
	/* One more in the last place of the MAC is another code. */
	c.mac = (c.mac + 1) % 1000000000;
	paycode_format((__u8 *)other, &c);
	other[24] = '\0';
	assert_string_equal(charge(w, &w->shop_peer, "a", other, 1, NULL), "CODE_EXPIRED");
	assert_string_equal(charge(w, &w->shop_peer, "a", code, 1, NULL), "SUCCESS");
	assert_string_equal(charge(w, &w->shop_peer, "a", code, 1, NULL), "SUCCESS");
	assert_string_equal(charge(w, &w->shop_peer, "b", code, 1, NULL), "CODE_USED");
	/* The next one ends the one before; after a minute it ends itself. */
	w->now++;
	strcpy(code, online(w));
	w->now++;
	strcpy(other, online(w));
	assert_string_not_equal(code, other);
	assert_string_equal(charge(w, &w->shop_peer, "b", code, 1, NULL), "CODE_EXPIRED");
	w->now += 60;
	assert_string_equal(charge(w, &w->shop_peer, "b", other, 1, NULL), "CODE_EXPIRED");
	strcpy(other, online(w));
	w->now += 59;
	assert_string_equal(charge(w, &w->shop_peer, "b", other, 1, NULL), "SUCCESS");
	/* The same authorisation a second time is nobody's word: a thief of the session has read it. */
	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_ONLINE_CODE, 0, NULL, NULL));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/code", body, NULL), "(null)");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/code", body, NULL), "AUTHORISATION_STALE");
	/* One that was made for a pool opens no code. */
	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, VP_PURPOSE_POOL, 0, NULL, NULL));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/code", body, NULL), "AUTHORISATION_WRONG");
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/code", "{\"slot\":0}", NULL), "AUTHORISATION_MISSING");
	assert_int_equal(world_payments(w), 2);
}

/*
 * Algorithms can be changed while old devices are out there: one gateway, an
 * old device with V 1 and a new one that goes from V 1 to V 6 by a rotation.
 * At no moment is there a code of either that does not pay.
 */
static void agility(void **state)
{
	struct world *w = *state;
	struct test_device old, before;
	char code[25];
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	size_t len;

	assert_int_equal(device_init(&old, w->shop_peer.device, w->gw.keys.s_pub), 0);
	old.req.modes = 0;
	assert_int_equal(world_enrol_as(w, &w->shop_peer, &old), RF_OK);
	w->dev.req.modes = PAYCODE_MODE(1);
	world_enrol(w);
	assert_int_equal(w->dev.grant.modes, PAYCODE_MODE(1));
	assert_string_equal(charge(w, &w->shop_peer, "n1", code_of(w, 1, 0, NULL), 1, NULL), "SUCCESS");
	assert_string_equal(charge(w, &w->shop_peer, "n2", code_of(w, 6, 1, NULL), 1, NULL), "CODE_EXPIRED");
	/* The device's software is newer now, and its next rotation says so. */
	before = w->dev;
	w->dev.req.modes = PAYCODE_MODES_DEVICE;
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1), msg2, &len), RF_OK);
	assert_int_equal(device_code(&before, 0, w->now / 30, 2, code), 0);
	assert_string_equal(charge(w, &w->shop_peer, "n3", code, 1, NULL), "SUCCESS");
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
	assert_true(w->dev.grant.modes & PAYCODE_MODE(6));
	assert_string_equal(charge(w, &w->shop_peer, "n4", code_of(w, 6, 3, NULL), 1, NULL), "SUCCESS");
	/* A code of the old algorithm that was on its way, and one of the new key's. */
	assert_int_equal(device_code(&before, 1, w->now / 30, 3, code), 0);
	assert_string_equal(charge(w, &w->shop_peer, "n5", code, 1, NULL), "SUCCESS");
	assert_string_equal(charge(w, &w->shop_peer, "n6", code_of(w, 1, 4, NULL), 1, NULL), "SUCCESS");
	/* And beside it, all the while, the old one. */
	assert_int_equal(device_code(&old, 0, w->now / 30, 0, code), 0);
	assert_string_equal(charge(w, &w->shop_peer, "o1", code, 1, NULL), "SUCCESS");
	/* The MACs differ, though key material, time and digits are of one handshake. */
	assert_memory_not_equal(w->dev.keys.code, w->dev.keys.code512, 32);
	assert_int_equal(world_payments(w), 6);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(granted), T(bound_to_amount), T(bound_to_merchant), T(shown), T(never_another_mode), T(pool), T(online_codes),
		T(agility),
	};

	return cmocka_run_group_tests_name("modes", tests, NULL, NULL);
}
