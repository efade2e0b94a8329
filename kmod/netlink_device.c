// SPDX-License-Identifier: GPL-2.0
/* Netlink commands about the device as a whole: what it is, whose it is, wiping it. */

#include <linux/math64.h>
#include <linux/time64.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "chardev.h"
#include "clock.h"
#include "device.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "seal.h"
#include "sealer.h"
#include "slot.h"
#include "ticket.h"
#include "vault.h"

static int check_device_id(struct genl_info *info, const struct vp_device *dev)
{
	const struct nlattr *id = info->attrs[VOICEPAY_A_DEVICE_DEVICE_ID];

	if (!memcmp(nla_data(id), dev->id, sizeof(dev->id)))
		return 0;
	vp_nl_say(info, id, "this is another device");
	return -ENODEV;
}

static int put_provisioned(struct sk_buff *skb, const struct vp_device *dev)
{
	if (nla_put(skb, VOICEPAY_A_DEVICE_DEVICE_ID, sizeof(dev->id), dev->id) ||
	    nla_put(skb, VOICEPAY_A_DEVICE_GATEWAY_KEY, sizeof(dev->gateway), dev->gateway))
		return -EMSGSIZE;
	return 0;
}

static int put_about(struct sk_buff *skb)
{
	u64 now_ms;

	if (nla_put_string(skb, VOICEPAY_A_DEVICE_VERSION, VOICEPAY_VERSION_STRING) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_DEVICE_FEATURES, vp_features(), 0) ||
	    nla_put_u32(skb, VOICEPAY_A_DEVICE_MAX_SLOTS, VP_SLOTS_MAX) ||
	    nla_put_u32(skb, VOICEPAY_A_DEVICE_SLOTS, vp_slot_count()) ||
	    nla_put_u32(skb, VOICEPAY_A_DEVICE_VAULT, vp_vault_in_use()) ||
	    nla_put_u32(skb, VOICEPAY_A_DEVICE_VAULT_FLAGS, vp_vault_flags()))
		return -EMSGSIZE;
	if (!vp_clock_now_ms(&now_ms) &&
	    nla_put_u64_64bit(skb, VOICEPAY_A_DEVICE_NOW, div_u64(now_ms, MSEC_PER_SEC), 0))
		return -EMSGSIZE;
	return 0;
}

static int put_sealer(struct sk_buff *skb)
{
	struct vp_sealer_status st;

	vp_sealer_status(&st);
	if (nla_put_string(skb, VOICEPAY_A_DEVICE_SEALER, st.name) ||
	    nla_put_u32(skb, VOICEPAY_A_DEVICE_SEALER_STATE, st.state))
		return -EMSGSIZE;
	if (st.counted && nla_put_u64_64bit(skb, VOICEPAY_A_DEVICE_ROLLBACK_COUNTER, st.counter, 0))
		return -EMSGSIZE;
	return 0;
}

int voicepay_nl_dev_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_device dev;
	struct vp_nl_reply reply;
	bool provisioned;
	int err;

	provisioned = !vp_device_get(&dev);
	if (info->attrs[VOICEPAY_A_DEVICE_DEVICE_ID]) {
		err = provisioned ? check_device_id(info, &dev) : -ENODEV;
		if (err)
			return err;
	}
	err = vp_nl_reply_begin(&reply, info);
	if (err)
		return err;
	err = put_about(reply.skb);
	if (!err)
		err = put_sealer(reply.skb);
	if (!err && provisioned)
		err = put_provisioned(reply.skb, &dev);
	return vp_nl_reply_end(&reply, info, err);
}

int voicepay_nl_dev_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_device dev;
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	if (vp_nl_want(info, VOICEPAY_A_DEVICE_DEVICE_ID) ||
	    vp_nl_want(info, VOICEPAY_A_DEVICE_GATEWAY_KEY))
		return -EINVAL;
	nla_memcpy(dev.id, info->attrs[VOICEPAY_A_DEVICE_DEVICE_ID], sizeof(dev.id));
	nla_memcpy(dev.gateway, info->attrs[VOICEPAY_A_DEVICE_GATEWAY_KEY], sizeof(dev.gateway));

	err = vp_device_set(&dev);
	if (err)
		vp_nl_say(info, NULL, "belongs to another gateway; wipe the device first");
	return err;
}

int voicepay_nl_wipe_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_device dev;
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;

	mutex_lock(&vp_manage_lock);
	if (!vp_device_get(&dev)) {
		err = vp_nl_want(info, VOICEPAY_A_DEVICE_DEVICE_ID);
		if (!err)
			err = check_device_id(info, &dev);
	}
	if (!err) {
		vp_slot_del_all();
		vp_device_forget();
		vp_clock_forget();
		vp_ticket_wipe();
		vp_seal_wiped();
	}
	mutex_unlock(&vp_manage_lock);
	vp_event(VOICEPAY_EVENT_WIPE, VP_NO_SLOT, err);
	return err;
}
