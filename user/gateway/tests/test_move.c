// SPDX-License-Identifier: GPL-2.0-or-later
/* A fleet that moves to another database, of its own kind and of the other, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_postgres.h"
#include "fixture.h"
#include "store_certs.h"
#include "store_move.h"

#define ES256	"{\"alg\":\"ES256\",\"typ\":\"JWT\"}"

static void quiet(const char *table, long long rows)
{
}

static char *code(struct world *w, int q)
{
	static char digits[25];

	assert_int_equal(device_code(&w->dev, 0, w->now / 30, q, digits), 0);
	return digits;
}

static void pay_by_voice(struct world *w)
{
	char body[8192], *token = world_token(w->voice, ES256, w->now, "{\"amount\":70}");

	snprintf(body, sizeof(body), "{\"order_id\":\"v\",\"user_id\":\"alice\",\"payee\":\"mom\",\"amount\":70,\"currency\":\"CNY\","
		 "\"voice_token\":\"%s\"%s}", token, world_auth(w, VP_PURPOSE_VOICE_PAY, 70, "v", "mom"));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/voice-pay", body, NULL), "SUCCESS");
	free(token);
}

static void scan(struct world *w)
{
	char body[1024], ref[40];
	json_t *a;

	assert_int_equal(world_request(w, w->st, &w->shop_peer, "/v1/merchant/order",
				       "{\"order_no\":\"n\",\"amount\":50,\"currency\":\"CNY\"}", &a), 200);
	snprintf(ref, sizeof(ref), "%s", json_string_value(json_object_get(a, "pay_id")));
	json_decref(a);
	snprintf(body, sizeof(body), "{\"pay_id\":\"%s\",\"slot\":0,\"payee\":\"shop\",\"amount\":50,\"currency\":\"CNY\"%s}", ref,
		 world_auth(w, VP_PURPOSE_PAY_ORDER, 50, ref, "shop"));
	assert_string_equal(world_ask(w, w->st, &w->device_peer, "/v1/pay-order", body, NULL), "SUCCESS");
}

static void ask_for(struct world *w, const char *path, enum vp_purpose purpose)
{
	char body[1024];
	json_t *a;

	snprintf(body, sizeof(body), "{\"slot\":0%s}", world_auth(w, purpose, 0, NULL, NULL));
	assert_int_equal(world_request(w, w->st, &w->device_peer, path, body, &a), 200);
	json_decref(a);
}

/* Something in every table. */
static void live(struct world *w)
{
	struct revocation rev = { .peer = { 1, 2, 3 }, .since = 5, .reason = 1 };
	struct certificate c = { .serial = { 9 }, .serial_len = 1, .made = 1, .not_after = 99, .der = { 0, 1, 2 }, .der_len = 3 };
	__u8 ticket[VP_TICKET_LEN];
	struct device_key key;
	struct alarm al = { .kind = "old-key" };

	world_enrol(w);
	w->gw.set.confirm_above = 90000;
	assert_string_equal(world_charge(w, w->st, "a", code(w, 0), 1000, NULL), "SUCCESS");
	assert_string_equal(world_charge(w, w->st, "b", code(w, 1), 500, NULL), "SUCCESS");
	assert_string_equal(world_charge(w, w->st, "c", code(w, 2), 90001, NULL), "USERPAYING");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refund",
				      "{\"order_no\":\"a\",\"refund_no\":\"r\",\"amount\":300,\"currency\":\"CNY\"}", NULL), "REFUND");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/reverse", "{\"order_no\":\"b\"}", NULL), "REVOKED");
	pay_by_voice(w);
	scan(w);
	ask_for(w, "/v1/code", VP_PURPOSE_ONLINE_CODE);
	ask_for(w, "/v1/pool", VP_PURPOSE_POOL);
	world_ticket(w, ticket);
	assert_int_equal(store_key_of_slot(w->st, w->device_peer.device, 0, w->now, &key), STORE_OK);
	al.key = key.id;
	assert_int_equal(store_begin(w->st), STORE_OK);
	assert_int_equal(store_revoke(w->st, &rev), STORE_OK);
	assert_int_equal(store_cert_add(w->st, &c), STORE_OK);
	assert_int_equal(store_alarm_raise(w->st, &al, 3), STORE_OK);
	assert_int_equal(store_meta_set(w->st, "crl", "17"), STORE_OK);
	assert_int_equal(store_commit(w->st), STORE_OK);
	assert_int_equal(gateway_fits(&w->gw, w->st), STORE_OK);
}

static char *export_of(struct store *st)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(store_export(st, f, quiet), STORE_OK);
	fclose(f);
	return text;
}

static enum store_result import_to(struct store *st, const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	enum store_result r = store_import(st, f, quiet);

	fclose(f);
	return r;
}

