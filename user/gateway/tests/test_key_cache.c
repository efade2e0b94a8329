// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * [keys] key-cache: what was done to a key elsewhere, by another gateway or a command, holds here at
 * once. on_kept_keys.sh runs the other tests with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identify.h"
#include "fixture.h"
#include "metrics.h"
#include "prim_openssl.h"
#include "store_certs.h"

#define KEYS	64

static int kept_world(void **state)
{
	int ret = world_new(state);
	struct world *w = *state;

	key_cache_free(w->gw.kept);
	w->gw.kept = key_cache_new(KEYS);
	return ret || !w->gw.kept;
}

static long number_in_metrics(const char *name)
{
	size_t len;
	char *text = metrics_text(&len), *at = text ? strstr(text, name) : NULL;
	long n;

	assert_non_null(at);
	n = atol(at + strlen(name));
	free(text);
	return n;
}

/* What a counter of the cache's is. */
static long counted(const char *result)
{
	char name[64];

	snprintf(name, sizeof(name), "voicepay_key_cache_total{result=\"%s\"} ", result);
	return number_in_metrics(name);
}

static const char *charge_at(struct world *w, const struct test_device *dev, const char *order, unsigned int q)
{
	char code[PAYCODE_DIGITS + 1];

	assert_int_equal(device_code(dev, 0, w->now / 30, q, code), 0);
	return world_charge(w, w->st, order, code, 10, NULL);
}

static const char *charge(struct world *w, const char *order, unsigned int q)
{
	return charge_at(w, &w->dev, order, q);
}

/* The same at another gateway, which keeps nothing. */
static const char *charge_elsewhere(struct world *w, const struct test_device *dev, const char *order, unsigned int q)
{
	struct key_cache *kept = w->gw.kept;
	const char *ret;

	w->gw.kept = NULL;
	ret = charge_at(w, dev, order, q);
	w->gw.kept = kept;
	return ret;
}

/* Enrolled, and its key kept: the first code makes the key 'current', the second one is looked up. */
static void keep(struct world *w)
{
	world_enrol(w);
	assert_string_equal(charge(w, "k0", 0), "SUCCESS");
	assert_int_equal(key_cache_count(w->gw.kept), 0);
	assert_string_equal(charge(w, "k1", 1), "SUCCESS");
	assert_int_equal(key_cache_count(w->gw.kept), 1);
}

static void without_a_look_up(void **state)
{
	struct world *w = *state;
	long good, stale = counted("stale");

	keep(w);
	good = counted("good");
	assert_string_equal(charge(w, "a", 2), "SUCCESS");
	assert_int_equal(counted("good"), good + 1);
	/* Nothing is opened any more: who looks it up fails. */
	world_force(w, *w->uri ? "UPDATE device_key SET sealed = substr(sealed, 1, 16) || decode(repeat('00', 150), 'hex')" :
			 "UPDATE device_key SET sealed = CAST(substr(sealed, 1, 16) || zeroblob(150) AS BLOB)");
	assert_string_equal(charge(w, "b", 3), "SUCCESS");
	assert_int_equal(counted("stale"), stale);
	assert_string_equal(charge_elsewhere(w, &w->dev, "c", 4), "FAILED");
	assert_int_equal(world_payments(w), 4);
}

static void used_elsewhere(void **state)
{
	struct world *w = *state;
	long stale = counted("stale");

	keep(w);
	assert_string_equal(charge_elsewhere(w, &w->dev, "a", 5), "SUCCESS");
	assert_string_equal(charge(w, "b", 5), "CODE_USED");
	assert_int_equal(counted("stale"), stale + 1);
	assert_string_equal(charge(w, "c", 3), "CODE_USED");	/* overtaken */
	assert_string_equal(charge(w, "d", 6), "SUCCESS");
	/* The same order again is the same answer. */
	assert_string_equal(charge(w, "d", 6), "SUCCESS");
	assert_int_equal(world_payments(w), 4);
}

