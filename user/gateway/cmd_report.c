// SPDX-License-Identifier: GPL-2.0-or-later
/* ledger, payments */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "amount.h"
#include "command.h"

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
