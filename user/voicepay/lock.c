// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay lock, voicepay unlock: a slot issues nothing until it may again. */

#include <stdio.h>

#include "command.h"
#include "netlink.h"

static unsigned int slot;

static const struct argp_option argp_options[] = {
	{ "slot", 's', "N", 0, "Slot, 0 if not given" },
	{ 0 }
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	if (key != 's')
		return ARGP_ERR_UNKNOWN;
	slot = parse_slot(arg, state);
	return 0;
}

static const struct argp lock_argp = {
	argp_options, on_option, NULL,
	"Lets a slot issue nothing until it is unlocked. Needs the right to manage it.",
	common_options
};

static const struct argp unlock_argp = {
	argp_options, on_option, NULL,
	"Undoes \"voicepay lock\". What root locked only root unlocks, which also ends the lock-out "
	"of users who were refused too often.", common_options
};

static int set_lock(bool lock)
{
	struct manage m;
	int err = manage_open(&m);

	if (!err)
		err = manage_slot_lock(&m, slot, lock);
	if (err) {
		err = manage_tell(&m, err);
		manage_close(&m);
		return err;
	}
	manage_close(&m);
	if (options.json)
		return tell_json(json_pack("{s:i, s:b}", "slot", slot, "locked", lock));
	printf("Slot %u is %s.\n", slot, lock ? "locked" : "unlocked");
	return STATUS_OK;
}

int cmd_lock(int argc, char **argv)
{
	argp_parse(&lock_argp, argc, argv, 0, NULL, NULL);
	return set_lock(true);
}

int cmd_unlock(int argc, char **argv)
{
	argp_parse(&unlock_argp, argc, argv, 0, NULL, NULL);
	return set_lock(false);
}
