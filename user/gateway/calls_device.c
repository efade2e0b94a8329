// SPDX-License-Identifier: GPL-2.0-or-later
/* What devices call. */
#include <string.h>

#include "base64.h"
#include "calls.h"
#include "enrol.h"
#include "fields.h"
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
