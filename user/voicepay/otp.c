// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay otp: the codes of an authenticator slot, and how a key gets into one. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "display.h"
#include "live.h"
#include "otpimport.h"

#define FORGOTTEN_MS	(5 * 60 * 1000)

static struct {
	bool add, once;
	int64_t slot;
	struct otp_source source;
} args = { .slot = -1 };

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Slot; 0 without it, or the lowest free one to add to" },
	{ "once", 'o', NULL, 0, "Print one code and end, on a terminal, too" },
	{ NULL, 0, NULL, 0, "With \"add\":", 2 },
	{ "uri", 'u', "FILE", 0, "Import the otpauth:// URI in FILE; - is standard input" },
	{ "pskc", 'P', "FILE", 0, "Import from a PSKC file (RFC 6030)" },
	{ "key-id", 'k', "ID", 0, "Which key of the PSKC file" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's':
		args.slot = parse_slot(arg, state);
		return 0;
	case 'o':
		args.once = true;
		return 0;
	case 'u':
		args.source.uri = arg;
		return 0;
	case 'P':
		args.source.pskc = arg;
		return 0;
	case 'k':
		args.source.key_id = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args.add || strcmp(arg, "add"))
			argp_error(state, "\"%s\" is not what otp does: it is \"add\", or nothing for a code", arg);
		args.add = true;
		return 0;
	case ARGP_KEY_END:
		if (args.add != (args.source.uri || args.source.pskc))
			argp_error(state, args.add ? "add needs --uri or --pskc" : "--uri and --pskc go with add");
		if (args.source.uri && args.source.pskc)
			argp_error(state, "one of --uri and --pskc");
		if (args.source.key_id && !args.source.pskc)
			argp_error(state, "--key-id is of a PSKC file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options, on_option, "[add]",
	"Shows the code of an authenticator slot (RFC 6238, RFC 4226), or imports a key into a new "
	"one, once: what went in cannot be read back.\vA URI is a secret, so it is not taken from the "
	"command line, which everybody on the machine can read. To import needs root.", common_options
};

static void print(FILE *out, const struct voicepay_otp *otp, unsigned int left)
{
	display_digits(out, (const char *)otp->digits);
	if (otp->valid_ms)
		fprintf(out, "\n%u second%s left\n", left, left == 1 ? "" : "s");
	else
		fprintf(out, "\nnumber %llu; good until another one has been used\n", (unsigned long long)otp->counter);
}

struct live_otp {
	int dev;
	struct voicepay_otp otp;
};

static int next_otp(void *arg, bool fresh, unsigned int *valid_ms)
{
	struct live_otp *l = arg;
	int err = voicepay_otp(l->dev, args.slot, &l->otp);

	/* A counted one has no end of its own. */
	*valid_ms = l->otp.valid_ms ? l->otp.valid_ms : FORGOTTEN_MS + 1000;
	return err;
}

static void draw_otp(void *arg, FILE *out, unsigned int left, int rows, int columns)
{
	const struct live_otp *l = arg;

	print(out, &l->otp, left);
	fprintf(out, "%sq: end\n", l->otp.valid_ms ? "" : "n: next code   ");
}

static int show_live(int dev)
{
	struct live_otp l = { .dev = dev };
	const struct live_view view = { next_otp, draw_otp, FORGOTTEN_MS, &l };
	int err = live_run(&view);

	explicit_bzero(&l.otp, sizeof(l.otp));
	return err ? tell_errno(VOICEPAY_CALL_OTP, err) : STATUS_OK;
}

static int show_once(int dev)
{
	struct voicepay_otp otp;
	int err = voicepay_otp(dev, args.slot, &otp), status = STATUS_OK;

	if (err)
		return tell_errno(VOICEPAY_CALL_OTP, err);
	if (options.json) {
		json_t *o = json_pack("{s:i, s:s, s:I}", "slot", otp.slot, "digits", otp.digits, "counter",
				      (json_int_t)otp.counter);

		if (otp.valid_ms)
			json_object_set_new(o, "valid_ms", json_integer(otp.valid_ms));
		status = tell_json(o);
	} else {
		print(stdout, &otp, (otp.valid_ms + 999) / 1000);
	}
	explicit_bzero(&otp, sizeof(otp));
	return fflush(stdout) ? STATUS_ENVIRONMENT : status;
}

int cmd_otp(int argc, char **argv)
{
	int dev, status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (args.add)
		return otp_import(&args.source, args.slot);
	if (args.slot < 0)
		args.slot = 0;
	dev = open_device();
	if (dev < 0)
		return -dev;
	if (isatty(STDOUT_FILENO) && !args.once && !options.json)
		status = show_live(dev);
	else
		status = show_once(dev);
	voicepay_close(dev);
	return status;
}
