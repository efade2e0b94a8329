// SPDX-License-Identifier: GPL-2.0
/* Netlink command of authenticator slots: a secret comes in. */

#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "otp.h"
#include "slot.h"

static u32 u32_or(const struct nlattr *attr, u32 otherwise)
{
	return attr ? nla_get_u32(attr) : otherwise;
}

static int take_otp_terms(struct genl_info *info, struct vp_otp_terms *terms, u64 *counter)
{
	const struct nlattr *attr = info->attrs[VOICEPAY_A_OTP_COUNTER];

	if (vp_nl_want(info, VOICEPAY_A_OTP_SECRET))
		return -EINVAL;
	terms->algorithm = u32_or(info->attrs[VOICEPAY_A_OTP_ALGORITHM], VOICEPAY_OTP_SHA1);
	terms->digits = u32_or(info->attrs[VOICEPAY_A_OTP_DIGITS], 6);
	terms->period = u32_or(info->attrs[VOICEPAY_A_OTP_PERIOD], 30);
	terms->secret_len = nla_len(info->attrs[VOICEPAY_A_OTP_SECRET]);
	*counter = attr ? nla_get_u64(attr) : 0;
	if (terms->period && attr) {
		vp_nl_say(info, attr, "a counter, and a period too");
		return -EINVAL;
	}
	return 0;
}

static const struct vp_nl_reason reasons[] = {
	{ -EEXIST, "the slot holds something, or is being enrolled" },
	{ -EINVAL, "1 to 128 bytes, SHA-1, 256 or 512, 6 to 8 digits" },
	{ -EOPNOTSUPP, "this kernel does not have that hash" },
};

static int put_otp(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	struct vp_otp_terms terms;
	u64 counter;
	int err;

	err = take_otp_terms(info, &terms, &counter);
	if (err)
		return err;
	mutex_lock(&vp_manage_lock);
	err = -ENOENT;
	if (vp_slot_is_there(slot))
		err = vp_otp_put(slot, &terms, nla_data(info->attrs[VOICEPAY_A_OTP_SECRET]),
				 counter);
	mutex_unlock(&vp_manage_lock);
	vp_event(VOICEPAY_EVENT_OTP_PUT, slot->id, err);
	vp_nl_explain(info, err, reasons);
	return err;
}

int voicepay_nl_otp_put_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *secret = info->attrs[VOICEPAY_A_OTP_SECRET];
	int err;

	err = vp_nl_manager_only(skb, info);
	if (!err)
		err = vp_nl_with_slot(skb, info, VOICEPAY_A_OTP_SLOT, 0, put_otp);
	/* In the message itself: its memory is freed as it is, and an error quotes it. */
	if (secret)
		memzero_explicit(nla_data(secret), nla_len(secret));
	return err;
}
