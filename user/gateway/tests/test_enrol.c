// SPDX-License-Identifier: GPL-2.0-or-later
/* enrol.c, with a real initiator at the other end. */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "prim_openssl.h"

static enum refusal send_it(struct world *w, const __u8 *msg1, __u8 *msg2, size_t *len)
{
	return world_send_msg1(w, &w->device_peer, msg1, VP_MSG1_LEN, msg2, len);
}

static __u64 epoch_of(struct world *w)
{
	__u64 top = 99;

	assert_int_equal(store_key_top_epoch(w->st, w->device_peer.device, 0, &top), STORE_OK);
	return top;
}

static void code_now(struct world *w, unsigned int q, char code[25])
{
	assert_int_equal(device_code(&w->dev, 0, w->now / 30, q, code), 0);
}

static void first(void **state)
{
	struct world *w = *state;
	char code[25];

	world_enrol(w);
	assert_int_equal(w->dev.grant.epoch, 1);
	assert_int_equal(w->dev.grant.n_aliases, 8);
	assert_int_equal(w->dev.grant.time_ms, TEST_TIME * 1000);
	assert_int_equal(w->dev.grant.rotate_after, TEST_TIME + 7 * 86400);
	assert_int_equal(w->dev.grant.not_after, TEST_TIME + 35 * 86400);
	assert_memory_equal(w->dev.grant.prefix, "71", 2);
	/* Both sides hold the same key, and every alias of the ring leads to it. */
	for (unsigned int i = 0; i < 8; i++) {
		char order[] = "o0";

		order[1] += i;
		assert_int_equal(device_code(&w->dev, i, w->now / 30, i, code), 0);
		assert_string_equal(world_charge(w, w->st, order, code, 100, NULL), "SUCCESS");
	}
	assert_int_equal(world_payments(w), 8);
}

static void lost_answer(void **state)
{
	struct world *w = *state;
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX], again[VP_MSG2_MAX];
	size_t len, again_len;

	world_ticket(w, ticket);
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
	for (int i = 0; i < 3; i++) {
		w->now += 3600;
		assert_int_equal(send_it(w, msg1, again, &again_len), RF_OK);
		assert_int_equal(again_len, len);
		assert_memory_equal(again, msg2, len);
	}
	assert_int_equal(epoch_of(w), 1);
	assert_int_equal(device_finish(&w->dev, again, again_len), 0);
}

static void altered(void **state)
{
	struct world *w = *state;
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	size_t len;

	world_ticket(w, ticket);
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	for (size_t i = 0; i < sizeof(msg1); i++) {
		msg1[i] ^= 0x40;
		assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
		msg1[i] ^= 0x40;
	}
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, sizeof(msg1) - 1, msg2, &len), RF_ENROL_REFUSED);
	assert_int_equal(world_send_msg1(w, &w->device_peer, msg1, 0, msg2, &len), RF_ENROL_REFUSED);
	assert_int_equal(epoch_of(w), 0);
	/* None of it has touched the ticket. */
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
}

