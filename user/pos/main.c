// SPDX-License-Identifier: GPL-2.0-or-later
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "amount.h"
#include "pos.h"

const char *argp_program_version = "voicepay-pos " VOICEPAY_VERSION;

struct args {
	struct sale sale;
	const char *conf, *amount, *order_no;
	const char *url, *address, *ca, *cert, *key, *journal;
	const struct command *command;
};

static const struct command {
	const char *name;
	int (*run)(struct sale *s);
	bool amount;		/* needs --amount */
	bool draws;		/* draws an order number unless given one, or needs none */
} commands[] = {
	{ "charge", sale_charge, true, true },
	{ "order", sale_order, true, true },
	{ "query", sale_query, false, false },
	{ "reverse", sale_reverse, false, false },
	{ "refund", sale_refund, true, false },
	{ "recover", sale_recover, false, true },
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

enum { OPT_NO_LOCAL = 256, OPT_CACERT, OPT_CERT, OPT_KEY, OPT_ADDRESS, OPT_TIMEOUT, OPT_WAIT, OPT_JOURNAL, OPT_CHALLENGE };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "charge:", 1 },
	{ "code", 'c', "DIGITS", 0, "The code's 24 digits; spaces and dashes do not matter. \"-\" reads them from standard input, where other users do not see them", 1 },
	{ "image", 'i', "FILE", 0, "A picture of the code instead, PNG: Code 128 or QR", 1 },
	{ "amount", 'a', "AMOUNT", 0, "Such as 12.00", 1 },
	{ "currency", 'u', "CODE", 0, "CNY unless said otherwise", 1 },
	{ "challenge", OPT_CHALLENGE, "TEXT", 0, "What the customer's code must be bound to besides this merchant", 1 },
	{ "no-local-check", OPT_NO_LOCAL, NULL, 0, "Send a misread code too, to test the gateway", 1 },
	{ NULL, 0, NULL, 0, "All:", 2 },
	{ "order-no", 'n', "N", 0, "The order's number; for charge and order, drawn at random unless given", 2 },
	{ "refund-no", 'r', "N", 0, "The refund's own number, of refund", 2 },
	{ "wait", OPT_WAIT, "SECONDS", 0, "How long the customer may take to confirm or to pay (60)", 2 },
	{ "journal", OPT_JOURNAL, "DIR", 0, "Where open sales are noted", 2 },
	{ "gateway", 'g', "URL", 0, "https://host[:port]", 2 },
	{ "address", OPT_ADDRESS, "HOST", 0, "Connect here instead of looking the URL's host up", 2 },
	{ "cacert", OPT_CACERT, "FILE", 0, "CA of the gateway, PEM", 2 },
	{ "cert", OPT_CERT, "FILE", 0, "The till's certificate, PEM", 2 },
	{ "key", OPT_KEY, "FILE", 0, "Its private key, PEM", 2 },
	{ "config", 'f', "FILE", 0, "Where these are, unless given (" POS_CONF ")", 2 },
	{ "timeout", OPT_TIMEOUT, "SECONDS", 0, "For each of three tries (10)", 2 },
	{ "json", 'j', NULL, 0, "Print the gateway's answer as JSON", 2 },
	{ 0 }
};

