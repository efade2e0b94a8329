// SPDX-License-Identifier: GPL-2.0
/* Netlink commands of enrolment: two messages that userspace carries. */

#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "agree.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "slot.h"

/*
 * The slot that an enrolment command names, found with vp_manage_lock held, so
 * that it cannot be deleted before the command is done.
 */
static struct vp_slot *hold_slot(struct genl_info *info)
{
	struct vp_slot *slot;

	mutex_lock(&vp_manage_lock);
	slot = vp_nl_want_slot(info, VOICEPAY_A_ENROL_SLOT);
	if (IS_ERR(slot))
		mutex_unlock(&vp_manage_lock);
	return slot;
}

static void release_slot(struct vp_slot *slot)
{
	vp_slot_put(slot);
	mutex_unlock(&vp_manage_lock);
}

static const struct vp_nl_reason vault_reasons[] = {
	{ -ENOMEDIUM, "the vault that is required (vault=) is not there" },
	{ -ENOSPC, "the vault is full; delete slots or enlarge it" },
	{ -ESHUTDOWN, "the machine is going down" },
	{ -EBUSY, "the machine is being put to sleep; again afterwards" },
};

static const struct vp_nl_reason begin_reasons[] = {
	{ -ENODEV, "the device is not provisioned (dev-set)" },
	{ -EKEYREJECTED, "the gateway's key is not an X25519 public key" },
	{ -EEXIST, "the slot is an authenticator; take another one" },
	{ -ENOKEY, "the slot holds no key; give a ticket" },
	{ -EKEYEXPIRED, "the slot's key has expired; give a ticket" },
	{ -EAGAIN, "interrupted while waiting for random numbers" },
};

int voicepay_nl_enrol_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	u8 msg[VP_MSG1_LEN], *ticket = NULL;	/* without one the slot's key is exchanged */
	struct vp_slot *slot;
	struct vp_nl_reply reply;
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	if (info->attrs[VOICEPAY_A_ENROL_TICKET])
		ticket = nla_data(info->attrs[VOICEPAY_A_ENROL_TICKET]);
	err = vp_nl_reply_begin(&reply, info);
	if (err)
		goto wipe;

	slot = hold_slot(info);
	if (IS_ERR(slot)) {
		err = PTR_ERR(slot);
	} else {
		err = vp_agree_begin(slot, ticket, msg);
		release_slot(slot);
	}
	vp_nl_explain(info, err, begin_reasons);
	vp_nl_explain(info, err, vault_reasons);
	if (!err)
		err = nla_put(reply.skb, VOICEPAY_A_ENROL_MESSAGE, sizeof(msg), msg);
	err = vp_nl_reply_end(&reply, info, err);
wipe:
	/* In the message itself: its memory is freed as it is, and an error quotes it. */
	if (ticket)
		memzero_explicit(ticket, VP_TICKET_LEN);
	return err;
}

static const struct vp_nl_reason finish_reasons[] = {
	{ -ESTALE, "no enrolment under way; begin again" },
	{ -EBADMSG, "not the gateway's answer to this enrolment" },
	{ -EPROTO, "the gateway's terms make no sense" },
	{ -ETIME, "the gateway's time is too far from the device's" },
};

int voicepay_nl_enrol_finish_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *msg = info->attrs[VOICEPAY_A_ENROL_MESSAGE];
	struct vp_slot *slot;
	u32 event;
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	if (vp_nl_want(info, VOICEPAY_A_ENROL_MESSAGE))
		return -EINVAL;
	if (nla_len(msg) > VOICEPAY_MESSAGE_MAX) {
		vp_nl_say(info, msg, "longer than any enrolment message");
		return -EINVAL;
	}

	slot = hold_slot(info);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	event = vp_agree_rotates(slot) ? VOICEPAY_EVENT_ROTATE : VOICEPAY_EVENT_ENROL;
	err = vp_agree_finish(slot, nla_data(msg), nla_len(msg),
			      nla_get_flag(info->attrs[VOICEPAY_A_ENROL_ACCEPT_TIME]));
	vp_event(event, slot->id, err);
	release_slot(slot);
	vp_nl_explain(info, err, finish_reasons);
	vp_nl_explain(info, err, vault_reasons);
	return err;
}
