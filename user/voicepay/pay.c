// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay pay: an order that the user spoke, with the voice cloud's token for
 * it, to the gateway. An order has an id; the gateway books it once, however
 * often it arrives.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../common/amount.h"
#include "../common/base64.h"
#include "authorise.h"
#include "command.h"
#include "http.h"
#include "scan.h"

#define TOKEN_MAX	8192

static struct {
	const char *to;
	const char *amount;
	const char *currency;
	char *token;
	const char *user;
	const char *order_id;
	const char *order;
	unsigned int slot;
	bool yes;
} args = { .currency = "CNY" };

static const struct argp_option argp_options[] = {
	{ "to", 't', "PAYEE", 0, "Who is paid" },
	{ "amount", 'a', "AMOUNT", 0, "How much, as 500 or 500.00" },
	{ "currency", 'C', "CODE", 0, "Of which currency; CNY without it" },
	{ "voice-token", 'v', "TOKEN", 0,
	  "The voice cloud's token for this order; @FILE or - reads it, and keeps it out of the list of processes" },
	{ "user", 'u', "USER", 0, "Who pays; without it, whom the token names" },
	{ "order-id", 'o', "ID", 0, "The order's id, to repeat one whose outcome is not known" },
	{ "order", 'O', "PAY-ID", 0, "Pay an order that a merchant shows, instead; with --slot, and --yes to pay without asking" },
	{ "slot", 's', "N", 0, "Whose key authorises it; 0 without it" },
	{ "yes", 'y', NULL, 0, "Do not ask" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 't':
		args.to = arg;
		return 0;
	case 'a':
		args.amount = arg;
		return 0;
	case 'C':
		args.currency = arg;
		return 0;
	case 'v':
		args.token = arg;
		return 0;
	case 'u':
		args.user = arg;
		return 0;
	case 'o':
		args.order_id = arg;
		return 0;
	case 'O':
		args.order = arg;
		return 0;
	case 's':
		args.slot = parse_slot(arg, state);
		return 0;
	case 'y':
		args.yes = true;
		return 0;
	case ARGP_KEY_END:
		if (args.order && (args.to || args.amount || args.token))
			argp_error(state, "--order is an order of the merchant's: payee and amount are in it");
		if (args.order)
			return 0;
		if (!args.to || !args.amount || !args.token)
			argp_error(state, "--to, --amount and --voice-token are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Sends an order that was spoken to the gateway, over a channel that passed every check. "
	"If the channel cannot be proven good, nothing is sent.", common_options
};

/* A random UUID (RFC 9562, version 4). */
static int new_order_id(char id[37])
{
	unsigned char r[16];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		return -1;
	r[6] = (r[6] & 0x0f) | 0x40;
	r[8] = (r[8] & 0x3f) | 0x80;
	snprintf(id, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12],
		 r[13], r[14], r[15]);
	return 0;
}

/*
 * The user whom the token names, without checking its signature: the gateway
 * does that, and compares. This only saves the user from saying it twice.
 */
static char *token_subject(const char *token)
{
	const char *from = strchr(token, '.'), *to = from ? strchr(from + 1, '.') : NULL;
	char json[TOKEN_MAX], *user = NULL;
	const char *sub;
	json_t *claims;
	ssize_t n;

	if (!to)
		return NULL;
	n = base64url_decode(json, sizeof(json), from + 1, to - from - 1);
	claims = n < 0 ? NULL : json_loadb(json, n, JSON_REJECT_DUPLICATES, NULL);
	sub = json_string_value(json_object_get(claims, "sub"));
	if (sub)
		user = strdup(sub);
	json_decref(claims);
	return user;
}

/* The answer must be to what was asked: a success for another order is none. */
static bool answers(json_t *body, json_t *order)
{
	static const char *const same[] = { "order_id", "amount", "currency", "payee" };
	const char *state = json_string_value(json_object_get(body, "state"));
	size_t i;

	if (!state || strcmp(state, "SUCCESS"))
		return false;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!json_equal(json_object_get(body, same[i]), json_object_get(order, same[i])))
			return false;
	return json_is_string(json_object_get(body, "payment_id"));
}

