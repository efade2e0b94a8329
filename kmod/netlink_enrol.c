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
static struct vp_slot *lock_slot(struct genl_info *info)
{
	struct vp_slot *slot;

	mutex_lock(&vp_manage_lock);
	slot = vp_nl_want_slot(info, VOICEPAY_A_ENROL_SLOT);
	if (IS_ERR(slot))
		mutex_unlock(&vp_manage_lock);
	return slot;
}

static void unlock_slot(struct vp_slot *slot)
{
	vp_slot_put(slot);
	mutex_unlock(&vp_manage_lock);
}

static void explain_vault(struct genl_info *info, int err)
{
	if (err == -ENOMEDIUM)
		NL_SET_ERR_MSG(info->extack, "the vault that is required (vault=) is not there");
	else if (err == -ENOSPC)
		NL_SET_ERR_MSG(info->extack, "the vault is full; delete slots or enlarge it");
	else if (err == -ESHUTDOWN)
		NL_SET_ERR_MSG(info->extack, "the machine is going down");
	else if (err == -EBUSY)
		NL_SET_ERR_MSG(info->extack, "the machine is being put to sleep; again afterwards");
}

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

	slot = lock_slot(info);
	if (IS_ERR(slot)) {
		err = PTR_ERR(slot);
	} else {
		err = vp_agree_begin(slot, ticket, msg);
		unlock_slot(slot);
	}
	if (err == -ENODEV)
		NL_SET_ERR_MSG(info->extack, "the device is not provisioned (dev-set)");
	else if (err == -EKEYREJECTED)
		NL_SET_ERR_MSG(info->extack, "the gateway's key is not an X25519 public key");
	else if (err == -EEXIST)
		NL_SET_ERR_MSG(info->extack, "the slot is an authenticator; take another one");
	else if (err == -ENOKEY)
		NL_SET_ERR_MSG(info->extack, "the slot holds no key; give a ticket");
	else if (err == -EKEYEXPIRED)
		NL_SET_ERR_MSG(info->extack, "the slot's key has expired; give a ticket");
	else if (err == -EAGAIN)
		NL_SET_ERR_MSG(info->extack, "interrupted while waiting for random numbers");
	else
		explain_vault(info, err);
	if (!err)
		err = nla_put(reply.skb, VOICEPAY_A_ENROL_MESSAGE, sizeof(msg), msg);
	err = vp_nl_reply_end(&reply, info, err);
wipe:
	/* In the message itself: its memory is freed as it is, and an error quotes it. */
	if (ticket)
		memzero_explicit(ticket, VP_TICKET_LEN);
	return err;
}

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
		NL_SET_ERR_MSG_ATTR(info->extack, msg, "longer than any enrolment message");
		return -EINVAL;
	}

	slot = lock_slot(info);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	event = vp_agree_rotates(slot) ? VOICEPAY_EVENT_ROTATE : VOICEPAY_EVENT_ENROL;
	err = vp_agree_finish(slot, nla_data(msg), nla_len(msg),
			      nla_get_flag(info->attrs[VOICEPAY_A_ENROL_ACCEPT_TIME]));
	vp_event(event, slot->id, err);
	unlock_slot(slot);
	if (err == -ESTALE)
		NL_SET_ERR_MSG(info->extack, "no enrolment under way; begin again");
	else if (err == -EBADMSG)
		NL_SET_ERR_MSG(info->extack, "not the gateway's answer to this enrolment");
	else if (err == -EPROTO)
		NL_SET_ERR_MSG(info->extack, "the gateway's terms make no sense");
	else if (err == -ETIME)
		NL_SET_ERR_MSG(info->extack, "the gateway's time is too far from the device's");
	else
		explain_vault(info, err);
	return err;
}
