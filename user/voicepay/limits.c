// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay limits: what one payment, and all of a day, may come to. */

#include <stdio.h>
#include <string.h>

#include "../common/amount.h"
#include "authorise.h"
#include "command.h"
#include "http.h"

/* By the gateway's names, which the kernel authorises, too. */
enum which {
	PER_PAYMENT,
	PER_DAY,
	CONFIRM_ABOVE,
	LIMITS
};

static const struct {
	const char *name, *what;
} limits[LIMITS] = {
	[PER_PAYMENT] = { "per_payment", "one payment" },
	[PER_DAY] = { "per_day", "payments of 24 hours" },
	[CONFIRM_ABOVE] = { "confirm_above", "without asking this device" },
};

static struct {
	unsigned int slot;
	const char *currency;
	const char *amount[LIMITS];
} args = { .currency = "CNY" };

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Whose owner's; 0 without it" },
	{ "per-payment", 'p', "AMOUNT", 0, "No payment may be more" },
	{ "per-day", 'd', "AMOUNT", 0, "The payments of 24 hours together may not be more" },
	{ "confirm-above", 'a', "AMOUNT", 0, "Above it a code alone does not pay: this device is asked" },
	{ "currency", 'C', "CODE", 0, "The gateway's; CNY without it" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's':
		args.slot = parse_slot(arg, state);
		return 0;
	case 'p':
		args.amount[PER_PAYMENT] = arg;
		return 0;
	case 'd':
		args.amount[PER_DAY] = arg;
		return 0;
	case 'a':
		args.amount[CONFIRM_ABOVE] = arg;
		return 0;
	case 'C':
		args.currency = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows what the gateway lets a slot's owner pay, or sets it. It can be less than the gateway's own "
	"limits, never more.", common_options
};

/* One limit a request, as the kernel's word is for one. */
static int set(const struct config *config, enum which which, struct http_answer *answer)
{
	struct authorise_order order = {
		.slot = args.slot, .purpose = VOICEPAY_PURPOSE_LIMITS, .currency = args.currency,
		.order = limits[which].name,
	};
	enum http_outcome outcome;
	json_t *authorisation, *request;
	const char *why;
	int status = 0;

	if (amount_parse(args.amount[which], args.currency, &order.amount, &why))
		return tell_error(STATUS_USAGE, "USAGE", "\"%s %s\" is no limit: %s", args.amount[which],
				  args.currency, why);
	authorisation = authorise_or_tell(&order, &status);
	if (!authorisation)
		return status;
	request = json_pack("{s:i, s:I, s:o}", "slot", args.slot, limits[which].name, (json_int_t)order.amount,
			    "authorisation", authorisation);
	http_release(answer);
	outcome = http_post(config, "/v1/limits", request, answer);
	json_decref(request);
	return outcome == HTTP_DONE ? 0 : http_tell(outcome, answer);
}

static int get(const struct config *config, struct http_answer *answer)
{
	enum http_outcome outcome;
	char path[64];

	snprintf(path, sizeof(path), "/v1/limits/%u", args.slot);
	outcome = http_get(config, path, answer);
	return outcome == HTTP_DONE ? 0 : http_tell(outcome, answer);
}

static int show(json_t *body)
{
	const char *currency = json_text(body, "currency");
	char amount[32];
	int i;

	if (options.json)
		return tell_json(json_incref(body));
	for (i = 0; i < LIMITS; i++) {
		json_int_t minor = json_integer_value(json_object_get(body, limits[i].name));

		/* 0 is the gateway's word for none. */
		amount_format(amount, sizeof(amount), minor, currency);
		printf("%-27s %s %s\n", limits[i].what, minor ? amount : "no limit", minor ? currency : "");
	}
	return STATUS_OK;
}

int cmd_limits(int argc, char **argv)
{
	static struct config config;
	struct http_answer answer = { 0 };
	bool any = false;
	int i, status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	for (i = 0; !status && i < LIMITS; i++)
		if (args.amount[i]) {
			any = true;
			status = set(&config, i, &answer);
		}
	if (!status && !any)
		status = get(&config, &answer);
	if (!status)
		status = show(answer.body);
	http_release(&answer);
	return status;
}
