// SPDX-License-Identifier: GPL-2.0
/* Netlink commands for what a slot gives out: payment codes. */

#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "code.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "slot.h"

static int put_code(struct sk_buff *skb, const struct vp_code *code)
{
	char digits[PAYCODE_DIGITS + 1];
	int err = 0;

	memcpy(digits, code->digits, PAYCODE_DIGITS);
	digits[PAYCODE_DIGITS] = '\0';
	if (nla_put_string(skb, VOICEPAY_A_CODE_DIGITS, digits) ||
	    nla_put_u32(skb, VOICEPAY_A_CODE_VALID_MS, code->valid_ms))
		err = -EMSGSIZE;
	memzero_explicit(digits, sizeof(digits));
	return err;
}

static int give_code(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	const struct nlattr *mode = info->attrs[VOICEPAY_A_CODE_MODE];
	struct vp_nl_reply reply;
	struct vp_code code;
	int err;

	/* The reply first, so that no code is drawn that nobody gets. */
	err = vp_nl_reply_begin(&reply, info);
	if (err)
		return err;
	err = vp_code_issue(slot, caller, mode ? nla_get_u32(mode) : 0,
			    nla_get_flag(info->attrs[VOICEPAY_A_CODE_NEW]), &code);
	if (!err)
		err = put_code(reply.skb, &code);
	memzero_explicit(&code, sizeof(code));
	return vp_nl_reply_end(&reply, info, err);
}

int voicepay_nl_code_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vp_nl_with_slot(skb, info, VOICEPAY_A_CODE_SLOT, 0, give_code);
}
