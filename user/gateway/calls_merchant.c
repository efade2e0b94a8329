// SPDX-License-Identifier: GPL-2.0-or-later
/* What tills call. */
#include "calls.h"
#include "charge.h"
#include "fields.h"
#include "order.h"
#include "refund.h"

/* The object that stands for an order, whoever asks and however often. */
static json_t *order_json(const struct merchant_order *o)
{
	json_t *json = json_pack("{s:s, s:s, s:I}", "state", order_state_name(o), "order_no", o->order_no,
				 "time", (json_int_t)o->time);

	if (o->kind != ORDER_NONE)
		json_object_update_new(json, json_pack("{s:I, s:s}", "amount", (json_int_t)o->amount, "currency", o->currency));
	if (o->state == ORDER_NOTPAY || o->state == ORDER_USERPAYING)
		json_object_set_new(json, "expires", json_integer(o->expires));
	/* What the customer's device asks for; of a waiting code it is the owner's to know. */
	if (o->kind == ORDER_SCAN)
		json_object_set_new(json, "pay_id", json_string(o->ref));
	if (*o->payment)
		json_object_set_new(json, "payment_id", json_string(o->payment));
	if (o->refunded)
		json_object_set_new(json, "refunded", json_integer(o->refunded));
	if (o->state == ORDER_PAYERROR)
		json_object_update_new(json, json_pack("{s:s, s:s}", "error", o->reason, "message",
						       refusal_message(refusal_by_code(o->reason))));
	return json;
}

void ahead_charge(struct call *c, const json_t *body)
{
	const char *order_no = json_string_value(json_object_get(body, "order_no"));
	const char *code = json_string_value(json_object_get(body, "code"));

	if (order_no && code && fields_id_good(order_no))
		charge_ahead(c, order_no, code);
}

enum refusal do_charge(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct charge req = { 0 };
	const struct field fields[] = {
		{ "order_no", F_ORDER, &req.order_no, NULL },
		{ "code", F_TEXT, &req.code, NULL },
		{ "amount", F_AMOUNT, NULL, &req.amount },
		{ "currency", F_CURRENCY, &req.currency, NULL },
		{ "challenge", F_CHALLENGE, &req.challenge, .optional = true },
		{ NULL }
	};
	struct merchant_order o;
	enum refusal r = fields_read(c, body, fields);

	if (r == RF_OK)
		r = charge_code(c, &req, &o);
	if (r == RF_OK)
		*answer = order_json(&o);
	return r;
}

enum refusal do_order(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	const char *order_no, *currency;
	long long amount;
	const struct field fields[] = {
		{ "order_no", F_ORDER, &order_no, NULL },
		{ "amount", F_AMOUNT, NULL, &amount },
		{ "currency", F_CURRENCY, &currency, NULL },
		{ NULL }
	};
	struct merchant_order o;
	enum refusal r = fields_read(c, body, fields);

	if (r == RF_OK)
		r = order_create(c, order_no, amount, currency, &o);
	if (r == RF_OK)
		*answer = order_json(&o);
	return r;
}

enum refusal do_query(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct merchant_order o;
	enum refusal r = fields_number(c, F_ORDER, rest, "order_no");

	if (r == RF_OK)
		r = order_query(c, rest, &o);
	if (r == RF_OK)
		*answer = order_json(&o);
	return r;
}

enum refusal do_reverse(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	const char *order_no;
	const struct field fields[] = { { "order_no", F_ORDER, &order_no, NULL }, { NULL } };
	struct merchant_order o;
	enum refusal r = fields_read(c, body, fields);

	if (r == RF_OK)
		r = reverse_order(c, order_no, &o);
	if (r == RF_OK)
		*answer = order_json(&o);
	return r;
}

static json_t *refund_json(const struct refund *b)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I}", "state", "REFUND", "refund_id", b->id,
			 "refund_no", b->refund_no, "order_no", b->order_no, "amount", (json_int_t)b->amount,
			 "refunded", (json_int_t)b->total, "currency", b->currency, "time", (json_int_t)b->time);
}

enum refusal do_refund(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct refund_request req = { 0 };
	const struct field fields[] = {
		{ "order_no", F_ORDER, &req.order_no, NULL },
		{ "refund_no", F_ORDER, &req.refund_no, NULL },
		{ "amount", F_AMOUNT, NULL, &req.amount },
		{ "currency", F_CURRENCY, &req.currency, NULL },
		{ NULL }
	};
	struct refund b;
	enum refusal r = fields_read(c, body, fields);

	if (r == RF_OK)
		r = refund_order(c, &req, &b);
	if (r == RF_OK)
		*answer = refund_json(&b);
	return r;
}

enum refusal do_refund_query(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct refund b;
	enum refusal r = fields_number(c, F_ORDER, rest, "refund_no");

	if (r == RF_OK)
		r = refund_query(c, rest, &b);
	if (r == RF_OK)
		*answer = refund_json(&b);
	return r;
}
