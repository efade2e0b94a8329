// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask: what the module says, for scripts. Prints the name of the errno, or OK.
 *
 *	ask enrol SLOT			makes the device and the slot anew and enrols it
 *	ask code SLOT [new]
 *	ask presence SLOT MODE SECONDS	as slot-set
 *	ask digits SLOT			the code itself
 *	ask now				the module's time, milliseconds are not to be had: seconds
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "enrol.h"

static int tell(int err)
{
	err = err < 0 ? -err : err;
	puts(err ? strerrorname_np(err) : "OK");
	return err ? 1 : 0;
}

static int code(unsigned int slot, unsigned int flags, int show)
{
	struct voicepay_code c = { .size = sizeof(c), .slot = slot, .flags = flags };
	int dev = open(VOICEPAY_DEVICE, O_RDWR);
	int err = dev < 0 || ioctl(dev, VOICEPAY_IOC_CODE, &c) ? errno : 0;

	if (err || !show)
		return tell(err);
	printf("%s\n", c.digits);
	return 0;
}

static int enrol(struct genl *nl, unsigned int slot)
{
	struct test_gateway gw;

	test_gateway_init(&gw);
	test_fresh_device(nl, &gw, slot + 1);
	return tell(test_enrol(nl, &gw, slot));
}

static int presence(struct genl *nl, unsigned int slot, unsigned int mode, unsigned int seconds)
{
	struct genl_msg msg;

	genl_begin(nl, &msg, VOICEPAY_CMD_SLOT_SET);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, slot);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_PRESENCE, mode);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_PRESENCE_SECONDS, seconds);
	return tell(genl_call(nl, &msg));
}

static int now(struct genl *nl)
{
	struct genl_msg msg;
	int err;

	genl_begin(nl, &msg, VOICEPAY_CMD_DEV_GET);
	err = genl_call(nl, &msg);
	if (err)
		return tell(err);
	printf("%llu\n", genl_u64(&msg, VOICEPAY_A_DEVICE_NOW));
	return 0;
}

int main(int argc, char **argv)
{
	struct genl nl;

	if (genl_open(&nl))
		return 3;
	if (argc == 3 && !strcmp(argv[1], "enrol"))
		return enrol(&nl, atoi(argv[2]));
	if (argc >= 3 && !strcmp(argv[1], "code"))
		return code(atoi(argv[2]), argc > 3 ? VOICEPAY_CODE_NEW : 0, 0);
	if (argc == 3 && !strcmp(argv[1], "digits"))
		return code(atoi(argv[2]), 0, 1);
	if (argc == 5 && !strcmp(argv[1], "presence"))
		return presence(&nl, atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	if (argc == 2 && !strcmp(argv[1], "now"))
		return now(&nl);
	fprintf(stderr, "ask: see the head of its source\n");
	return 2;
}
