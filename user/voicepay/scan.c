// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/amount.h"
#include "authorise.h"
#include "command.h"
#include "http.h"
#include "scan.h"

#define ORDER_DIGITS	32

static int not_paid(enum http_outcome outcome, const struct http_answer *answer)
{
	if (outcome == HTTP_REFUSED)
		return tell_error(STATUS_REFUSED, answer->error, "not paid: %s", answer->message);
	return tell_error(STATUS_ENVIRONMENT, answer->error, outcome == HTTP_NOT_SENT ? "not paid, nothing was sent: %s" :
			  "%s. Whether it was paid is not known: run the same command again; it will not be paid twice",
			  answer->message);
}

/* To a person at a terminal; a program says --yes. */
static bool agreed(const char *what)
{
	char line[16];

	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr, "Pay %s? [y/N] ", what);
	return fgets(line, sizeof(line), stdin) && (*line == 'y' || *line == 'Y');
}

static int pay(const struct config *config, const json_t *order, unsigned int slot, const char *what)
{
	const struct authorise_order terms = {
		.slot = slot, .purpose = VOICEPAY_PURPOSE_PAY_ORDER,
		.amount = json_integer_value(json_object_get(order, "amount")),
		.currency = json_text(order, "currency"), .order = json_text(order, "pay_id"),
		.payee = json_text(order, "payee"),
	};
	json_t *authorisation, *request;
	struct http_answer answer;
	enum http_outcome outcome;
	int status = STATUS_OK;

	authorisation = authorise_or_tell(&terms, &status);
	if (!authorisation)
		return status;
	/* What was shown goes back: the gateway refuses to pay anything else. */
	request = json_pack("{s:O, s:i, s:O, s:O, s:O, s:o}", "pay_id", json_object_get(order, "pay_id"), "slot", (int)slot,
			    "payee", json_object_get(order, "payee"), "amount", json_object_get(order, "amount"),
			    "currency", json_object_get(order, "currency"), "authorisation", authorisation);
	if (!request)
		return tell_error(STATUS_ENVIRONMENT, "EBADMSG", "not paid: the gateway's answer is not an order");
	outcome = http_post(config, "/v1/pay-order", request, &answer);
	json_decref(request);
	if (outcome != HTTP_DONE)
		return not_paid(outcome, &answer);
	if (strcmp(json_text(answer.body, "state"), "SUCCESS") || strcmp(json_text(answer.body, "pay_id"), json_text(order, "pay_id")))
		status = tell_error(STATUS_ENVIRONMENT, "EBADMSG",
				    "the gateway's answer is not one to this order: run the same command again; it will not be paid twice");
	else if (options.json)
		status = tell_json(json_incref(answer.body));
	else
		printf("Paid %s.\nPayment %s\n", what, json_text(answer.body, "payment_id"));
	http_release(&answer);
	return status;
}

int pay_scanned(const char *order, unsigned int slot, bool yes)
{
	static struct config config;
	char path[64], what[256], amount[32];
	struct http_answer answer;
	enum http_outcome outcome;
	int status;

	if (strlen(order) != ORDER_DIGITS || strspn(order, "0123456789abcdef") != ORDER_DIGITS)
		return tell_error(STATUS_USAGE, "USAGE", "an order to be scanned has %d hex digits", ORDER_DIGITS);
	status = load_config(&config);
	if (status)
		return status;
	snprintf(path, sizeof(path), "/v1/orders/%s", order);
	outcome = http_get(&config, path, &answer);
	if (outcome != HTTP_DONE)
		return not_paid(outcome, &answer);
	amount_format(amount, sizeof(amount), json_integer_value(json_object_get(answer.body, "amount")),
		      json_text(answer.body, "currency"));
	snprintf(what, sizeof(what), "%s %s to %s", amount, json_text(answer.body, "currency"), json_text(answer.body, "payee"));
	if (yes || agreed(what))
		status = pay(&config, answer.body, slot, what);
	else
		status = tell_error(STATUS_REFUSED, "NOT_AGREED", "not paid: it would be %s; say --yes to pay it", what);
	http_release(&answer);
	return status;
}
