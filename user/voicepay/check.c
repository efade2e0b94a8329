// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay check: is the way to the gateway good, and if not, what is wrong? */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static const struct argp argp = {
	NULL, NULL, NULL,
	"Opens a channel to the gateway as a payment would, says what was negotiated or which "
	"check failed, and closes it. Nothing is sent on it.", common_options
};

int cmd_check(int argc, char **argv)
{
	struct voicepay_channel ch = { .size = sizeof(ch) };
	static struct config config;
	int fd, status;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	status = load_config(&config);
	if (status)
		return status;
	fd = voicepay_channel_open(config.socket, 0, &ch);
	if (fd >= 0)
		close(fd);
	switch (ch.check) {
	case VOICEPAY_CHECK_OK:
		break;
	case VOICEPAY_CHECK_PROFILE:
	case VOICEPAY_CHECK_TLS:
	case VOICEPAY_CHECK_CA:
	case VOICEPAY_CHECK_SIGNATURE:
	case VOICEPAY_CHECK_HOST:
	case VOICEPAY_CHECK_DATES:
	case VOICEPAY_CHECK_PURPOSE:
	case VOICEPAY_CHECK_PIN:
	case VOICEPAY_CHECK_REVOCATION:
	case VOICEPAY_CHECK_CERTIFICATE:
	case VOICEPAY_CHECK_CONSTRAINTS:
	case VOICEPAY_CHECK_MUTUAL:
	case VOICEPAY_CHECK_PEER:
		return tell_error(STATUS_REFUSED, voicepay_check_name(ch.check), "%s (check: %s)",
				  ch.message, voicepay_check_name(ch.check));
	default:
		return tell_error(STATUS_ENVIRONMENT, voicepay_check_name(ch.check), "%s (check: %s)",
				  ch.message, voicepay_check_name(ch.check));
	}
	if (options.json)
		return tell_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "check", "ok", "host",
					   ch.host, "protocol", ch.protocol, "group", ch.group, "cipher",
					   ch.cipher, "resumed", ch.resumed, "warm", ch.warm));
	printf("The gateway %s passed every check: %s, %s, %s%s%s.\n", ch.host, ch.protocol, ch.group,
	       ch.cipher, ch.resumed ? ", resumed" : "", ch.warm ? ", warm" : "");
	return STATUS_OK;
}
