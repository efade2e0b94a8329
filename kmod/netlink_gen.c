// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/voicepay.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/voicepay_netlink.h>

/* VOICEPAY_CMD_DEV_GET - do */
const struct nla_policy voicepay_dev_get_nl_policy[VOICEPAY_A_DEVICE_DEVICE_ID + 1] = {
	[VOICEPAY_A_DEVICE_DEVICE_ID] = NLA_POLICY_EXACT_LEN(VOICEPAY_DEVICE_ID_LEN),
};

/* VOICEPAY_CMD_DEV_SET - do */
const struct nla_policy voicepay_dev_set_nl_policy[VOICEPAY_A_DEVICE_GATEWAY_KEY + 1] = {
	[VOICEPAY_A_DEVICE_DEVICE_ID] = NLA_POLICY_EXACT_LEN(VOICEPAY_DEVICE_ID_LEN),
	[VOICEPAY_A_DEVICE_GATEWAY_KEY] = NLA_POLICY_EXACT_LEN(VOICEPAY_GATEWAY_KEY_LEN),
};

/* VOICEPAY_CMD_SLOT_GET - do */
const struct nla_policy voicepay_slot_get_nl_policy[VOICEPAY_A_SLOT_ID + 1] = {
	[VOICEPAY_A_SLOT_ID] = { .type = NLA_U32, },
};

/* VOICEPAY_CMD_SLOT_NEW - do */
const struct nla_policy voicepay_slot_new_nl_policy[VOICEPAY_A_SLOT_ID + 1] = {
	[VOICEPAY_A_SLOT_ID] = { .type = NLA_U32, },
};

/* VOICEPAY_CMD_SLOT_DEL - do */
const struct nla_policy voicepay_slot_del_nl_policy[VOICEPAY_A_SLOT_ID + 1] = {
	[VOICEPAY_A_SLOT_ID] = { .type = NLA_U32, },
};

/* VOICEPAY_CMD_ENROL_BEGIN - do */
const struct nla_policy voicepay_enrol_begin_nl_policy[VOICEPAY_A_ENROL_TICKET + 1] = {
	[VOICEPAY_A_ENROL_SLOT] = { .type = NLA_U32, },
	[VOICEPAY_A_ENROL_TICKET] = NLA_POLICY_EXACT_LEN(VOICEPAY_TICKET_LEN),
};

/* VOICEPAY_CMD_ENROL_FINISH - do */
const struct nla_policy voicepay_enrol_finish_nl_policy[VOICEPAY_A_ENROL_ACCEPT_TIME + 1] = {
	[VOICEPAY_A_ENROL_SLOT] = { .type = NLA_U32, },
	[VOICEPAY_A_ENROL_MESSAGE] = { .type = NLA_BINARY, },
	[VOICEPAY_A_ENROL_ACCEPT_TIME] = { .type = NLA_FLAG, },
};

/* VOICEPAY_CMD_CODE_GET - do */
const struct nla_policy voicepay_code_get_nl_policy[VOICEPAY_A_CODE_CHALLENGE + 1] = {
	[VOICEPAY_A_CODE_SLOT] = { .type = NLA_U32, },
	[VOICEPAY_A_CODE_MODE] = { .type = NLA_U32, },
	[VOICEPAY_A_CODE_NEW] = { .type = NLA_FLAG, },
	[VOICEPAY_A_CODE_AMOUNT] = { .type = NLA_U64, },
	[VOICEPAY_A_CODE_CURRENCY] = { .type = NLA_NUL_STRING, .len = 3, },
	[VOICEPAY_A_CODE_MERCHANT] = { .type = NLA_NUL_STRING, .len = 64, },
	[VOICEPAY_A_CODE_CHALLENGE] = { .type = NLA_NUL_STRING, .len = 32, },
};

/* VOICEPAY_CMD_WIPE - do */
const struct nla_policy voicepay_wipe_nl_policy[VOICEPAY_A_DEVICE_DEVICE_ID + 1] = {
	[VOICEPAY_A_DEVICE_DEVICE_ID] = NLA_POLICY_EXACT_LEN(VOICEPAY_DEVICE_ID_LEN),
};

/* VOICEPAY_CMD_SLOT_SET - do */
const struct nla_policy voicepay_slot_set_nl_policy[VOICEPAY_A_SLOT_PRESENCE_ABOVE + 1] = {
	[VOICEPAY_A_SLOT_ID] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_UID] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_GID] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_UID_RIGHTS] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_GID_RIGHTS] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_CALLER_PER_HOUR] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_PRESENCE] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_PRESENCE_SECONDS] = { .type = NLA_U32, },
	[VOICEPAY_A_SLOT_PRESENCE_ABOVE] = { .type = NLA_U64, },
};

