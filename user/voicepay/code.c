// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay code: what the command line asks for. issue.c gets codes, display.c
 * shows them.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/amount.h"
#include "command.h"
#include "display.h"
#include "issue.h"
#include "live.h"
#include "picture.h"

/* Who forgets a code on a display shows it to everybody. */
#define FORGOTTEN_MS	(5 * 60 * 1000)

static struct issue_wanted wanted;

static struct {
	const char *amount, *currency;
	bool online, pool, reveal;
	bool watch, once, plain, payload;
	int width, height;
	const char *files[2][PICTURE_BOTH + 1];		/* by format and layout */
} args = { .width = PICTURE_WIDTH, .height = PICTURE_HEIGHT };

enum {
	KEY_AMOUNT = 256,
	KEY_CURRENCY,
	KEY_MERCHANT,
	KEY_CHALLENGE,
	KEY_ONLINE,
	KEY_POOL,
	KEY_ONCE,
	KEY_PAYLOAD,
	KEY_DISPLAY,
	KEY_FILES,
	KEY_FILES_LAST = KEY_FILES + 2 * PICTURE_BOTH + 1,
};

#define FILE_KEY(format, layout)	(KEY_FILES + (format) * (PICTURE_BOTH + 1) + (layout))

static const struct argp_option argp_options[] = {
	{ NULL, 0, NULL, 0, "Which code:", 1 },
	{ "slot", 's', "N", 0, "Slot that pays; 0 without it" },
	{ "new", 'n', NULL, 0, "A fresh code, as after a purchase, even within the same half minute" },
	{ "reveal", 'r', NULL, 0, "Show the digits, too, in a code of which the gateway knows that they were seen" },
	{ "amount", KEY_AMOUNT, "AMOUNT", 0, "Good for exactly this amount" },
	{ "currency", KEY_CURRENCY, "CODE", 0, "Of the amount; CNY without it" },
	{ "merchant", KEY_MERCHANT, "ID", 0, "Good for this merchant only" },
	{ "challenge", KEY_CHALLENGE, "TEXT", 0, "And for this challenge of the merchant's" },
	{ "online", KEY_ONLINE, NULL, 0, "Drawn by the gateway, over a channel" },
	{ "pool", KEY_POOL, NULL, 0, "From the store of codes for devices without a clock: see voicepay pool" },
	{ NULL, 0, NULL, 0, "How it is shown:", 2 },
	{ "once", KEY_ONCE, NULL, 0, "Print it and end, on a terminal, too" },
	{ "watch", 'w', NULL, 0, "Go on without end, and show each new code as the old one ends" },
	{ "plain", 'p', NULL, 0, "No pictures on standard output" },
	{ "payload", KEY_PAYLOAD, NULL, 0, "With --json: what the symbols say, for a program that draws them" },
	{ "png", FILE_KEY(PICTURE_PNG, PICTURE_BOTH), "FILE", 0, "Write a PNG with bar code and QR code" },
	{ "png-qr", FILE_KEY(PICTURE_PNG, PICTURE_QR), "FILE", 0, "Write the QR code alone" },
	{ "png-barcode", FILE_KEY(PICTURE_PNG, PICTURE_BARCODE), "FILE", 0, "Write the Code 128 bar code alone" },
	{ "svg", FILE_KEY(PICTURE_SVG, PICTURE_BOTH), "FILE", 0, "The same as SVG" },
	{ "svg-qr", FILE_KEY(PICTURE_SVG, PICTURE_QR), "FILE", 0, NULL },
	{ "svg-barcode", FILE_KEY(PICTURE_SVG, PICTURE_BARCODE), "FILE", 0, NULL },
	{ "display", KEY_DISPLAY, "WIDTHxHEIGHT", 0, "Dots that the pictures may have; 400x400 without it" },
	{ 0 }
};

static bool any_file(void)
{
	int f, l;

	for (f = PICTURE_PNG; f <= PICTURE_SVG; f++)
		for (l = PICTURE_QR; l <= PICTURE_BOTH; l++)
			if (args.files[f][l])
				return true;
	return false;
}

