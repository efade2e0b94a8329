// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay warm: a payment is likely, so have a channel ready for it. */

#include <stdio.h>

#include "command.h"

static unsigned int channels = 1;

static const struct argp_option argp_options[] = {
	{ "channels", 'n', "N", 0, "So many, 1 if not given; 0 tells what there is, and asks for nothing" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	unsigned int n;
	char end;

	if (key != 'n')
		return ARGP_ERR_UNKNOWN;
	if (sscanf(arg, "%2u%c", &n, &end) != 1 || n > CONFIG_WARM)
		argp_error(state, "channels must be a number, 0 to %d", CONFIG_WARM);
	channels = n;
	return 0;
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Has voicepayd open channels to the gateway before they are needed, and does not wait for "
	"them. To be called when the wake word is heard; the next payment then takes one that is "
	"ready.", common_options
};

int cmd_warm(int argc, char **argv)
{
	struct voicepay_warm warm = { .size = sizeof(warm) };
	static struct config config;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	if (status)
		return status;
	if (voicepay_warm(config.socket, channels, 0, &warm))
		return tell_error(warm.check == VOICEPAY_CHECK_DAEMON || warm.check == VOICEPAY_CHECK_TIMEOUT ?
				  STATUS_ENVIRONMENT : STATUS_REFUSED, voicepay_check_name(warm.check),
				  "%s (check: %s)", warm.message, voicepay_check_name(warm.check));
	if (options.json)
		return tell_json(json_pack("{s:i, s:i, s:i}", "ready", warm.ready, "coming", warm.coming,
					   "seconds", warm.seconds));
	printf("%u channels ready, %u being opened, kept for %u s.\n", warm.ready, warm.coming, warm.seconds);
	return STATUS_OK;
}
