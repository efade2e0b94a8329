// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "pos.h"

static const char *text(const json_t *answer, const char *name)
{
	const char *s = json_string_value(json_object_get(answer, name));

	return s ? s : "";
}

/*
 * What is handed over is worth what the till asked for: an answer about another
 * order, amount or currency is none, whatever state it tells.
 */
static bool matches(const json_t *answer, const struct asked *asked)
{
	const json_t *amount = json_object_get(answer, "amount");

	if (strcmp(text(answer, "order_no"), asked->order_no))
		return false;
	/* An order that was reversed before it was heard of has neither. */
	if (!asked->amount || (!amount && !strcmp(text(answer, "state"), "REVOKED")))
		return true;
	return json_is_integer(amount) && json_integer_value(amount) == asked->amount &&
	       !strcmp(text(answer, "currency"), asked->currency);
}

enum outcome report_outcome(int status, const json_t *answer, const struct asked *asked)
{
	const char *state = text(answer, "state");

	if (status >= 500 || status < 0)
		return OUT_UNKNOWN;
	if (status != 200)
		return OUT_NOT_PAID;
	if (!matches(answer, asked))
		return OUT_UNKNOWN;
	if (!strcmp(state, "SUCCESS"))
		return *text(answer, "payment_id") && *text(answer, "currency") ? OUT_PAID : OUT_UNKNOWN;
	if (!strcmp(state, "USERPAYING") || !strcmp(state, "NOTPAY"))
		return OUT_WAITING;
	if (!strcmp(state, "REVOKED") || !strcmp(state, "REFUND"))
		return OUT_GIVEN_BACK;
	return !strcmp(state, "PAYERROR") || !strcmp(state, "CLOSED") ? OUT_NOT_PAID : OUT_UNKNOWN;
}

void report_json(const json_t *answer)
{
	json_dumpf(answer, stdout, JSON_INDENT(2));
	putchar('\n');
}

int report_sale(const struct pos *pos, int status, const json_t *answer, const struct asked *asked)
{
	enum outcome out = report_outcome(status, answer, asked);
	const char *order_no = asked->order_no;
	const char *error = text(answer, "error"), *message = text(answer, "message"), *state = text(answer, "state");
	const char *currency = text(answer, "currency");
	char amount[32], back[32];

	amount_format(amount, sizeof(amount), json_integer_value(json_object_get(answer, "amount")), currency);
	amount_format(back, sizeof(back), json_integer_value(json_object_get(answer, "refunded")), currency);
	if (pos->json)
		report_json(answer);
	switch (out) {
	case OUT_PAID:
		if (!pos->json)
			printf("PAID %s %s, order %s, payment %s. Hand over the goods.\n", amount, currency, order_no,
			       text(answer, "payment_id"));
		return EXIT_OK;
	case OUT_UNKNOWN:
		fprintf(stderr, "voicepay-pos: order %s: %s\n", order_no, *message ? message : status == 200 ?
			"the gateway's answer is about another order or amount: do not hand over the goods, query it" :
			"the gateway failed");
		return EXIT_ENVIRONMENT;
	case OUT_GIVEN_BACK:
		if (!pos->json && !strcmp(state, "REVOKED"))
			printf("REVERSED, order %s: %s. Do not hand over the goods.\n", order_no,
			       *text(answer, "payment_id") ? "the payment was given back" : "nothing was paid and nothing will be");
		else if (!pos->json && *text(answer, "refund_no"))
			printf("REFUNDED %s %s, %s in all, order %s.\n", amount, currency, back, order_no);
		else if (!pos->json)
			printf("REFUNDED %s of %s %s, order %s.\n", back, amount, currency, order_no);
		return EXIT_REFUSED;
	default:
		if (!pos->json)
			printf("NOT PAID, order %s: %s. %s\n", order_no, *error ? error : *state ? state : "UNKNOWN",
			       *message ? message : out == OUT_WAITING ? "The customer has not confirmed yet." :
			       "The gateway gave no reason.");
		return EXIT_REFUSED;
	}
}
