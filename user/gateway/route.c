// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "charge.h"
#include "enrol.h"
#include "log.h"
#include "route.h"
#include "voice.h"

#define ORDER_NO_MAX	64
#define MAX_FIELDS	8

enum field_type { F_TEXT, F_ORDER, F_NAME, F_CURRENCY, F_AMOUNT };

struct field {
	const char *name;
	enum field_type type;
	const char **text;
	long long *amount;
};

#define BAD(c, ...) (snprintf((c)->detail, sizeof((c)->detail), __VA_ARGS__), RF_BAD_REQUEST)

/* Letters, digits and "._-": what can stand in a path, a file name and a receipt. */
static bool order_good(const char *s)
{
	size_t len = strlen(s);

	return len >= 1 && len <= ORDER_NO_MAX &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

/* 1 to 64 characters of UTF-8 (jansson has checked it), no control characters. */
static bool name_good(const char *s)
{
	size_t chars = 0;

	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
		chars += (*s & 0xc0) != 0x80;
	}
	return chars >= 1 && chars <= 64;
}

static enum refusal read_field(struct call *c, const struct field *f, const json_t *value)
{
	const char *s = json_string_value(value);

	if (f->type == F_AMOUNT) {
		if (!json_is_integer(value))
			return BAD(c, "\"%s\" must be a whole number of minor units, such as 1200 for 12.00, and not in quotes.", f->name);
		*f->amount = json_integer_value(value);
		if (*f->amount < 1 || *f->amount > STORE_AMOUNT_MAX)
			return BAD(c, "\"%s\" must be between 1 and %lld minor units.", f->name, STORE_AMOUNT_MAX);
		return RF_OK;
	}
	if (!s)
		return BAD(c, "\"%s\" must be a string.", f->name);
	if (f->type == F_ORDER && !order_good(s))
		return BAD(c, "\"%s\" must be 1 to %d letters, digits, dots, dashes or underscores.", f->name, ORDER_NO_MAX);
	if (f->type == F_NAME && !name_good(s))
		return BAD(c, "\"%s\" must be 1 to 64 characters without control characters.", f->name);
	if (f->type == F_CURRENCY &&
	    (strlen(s) != STORE_CURRENCY_LEN || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != STORE_CURRENCY_LEN))
		return BAD(c, "\"%s\" must be a currency's three letters, such as CNY.", f->name);
	*f->text = s;
	return RF_OK;
}

/*
 * All fields must be there, and no other: one that this version does not know
 * could be a condition on the payment that it would silently not keep.
 */
static enum refusal read_fields(struct call *c, const json_t *body, const struct field *fields)
{
	const char *name;
	json_t *value;

	if (!json_is_object(body))
		return BAD(c, "The body must be a JSON object.");
	for (const struct field *f = fields; f->name; f++) {
		enum refusal r;

		value = json_object_get(body, f->name);
		if (!value)
			return BAD(c, "\"%s\" is missing: this call does nothing without it.", f->name);
		r = read_field(c, f, value);
		if (r != RF_OK)
			return r;
	}
	json_object_foreach((json_t *)body, name, value) {
		const struct field *f = fields;

		while (f->name && strcmp(f->name, name))
			f++;
		if (!f->name)
			return BAD(c, "There is a field that this call does not know: see the API description for its fields.");
	}
	return RF_OK;
}

static enum refusal do_enrol(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	const char *text;
	const struct field fields[] = { { "message", F_TEXT, &text, NULL }, { NULL } };
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	char reply[BASE64_SIZE(VP_MSG2_MAX)];
	enum refusal r = read_fields(c, body, fields);
	size_t msg2_len;
	long len;

	if (r != RF_OK)
		return r;
	len = base64_decode(msg1, sizeof(msg1), text, strlen(text));
	r = enrol_device(c, msg1, len < 0 ? 0 : len, msg2, &msg2_len);
	if (r != RF_OK)
		return r;
	base64_encode(reply, msg2, msg2_len);
	*answer = json_pack("{s:s}", "message", reply);
	return RF_OK;
}

static enum refusal do_voice_pay(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct voice_request req = { 0 };
	const struct field fields[] = {
		{ "order_id", F_ORDER, &req.order_id, NULL },
		{ "user_id", F_NAME, &req.user, NULL },
		{ "payee", F_NAME, &req.payee, NULL },
		{ "amount", F_AMOUNT, NULL, &req.amount },
		{ "currency", F_CURRENCY, &req.currency, NULL },
		{ "voice_token", F_TEXT, &req.token, NULL },
		{ NULL }
	};
	struct payment p;
	enum refusal r = read_fields(c, body, fields);

	if (r == RF_OK)
		r = voice_pay(c, &req, &p);
	if (r != RF_OK)
		return r;
	*answer = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:I}", "state", "SUCCESS", "payment_id", p.id,
			    "order_id", req.order_id, "amount", (json_int_t)p.amount, "currency", p.currency,
			    "payee", p.payee, "time", (json_int_t)p.time);
	return RF_OK;
}

