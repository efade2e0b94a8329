// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay statement: what was paid with this device, and what came back. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/amount.h"
#include "command.h"
#include "http.h"

static const char *before;
static unsigned int limit = 20;

static const struct argp_option argp_options[] = {
	{ "limit", 'l', "N", 0, "So many entries, 20 if not given" },
	{ "before", 'b', "ID", 0, "Those older than this entry, to go on" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	char *end;

	switch (key) {
	case 'l':
		limit = strtoul(arg, &end, 10);
		if (*end || limit < 1 || limit > 100)
			argp_error(state, "\"%s\" is not a number from 1 to 100", arg);
		return 0;
	case 'b':
		strtoumax(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end)
			argp_error(state, "\"%s\" is not an entry's id", arg);
		before = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows what was paid with this device's keys, and what was refunded, newest first.", common_options
};

static void print(const json_t *entry)
{
	char when[32], amount[32];

	json_day(when, json_object_get(entry, "time"));
	amount_format(amount, sizeof(amount), json_integer_value(json_object_get(entry, "amount")),
		      json_text(entry, "currency"));
	printf("%8" JSON_INTEGER_FORMAT "  %s  %12s %s  %-8s  %s\n", json_integer_value(json_object_get(entry, "id")), when,
	       amount, json_text(entry, "currency"), json_text(entry, "kind"), json_text(entry, "payee"));
}

int cmd_statement(int argc, char **argv)
{
	static struct config config;
	struct http_answer answer;
	enum http_outcome outcome;
	json_t *entries, *one;
	char path[96];
	int status;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	if (status)
		return status;
	snprintf(path, sizeof(path), "/v1/statement?limit=%u%s%s", limit, before ? "&before=" : "", before ? before : "");
	outcome = http_get(&config, path, &answer);
	if (outcome != HTTP_DONE)
		return http_tell(outcome, &answer);
	entries = json_object_get(answer.body, "entries");
	if (options.json) {
		status = tell_json(json_incref(entries));
	} else {
		if (!json_array_size(entries))
			printf("Nothing was paid with this device%s.\n", before ? " before" : "");
		json_array_foreach(entries, i, one)
			print(one);
		/* A page that is full may not be the last. */
		if (json_array_size(entries) == limit)
			printf("(older ones: voicepay statement --before %" JSON_INTEGER_FORMAT ")\n",
			       json_integer_value(json_object_get(json_array_get(entries, limit - 1), "id")));
	}
	http_release(&answer);
	return status;
}
