// SPDX-License-Identifier: GPL-2.0
/* Netlink commands of payment codes: to get one, and to take a pool of them. */

#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "code.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "prefetch.h"
#include "slot.h"

/* Whose digits end in a NUL. */
static int put_code(struct sk_buff *skb, const struct vp_code *code)
{
	if (nla_put_u32(skb, VOICEPAY_A_CODE_MODE, code->mode) ||
	    nla_put_string(skb, VOICEPAY_A_CODE_DIGITS, code->digits) ||
	    nla_put_u32(skb, VOICEPAY_A_CODE_VALID_MS, code->valid_ms))
		return -EMSGSIZE;
	return 0;
}

/* A string that fits, as the policy says, with or without a NUL, padded with NUL. */
static void take_string(const struct nlattr *attr, u8 *out, size_t room)
{
	size_t len = attr ? nla_len(attr) : 0;

	memset(out, 0, room);
	if (len)
		memcpy(out, nla_data(attr), min(len, room));
}

static void take_terms(struct genl_info *info, struct paycode_terms *terms)
{
	const struct nlattr *amount = info->attrs[VOICEPAY_A_CODE_AMOUNT];

	terms->amount = amount ? nla_get_u64(amount) : 0;
	take_string(info->attrs[VOICEPAY_A_CODE_CURRENCY], terms->currency,
		    sizeof(terms->currency));
	take_string(info->attrs[VOICEPAY_A_CODE_MERCHANT], terms->merchant,
		    sizeof(terms->merchant));
	take_string(info->attrs[VOICEPAY_A_CODE_CHALLENGE], terms->challenge,
		    sizeof(terms->challenge));
}

static const struct vp_nl_reason code_reasons[] = {
	{ -EINVAL, "not the terms that this mode is bound to" },
	{ -EXFULL, "the key's budget for this hour is used up" },
	{ -ENOSR, "the key's budget for this day is used up" },
	{ -ENOSPC, "the key's budget is used up; go online" },
	{ -EDQUOT, "the caller's own budget for this hour is used up" },
	{ -EMEDIUMTYPE, "the slot is an authenticator" },
	{ -ENODATA, "the pool is empty; go online" },
};

static int give_code(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	const struct nlattr *mode = info->attrs[VOICEPAY_A_CODE_MODE];
	u8 digits[PAYCODE_DIGITS + 1] = {};
	struct vp_code code = {
		.digits = digits,
		.mode = mode ? nla_get_u32(mode) : 0,
		.fresh = nla_get_flag(info->attrs[VOICEPAY_A_CODE_NEW]),
	};
	struct paycode_terms terms;
	struct vp_nl_reply reply;
	int err;

	take_terms(info, &terms);
	code.terms = &terms;
	/* The reply first, so that no code is drawn that nobody gets. */
	err = vp_nl_reply_begin(&reply, info);
	if (err)
		return err;
	err = vp_code_issue(slot->id, caller, &code);
	vp_nl_explain(info, err, code_reasons);
	if (!err)
		err = put_code(reply.skb, &code);
	memzero_explicit(digits, sizeof(digits));
	return vp_nl_reply_end(&reply, info, err);
}

int voicepay_nl_code_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vp_nl_with_slot(skb, info, VOICEPAY_A_CODE_SLOT, 0, give_code);
}

static const struct vp_nl_reason pool_reasons[] = {
	{ -ENOKEY, "the slot is not enrolled" },
	{ -EMEDIUMTYPE, "the slot is an authenticator" },
	{ -EOPNOTSUPP, "the gateway grants no pools" },
	{ -EBADMSG, "not the gateway's pool for this device and key" },
	{ -EPROTO, "the gateway's pool makes no sense" },
	{ -EKEYEXPIRED, "the pool is past its last day; ask for a new one" },
	{ -ESTALE, "an old pool; ask for a new one" },
};

static int put_pool(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	const struct nlattr *msg = info->attrs[VOICEPAY_A_POOL_MESSAGE];
	int err;

	if (vp_nl_want(info, VOICEPAY_A_POOL_MESSAGE))
		return -EINVAL;
	mutex_lock(&vp_manage_lock);
	err = vp_prefetch_put(slot, nla_data(msg), nla_len(msg));
	mutex_unlock(&vp_manage_lock);
	vp_event(VOICEPAY_EVENT_POOL, slot->id, err);
	vp_nl_explain(info, err, pool_reasons);
	return err;
}

int voicepay_nl_pool_put_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = vp_nl_manager_only(skb, info);

	return err ?: vp_nl_with_slot(skb, info, VOICEPAY_A_POOL_SLOT, 0, put_pool);
}
