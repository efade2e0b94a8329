// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay wipe: every key of the module, and whom the device belongs to. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "netlink.h"

static bool sure;

static const struct argp_option argp_options[] = {
	{ "yes", 'y', NULL, 0, "Do not ask" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	if (key != 'y')
		return ARGP_ERR_UNKNOWN;
	sure = true;
	return 0;
}

static const struct argp argp = {
	argp_options, on_option, NULL,
	"Wipes every slot's keys and forgets the gateway. There is no way back but to enrol "
	"again, with new tickets.", common_options
};

static bool ask(void)
{
	char answer[8] = "";

	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr, "Wipe all keys of this device? Type yes: ");
	return fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n");
}

int cmd_wipe(int argc, char **argv)
{
	struct manage_device d;
	struct manage m;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (!sure && !ask())
		return tell_error(STATUS_USAGE, "USAGE",
				  "nothing was wiped: say yes when asked, or give --yes");
	err = manage_open(&m);
	if (!err)
		err = manage_dev_get(&m, &d);
	if (!err)
		err = manage_wipe(&m, d.provisioned ? d.device_id : NULL);
	if (err) {
		err = manage_tell(&m, err);
		manage_close(&m);
		return err;
	}
	manage_close(&m);
	if (options.json)
		return tell_json(json_pack("{s:b}", "wiped", 1));
	printf("All keys are wiped. To use the device again, provision and enrol it.\n");
	return STATUS_OK;
}