static const char doc[] =
	"The merchant's till of voicepay: charges payment codes and gives money back.\v"
	"Commands:\n"
	"  charge    charge a code, once for each order number\n"
	"  order     make an order for the customer's speaker to pay, and wait for it\n"
	"  query     ask what became of an order\n"
	"  reverse   undo an order, whatever became of it\n"
	"  refund    give back part of what was paid\n"
	"  recover   settle what a crash or a power cut left open\n"
	"\nExit codes: 0 done: paid, or given back; 1 not; 2 wrong usage; 3 not known: no answer from the gateway. "
	"After 3, run \"voicepay-pos recover\", or the same command again with the same numbers.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	char *end;

	switch (key) {
	case 'c': a->sale.code = arg; break;
	case 'i': a->sale.image = arg; break;
	case 'r': a->sale.refund_no = arg; break;
	case 'a': a->amount = arg; break;
	case 'u': a->sale.currency = arg; break;
	case 'n': a->order_no = arg; break;
	case 'g': a->url = arg; break;
	case 'f': a->conf = arg; break;
	case 'j': a->sale.pos.json = true; break;
	case OPT_NO_LOCAL: a->sale.no_local_check = true; break;
	case OPT_CHALLENGE: a->sale.challenge = arg; break;
	case OPT_ADDRESS: a->address = arg; break;
	case OPT_CACERT: a->ca = arg; break;
	case OPT_CERT: a->cert = arg; break;
	case OPT_KEY: a->key = arg; break;
	case OPT_TIMEOUT:
		a->sale.pos.timeout = strtol(arg, &end, 10);
		if (!*arg || *end || a->sale.pos.timeout < 1 || a->sale.pos.timeout > 600)
			argp_error(state, "--timeout is 1 to 600 seconds");
		break;
	case OPT_WAIT:
		a->sale.pos.wait = strtol(arg, &end, 10);
		if (!*arg || *end || a->sale.pos.wait < 0 || a->sale.pos.wait > 3600)
			argp_error(state, "--wait is 0 to 3600 seconds");
		break;
	case OPT_JOURNAL: a->journal = arg; break;
	case ARGP_KEY_ARG:
		for (size_t i = 0; i < NCOMMANDS && !a->command; i++)
			if (!strcmp(arg, commands[i].name))
				a->command = &commands[i];
		if (!a->command || strcmp(arg, a->command->name))
			argp_error(state, "\"%s\" is not a command: --help lists them", arg);
		break;
	case ARGP_KEY_END:
		if (!a->command)
			argp_error(state, "say what to do: --help lists the commands");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int usage(const char *what)
{
	fprintf(stderr, "voicepay-pos: %s; --help says more\n", what);
	return EXIT_USAGE;
}

static int connection_of(struct args *a)
{
	char error[POS_ERROR];
	const struct {
		const char *given;
		char *field;
	} over[] = {
		{ a->url, a->sale.pos.url }, { a->address, a->sale.pos.address }, { a->ca, a->sale.pos.ca },
		{ a->cert, a->sale.pos.cert }, { a->key, a->sale.pos.key },
		{ a->journal, a->sale.pos.journal },
	};

	if (pos_config(&a->sale.pos, a->conf ? a->conf : POS_CONF, a->conf != NULL, error)) {
		fprintf(stderr, "voicepay-pos: %s\n", error);
		return EXIT_ENVIRONMENT;
	}
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		if (!over[i].given)
			continue;
		if (strlen(over[i].given) >= POS_TEXT)
			return usage("a path or URL is too long");
		strcpy(over[i].field, over[i].given);
	}
	if (strncmp(a->sale.pos.url, "https://", 8))
		return usage("say where the gateway is: --gateway https://HOST, or url in " POS_CONF);
	if (!*a->sale.pos.ca || !*a->sale.pos.cert || !*a->sale.pos.key)
		return usage("the gateway knows the till by its certificate: --cacert, --cert and --key, or [tls] in " POS_CONF);
	/* A trailing slash is the same gateway. */
	for (size_t len = strlen(a->sale.pos.url); len && a->sale.pos.url[len - 1] == '/'; len--)
		a->sale.pos.url[len - 1] = '\0';
	return EXIT_OK;
}

static bool order_good(const char *s)
{
	size_t len = strlen(s);

	return len >= 1 && len < ORDER_MAX &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

/* Time first, so that they sort; 64 random bits, so that two tills never meet. */
static int draw_order(char out[ORDER_MAX])
{
	unsigned long long r;
	time_t now = time(NULL);
	struct tm tm;
	size_t n;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r) || !gmtime_r(&now, &tm))
		return -1;
	n = strftime(out, ORDER_MAX, "%Y%m%d%H%M%S-", &tm);
	snprintf(out + n, ORDER_MAX - n, "%016llx", r);
	return 0;
}

/* $XDG_STATE_HOME/voicepay-pos, or what stands for it. */
static void journal_default(char journal[POS_TEXT])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/')
		snprintf(journal, POS_TEXT, "%s/voicepay-pos", state);
	else if (home && *home == '/')
		snprintf(journal, POS_TEXT, "%s/.local/state/voicepay-pos", home);
	else
		strcpy(journal, "/var/lib/voicepay-pos");
}

static int sale_of(struct args *a)
{
	struct sale *s = &a->sale;
	const char *why;

	if (a->order_no && !order_good(a->order_no))
		return usage("--order-no is 1 to 64 letters, digits, dots, dashes or underscores");
	if (s->refund_no && !order_good(s->refund_no))
		return usage("--refund-no is 1 to 64 letters, digits, dots, dashes or underscores");
	if (a->order_no)
		strcpy(s->order_no, a->order_no);
	else if (!a->command->draws)
		return usage("--order-no is needed: of which order?");
	if (!a->command->amount)
		return EXIT_OK;
	if (!a->amount)
		return usage("--amount is needed, such as 12.00");
	if (amount_parse(a->amount, s->currency, &s->amount, &why)) {
		fprintf(stderr, "voicepay-pos: --amount %s %s: %s\n", a->amount, s->currency, why);
		return EXIT_USAGE;
	}
	if (!a->order_no) {
		if (draw_order(s->order_no))
			return EXIT_ENVIRONMENT;
		/* Before anything is sent: if this program dies, the order can be asked for. */
		fprintf(stderr, "order %s\n", s->order_no);
	}
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "COMMAND", doc, NULL, NULL, NULL };
	struct args a = { .sale = { .pos = { .timeout = 10, .wait = 60 }, .currency = "CNY" } };
	int ret;

	journal_default(a.sale.pos.journal);
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	ret = sale_of(&a);
	if (!ret)
		ret = connection_of(&a);
	if (ret)
		return ret;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return EXIT_ENVIRONMENT;
	ret = a.command->run(&a.sale);
	curl_global_cleanup();
	return ret;
}
