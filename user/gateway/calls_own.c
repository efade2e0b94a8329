// SPDX-License-Identifier: GPL-2.0-or-later
/* What devices call about themselves: codes from the network, limits, what they are told. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "calls.h"
#include "fields.h"
#include "own_limits.h"
#include "online.h"

/* What /v1/code and /v1/pool have: a slot, and its authorisation. */
static enum refusal read_slot_auth(struct call *c, const json_t *body, struct authorisation *auth)
{
	long long slot = 0;
	const struct field fields[] = {
		{ "slot", F_SLOT, NULL, &slot },
		{ "authorisation", F_AUTH, .auth = auth },
		{ NULL }
	};
	enum refusal r = fields_read(c, body, fields);

	return r == RF_OK && slot != auth->slot ? fields_bad(c, "\"slot\" must be the one that authorised this.") : r;
}

enum refusal do_code(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	char code[PAYCODE_DIGITS + 1];
	struct authorisation auth;
	enum refusal r = read_slot_auth(c, body, &auth);

	if (r == RF_OK)
		r = online_draw(c, &auth, code);
	if (r == RF_OK)
		*answer = json_pack("{s:s, s:i}", "code", code, "valid_ms", ONLINE_SECONDS * 1000);
	return r;
}

enum refusal do_pool(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	char text[BASE64_SIZE(VP_POOL_LEN)];
	struct authorisation auth;
	__u8 msg[VP_POOL_LEN];
	enum refusal r = read_slot_auth(c, body, &auth);

	if (r == RF_OK)
		r = pool_grant(c, &auth, msg);
	if (r != RF_OK)
		return r;
	base64_encode(text, msg, sizeof(msg));
	*answer = json_pack("{s:s}", "pool", text);
	return RF_OK;
}

/* A limit that is the gateway's is shown as the gateway's. */
static json_t *limits_json(const struct call *c, const struct account *acc)
{
	const struct settings *set = &c->gw->set;
	const struct {
		const char *name;
		long long own, general;
	} limits[] = {
		{ "per_payment", acc->per_payment, set->max_payment },
		{ "per_day", acc->per_day, set->max_day },
		{ "confirm_above", acc->confirm_above, set->confirm_above },
	};
	json_t *json = json_pack("{s:s}", "currency", acc->currency);

	for (int i = 0; i < 3; i++)
		json_object_set_new(json, limits[i].name, json_integer(limits[i].own >= 0 ? limits[i].own : limits[i].general));
	return json;
}

enum refusal do_limits(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	static const char *const names[] = { "per_payment", "per_day", "confirm_above" };
	long long slot = 0, limit[3] = { -1, -1, -1 };
	struct authorisation auth;
	const struct field fields[] = {
		{ "slot", F_SLOT, NULL, &slot },
		{ names[0], F_AMOUNT, NULL, &limit[0], .optional = true },
		{ names[1], F_AMOUNT, NULL, &limit[1], .optional = true },
		{ names[2], F_AMOUNT, NULL, &limit[2], .optional = true },
		{ "authorisation", F_AUTH, .auth = &auth },
		{ NULL }
	};
	enum refusal r = fields_read(c, body, fields);
	int given = 0, which = 0;
	struct account acc;

	if (r != RF_OK)
		return r;
	for (int i = 0; i < 3; i++) {
		given += limit[i] > 0;
		which = limit[i] > 0 ? i : which;
	}
	/* One authorisation is over one limit. */
	if (given != 1)
		return fields_bad(c, "Give one of \"per_payment\", \"per_day\" and \"confirm_above\": each has an authorisation of its own.");
	if (slot != auth.slot)
		return fields_bad(c, "\"slot\" must be the one that authorised this.");
	r = limits_set(c, &auth, names[which], limit[which], &acc);
	if (r == RF_OK)
		*answer = limits_json(c, &acc);
	return r;
}

enum refusal do_limits_show(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	long long slot = strtoll(rest, NULL, 10);
	struct account acc;
	enum refusal r;

	if (!*rest || strlen(rest) > 3 || strspn(rest, "0123456789") != strlen(rest) || slot > 255)
		return fields_bad(c, "The path must end with a slot, 0 to 255.");
	r = limits_show(c, slot, &acc);
	if (r == RF_OK)
		*answer = limits_json(c, &acc);
	return r;
}

