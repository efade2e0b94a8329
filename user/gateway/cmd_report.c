// SPDX-License-Identifier: GPL-2.0-or-later
/* ledger, payments, alarms */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "amount.h"
#include "command.h"
#include "hex.h"

static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };

static error_t no_args(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_ARG)
		argp_error(state, "there is no \"%s\" here", arg);
	return ARGP_ERR_UNKNOWN;
}

static const char *const kind_name[] = { "user", "merchant", "equity" };

static void one_account(void *arg, const struct account *acc)
{
	char amount[32];

	if (arg) {
		json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:I}", "name", acc->name,
						     "kind", kind_name[acc->kind], "currency", acc->currency,
						     "balance", (json_int_t)acc->balance));
		return;
	}
	amount_format(amount, sizeof(amount), acc->balance, acc->currency);
	printf("%-24s %-10s %18s %s\n", acc->name, kind_name[acc->kind], amount, acc->currency);
}

static int print_ledger(struct store *st)
{
	json_t *list = common.json ? json_array() : NULL;
	struct audit audit;
	enum store_result r;

	r = store_each_account(st, one_account, list);
	if (r == STORE_OK)
		r = store_audit(st, &audit);
	if (r != STORE_OK) {
		json_decref(list);
		return command_store(r, "ledger");
	}
	if (list) {
		json_t *out = json_pack("{s:o, s:I, s:I, s:I, s:I}", "accounts", list, "sum", (json_int_t)audit.sum,
					"transfers", (json_int_t)audit.transfers, "entries", (json_int_t)audit.entries,
					"wrong", (json_int_t)audit.wrong);

		json_dumpf(out, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(out);
	} else {
		printf("%lld transfers, %lld entries, sum %lld\n", audit.transfers, audit.entries, audit.sum);
	}
	if (audit.sum || audit.wrong) {
		fprintf(stderr, "voicepay-gateway: the ledger does not add up: stop the gateway, keep a copy of the database, restore the last good one\n");
		return EXIT_REFUSED;
	}
	return EXIT_OK;
}

int cmd_ledger(int argc, char **argv)
{
	static const struct argp argp = { NULL, no_args, "",
		"Lists the accounts and checks that all entries sum to zero and that every balance is its entries' sum.",
		children, NULL, NULL };
	struct gateway gw;
	struct store *st;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return EXIT_USAGE;
	ret = command_open(&gw, &st);
	if (!ret) {
		ret = print_ledger(st);
		command_close(&gw, st);
	}
	return ret;
}

static void one_payment(void *arg, const struct payment *p)
{
	static const char *const kinds[] = { [PAYMENT_CODE] = "code", [PAYMENT_VOICE] = "voice", [PAYMENT_ORDER] = "order" };
	const char *kind = kinds[p->kind];
	char amount[32], back[64] = "";

	if (arg) {
		json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I}", "payment_id", p->id,
						     "kind", kind, "payer", p->payer, "payee", p->payee,
						     "order", p->order, "amount", (json_int_t)p->amount,
						     "refunded", (json_int_t)p->refunded,
						     "currency", p->currency, "time", (json_int_t)p->time));
		return;
	}
	amount_format(amount, sizeof(amount), p->amount, p->currency);
	if (p->refunded) {
		strcpy(back, ", given back ");
		amount_format(back + strlen(back), sizeof(back) - strlen(back), p->refunded, p->currency);
	}
	printf("%s %lld %-5s %s -> %s %s %s (%s%s)\n", p->id, (long long)p->time, kind, p->payer, p->payee,
	       amount, p->currency, p->order, back);
}

int cmd_payments(int argc, char **argv)
{
	static const struct argp argp = { NULL, no_args, "", "Lists the payments, oldest first.", children, NULL, NULL };
	json_t *list = NULL;
	struct gateway gw;
	struct store *st;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return EXIT_USAGE;
	ret = command_open(&gw, &st);
	if (ret)
		return ret;
	if (common.json)
		list = json_array();
	ret = command_store(store_each_payment(st, one_payment, list), "payments");
	if (list && !ret) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(list);
	command_close(&gw, st);
	return ret;
}

static void one_alarm(void *arg, const struct alarm *al)
{
	char device[2 * VP_DEVICE_ID_LEN + 1], when[32];
	time_t last = al->last;
	struct tm tm;

	hex_encode(device, al->of.device, sizeof(al->of.device));
	if (arg) {
		json_t *json = json_pack("{s:I, s:s, s:s, s:i, s:I, s:s, s:I, s:I, s:I}", "id", (json_int_t)al->id,
					 "kind", al->kind, "device", device, "slot", (int)al->of.slot,
					 "epoch", (json_int_t)al->of.epoch, "user", al->user, "first", (json_int_t)al->first,
					 "last", (json_int_t)al->last, "count", (json_int_t)al->count);

		if (al->merchant)
			json_object_set_new(json, "merchant", json_string(al->merchant_name));
		json_array_append_new(arg, json);
		return;
	}
	if (!gmtime_r(&last, &tm) || !strftime(when, sizeof(when), "%FT%TZ", &tm))
		*when = '\0';
	printf("%s %s %llu times, device %s slot %u epoch %llu, %s%s%s\n", when, al->kind, al->count, device, al->of.slot,
	       al->of.epoch, al->user, al->merchant ? ", at " : "", al->merchant_name);
}

static error_t parse_since(int key, char *arg, struct argp_state *state)
{
	char *end;

	if (key != 'S')
		return no_args(key, arg, state);
	*(long long *)state->input = strtoll(arg, &end, 10);
	if (!*arg || *end || *(long long *)state->input < 0)
		argp_error(state, "--since is a time in seconds since 1970");
	return 0;
}

int cmd_alarms(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "since", 'S', "TIME", 0, "Only those raised since then, in seconds since 1970", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse_since, "",
		"Lists what a person should look at: good codes and authorisations under keys that have ended.\v"
		"Each means that somebody holds a copy of a device's keys, or that an old image was restored. Find the device's "
		"owner, wipe the device and enrol it anew. Exit code 1 if there are any.", children, NULL, NULL };
	long long since = 0;
	struct gateway gw;
	struct store *st;
	json_t *list;
	size_t n;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &since))
		return EXIT_USAGE;
	ret = command_open(&gw, &st);
	if (ret)
		return ret;
	list = json_array();
	ret = command_store(store_each_alarm(st, since, one_alarm, list), "alarms");
	n = json_array_size(list);
	if (!ret && common.json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (!ret) {
		ret = command_store(store_each_alarm(st, since, one_alarm, NULL), "alarms");
	}
	json_decref(list);
	command_close(&gw, st);
	return ret ? ret : n ? EXIT_REFUSED : EXIT_OK;
}