/* No table is without a row: what is not moved would not be missed. */
static void all_tables_filled(const char *text)
{
	const char *end = strstr(text, "{\"end\":");

	assert_non_null(end);
	assert_null(strstr(end, "[0,"));
}

/* Served from there: what was spent is spent, what was answered is answered, and it goes on. */
static void goes_on(struct world *w)
{
	json_t *a;

	assert_int_equal(gateway_fits(&w->gw, w->st), STORE_OK);
	assert_string_equal(world_charge(w, w->st, "d", code(w, 0), 10, NULL), "CODE_USED");
	assert_string_equal(world_charge(w, w->st, "a", code(w, 0), 1000, &a), "REFUND");
	assert_int_equal(json_integer_value(json_object_get(a, "refunded")), 300);
	json_decref(a);
	assert_string_equal(world_charge(w, w->st, "b", code(w, 1), 500, NULL), "ORDER_REVOKED");
	assert_string_equal(world_charge(w, w->st, "e", code(w, 5), 10, NULL), "SUCCESS");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refund",
				      "{\"order_no\":\"a\",\"refund_no\":\"x\",\"amount\":701,\"currency\":\"CNY\"}", NULL), "REFUND_TOO_MUCH");
	assert_string_equal(world_ask(w, w->st, &w->shop_peer, "/v1/merchant/refund",
				      "{\"order_no\":\"a\",\"refund_no\":\"x\",\"amount\":700,\"currency\":\"CNY\"}", NULL), "REFUND");
	/* New rows get numbers that are free. */
	assert_int_equal(world_enrol_as(w, &w->device_peer, &w->dev), RF_OK);
	ask_for(w, "/v1/code", VP_PURPOSE_ONLINE_CODE);
	ask_for(w, "/v1/pool", VP_PURPOSE_POOL);
	assert_int_equal(world_payments(w), 5);
}

/* To a file; and from where it is to another of its own kind. */
static void there_and_back(void **state)
{
	struct world *w = *state;
	char where[256], *first, *second;
	struct store *was = w->st;
	struct test_device dev;
	struct audit before, after;

	live(w);
	dev = w->dev;
	first = export_of(w->st);
	all_tables_filled(first);
	assert_int_equal(store_audit(w->st, &before), STORE_OK);
	for (int i = 0; i < 2; i++) {
		world_other(w, world_on_postgres() && i, where);
		assert_int_equal(store_open(&w->st, where, true), STORE_OK);
		assert_int_equal(import_to(w->st, first), STORE_OK);
		second = export_of(w->st);
		assert_string_equal(strstr(first, "{\"end\":"), strstr(second, "{\"end\":"));
		assert_int_equal(store_audit(w->st, &after), STORE_OK);
		assert_memory_equal(&before, &after, sizeof(before));
		goes_on(w);
		store_close(w->st);
		world_other_end(where);
		/* What comes next comes by way of the file. */
		free(first);
		first = second;
		w->dev = dev;
	}
	w->st = was;
	free(first);
}

/* A line that is another, missing or twice; an end that never comes; a database that has rows. */
static void refused(void **state)
{
	struct world *w = *state;
	bool server = world_on_postgres();
	char where[256], *text, *wrong, *at;
	struct store *st;

	live(w);
	text = export_of(w->st);
	world_other(w, server, where);
	assert_int_equal(store_open(&st, where, true), STORE_OK);

	/* Not even a sum that was put right along with it would help: the ledger does not add up then. */
	wrong = strdup(text);
	at = strstr(wrong, "1000,");
	*at = '2';
	assert_int_equal(import_to(st, wrong), STORE_FAILED);
	free(wrong);

	wrong = strdup(text);
	at = strstr(wrong, "{\"table\":\"alias\"}\n") + strlen("{\"table\":\"alias\"}\n");
	memmove(at, strchr(at, '\n') + 1, strlen(strchr(at, '\n')));
	assert_int_equal(import_to(st, wrong), STORE_FAILED);
	free(wrong);

	wrong = strdup(text);
	*strstr(wrong, "{\"end\":") = '\0';
	assert_int_equal(import_to(st, wrong), STORE_FAILED);
	free(wrong);

	assert_int_equal(import_to(st, "{\"voicepay\":3}\n"), STORE_FAILED);
	/* Nothing of all that has stayed. */
	assert_int_equal(import_to(st, text), STORE_OK);
	assert_int_equal(import_to(st, text), STORE_FAILED);
	store_close(st);
	world_other_end(where);
	free(text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_end)
	const struct CMUnitTest tests[] = { T(there_and_back), T(refused) };

	return cmocka_run_group_tests_name("moving", tests, NULL, NULL);
}
