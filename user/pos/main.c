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
#include "paycode.h"
#include "pos.h"

const char *argp_program_version = "voicepay-pos " VOICEPAY_VERSION;

/* A request whose answer got lost is sent again: the order number makes that safe. */
#define TRIES		3
#define ORDER_MAX	65

struct args {
	struct pos pos;
	const char *conf, *command, *code, *image, *amount, *currency, *order_no;
	const char *url, *address, *ca, *cert, *key;
	bool no_local_check;
};

enum { OPT_NO_LOCAL = 256, OPT_CACERT, OPT_CERT, OPT_KEY, OPT_ADDRESS, OPT_TIMEOUT };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "charge:", 1 },
	{ "code", 'c', "DIGITS", 0, "The code's 24 digits; spaces and dashes do not matter", 1 },
	{ "image", 'i', "FILE", 0, "A picture of the code instead, PNG: Code 128 or QR", 1 },
	{ "amount", 'a', "AMOUNT", 0, "Such as 12.00", 1 },
	{ "currency", 'u', "CODE", 0, "CNY unless said otherwise", 1 },
	{ "no-local-check", OPT_NO_LOCAL, NULL, 0, "Send a misread code too, to test the gateway", 1 },
	{ NULL, 0, NULL, 0, "charge and query:", 2 },
	{ "order-no", 'n', "N", 0, "The order's number; for charge, drawn at random unless given", 2 },
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
	"The merchant's till of voicepay: charges payment codes.\v"
	"Commands:\n"
	"  charge   charge a code, once for each order number\n"
	"  query    ask what became of an order\n"
	"\nExit codes: 0 paid, 1 not paid, 2 wrong usage, 3 not known: no answer from the gateway. "
	"After 3, query the order, or charge again with the same order number.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	char *end;

	switch (key) {
	case 'c': a->code = arg; break;
	case 'i': a->image = arg; break;
	case 'a': a->amount = arg; break;
	case 'u': a->currency = arg; break;
	case 'n': a->order_no = arg; break;
	case 'g': a->url = arg; break;
	case 'f': a->conf = arg; break;
	case 'j': a->pos.json = true; break;
	case OPT_NO_LOCAL: a->no_local_check = true; break;
	case OPT_ADDRESS: a->address = arg; break;
	case OPT_CACERT: a->ca = arg; break;
	case OPT_CERT: a->cert = arg; break;
	case OPT_KEY: a->key = arg; break;
	case OPT_TIMEOUT:
		a->pos.timeout = strtol(arg, &end, 10);
		if (!*arg || *end || a->pos.timeout < 1 || a->pos.timeout > 600)
			argp_error(state, "--timeout is 1 to 600 seconds");
		break;
	case ARGP_KEY_ARG:
		if (a->command || (strcmp(arg, "charge") && strcmp(arg, "query")))
			argp_error(state, "\"%s\" is not a command: charge or query", arg);
		a->command = arg;
		break;
	case ARGP_KEY_END:
		if (!a->command)
			argp_error(state, "say what to do: charge or query");
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
		{ a->url, a->pos.url }, { a->address, a->pos.address }, { a->ca, a->pos.ca },
		{ a->cert, a->pos.cert }, { a->key, a->pos.key },
	};

	if (pos_config(&a->pos, a->conf ? a->conf : POS_CONF, a->conf != NULL, error)) {
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
	if (strncmp(a->pos.url, "https://", 8))
		return usage("say where the gateway is: --gateway https://HOST, or url in " POS_CONF);
	if (!*a->pos.ca || !*a->pos.cert || !*a->pos.key)
		return usage("the gateway knows the till by its certificate: --cacert, --cert and --key, or [tls] in " POS_CONF);
	/* A trailing slash is the same gateway. */
	for (size_t len = strlen(a->pos.url); len && a->pos.url[len - 1] == '/'; len--)
		a->pos.url[len - 1] = '\0';
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

/* What the gateway says, in words, and the exit code it stands for. */
static int report(const struct args *a, int status, json_t *answer, const char *order_no)
{
	const char *state = json_string_value(json_object_get(answer, "state"));
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *message = json_string_value(json_object_get(answer, "message"));
	const char *currency = json_string_value(json_object_get(answer, "currency"));
	const char *payment = json_string_value(json_object_get(answer, "payment_id"));
	const char *order = json_string_value(json_object_get(answer, "order_no"));
	json_int_t minor = json_integer_value(json_object_get(answer, "amount"));
	bool paid = status == 200 && state && !strcmp(state, "SUCCESS") && currency && payment &&
		    order && !strcmp(order, order_no);
	char amount[32];

	if (a->pos.json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	if (paid) {
		amount_format(amount, sizeof(amount), minor, currency);
		if (!a->pos.json)
			printf("PAID %s %s, order %s, payment %s. Hand over the goods.\n", amount, currency, order, payment);
		return EXIT_OK;
	}
	if (status >= 500) {
		fprintf(stderr, "voicepay-pos: order %s: %s\n", order_no, message ? message : "the gateway failed");
		return EXIT_ENVIRONMENT;
	}
	if (!a->pos.json)
		printf("NOT PAID, order %s: %s. %s\n", order_no, error ? error : "UNKNOWN",
		       message ? message : "The gateway gave no reason.");
	return EXIT_REFUSED;
}

/* Sends until an answer comes that settles it. */
static int ask(const struct args *a, const char *path, const json_t *body, const char *order_no)
{
	char error[POS_ERROR] = "";
	json_t *answer = NULL;
	int status = -1, ret;

	for (int i = 0; i < TRIES; i++) {
		if (i)
			sleep(1);
		json_decref(answer);
		status = gateway_call(&a->pos, path, body, &answer, error);
		if (status >= 0 && status < 500)
			break;
	}
	if (status < 0) {
		fprintf(stderr, "voicepay-pos: no answer from %s: %s\n", a->pos.url, error);
		fprintf(stderr, "voicepay-pos: it is not known whether order %s was charged. Find out with "
			"\"voicepay-pos query --order-no %s\" before you ask for another code.\n", order_no, order_no);
		return EXIT_ENVIRONMENT;
	}
	ret = report(a, status, answer, order_no);
	json_decref(answer);
	return ret;
}

/* Digits alone: people group them. */
static int code_of(const struct args *a, char code[POS_CODE_MAX])
{
	char error[POS_ERROR];
	size_t n = 0;

	if (a->image) {
		if (picture_read(a->image, code, error)) {
			fprintf(stderr, "voicepay-pos: %s\n", error);
			return EXIT_REFUSED;
		}
		return EXIT_OK;
	}
	for (const char *p = a->code; *p; p++) {
		if (*p == ' ' || *p == '-')
			continue;
		if (n == POS_CODE_MAX - 1)
			return usage("--code is 24 digits");
		code[n++] = *p;
	}
	code[n] = '\0';
	return EXIT_OK;
}

static int misread(const struct args *a, const char *order_no)
{
	static const char say[] = "The code was not read right. Scan it again; nothing was sent.";

	if (a->pos.json) {
		json_t *out = json_pack("{s:s, s:s}", "error", "CODE_MISREAD", "message", say);

		json_dumpf(out, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(out);
	} else {
		printf("NOT PAID, order %s: CODE_MISREAD. %s\n", order_no, say);
	}
	return EXIT_REFUSED;
}

static int charge(struct args *a)
{
	const char *currency = a->currency ? a->currency : "CNY";
	char code[POS_CODE_MAX], order_no[ORDER_MAX];
	struct paycode parsed;
	int64_t amount;
	const char *why;
	json_t *body;
	int ret;

	if (!a->code == !a->image)
		return usage("charge needs --code or --image");
	if (!a->amount)
		return usage("charge needs --amount, such as 12.00");
	if (amount_parse(a->amount, currency, &amount, &why)) {
		fprintf(stderr, "voicepay-pos: --amount %s %s: %s\n", a->amount, currency, why);
		return EXIT_USAGE;
	}
	if (a->order_no) {
		if (!order_good(a->order_no))
			return usage("--order-no is 1 to 64 letters, digits, dots, dashes or underscores");
		strcpy(order_no, a->order_no);
	} else {
		if (draw_order(order_no))
			return EXIT_ENVIRONMENT;
		/* Before anything is sent: if this program dies, the order can be asked for. */
		fprintf(stderr, "order %s\n", order_no);
	}
	ret = code_of(a, code);
	if (ret)
		return ret;
	if (!a->no_local_check && paycode_parse(&parsed, code, strlen(code)))
		return misread(a, order_no);
	body = json_pack("{s:s, s:s, s:I, s:s}", "order_no", order_no, "code", code,
			 "amount", (json_int_t)amount, "currency", currency);
	if (!body)
		return usage("the code or the currency is not UTF-8");
	ret = ask(a, "/v1/merchant/charge", body, order_no);
	json_decref(body);
	return ret;
}

static int query(struct args *a)
{
	char path[ORDER_MAX + 32];

	if (!a->order_no || !order_good(a->order_no))
		return usage("query needs --order-no, 1 to 64 letters, digits, dots, dashes or underscores");
	snprintf(path, sizeof(path), "/v1/merchant/orders/%s", a->order_no);
	return ask(a, path, NULL, a->order_no);
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "charge|query", doc, NULL, NULL, NULL };
	struct args a = { .pos = { .timeout = 10 } };
	int ret;

	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	ret = connection_of(&a);
	if (ret)
		return ret;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return EXIT_ENVIRONMENT;
	ret = !strcmp(a.command, "charge") ? charge(&a) : query(&a);
	curl_global_cleanup();
	return ret;
}
