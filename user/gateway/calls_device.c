// SPDX-License-Identifier: GPL-2.0-or-later
/* What devices call. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "calls.h"
#include "certify.h"
#include "confirm.h"
#include "enrol.h"
#include "fields.h"
#include "order.h"
#include "pay_order.h"
#include "voice.h"

enum refusal do_enrol(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	const char *text;
	const struct field fields[] = { { "message", F_TEXT, &text, NULL }, { NULL } };
	__u8 msg1[VP_MSG1_LEN], msg2[VP_MSG2_MAX];
	char reply[BASE64_SIZE(VP_MSG2_MAX)];
	enum refusal r = fields_read(c, body, fields);
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

enum refusal do_voice_pay(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct voice_request req = { 0 };
	const struct field fields[] = {
		{ "order_id", F_ORDER, &req.order_id, NULL },
		{ "user_id", F_NAME, &req.user, NULL },
		{ "payee", F_NAME, &req.payee, NULL },
		{ "amount", F_AMOUNT, NULL, &req.amount },
		{ "currency", F_CURRENCY, &req.currency, NULL },
		{ "voice_token", F_TEXT, &req.token, NULL },
		{ "authorisation", F_AUTH, .auth = &req.auth },
		{ NULL }
	};
	struct payment p;
	enum refusal r = fields_read(c, body, fields);

	if (r == RF_OK)
		r = voice_pay(c, &req, &p);
	if (r != RF_OK)
		return r;
	*answer = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:I}", "state", "SUCCESS", "payment_id", p.id,
			    "order_id", req.order_id, "amount", (json_int_t)p.amount, "currency", p.currency,
			    "payee", p.payee, "time", (json_int_t)p.time);
	return RF_OK;
}

enum refusal do_time(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	*answer = json_pack("{s:I}", "time", (json_int_t)call_now(c));
	return RF_OK;
}

static void one_waiting(void *arg, const struct merchant_order *o, const char *merchant)
{
	json_array_append_new(arg, json_pack("{s:s, s:s, s:I, s:s, s:I, s:I}", "confirm_id", o->ref, "payee", merchant,
					     "amount", (json_int_t)o->amount, "currency", o->currency,
					     "time", (json_int_t)o->time, "expires", (json_int_t)o->expires));
}

enum refusal do_waiting(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	json_t *list = json_array();
	enum store_result r = store_each_waiting(c->st, c->peer.device, call_now(c), one_waiting, list);

	*answer = json_pack("{s:o}", "waiting", list);
	return refusal_of_store(r);
}

enum refusal do_confirm(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct confirmation conf = { 0 };
	const char *word;
	const struct field fields[] = {
		{ "confirm_id", F_REF, &conf.ref, NULL },
		{ "payee", F_NAME, &conf.payee, NULL },
		{ "amount", F_AMOUNT, NULL, &conf.amount },
		{ "currency", F_CURRENCY, &conf.currency, NULL },
		{ "answer", F_TEXT, &word, NULL },
		{ "authorisation", F_AUTH, .auth = &conf.auth },
		{ NULL }
	};
	struct merchant_order o;
	enum refusal r = fields_read(c, body, fields);

	if (r == RF_OK && strcmp(word, "CONFIRM") && strcmp(word, "DENY"))
		r = fields_bad(c, "\"answer\" must be CONFIRM or DENY.");
	if (r != RF_OK)
		return r;
	conf.yes = !strcmp(word, "CONFIRM");
	r = confirm_answer(c, &conf, &o);
	if (r == RF_OK)
		*answer = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:s*}", "state", conf.yes ? "SUCCESS" : "DENIED",
				    "confirm_id", conf.ref, "payee", conf.payee, "amount", (json_int_t)o.amount,
				    "currency", o.currency, "time", (json_int_t)o.time,
				    "payment_id", *o.payment ? o.payment : NULL);
	return r;
}

enum refusal do_order_show(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct merchant_order o;
	struct account payee;
	enum refusal r = fields_number(c, F_REF, rest, "pay_id");

	if (r == RF_OK)
		r = pay_order_show(c, rest, &o, &payee);
	if (r == RF_OK)
		*answer = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}", "state", order_state_name(&o), "pay_id", o.ref,
				    "payee", payee.name, "amount", (json_int_t)o.amount, "currency", o.currency,
				    "expires", (json_int_t)o.expires);
	return r;
}

enum refusal do_order_pay(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	struct pay_order req = { 0 };
	long long slot = 0;
	const struct field fields[] = {
		{ "pay_id", F_REF, &req.ref, NULL },
		{ "slot", F_SLOT, NULL, &slot },
		{ "payee", F_NAME, &req.payee, NULL },
		{ "amount", F_AMOUNT, NULL, &req.amount },
		{ "currency", F_CURRENCY, &req.currency, NULL },
		{ "authorisation", F_AUTH, .auth = &req.auth },
		{ NULL }
	};
	struct merchant_order o;
	enum refusal r = fields_read(c, body, fields);

	if (r == RF_OK && slot != req.auth.slot)
		r = fields_bad(c, "\"slot\" must be the one that authorised this.");
	if (r == RF_OK)
		r = pay_order(c, &req, &o);
	if (r == RF_OK)
		*answer = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I}", "state", "SUCCESS", "payment_id", o.payment,
				    "pay_id", o.ref, "payee", req.payee, "amount", (json_int_t)o.amount,
				    "currency", o.currency, "time", (json_int_t)o.time);
	return r;
}

enum refusal do_certificate(struct call *c, const json_t *body, const char *rest, json_t **answer)
{
	const char *text;
	const struct field fields[] = { { "request", F_TEXT, &text, NULL }, { NULL } };
	enum refusal r = fields_read(c, body, fields);
	struct certificate cert;
	char *pem = NULL;

	if (r == RF_OK)
		r = certify_renew(c, text, &cert);
	if (r != RF_OK)
		return r;
	pem = certify_pem(c->gw->ca, &cert);
	*answer = pem ? json_pack("{s:s, s:I}", "certificate", pem, "not_after", (json_int_t)cert.not_after) : NULL;
	free(pem);
	return RF_OK;
}