static void tickets(void **state)
{
	struct world *w = *state;
	__u8 ticket[VP_TICKET_LEN], wrong[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	size_t len;

	/* No such ticket. */
	assert_int_equal(prim_random(wrong, sizeof(wrong)), 0);
	assert_int_equal(device_enrol(&w->dev, wrong, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	/* Expired. */
	world_ticket(w, ticket);
	w->now += 901;
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	assert_int_equal(epoch_of(w), 0);
	/* Its id without its secret: what comes back is of no use. */
	world_ticket(w, ticket);
	memcpy(wrong, ticket, VP_TICKET_ID_LEN);
	assert_int_equal(device_enrol(&w->dev, wrong, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
	assert_int_equal(device_finish(&w->dev, msg2, len), -EBADMSG);
	/* Used. */
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	assert_int_equal(epoch_of(w), 1);
}

static void wrong_device_or_gateway(void **state)
{
	struct world *w = *state;
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	struct test_device other;
	size_t len;

	/* Message 1 of one device, sent over the channel of another. */
	world_ticket(w, ticket);
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(world_send_msg1(w, &w->shop_peer, msg1, sizeof(msg1), msg2, &len), RF_ENROL_REFUSED);
	/* Made for another gateway. */
	assert_int_equal(device_init(&other, w->device_peer.device, w->dev.d_pub), 0);
	assert_int_equal(device_enrol(&other, ticket, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	/* An epoch from which no other rises. */
	w->dev.grant.epoch = 1ULL << 63;
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	w->dev.grant.epoch = 0;
	assert_int_equal(epoch_of(w), 0);
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
}

/* New key 'next', then 'current'; the old one five minutes more, then an alarm. */
static void rotation(void **state)
{
	struct world *w = *state;
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	struct test_device before;
	char code[25];
	size_t len;

	world_enrol(w);
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	before = w->dev;
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
	/* The answer is not there yet: the old key serves. */
	w->now += 60;
	assert_int_equal(device_code(&before, 0, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "b", code, 100, NULL), "SUCCESS");
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
	assert_int_equal(w->dev.grant.epoch, 2);
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "c", code, 100, NULL), "SUCCESS");
	/* Used: the old key has five minutes. */
	w->now += 299;
	assert_int_equal(device_code(&before, 1, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "d", code, 100, NULL), "SUCCESS");
	w->now += 31;
	assert_int_equal(device_code(&before, 1, w->now / 30, 0, code), 0);
	assert_string_equal(world_charge(w, w->st, "e", code, 100, NULL), "CODE_EXPIRED");
	assert_int_equal(store_sweep(w->st, w->now, ALIAS_REST_SECONDS), STORE_OK);
	assert_string_equal(world_charge(w, w->st, "e", code, 100, NULL), "CODE_EXPIRED");
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "f", code, 100, NULL), "SUCCESS");
	/* An old key opens no new one, nor does another static key. */
	assert_int_equal(device_rotate(&before, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	before = w->dev;
	assert_int_equal(vp_prim_keypair(before.d, before.d_pub), 0);
	assert_int_equal(device_rotate(&before, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	assert_int_equal(world_payments(w), 5);
}

/* A rotation whose answer never arrives must not take away a key that was never used. */
static void lost_rotation_of_unused_key(void **state)
{
	struct world *w = *state;
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	char code[25];
	size_t len;

	world_enrol(w);
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
	w->now += 7 * 86400;
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
	assert_int_equal(w->dev.grant.epoch, 3);
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "b", code, 100, NULL), "SUCCESS");
}

static void expired_key(void **state)
{
	struct world *w = *state;
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	char code[25];
	size_t len;

	world_enrol(w);
	w->now += 35 * 86400 - 1;
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "a", code, 100, NULL), "SUCCESS");
	w->now += 31;
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "b", code, 100, NULL), "CODE_EXPIRED");
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	world_enrol(w);
	assert_int_equal(w->dev.grant.epoch, 2);
	code_now(w, 0, code);
	assert_string_equal(world_charge(w, w->st, "b", code, 100, NULL), "SUCCESS");
}

/* With another master key, or moved to another row, sealed keys are noise. */
static void keys_at_rest(void **state)
{
	struct world *w = *state;
	struct device_key key;
	struct vp_root_keys roots;
	struct row_name row;
	struct keystore other;

	world_enrol(w);
	assert_int_equal(store_key_epoch(w->st, w->device_peer.device, 0, 1, &key), STORE_OK);
	assert_int_equal(key.sealed_len, sizeof(roots) + KEYSTORE_OVERHEAD);
	row = row_of_key(key.device, 0, 1);
	assert_int_equal(keystore_open(&w->gw.keys, row.bytes, row.len, key.sealed, key.sealed_len, (__u8 *)&roots), 0);
	assert_memory_equal(&roots, &w->dev.keys, sizeof(roots));
	assert_null(memmem(key.sealed, key.sealed_len, roots.code, VP_KEY_LEN));
	row = row_of_key(key.device, 0, 2);
	assert_int_equal(keystore_open(&w->gw.keys, row.bytes, row.len, key.sealed, key.sealed_len, (__u8 *)&roots), -EBADMSG);
	row = row_of_key(key.device, 0, 1);
	other = w->gw.keys;
	other.master[0] ^= 1;
	assert_int_equal(keystore_open(&other, row.bytes, row.len, key.sealed, key.sealed_len, (__u8 *)&roots), -EBADMSG);
}

static void aliases_are_unique(void **state)
{
	struct world *w = *state;
	char alias[VP_ALIAS_DIGITS];

	world_enrol(w);
	memcpy(alias, w->dev.grant.alias[3], sizeof(alias));
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_alias_add(w->st, alias, 1), STORE_TAKEN);
	assert_int_equal(store_alias_add(w->st, "12345678x0", 1), STORE_FAILED);
	store_rollback(w->st);
}

/* Every key takes aliases that rest for months: one device must not take them all. */
static void a_device_that_asks_without_end(void **state)
{
	struct world *w = *state;
	__u8 ticket[VP_TICKET_LEN], msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	enum refusal r = RF_OK;
	size_t len;
	int n;

	world_enrol(w);
	for (n = 1; n < 100; n++) {
		assert_int_equal(device_rotate(&w->dev, msg1), 0);
		r = send_it(w, msg1, msg2, &len);
		if (r != RF_OK)
			break;
		assert_int_equal(device_finish(&w->dev, msg2, len), 0);
	}
	assert_int_equal(r, RF_ENROL_REFUSED);
	assert_int_equal(epoch_of(w), n);
	/* Its key is as it was: it goes on a day later, or with a ticket. */
	w->now += 86400;
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
	assert_int_equal(device_finish(&w->dev, msg2, len), 0);
	w->now -= 86400;
	assert_int_equal(device_rotate(&w->dev, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_ENROL_REFUSED);
	world_ticket(w, ticket);
	assert_int_equal(device_enrol(&w->dev, ticket, msg1), 0);
	assert_int_equal(send_it(w, msg1, msg2, &len), RF_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = {
		T(first), T(lost_answer), T(altered), T(tickets), T(wrong_device_or_gateway), T(rotation),
		T(lost_rotation_of_unused_key), T(expired_key), T(keys_at_rest), T(aliases_are_unique),
		T(a_device_that_asks_without_end),
	};

	return cmocka_run_group_tests_name("enrolment", tests, NULL, NULL);
}