/* Which mode the options come to; anything that does not go together is a mistake. */
static void settle_mode(struct argp_state *state)
{
	bool bound = args.amount || wanted.merchant || wanted.challenge;

	if (args.reveal + args.online + args.pool + bound > 1)
		argp_error(state, "--reveal, --online, --pool and a code that is bound to something exclude each other");
	if (wanted.challenge && !wanted.merchant)
		argp_error(state, "--challenge is a merchant's: give --merchant, too");
	if (args.currency && !args.amount)
		argp_error(state, "--currency is of an amount: give --amount, too");
	if (args.plain && !args.reveal && !any_file() && !options.json)
		argp_error(state, "--plain leaves nothing to show: the digits are hidden without --reveal");
	if (args.payload && !options.json)
		argp_error(state, "--payload goes with --json");
	if (args.once && args.watch)
		argp_error(state, "--once and --watch exclude each other");
	wanted.mode = args.online ? ISSUE_ONLINE : args.pool ? VOICEPAY_MODE_POOL :
		      args.reveal ? VOICEPAY_MODE_SHOWN : args.amount && wanted.merchant ? VOICEPAY_MODE_BOUND :
		      wanted.merchant ? VOICEPAY_MODE_MERCHANT : args.amount ? VOICEPAY_MODE_AMOUNT : 0;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	char end;

	switch (key) {
	case 's':
		wanted.slot = parse_slot(arg, state);
		return 0;
	case 'n':
		wanted.fresh = true;
		return 0;
	case 'r':
		args.reveal = true;
		return 0;
	case KEY_AMOUNT:
		args.amount = arg;
		return 0;
	case KEY_CURRENCY:
		args.currency = arg;
		return 0;
	case KEY_MERCHANT:
		wanted.merchant = arg;
		return 0;
	case KEY_CHALLENGE:
		wanted.challenge = arg;
		return 0;
	case KEY_ONLINE:
		args.online = true;
		return 0;
	case KEY_POOL:
		args.pool = true;
		return 0;
	case KEY_ONCE:
		args.once = true;
		return 0;
	case 'w':
		args.watch = true;
		return 0;
	case 'p':
		args.plain = true;
		return 0;
	case KEY_PAYLOAD:
		args.payload = true;
		return 0;
	case KEY_DISPLAY:
		if (sscanf(arg, "%dx%d%c", &args.width, &args.height, &end) != 2)
			argp_error(state, "\"%s\" is no size: give one as 400x400", arg);
		return 0;
	case ARGP_KEY_END:
		settle_mode(state);
		return 0;
	default:
		if (key < KEY_FILES || key > KEY_FILES_LAST)
			return ARGP_ERR_UNKNOWN;
		key -= KEY_FILES;
		args.files[key / (PICTURE_BOTH + 1)][key % (PICTURE_BOTH + 1)] = arg;
		return 0;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows a payment code as QR code and bar code. It needs no network. Whoever sees it can spend "
	"it for about a minute, once. Its digits are hidden, as digits get dictated to swindlers.\v"
	"On a terminal it stays, counts down and goes on to the next code for five minutes; n gives a "
	"fresh code, q ends it.", common_options
};

static int save_files(const char *digits)
{
	int f, l;

	for (f = PICTURE_PNG; f <= PICTURE_SVG; f++)
		for (l = PICTURE_QR; l <= PICTURE_BOTH; l++) {
			const char *path = args.files[f][l];
			int err = path ? picture_save(f, l, args.width, args.height, digits, path) : 0;

			if (err == -ERANGE)
				return tell_error(STATUS_USAGE, "USAGE",
						  "%s: a display of %d by %d dots is too small for it", path, args.width,
						  args.height);
			if (err)
				return tell_error(STATUS_ENVIRONMENT, strerrorname_np(-err),
						  "%s: the picture cannot be written: %s", path, strerror(-err));
		}
	return 0;
}

static int tell_code(const struct issued *code)
{
	json_t *o = json_pack("{s:i, s:i, s:s, s:b}", "slot", wanted.slot, "version", code->version, "mode",
			      issue_mode_name(code->version), "revealed", code->shown);

	if (code->valid_ms)
		json_object_set_new(o, "valid_ms", json_integer(code->valid_ms));
	/* Digits are there only where they are for eyes, or where a program said what it wants them for. */
	if (code->shown)
		json_object_set_new(o, "digits", json_string(code->digits));
	if (args.payload)
		json_object_set_new(o, "payload", json_string(code->digits));
	return tell_json(o);
}

struct live_code {
	struct issue *issue;
	struct issued code;
	int status;
	bool none_left;		/* no fresh one until this half minute is over */
};

static int next_code(void *arg, bool fresh, unsigned int *valid_ms)
{
	struct live_code *l = arg;
	struct issued code;
	int err;

	wanted.fresh = fresh || wanted.fresh;
	err = issue_code(l->issue, &wanted, &code);
	wanted.fresh = false;
	if (err == -EAGAIN && l->code.valid_ms) {
		/* What there is stays until the time comes for another. */
		l->none_left = true;
		*valid_ms = 1000;
		return 0;
	}
	if (err)
		return err;
	l->none_left = false;
	l->code = code;
	explicit_bzero(&code, sizeof(code));
	l->status = save_files(l->code.digits);
	/* One from the pool has no end of its own. */
	*valid_ms = l->code.valid_ms ? l->code.valid_ms : FORGOTTEN_MS;
	return l->status ? -ECANCELED : 0;
}

static void draw_code(void *arg, FILE *out, unsigned int left, int rows, int columns)
{
	const struct live_code *l = arg;

	display_code(out, &l->code, l->code.valid_ms && !l->none_left ? left : 0, rows, columns,
		     (args.plain ? 0 : DISPLAY_PICTURES) | DISPLAY_COLOUR | DISPLAY_KEYS |
		     (l->none_left ? DISPLAY_NONE_LEFT : 0));
}

static int show_live(struct issue *issue)
{
	struct live_code l = { .issue = issue };
	const struct live_view view = { next_code, draw_code, args.watch ? 0 : FORGOTTEN_MS, &l };
	int err = live_run(&view);

	explicit_bzero(&l.code, sizeof(l.code));
	if (!err || l.status)
		return l.status;
	return issue_tell(issue, err);
}

static int show(const struct issued *code)
{
	int status = save_files(code->digits);

	if (status)
		return status;
	if (options.json)
		return tell_code(code);
	display_code(stdout, code, (code->valid_ms + 999) / 1000, 0, display_columns(),
		     (args.plain ? 0 : DISPLAY_PICTURES) | (isatty(STDOUT_FILENO) ? DISPLAY_COLOUR : 0));
	return fflush(stdout) ? STATUS_ENVIRONMENT : STATUS_OK;
}

/* Past the end of this code, so that the next call gives another. */
static void wait_for_next(unsigned int valid_ms)
{
	unsigned int ms = (valid_ms ? valid_ms : 1000) + 20;
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static int show_plainly(struct issue *issue)
{
	struct issued code = { 0 };
	int err, status;

	do {
		err = issue_code(issue, &wanted, &code);
		if (err == -EAGAIN && args.watch) {
			status = STATUS_OK;
			wait_for_next(0);
			continue;
		}
		status = err ? issue_tell(issue, err) : show(&code);
		wanted.fresh = false;
		if (args.watch && !status) {
			unsigned int valid_ms = code.valid_ms;

			explicit_bzero(&code, sizeof(code));
			wait_for_next(valid_ms);
		}
	} while (args.watch && !status);
	explicit_bzero(&code, sizeof(code));
	return status;
}

int cmd_code(int argc, char **argv)
{
	struct issue issue;
	const char *why;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	wanted.currency = args.currency ? args.currency : "CNY";
	if (args.amount && amount_parse(args.amount, wanted.currency, &wanted.amount, &why))
		return tell_error(STATUS_USAGE, "USAGE", "the amount \"%s %s\" cannot be paid: %s",
				  args.amount, wanted.currency, why);
	status = issue_open(&issue, wanted.mode);
	if (status)
		return status;
	if (isatty(STDOUT_FILENO) && !args.once && !options.json)
		status = show_live(&issue);
	else
		status = show_plainly(&issue);
	issue_close(&issue);
	return status;
}