static void revoked_elsewhere(void **state)
{
	struct world *w = *state;
	struct revocation rev = { .since = w->now, .reason = 1 };
	struct store *other = world_store(w);

	keep(w);
	memcpy(rev.peer, w->device_peer.device, sizeof(rev.peer));
	assert_int_equal(store_begin(other), STORE_OK);
	assert_int_equal(store_revoke(other, &rev), STORE_OK);
	assert_int_equal(store_commit(other), STORE_OK);
	store_close(other);
	assert_string_equal(charge(w, "a", 2), "CODE_EXPIRED");
	assert_string_equal(charge(w, "b", 3), "CODE_EXPIRED");
	assert_int_equal(world_payments(w), 2);
	assert_int_equal(key_cache_count(w->gw.kept), 0);
}

static bool is_kept(struct world *w, __u64 now)
{
	struct device_key key;
	struct hmac_states hs;
	struct kept_at at;

	return key_cache_find(w->gw.kept, w->dev.grant.alias[0], now, &key, &hs, &at);
}

/* A day after the last payment, whoever tries what meanwhile. */
static void no_longer_than_a_day(void **state)
{
	struct world *w = *state;
	char code[PAYCODE_DIGITS + 1];
	__u64 paid;

	keep(w);
	w->now += 40000;
	paid = w->now;
	assert_string_equal(charge(w, "a", 2), "SUCCESS");
	assert_true(is_kept(w, paid + 86399));
	w->now += 40000;
	/* One that is not genuine, one that is used, one that is more than there is. */
	assert_int_equal(device_code(&w->dev, 0, w->now / 30 + 1000, 1, code), 0);
	assert_string_equal(world_charge(w, w->st, "b", code, 10, NULL), "CODE_EXPIRED");
	assert_string_equal(charge(w, "c", 3), "SUCCESS");
	assert_string_equal(charge(w, "d", 2), "CODE_USED");
	assert_int_equal(key_cache_count(w->gw.kept), 0);
	assert_string_equal(charge(w, "e", 4), "SUCCESS");
	paid = w->now;
	w->now += 40000;
	assert_int_equal(device_code(&w->dev, 0, w->now / 30 + 1000, 1, code), 0);
	assert_string_equal(world_charge(w, w->st, "f", code, 10, NULL), "CODE_EXPIRED");
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 1, code), 0);
	assert_string_equal(world_charge(w, w->st, "g", code, BALANCE + 1, NULL), "NOT_ENOUGH");
	assert_true(is_kept(w, paid + 86399));
	assert_false(is_kept(w, paid + 86400));
	/* Nothing comes, and it goes all the same. */
	key_cache_tidy(w->gw.kept, paid + 86399);
	assert_int_equal(key_cache_count(w->gw.kept), 1);
	key_cache_tidy(w->gw.kept, paid + 86400);
	assert_int_equal(key_cache_count(w->gw.kept), 0);
	/* And what was refused for money does not come. */
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, 2, code), 0);
	assert_string_equal(world_charge(w, w->st, "h", code, BALANCE + 1, NULL), "NOT_ENOUGH");
	assert_int_equal(key_cache_count(w->gw.kept), 0);
	assert_string_equal(charge(w, "i", 3), "SUCCESS");
	assert_int_equal(key_cache_count(w->gw.kept), 1);
}

/* Five minutes it lives on, and then it is a clone's, and an alarm. */
static void rotated_elsewhere(void **state)
{
	struct world *w = *state;
	struct test_device old;

	keep(w);
	old = w->dev;
	assert_int_equal(world_rotate(w, &w->device_peer, &w->dev), RF_OK);
	assert_string_equal(charge_at(w, &old, "a", 2), "SUCCESS");
	assert_string_equal(charge_elsewhere(w, &w->dev, "b", 0), "SUCCESS");
	assert_string_equal(charge_at(w, &old, "c", 3), "SUCCESS");
	w->now += OLD_KEY_SECONDS;
	assert_string_equal(charge_at(w, &old, "d", 0), "CODE_EXPIRED");
	assert_int_equal(world_number(w, "SELECT count(*) FROM alarm WHERE kind = 'old-key'"), 1);
	assert_int_equal(key_cache_count(w->gw.kept), 0);
	assert_string_equal(charge(w, "e", 0), "SUCCESS");
	assert_int_equal(world_payments(w), 6);
}