static int tell_unknown(const char *error, const char *message, const char *id)
{
	return tell_error(STATUS_ENVIRONMENT, error,
			  "%s. Whether it was paid is not known: run the same command again with --order-id %s; it will not be paid twice",
			  message, id);
}

static int pay(const struct config *config, json_t *order, const char *id, int64_t minor)
{
	struct http_answer answer;
	char amount[32];
	int status;

	/* Before it is sent: whoever dies now can still ask what became of it. */
	if (!args.order_id)
		fprintf(stderr, "Order %s\n", id);
	switch (http_post(config, "/v1/voice-pay", order, &answer)) {
	case HTTP_DONE:
		break;
	case HTTP_REFUSED:
		return tell_error(STATUS_REFUSED, answer.error, "not paid: %s", answer.message);
	case HTTP_NOT_SENT:
		return tell_error(STATUS_ENVIRONMENT, answer.error,
				  "not paid, nothing was sent: %s", answer.message);
	default:
		return tell_unknown(answer.error, answer.message, id);
	}

	if (!answers(answer.body, order)) {
		status = tell_unknown("EBADMSG", "the gateway's answer is not one to this order", id);
	} else if (options.json) {
		status = tell_json(json_incref(answer.body));
	} else {
		amount_format(amount, sizeof(amount), minor, args.currency);
		printf("Paid %s %s to %s.\nPayment %s, order %s\n", amount, args.currency, args.to,
		       json_string_value(json_object_get(answer.body, "payment_id")), id);
		status = STATUS_OK;
	}
	http_release(&answer);
	return status;
}

static bool is_name(const char *s, size_t max)
{
	size_t n = strlen(s);

	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return n && n <= max;
}

int cmd_pay(int argc, char **argv)
{
	static struct config config;
	char id[65], *token, *user = NULL;
	int64_t minor;
	struct authorise_order terms = { .purpose = VOICEPAY_PURPOSE_VOICE_PAY };
	json_t *authorisation, *order;
	const char *why;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (args.order)
		return pay_scanned(args.order, args.slot, args.yes);
	if (amount_parse(args.amount, args.currency, &minor, &why))
		return tell_error(STATUS_USAGE, "USAGE", "the amount \"%s %s\" cannot be paid: %s",
				  args.amount, args.currency, why);
	if (!is_name(args.to, 128))
		return tell_error(STATUS_USAGE, "USAGE", "the payee must have 1 to 128 bytes of text");
	if (args.order_id) {
		if (!is_name(args.order_id, 64))
			return tell_error(STATUS_USAGE, "USAGE", "an order id has 1 to 64 characters");
		strcpy(id, args.order_id);
	} else if (new_order_id(id)) {
		return tell_error(STATUS_ENVIRONMENT, "ENOSYS", "the kernel gives no random numbers");
	}

	status = load_config(&config);
	if (status)
		return status;
	token = read_secret(args.token, "voice token");
	if (!token)
		return STATUS_USAGE;
	if (strlen(token) > TOKEN_MAX) {
		status = tell_error(STATUS_USAGE, "USAGE", "the voice token is longer than %d bytes", TOKEN_MAX);
		goto out;
	}
	user = args.user ? strdup(args.user) : token_subject(token);
	if (!user || !is_name(user, 128)) {
		status = tell_error(STATUS_USAGE, "USAGE",
				    "the voice token names no user: is it whole? If it is, give --user");
		goto out;
	}
	terms.slot = args.slot;
	terms.currency = args.currency;
	terms.payee = args.to;
	terms.order = id;
	terms.amount = minor;
	authorisation = authorise_or_tell(&terms, &status);
	if (!authorisation)
		goto out;
	order = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "order_id", id, "user_id", user,
			  "payee", args.to, "amount", (json_int_t)minor, "currency", args.currency,
			  "voice_token", token, "authorisation", authorisation);
	status = order ? pay(&config, order, id, minor) :
		 tell_error(STATUS_USAGE, "USAGE", "the order is not valid UTF-8");
	json_decref(order);
out:
	explicit_bzero(token, strlen(token));
	free(token);
	free(user);
	return status;
}
