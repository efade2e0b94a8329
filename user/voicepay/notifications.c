// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay notifications: what the gateway has to say to this device, as it happens. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/amount.h"
#include "command.h"
#include "http.h"

/* How long the gateway keeps a question open, and what the network may add. */
#define WAIT_S		50
#define NETWORK_MS	10000
#define RETRY_MAX_S	60

static unsigned long long since;
static bool follow;

static const struct argp_option argp_options[] = {
	{ "since", 's', "N", 0, "Those after number N; all that the gateway still has, if not given" },
	{ "follow", 'f', NULL, 0, "Go on, and tell each as it comes" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	char *end;

	switch (key) {
	case 's':
		since = strtoull(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end || since > INT64_MAX)
			argp_error(state, "\"%s\" is not the number of a notification", arg);
		return 0;
	case 'f':
		follow = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows payments, refunds and questions that the gateway has told this device of.\vWith --follow and "
	"--json each is one line.", common_options
};

static void print(const json_t *one)
{
	const char *reason = json_text(one, "message"), *payee = json_text(one, "payee");
	char when[32], amount[32];

	json_day(when, json_object_get(one, "time"));
	printf("%" JSON_INTEGER_FORMAT " %s %s", json_integer_value(json_object_get(one, "number")), when,
	       json_text(one, "kind"));
	if (json_is_integer(json_object_get(one, "amount"))) {
		amount_format(amount, sizeof(amount), json_integer_value(json_object_get(one, "amount")),
			      json_text(one, "currency"));
		printf(" %s %s", amount, json_text(one, "currency"));
	}
	printf("%s%s%s%s\n", *payee ? " to " : "", payee, *reason ? ": " : "", reason);
	if (*json_text(one, "confirm_id"))
		printf("  voicepay confirm --yes %s\n", json_text(one, "confirm_id"));
}

static int tell(json_t *list)
{
	json_t *one;
	size_t i;

	if (options.json && !follow)
		return tell_json(json_incref(list));
	json_array_foreach(list, i, one) {
		if (options.json) {
			json_dumpf(one, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
			putchar('\n');
		} else {
			print(one);
		}
	}
	if (!follow && !json_array_size(list))
		printf("Nothing new.\n");
	return fflush(stdout) ? STATUS_ENVIRONMENT : STATUS_OK;
}

/* One question, which the gateway answers when there is something to say. */
static enum http_outcome ask(const struct config *config, struct http_answer *answer)
{
	char path[96];

	snprintf(path, sizeof(path), "/v1/notifications?since=%llu&wait=%d", since, follow ? WAIT_S : 0);
	return http_get_for(config, path, (follow ? WAIT_S * 1000 : 0) + NETWORK_MS, answer);
}

int cmd_notifications(int argc, char **argv)
{
	static struct config config;
	unsigned int pause = 1;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	if (status)
		return status;
	do {
		struct http_answer answer;
		enum http_outcome outcome = ask(&config, &answer);
		json_t *next;

		if (outcome != HTTP_DONE) {
			/* A network that comes and goes is no reason to stop listening; a no is. */
			if (!follow || outcome == HTTP_REFUSED)
				return http_tell(outcome, &answer);
			sleep(pause);
			pause = pause * 2 > RETRY_MAX_S ? RETRY_MAX_S : pause * 2;
			continue;
		}
		pause = 1;
		status = tell(json_object_get(answer.body, "notifications"));
		next = json_object_get(answer.body, "next");
		if (json_is_integer(next) && json_integer_value(next) > (json_int_t)since)
			since = json_integer_value(next);
		http_release(&answer);
	} while (follow && !status);
	return status;
}