/* A ticket of somebody else's for the same slot: what it had dies. */
static void given_away_elsewhere(void **state)
{
	struct world *w = *state;
	struct test_device old;

	keep(w);
	old = w->dev;
	world_force(w, "UPDATE device_key SET state = 'dead'");
	assert_string_equal(charge_at(w, &old, "a", 2), "CODE_EXPIRED");
	assert_int_equal(world_payments(w), 2);
}

static void sealed_anew(void **state)
{
	struct world *w = *state;
	long stale = counted("stale");
	struct device_key key;
	struct vp_root_keys roots;
	struct row_name row;

	keep(w);
	assert_int_equal(store_key_epoch(w->st, w->device_peer.device, 0, 1, &key), STORE_OK);
	assert_int_equal(keystore_open_roots(&w->gw.keys, &key, &roots), 0);
	row = row_of_key(key.device, key.slot, key.epoch);
	assert_int_equal(keystore_seal(&w->gw.keys, row.bytes, row.len, (__u8 *)&roots, sizeof(roots), key.sealed), 0);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_key_seal(w->st, &key), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_string_equal(charge(w, "a", 2), "SUCCESS");
	assert_int_equal(counted("stale"), stale + 1);
	assert_string_equal(charge(w, "b", 3), "SUCCESS");
	assert_int_equal(counted("stale"), stale + 1);

	/* A database that was put back to before this key was: its number is another key's. */
	prim_random(&roots, sizeof(roots));
	assert_int_equal(keystore_seal(&w->gw.keys, row.bytes, row.len, (__u8 *)&roots, sizeof(roots), key.sealed), 0);
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_key_seal(w->st, &key), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_string_equal(charge(w, "c", 4), "CODE_EXPIRED");
	assert_int_equal(world_payments(w), 4);
}

/* An alias is another key's after its own has died and it has rested. */
static void another_ones_alias(void **state)
{
	struct world *w = *state;
	struct test_device old;
	struct device_key key;
	char sql[160];

	keep(w);
	old = w->dev;
	assert_int_equal(device_init(&w->dev, w->device_peer.device, w->gw.keys.s_pub), 0);
	w->dev.req.slot = 1;
	assert_int_equal(world_enrol_as(w, &w->device_peer, &w->dev), RF_OK);
	assert_int_equal(store_key_epoch(w->st, w->device_peer.device, 1, 1, &key), STORE_OK);
	world_force(w, "UPDATE device_key SET state = 'dead' WHERE slot = 0");
	snprintf(sql, sizeof(sql), "UPDATE alias SET key = %lld WHERE alias = %.10s", key.id, (const char *)old.grant.alias[0]);
	world_force(w, sql);
	memcpy(w->dev.grant.alias[0], old.grant.alias[0], sizeof(old.grant.alias[0]));
	assert_string_equal(charge_at(w, &old, "a", 2), "CODE_EXPIRED");
	assert_string_equal(charge(w, "b", 2), "SUCCESS");
	assert_int_equal(world_payments(w), 3);
}

static const char *charge_step(struct world *w, const char *order, __u64 step, unsigned int q)
{
	char code[PAYCODE_DIGITS + 1];

	assert_int_equal(device_code(&w->dev, 0, step, q, code), 0);
	return world_charge(w, w->st, order, code, 10, NULL);
}

