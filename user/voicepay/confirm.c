// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay confirm: payments above the owner's limit wait at the gateway until
 * this device says yes or no. What is sent back is what was shown: the gateway
 * refuses a yes to another payee or amount.
 */

#include <stdio.h>
#include <string.h>

#include "../common/amount.h"
#include "authorise.h"
#include "command.h"
#include "http.h"

static struct {
	const char *id;
	unsigned int slot;
	bool yes, no;
} args;

static const struct argp_option argp_options[] = {
	{ "yes", 'y', NULL, 0, "Confirm the payment ID" },
	{ "no", 'n', NULL, 0, "Refuse it" },
	{ "slot", 's', "N", 0, "Whose code it was; 0 without it" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'y':
		args.yes = true;
		return 0;
	case 'n':
		args.no = true;
		return 0;
	case 's':
		args.slot = parse_slot(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (args.id)
			argp_error(state, "one payment at a time");
		args.id = arg;
		return 0;
	case ARGP_KEY_END:
		if ((args.yes || args.no) != (args.id != NULL) || (args.yes && args.no))
			argp_error(state, "give a payment's ID and --yes or --no, or nothing for a list of what waits");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, "[ID]",
	"Lists the payments that wait for the owner's word, or answers one.", common_options
};

static int list(json_t *waiting)
{
	char amount[32];
	json_t *one;
	size_t i;

	if (options.json)
		return tell_json(json_incref(waiting));
	if (!json_array_size(waiting))
		printf("No payment waits for you.\n");
	json_array_foreach(waiting, i, one) {
		amount_format(amount, sizeof(amount), json_integer_value(json_object_get(one, "amount")),
			      json_text(one, "currency"));
		printf("%s %s to %s: voicepay confirm --yes %s\n", amount, json_text(one, "currency"), json_text(one, "payee"),
		       json_text(one, "confirm_id"));
	}
	return STATUS_OK;
}

static int reply(const struct config *config, const json_t *one)
{
	const struct authorise_order order = {
		.slot = args.slot, .purpose = args.yes ? VOICEPAY_PURPOSE_CONFIRM : VOICEPAY_PURPOSE_DENY,
		.amount = json_integer_value(json_object_get(one, "amount")),
		.currency = json_text(one, "currency"), .order = args.id, .payee = json_text(one, "payee"),
	};
	json_t *authorisation, *request;
	struct http_answer answer;
	enum http_outcome outcome;
	char amount[32];
	int status = 0;

	authorisation = authorise_or_tell(&order, &status);
	if (!authorisation)
		return status;
	request = json_pack("{s:s, s:O, s:O, s:O, s:s, s:o}", "confirm_id", args.id, "payee", json_object_get(one, "payee"),
			    "amount", json_object_get(one, "amount"), "currency", json_object_get(one, "currency"),
			    "answer", args.yes ? "CONFIRM" : "DENY", "authorisation", authorisation);
	if (!request)
		return tell_error(STATUS_ENVIRONMENT, "EBADMSG", "the gateway's list is not as it should be");
	outcome = http_post(config, "/v1/confirm", request, &answer);
	json_decref(request);
	if (outcome != HTTP_DONE)
		return http_tell(outcome, &answer);
	amount_format(amount, sizeof(amount), json_integer_value(json_object_get(one, "amount")), json_text(one, "currency"));
	if (strcmp(json_text(answer.body, "state"), args.yes ? "SUCCESS" : "DENIED")) {
		status = tell_error(STATUS_ENVIRONMENT, "EBADMSG", "the gateway's answer is not one to this; ask the merchant");
	} else if (options.json) {
		status = tell_json(json_incref(answer.body));
	} else {
		printf("%s %s %s to %s.\n", args.yes ? "Paid" : "Refused", amount, json_text(one, "currency"), json_text(one, "payee"));
		status = STATUS_OK;
	}
	http_release(&answer);
	return status;
}

int cmd_confirm(int argc, char **argv)
{
	static struct config config;
	struct http_answer answer;
	enum http_outcome outcome;
	json_t *waiting, *one;
	int status;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	if (status)
		return status;
	outcome = http_get(&config, "/v1/waiting", &answer);
	if (outcome != HTTP_DONE)
		return http_tell(outcome, &answer);
	waiting = json_object_get(answer.body, "waiting");
	if (!args.id) {
		status = list(waiting);
	} else {
		status = -1;
		json_array_foreach(waiting, i, one) {
			if (strcmp(json_text(one, "confirm_id"), args.id))
				continue;
			status = reply(&config, one);
			break;
		}
		if (status < 0)
			status = tell_error(STATUS_REFUSED, "CONFIRM_OVER",
					    "no such payment waits for you (any more): voicepay confirm lists those that do");
	}
	http_release(&answer);
	return status;
}