/* A device that has no key any more is told nothing. */
static enum refusal enrolled(struct call *c)
{
	enum store_result r = store_device_known(c->st, c->peer.device, call_now(c));

	return r == STORE_NONE ? RF_PEER_UNKNOWN : refusal_of_store(r);
}

static void one_notification(void *arg, const struct notification *n)
{
	json_t *json = json_pack("{s:I, s:s, s:i, s:I, s:s, s:I, s:s}", "number", (json_int_t)n->number, "kind", n->kind,
				 "slot", (int)n->slot, "time", (json_int_t)n->time, "payee", n->payee,
				 "amount", (json_int_t)n->amount, "currency", n->currency);

	if (!strcmp(n->kind, "confirm"))
		json_object_update_new(json, json_pack("{s:s, s:I}", "confirm_id", n->ref, "expires", (json_int_t)n->expires));
	else if (*n->ref)
		json_object_set_new(json, !strcmp(n->kind, "paid") ? "payment_id" : "refund_id", json_string(n->ref));
	if (*n->reason)
		json_object_update_new(json, json_pack("{s:s, s:s}", "error", n->reason, "message",
						       refusal_message(refusal_by_code(n->reason))));
	json_array_append_new(arg, json);
}

#define NOTIFICATIONS_MAX	50
#define WAIT_MAX		50	/* seconds; below what proxies on the way wait */

enum refusal do_notifications(struct call *c, const json_t *query, const char *rest, json_t **answer)
{
	long long since = 0, wait = 0, next;
	const struct field fields[] = {
		{ "since", F_COUNT, NULL, &since, .optional = true },
		{ "wait", F_COUNT, NULL, &wait, .optional = true },
		{ NULL }
	};
	enum refusal r = fields_read(c, query, fields);
	json_t *list;

	if (r == RF_OK && wait > WAIT_MAX)
		r = fields_bad(c, "\"wait\" is 0 to 50 seconds.");
	if (r == RF_OK)
		r = enrolled(c);
	/* Before the list, so that what comes between the two is not waited for. */
	if (r == RF_OK)
		r = refusal_of_store(store_notification_top(c->st, &c->seen));
	if (r == RF_OK && wait)
		r = refusal_of_store(store_notification_of(c->st, c->peer.device, &c->since));
	if (r != RF_OK)
		return r;
	list = json_array();
	r = refusal_of_store(store_each_notification(c->st, c->peer.device, call_now(c), since, NOTIFICATIONS_MAX,
						     one_notification, list));
	next = since;
	if (json_array_size(list))
		next = json_integer_value(json_object_get(json_array_get(list, json_array_size(list) - 1), "number"));
	else if (r == RF_OK)
		c->wait_seconds = wait;
	*answer = json_pack("{s:o, s:I}", "notifications", list, "next", (json_int_t)next);
	return r;
}

static void one_entry(void *arg, const struct statement_entry *e)
{
	json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:I}", "id", (json_int_t)e->id,
				 "kind", e->refund ? "refund" : "payment", "payment_id", e->payment, "payee", e->payee,
				 "amount", (json_int_t)e->amount, "currency", e->currency, "time", (json_int_t)e->time);

	if (e->refund)
		json_object_set_new(json, "refund_id", json_string(e->ref));
	json_array_append_new(arg, json);
}

enum refusal do_statement(struct call *c, const json_t *query, const char *rest, json_t **answer)
{
	long long before = LLONG_MAX, limit = 20;
	const struct field fields[] = {
		{ "before", F_COUNT, NULL, &before, .optional = true },
		{ "limit", F_COUNT, NULL, &limit, .optional = true },
		{ NULL }
	};
	enum refusal r = fields_read(c, query, fields);
	json_t *list;

	if (r == RF_OK && (limit < 1 || limit > 100))
		r = fields_bad(c, "\"limit\" is 1 to 100.");
	if (r == RF_OK)
		r = enrolled(c);
	if (r != RF_OK)
		return r;
	list = json_array();
	r = refusal_of_store(store_statement(c->st, c->peer.device, call_now(c), before, limit, one_entry, list));
	*answer = json_pack("{s:o}", "entries", list);
	return r;
}