static json_t *order_json(const char *order_no, const struct outcome *o)
{
	if (o->state == ORDER_SUCCESS)
		return json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}", "state", "SUCCESS", "payment_id", o->payment,
				 "order_no", order_no, "amount", (json_int_t)o->amount,
				 "currency", o->currency, "time", (json_int_t)o->time);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I}", "state", "PAYERROR",
			 "error", refusal_code(o->reason), "message", refusal_message(o->reason),
			 "order_no", order_no, "amount", (json_int_t)o->amount,
			 "currency", o->currency, "time", (json_int_t)o->time);
}

static enum refusal do_charge(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct charge req = { 0 };
	const struct field fields[] = {
		{ "order_no", F_ORDER, &req.order_no, NULL },
		{ "code", F_TEXT, &req.code, NULL },
		{ "amount", F_AMOUNT, NULL, &req.amount },
		{ "currency", F_CURRENCY, &req.currency, NULL },
		{ NULL }
	};
	struct outcome out;
	enum refusal r = read_fields(c, body, fields);

	if (r == RF_OK)
		r = charge_code(c, &req, &out);
	if (r == RF_OK)
		*answer = order_json(req.order_no, &out);
	return r;
}

static enum refusal do_query(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct outcome out;
	enum refusal r;

	if (!order_good(rest))
		return BAD(c, "An order number is 1 to %d letters, digits, dots, dashes or underscores.", ORDER_NO_MAX);
	r = charge_query(c, rest, &out);
	if (r == RF_OK)
		*answer = order_json(rest, &out);
	return r;
}

static enum refusal do_time(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	*answer = json_pack("{s:I}", "time", (json_int_t)call_now(c));
	return RF_OK;
}

static const struct route {
	const char *method, *path;	/* a path that ends in / takes one more component */
	enum refusal (*fn)(struct call *c, const json_t *body, const char *rest, json_t **answer);
} routes[] = {
	{ "POST", "/v1/enrol", do_enrol },
	{ "POST", "/v1/voice-pay", do_voice_pay },
	{ "GET", "/v1/time", do_time },
	{ "POST", "/v1/merchant/charge", do_charge },
	{ "GET", "/v1/merchant/orders/", do_query },
};

static const struct route *find_route(const char *path, const char **rest)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		size_t len = strlen(routes[i].path);

		*rest = path + len;
		if (routes[i].path[len - 1] == '/' ? !strncmp(path, routes[i].path, len) : !strcmp(path, routes[i].path))
			return &routes[i];
	}
	return NULL;
}

/* application/json, with parameters or without. */
static bool is_json(const char *type)
{
	static const char want[] = "application/json";

	if (!type || strncasecmp(type, want, sizeof(want) - 1))
		return false;
	type += sizeof(want) - 1;
	return !*type || *type == ';' || *type == ' ';
}

static enum refusal answer_request(struct call *c, const struct request *req, bool peer_known, json_t **answer)
{
	const char *rest;
	const struct route *route = find_route(req->path, &rest);
	json_t *body = NULL;
	json_error_t err;
	enum refusal r;

	if (!route)
		return RF_NO_SUCH_CALL;
	if (strcmp(req->method, route->method))
		return RF_WRONG_METHOD;
	/* nginx names the peer of every request; without it there is nobody to answer. */
	if (!peer_known)
		return RF_PEER_UNKNOWN;
	if (!strcmp(route->method, "POST")) {
		if (!is_json(req->content_type))
			return RF_WRONG_TYPE;
		if (req->body_len > ROUTE_BODY_MAX)
			return RF_TOO_LARGE;
		body = json_loadb(req->body, req->body_len, JSON_REJECT_DUPLICATES, &err);
		if (!body)
			return BAD(c, "The body is not valid JSON: see line %d, column %d.", err.line, err.column);
	}
	r = route->fn(c, body, rest, answer);
	json_decref(body);
	if (r == RF_OK && !*answer)
		r = RF_FAILED;
	return r;
}

json_t *route_refusal(enum refusal r, const char *detail)
{
	return json_pack("{s:s, s:s}", "error", refusal_code(r),
			 "message", detail && *detail ? detail : refusal_message(r));
}

int route_request(struct call *c, const struct request *req, bool peer_known, json_t **answer)
{
	enum refusal r;

	*answer = NULL;
	c->detail[0] = '\0';
	r = answer_request(c, req, peer_known, answer);
	if (r != RF_OK) {
		json_decref(*answer);
		*answer = route_refusal(r, c->detail);
	}
	return refusal_status(r);
}