/* VOICEPAY_CMD_SLOT_LOCK - do */
const struct nla_policy voicepay_slot_lock_nl_policy[VOICEPAY_A_SLOT_ID + 1] = {
	[VOICEPAY_A_SLOT_ID] = { .type = NLA_U32, },
};

/* VOICEPAY_CMD_SLOT_UNLOCK - do */
const struct nla_policy voicepay_slot_unlock_nl_policy[VOICEPAY_A_SLOT_ID + 1] = {
	[VOICEPAY_A_SLOT_ID] = { .type = NLA_U32, },
};

/* VOICEPAY_CMD_BLOB_GET - do */
const struct nla_policy voicepay_blob_get_nl_policy[VOICEPAY_A_BLOB_FINAL + 1] = {
	[VOICEPAY_A_BLOB_SLOT] = { .type = NLA_U32, },
	[VOICEPAY_A_BLOB_FINAL] = { .type = NLA_FLAG, },
};

/* VOICEPAY_CMD_BLOB_PUT - do */
const struct nla_policy voicepay_blob_put_nl_policy[VOICEPAY_A_BLOB_BLOB + 1] = {
	[VOICEPAY_A_BLOB_SLOT] = { .type = NLA_U32, },
	[VOICEPAY_A_BLOB_BLOB] = { .type = NLA_BINARY, },
};

/* VOICEPAY_CMD_BLOB_COMMIT - do */
const struct nla_policy voicepay_blob_commit_nl_policy[VOICEPAY_A_BLOB_RETIRE + 1] = {
	[VOICEPAY_A_BLOB_RETIRE] = { .type = NLA_FLAG, },
};

/* VOICEPAY_CMD_SEALER_GET - do */
const struct nla_policy voicepay_sealer_get_nl_policy[VOICEPAY_A_SEALER_NEW + 1] = {
	[VOICEPAY_A_SEALER_NEW] = { .type = NLA_FLAG, },
};

/* VOICEPAY_CMD_SEALER_PUT - do */
const struct nla_policy voicepay_sealer_put_nl_policy[VOICEPAY_A_SEALER_WRAPPED_KEY + 1] = {
	[VOICEPAY_A_SEALER_WRAPPED_KEY] = { .type = NLA_BINARY, },
};

/* VOICEPAY_CMD_OTP_PUT - do */
const struct nla_policy voicepay_otp_put_nl_policy[VOICEPAY_A_OTP_COUNTER + 1] = {
	[VOICEPAY_A_OTP_SLOT] = { .type = NLA_U32, },
	[VOICEPAY_A_OTP_SECRET] = { .type = NLA_BINARY, },
	[VOICEPAY_A_OTP_ALGORITHM] = { .type = NLA_U32, },
	[VOICEPAY_A_OTP_DIGITS] = { .type = NLA_U32, },
	[VOICEPAY_A_OTP_PERIOD] = { .type = NLA_U32, },
	[VOICEPAY_A_OTP_COUNTER] = { .type = NLA_U64, },
};

/* VOICEPAY_CMD_POOL_PUT - do */
const struct nla_policy voicepay_pool_put_nl_policy[VOICEPAY_A_POOL_MESSAGE + 1] = {
	[VOICEPAY_A_POOL_SLOT] = { .type = NLA_U32, },
	[VOICEPAY_A_POOL_MESSAGE] = NLA_POLICY_EXACT_LEN(VOICEPAY_POOL_LEN),
};

