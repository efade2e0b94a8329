/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every request that the module knows, each with a well-formed example and with
 * who may make it. Tests of hostile callers go through these tables, and first
 * of all through what the module and its headers say there is: a request
 * without a line here fails them.
 */
#ifndef VP_TEST_COMMANDS_H
#define VP_TEST_COMMANDS_H

#include <stdbool.h>
#include <linux/voicepay.h>

#include "enrol.h"

/* Who may. */
enum whose {
	NOT_A_REQUEST,		/* only ever sent by the kernel */
	ANYBODYS,
	SLOT_SEE, SLOT_CODE, SLOT_AUTHORISE, SLOT_MANAGE,
	ADMINS,
};

struct nl_command {
	const char *name;
	enum whose whose;
	/* Adds the attributes of a request about @slot. */
	void (*fill)(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot);
};

/* By number; a name of NULL is a gap. */
extern const struct nl_command nl_commands[VOICEPAY_CMD_MAX + 1];

/* A well-formed request about @slot. */
void nl_command_begin(const struct genl *g, struct genl_msg *msg, __u8 cmd,
		      const struct test_gateway *gw, __u32 slot);

/* Large enough for every structure, with room behind it. */
union any_request {
	struct { __u32 size, flags, slot; } head;
	struct voicepay_info info;
	struct voicepay_status status;
	struct voicepay_code code;
	struct voicepay_seal seal;
	struct voicepay_donation donation;
	struct voicepay_authorise authorise;
	struct voicepay_otp otp;
	struct voicepay_ticket ticket;
	__u8 bytes[1024];
};

struct ioc_command {
	const char *name;
	unsigned long cmd;
	enum whose whose;
	__u32 size;		/* of the structure */
	__u32 first;		/* of its first version: less is EINVAL */
	int stranger;		/* what somebody without rights gets, 0 for an answer */
	void (*fill)(union any_request *req, __u32 slot);
};

extern const struct ioc_command ioc_commands[];
extern const unsigned int n_ioc_commands;

void ioc_command_begin(union any_request *req, const struct ioc_command *c, __u32 slot);

#endif /* VP_TEST_COMMANDS_H */