/* Of a ration of wrong tries a good code gives a tenth back, and only one that has paid. */
static void rations(void **state)
{
	struct world *w = *state;
	struct merchant m;
	char digits[PAYCODE_DIGITS + 1];
	char order[16];
	int left;

	keep(w);
	assert_int_equal(store_merchant_find(w->st, w->shop_peer.spki, &m), STORE_OK);
	/* All but one. */
	for (int i = 0; i < THROTTLE_MERCHANT - 1; i++) {
		snprintf(digits, sizeof(digits), "711%010d00000000000", i);
		assert_int_equal(throttle_take(w->gw.throttle, m.party, digits, w->now), THROTTLE_TOOK);
	}
	/* Ten that paid, by what is kept, eight in this step and two in the next; then two that have been used. */
	for (int i = 0; i < 10; i++) {
		snprintf(order, sizeof(order), "r%d", i);
		assert_string_equal(charge_step(w, order, w->now / 30 + i / 8, i < 8 ? 2 + i : i - 8), "SUCCESS");
	}
	assert_string_equal(charge_step(w, "used", w->now / 30 + 1, 1), "CODE_USED");
	for (left = 0; left < 5; left++) {
		snprintf(digits, sizeof(digits), "711%010d00000000000", 5000 + left);
		if (throttle_take(w->gw.throttle, m.party, digits, w->now) != THROTTLE_TOOK)
			break;
	}
	assert_int_equal(left, 2);
}

/* Round trips that a wrong code takes. */
static long wrong_code(struct world *w, const char *order, __u64 step)
{
	char code[PAYCODE_DIGITS + 1];
	long before = number_in_metrics("\nvoicepay_db_round_trips_total ");

	assert_int_equal(device_code(&w->dev, 0, step, 1, code), 0);
	assert_string_equal(world_charge(w, w->st, order, code, 10, NULL), "CODE_EXPIRED");
	return number_in_metrics("\nvoicepay_db_round_trips_total ") - before;
}

/* A key that is kept is not asked for with all else, so one whose code is wrong is by itself. */
static void not_asked_ahead(void **state)
{
	struct world *w = *state;
	long kept, looked_up;

	keep(w);
	kept = wrong_code(w, "a", w->now / 30 + 1000);
	key_cache_drop(w->gw.kept, w->dev.grant.alias[0]);
	looked_up = wrong_code(w, "b", w->now / 30 + 2000);
	assert_int_equal(kept, looked_up + (*w->uri ? 1 : 0));
}

static struct device_key some_key(long long id, __u64 now)
{
	struct device_key key = { .id = id, .state = KEY_CURRENT, .not_after = now + 10 * 86400, .sealed_len = 100 };

	return key;
}

static void bounded(void **state)
{
	struct key_cache *kc = key_cache_new(KEYS);
	struct hmac_states hs = { { 1 }, { 2 } }, got;
	struct device_key key, found;
	struct kept_at at;
	char alias[VP_ALIAS_DIGITS + 1];
	__u64 now = TEST_TIME;
	int there = 0;

	assert_non_null(kc);
	for (int i = 0; i < 10 * KEYS; i++) {
		key = some_key(i + 1, now);
		snprintf(alias, sizeof(alias), "%010d", i);
		key_cache_put(kc, (__u8 *)alias, now + i, &key, &hs);
		assert_true(key_cache_find(kc, (__u8 *)alias, now + i, &found, &got, &at));
		assert_int_equal(found.id, key.id);
		assert_memory_equal(&got, &hs, sizeof(hs));
	}
	assert_true(key_cache_count(kc) <= KEYS && key_cache_count(kc) >= KEYS / 2);
	/* Those that were used last. */
	for (int i = 9 * KEYS; i < 10 * KEYS; i++) {
		snprintf(alias, sizeof(alias), "%010d", i);
		there += key_cache_find(kc, (__u8 *)alias, now + i, &found, &got, &at);
	}
	assert_true(there >= KEYS / 2);
	/* Only what is in use is kept. */
	for (enum key_state s = KEY_NEXT; s <= KEY_DEAD; s++) {
		key = some_key(1, now);
		key.state = s;
		key_cache_put(kc, (__u8 *)"9999999999", now, &key, &hs);
		assert_int_equal(key_cache_find(kc, (__u8 *)"9999999999", now, &found, &got, &at), s == KEY_CURRENT);
		key_cache_drop(kc, (__u8 *)"9999999999");
		assert_false(key_cache_find(kc, (__u8 *)"9999999999", now, &found, &got, &at));
		/* Nobody's are not the last one's. */
		assert_memory_not_equal(&got, &hs, sizeof(hs));
	}
	/* Past its end, and a day after it was used last. */
	key = some_key(7, now);
	key.not_after = now + 5;
	key_cache_put(kc, (__u8 *)"9999999999", now, &key, &hs);
	assert_true(key_cache_find(kc, (__u8 *)"9999999999", now + 4, &found, &got, &at));
	assert_false(key_cache_find(kc, (__u8 *)"9999999999", now + 5, &found, &got, &at));
	/* As others come, what has had its time goes. */
	now += 2 * 86400;
	for (int i = 0; i < KEYS; i++) {
		key = some_key(i + 1, now);
		key_cache_put(kc, (__u8 *)"9999999998", now, &key, &hs);
	}
	assert_int_equal(key_cache_count(kc), 1);
	key_cache_free(kc);
}