/* Ops table for voicepay */
const struct genl_ops voicepay_nl_ops[19] = {
	{
		.cmd		= VOICEPAY_CMD_DEV_GET,
		.doit		= voicepay_nl_dev_get_doit,
		.policy		= voicepay_dev_get_nl_policy,
		.maxattr	= VOICEPAY_A_DEVICE_DEVICE_ID,
	},
	{
		.cmd		= VOICEPAY_CMD_DEV_SET,
		.doit		= voicepay_nl_dev_set_doit,
		.policy		= voicepay_dev_set_nl_policy,
		.maxattr	= VOICEPAY_A_DEVICE_GATEWAY_KEY,
	},
	{
		.cmd		= VOICEPAY_CMD_SLOT_GET,
		.doit		= voicepay_nl_slot_get_doit,
		.dumpit		= voicepay_nl_slot_get_dumpit,
		.policy		= voicepay_slot_get_nl_policy,
		.maxattr	= VOICEPAY_A_SLOT_ID,
	},
	{
		.cmd		= VOICEPAY_CMD_SLOT_NEW,
		.doit		= voicepay_nl_slot_new_doit,
		.policy		= voicepay_slot_new_nl_policy,
		.maxattr	= VOICEPAY_A_SLOT_ID,
	},
	{
		.cmd		= VOICEPAY_CMD_SLOT_DEL,
		.doit		= voicepay_nl_slot_del_doit,
		.policy		= voicepay_slot_del_nl_policy,
		.maxattr	= VOICEPAY_A_SLOT_ID,
	},
	{
		.cmd		= VOICEPAY_CMD_ENROL_BEGIN,
		.doit		= voicepay_nl_enrol_begin_doit,
		.policy		= voicepay_enrol_begin_nl_policy,
		.maxattr	= VOICEPAY_A_ENROL_TICKET,
	},
	{
		.cmd		= VOICEPAY_CMD_ENROL_FINISH,
		.doit		= voicepay_nl_enrol_finish_doit,
		.policy		= voicepay_enrol_finish_nl_policy,
		.maxattr	= VOICEPAY_A_ENROL_ACCEPT_TIME,
	},
	{
		.cmd		= VOICEPAY_CMD_CODE_GET,
		.doit		= voicepay_nl_code_get_doit,
		.policy		= voicepay_code_get_nl_policy,
		.maxattr	= VOICEPAY_A_CODE_CHALLENGE,
	},
	{
		.cmd		= VOICEPAY_CMD_WIPE,
		.doit		= voicepay_nl_wipe_doit,
		.policy		= voicepay_wipe_nl_policy,
		.maxattr	= VOICEPAY_A_DEVICE_DEVICE_ID,
	},
	{
		.cmd		= VOICEPAY_CMD_SLOT_SET,
		.doit		= voicepay_nl_slot_set_doit,
		.policy		= voicepay_slot_set_nl_policy,
		.maxattr	= VOICEPAY_A_SLOT_PRESENCE_ABOVE,
	},
	{
		.cmd		= VOICEPAY_CMD_SLOT_LOCK,
		.doit		= voicepay_nl_slot_lock_doit,
		.policy		= voicepay_slot_lock_nl_policy,
		.maxattr	= VOICEPAY_A_SLOT_ID,
	},
	{
		.cmd		= VOICEPAY_CMD_SLOT_UNLOCK,
		.doit		= voicepay_nl_slot_unlock_doit,
		.policy		= voicepay_slot_unlock_nl_policy,
		.maxattr	= VOICEPAY_A_SLOT_ID,
	},
	{
		.cmd		= VOICEPAY_CMD_BLOB_GET,
		.doit		= voicepay_nl_blob_get_doit,
		.policy		= voicepay_blob_get_nl_policy,
		.maxattr	= VOICEPAY_A_BLOB_FINAL,
	},
	{
		.cmd		= VOICEPAY_CMD_BLOB_PUT,
		.doit		= voicepay_nl_blob_put_doit,
		.policy		= voicepay_blob_put_nl_policy,
		.maxattr	= VOICEPAY_A_BLOB_BLOB,
	},
	{
		.cmd		= VOICEPAY_CMD_BLOB_COMMIT,
		.doit		= voicepay_nl_blob_commit_doit,
		.policy		= voicepay_blob_commit_nl_policy,
		.maxattr	= VOICEPAY_A_BLOB_RETIRE,
	},
	{
		.cmd		= VOICEPAY_CMD_SEALER_GET,
		.doit		= voicepay_nl_sealer_get_doit,
		.policy		= voicepay_sealer_get_nl_policy,
		.maxattr	= VOICEPAY_A_SEALER_NEW,
	},
	{
		.cmd		= VOICEPAY_CMD_SEALER_PUT,
		.doit		= voicepay_nl_sealer_put_doit,
		.policy		= voicepay_sealer_put_nl_policy,
		.maxattr	= VOICEPAY_A_SEALER_WRAPPED_KEY,
	},
	{
		.cmd		= VOICEPAY_CMD_OTP_PUT,
		.doit		= voicepay_nl_otp_put_doit,
		.policy		= voicepay_otp_put_nl_policy,
		.maxattr	= VOICEPAY_A_OTP_COUNTER,
	},
	{
		.cmd		= VOICEPAY_CMD_POOL_PUT,
		.doit		= voicepay_nl_pool_put_doit,
		.policy		= voicepay_pool_put_nl_policy,
		.maxattr	= VOICEPAY_A_POOL_MESSAGE,
	},
};

static const struct genl_multicast_group voicepay_nl_mcgrps[] = {
	[VOICEPAY_NLGRP_EVENTS] = { "events", },
};
