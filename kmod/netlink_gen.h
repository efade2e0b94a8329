/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/voicepay.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_VOICEPAY_GEN_H
#define _LINUX_VOICEPAY_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/voicepay_netlink.h>

extern const struct nla_policy voicepay_dev_get_nl_policy[VOICEPAY_A_DEVICE_DEVICE_ID + 1];

extern const struct nla_policy voicepay_dev_set_nl_policy[VOICEPAY_A_DEVICE_GATEWAY_KEY + 1];

extern const struct nla_policy voicepay_slot_get_nl_policy[VOICEPAY_A_SLOT_ID + 1];

extern const struct nla_policy voicepay_slot_new_nl_policy[VOICEPAY_A_SLOT_ID + 1];

extern const struct nla_policy voicepay_slot_del_nl_policy[VOICEPAY_A_SLOT_ID + 1];

extern const struct nla_policy voicepay_enrol_begin_nl_policy[VOICEPAY_A_ENROL_TICKET + 1];

extern const struct nla_policy voicepay_enrol_finish_nl_policy[VOICEPAY_A_ENROL_ACCEPT_TIME + 1];

extern const struct nla_policy voicepay_code_get_nl_policy[VOICEPAY_A_CODE_CHALLENGE + 1];

extern const struct nla_policy voicepay_wipe_nl_policy[VOICEPAY_A_DEVICE_DEVICE_ID + 1];

extern const struct nla_policy voicepay_slot_set_nl_policy[VOICEPAY_A_SLOT_PRESENCE_ABOVE + 1];

extern const struct nla_policy voicepay_slot_lock_nl_policy[VOICEPAY_A_SLOT_ID + 1];

extern const struct nla_policy voicepay_slot_unlock_nl_policy[VOICEPAY_A_SLOT_ID + 1];

extern const struct nla_policy voicepay_blob_get_nl_policy[VOICEPAY_A_BLOB_FINAL + 1];

extern const struct nla_policy voicepay_blob_put_nl_policy[VOICEPAY_A_BLOB_BLOB + 1];

extern const struct nla_policy voicepay_blob_commit_nl_policy[VOICEPAY_A_BLOB_RETIRE + 1];

extern const struct nla_policy voicepay_sealer_get_nl_policy[VOICEPAY_A_SEALER_NEW + 1];

extern const struct nla_policy voicepay_sealer_put_nl_policy[VOICEPAY_A_SEALER_WRAPPED_KEY + 1];

extern const struct nla_policy voicepay_otp_put_nl_policy[VOICEPAY_A_OTP_COUNTER + 1];

extern const struct nla_policy voicepay_pool_put_nl_policy[VOICEPAY_A_POOL_MESSAGE + 1];

/* Ops table for voicepay */
extern const struct genl_ops voicepay_nl_ops[19];

int voicepay_nl_dev_get_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_dev_set_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_slot_get_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_slot_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int voicepay_nl_slot_new_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_slot_del_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_enrol_begin_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_enrol_finish_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_code_get_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_wipe_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_slot_set_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_slot_lock_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_slot_unlock_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_blob_get_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_blob_put_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_blob_commit_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_sealer_get_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_sealer_put_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_otp_put_doit(struct sk_buff *skb, struct genl_info *info);
int voicepay_nl_pool_put_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	VOICEPAY_NLGRP_EVENTS,
};

#endif /* _LINUX_VOICEPAY_GEN_H */