static bool stays(struct key_cache *kc, const char *alias, __u64 now)
{
	struct device_key key;
	struct hmac_states hs;
	struct kept_at at;

	return key_cache_find(kc, (const __u8 *)alias, now, &key, &hs, &at);
}

/* Who has paid stays longer, and not who has come to its place meanwhile. */
static void another_ones_place(void **state)
{
	/* One set, so the first that is free is the same for all. */
	struct key_cache *kc = key_cache_new(1);
	struct hmac_states hs = { { 1 }, { 2 } }, got;
	struct device_key key = some_key(1, TEST_TIME), found;
	const __u64 day = 86400, paid = TEST_TIME + 1000;
	struct kept_at at;

	assert_non_null(kc);
	key_cache_put(kc, (__u8 *)"0000000001", TEST_TIME, &key, &hs);
	assert_true(key_cache_find(kc, (__u8 *)"0000000001", TEST_TIME, &found, &got, &at));
	key_cache_paid(kc, &at, 1, paid);
	assert_true(stays(kc, "0000000001", paid + day - 1));
	assert_false(stays(kc, "0000000001", paid + day));

	/* The same key by another alias, then another key by the same one. */
	key_cache_drop(kc, (__u8 *)"0000000001");
	key_cache_put(kc, (__u8 *)"0000000002", TEST_TIME, &key, &hs);
	key_cache_paid(kc, &at, 1, paid);
	assert_true(stays(kc, "0000000002", TEST_TIME + day - 1));
	assert_false(stays(kc, "0000000002", TEST_TIME + day));
	key_cache_drop(kc, (__u8 *)"0000000002");
	key = some_key(2, TEST_TIME);
	key_cache_put(kc, (__u8 *)"0000000001", TEST_TIME, &key, &hs);
	key_cache_paid(kc, &at, 1, paid);
	assert_true(stays(kc, "0000000001", TEST_TIME + day - 1));
	assert_false(stays(kc, "0000000001", TEST_TIME + day));
	key_cache_free(kc);
}

/* Locked, in no dump, and not a child's. */
static void out_of_the_way(void **state)
{
	struct key_cache *kc = key_cache_new(KEYS);
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool mine = false, seen = false;
	char line[512];

	assert_non_null(kc);
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			mine = from <= (unsigned long)kc && (unsigned long)kc < to;
		if (!mine || strncmp(line, "VmFlags:", 8))
			continue;
		seen = true;
#ifndef __SANITIZE_ADDRESS__	/* whose mlock() does nothing: its shadow would not fit */
		assert_non_null(strstr(line, " lo"));
#endif
		assert_non_null(strstr(line, " dd"));
		assert_non_null(strstr(line, " wf"));
	}
	fclose(f);
	assert_true(seen);
	key_cache_free(kc);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, kept_world, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_a_look_up), T(used_elsewhere), T(revoked_elsewhere), T(no_longer_than_a_day), T(rotated_elsewhere), T(given_away_elsewhere),
		T(sealed_anew), T(another_ones_alias), T(rations), T(not_asked_ahead), cmocka_unit_test(bounded), cmocka_unit_test(another_ones_place), cmocka_unit_test(out_of_the_way),
	};

	return cmocka_run_group_tests_name("kept keys", tests, NULL, NULL);
}
