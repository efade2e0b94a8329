// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay code: a payment code as digits and as pictures. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "symbol.h"

static struct {
	unsigned int slot;
	unsigned int flags;
	bool watch;
	bool plain;
	const char *files[2][2];	/* by enum symbol_kind and symbol_format */
} args;

enum {
	KEY_PNG_QR = 256,
	KEY_PNG_BARCODE,
	KEY_SVG_QR,
	KEY_SVG_BARCODE,
};

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Slot that pays; 0 without it" },
	{ "new", 'n', NULL, 0, "A fresh code, as after a purchase, even within the same half minute" },
	{ "plain", 'p', NULL, 0, "Only the digits and their time, no pictures" },
	{ "watch", 'w', NULL, 0, "Go on, and show each new code as the old one ends" },
	{ "png-qr", KEY_PNG_QR, "FILE", 0, "Write the QR code as PNG" },
	{ "png-barcode", KEY_PNG_BARCODE, "FILE", 0, "Write the Code 128 bar code as PNG" },
	{ "svg-qr", KEY_SVG_QR, "FILE", 0, "Write the QR code as SVG" },
	{ "svg-barcode", KEY_SVG_BARCODE, "FILE", 0, "Write the Code 128 bar code as SVG" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's':
		args.slot = parse_slot(arg, state);
		return 0;
	case 'n':
		args.flags = VOICEPAY_CODE_NEW;
		return 0;
	case 'p':
		args.plain = true;
		return 0;
	case 'w':
		args.watch = true;
		return 0;
	case KEY_PNG_QR:
		args.files[SYMBOL_QR][SYMBOL_PNG] = arg;
		return 0;
	case KEY_PNG_BARCODE:
		args.files[SYMBOL_BARCODE][SYMBOL_PNG] = arg;
		return 0;
	case KEY_SVG_QR:
		args.files[SYMBOL_QR][SYMBOL_SVG] = arg;
		return 0;
	case KEY_SVG_BARCODE:
		args.files[SYMBOL_BARCODE][SYMBOL_SVG] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Shows a payment code, which needs no network. Whoever sees it can spend it for about a "
	"minute, once.", common_options
};

static int terminal_columns(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_col)
		return 1000;		/* not a terminal: nothing wraps */
	return ws.ws_col;
}

static void draw(enum symbol_kind kind, const char *digits)
{
	struct symbol symbol;

	if (symbol_make(&symbol, kind, digits))
		return;
	if (symbol_columns(&symbol, kind) > terminal_columns())
		printf("(the bar code needs %d columns: widen the window, or use --png-barcode FILE)\n",
		       symbol_columns(&symbol, kind));
	else
		symbol_draw(stdout, &symbol, kind, isatty(STDOUT_FILENO));
	explicit_bzero(&symbol, sizeof(symbol));
}

static void print_code(const struct voicepay_code *code)
{
	const char *digits = (const char *)code->digits;
	size_t i;

	for (i = 0; digits[i]; i += 4)
		printf("%s%.4s", i ? " " : "", digits + i);
	printf("\n%u seconds left\n", (code->valid_ms + 999) / 1000);
	if (args.plain)
		return;
	putchar('\n');
	draw(SYMBOL_QR, digits);
	putchar('\n');
	draw(SYMBOL_BARCODE, digits);
}

static int save_files(const char *digits)
{
	enum symbol_kind kind;
	enum symbol_format format;

	for (kind = SYMBOL_QR; kind <= SYMBOL_BARCODE; kind++)
		for (format = SYMBOL_PNG; format <= SYMBOL_SVG; format++) {
			const char *path = args.files[kind][format];
			int err = path ? symbol_save(kind, format, digits, path) : 0;

			if (err)
				return tell_error(STATUS_ENVIRONMENT, strerrorname_np(-err),
						  "%s: the picture cannot be written: %s", path,
						  strerror(-err));
		}
	return 0;
}

static int show(const struct voicepay_code *code)
{
	int status = save_files((const char *)code->digits);

	if (status)
		return status;
	if (options.json)
		return tell_json(json_pack("{s:i, s:s, s:I}", "slot", code->slot, "digits",
					   code->digits, "valid_ms", (json_int_t)code->valid_ms));
	print_code(code);
	return fflush(stdout) ? STATUS_ENVIRONMENT : STATUS_OK;
}

int cmd_code(int argc, char **argv)
{
	struct voicepay_code code;
	int dev, err, status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	dev = open_device();
	if (dev < 0)
		return -dev;
	do {
		err = voicepay_code(dev, args.slot, args.flags, &code);
		if (args.watch && err == -EAGAIN) {
			sleep(1);
			continue;
		}
		if (err) {
			status = tell_errno(VOICEPAY_CALL_CODE, err);
			break;
		}
		if (args.watch && !options.json && isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		status = show(&code);
		args.flags = 0;
		if (args.watch && !status) {
			/* Past the end of this step, so that the next call gives another. */
			struct timespec ts = {
				.tv_sec = (code.valid_ms + 20) / 1000,
				.tv_nsec = (code.valid_ms + 20) % 1000 * 1000000L,
			};

			explicit_bzero(&code, sizeof(code));
			nanosleep(&ts, NULL);
		}
	} while (args.watch && (err == -EAGAIN || !status));
	explicit_bzero(&code, sizeof(code));
	voicepay_close(dev);
	return status;
}
