// SPDX-License-Identifier: GPL-2.0
/* Netlink commands about slots: which there are, making, deleting and locking them. */

#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "slot.h"

static int put_payment(struct sk_buff *skb, const struct vp_slot_status *st)
{
	if (nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_EPOCH, st->epoch, 0) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_ROTATE_AFTER, st->rotate_after, 0) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_NOT_AFTER, st->not_after, 0) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_ALIASES, st->aliases) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_MODES, st->modes) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_POOL_LEFT, st->pool_left))
		return -EMSGSIZE;
	if (st->left != U64_MAX &&
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_CODES_LEFT, st->left, 0))
		return -EMSGSIZE;
	return 0;
}

static int put_slot(struct sk_buff *skb, struct vp_slot *slot)
{
	struct vp_slot_status st;

	vp_slot_status(slot, &st);
	if (nla_put_u32(skb, VOICEPAY_A_SLOT_ID, st.id) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_STATE, st.state) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_KIND, st.kind) ||
	    vp_nl_put_policy(skb, slot))
		return -EMSGSIZE;
	if (st.kind == VOICEPAY_SLOT_NOTHING)
		return 0;
	if (nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_CODES_ISSUED, st.issued, 0))
		return -EMSGSIZE;
	return st.kind == VOICEPAY_SLOT_PAYMENT ? put_payment(skb, &st) : 0;
}

static int show_slot(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	struct vp_nl_reply reply;
	int err;

	err = vp_nl_reply_begin(&reply, info);
	return err ?: vp_nl_reply_end(&reply, info, put_slot(reply.skb, slot));
}

int voicepay_nl_slot_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vp_nl_with_slot(skb, info, VOICEPAY_A_SLOT_ID, VOICEPAY_RIGHT_SEE, show_slot);
}

static int dump_slot(struct sk_buff *skb, struct netlink_callback *cb, struct vp_slot *slot)
{
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &vp_nl_family, NLM_F_MULTI, VOICEPAY_CMD_SLOT_GET);
	if (!head)
		return -EMSGSIZE;
	if (put_slot(skb, slot)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

int voicepay_nl_slot_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vp_slot *slot;
	int err;

	/*
	 * The rest of a dump is fetched by whoever reads the socket, so each
	 * reader is judged again.
	 */
	while ((slot = vp_slot_get_next(cb->args[0]))) {
		struct vp_caller caller = vp_nl_caller(cb->skb);

		err = 0;
		if (!vp_gate_check(&slot->gate, &caller, VOICEPAY_RIGHT_SEE))
			err = dump_slot(skb, cb, slot);
		if (!err)
			cb->args[0] = slot->id + 1;
		vp_slot_put(slot);
		if (err)
			break;
	}
	return skb->len;
}

int voicepay_nl_slot_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[VOICEPAY_A_SLOT_ID];
	struct vp_nl_reply reply;
	u32 id = attr ? nla_get_u32(attr) : 0;
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	/* The reply first, so that no slot is made that nobody is told of. */
	err = vp_nl_reply_begin(&reply, info);
	if (err)
		return err;

	mutex_lock(&vp_manage_lock);
	err = vp_slot_new(&id, !attr);
	mutex_unlock(&vp_manage_lock);
	if (err == -EEXIST)
		vp_nl_say(info, attr, "the slot exists");
	else if (err == -ERANGE)
		vp_nl_say(info, attr, "slot number above the highest");
	if (!err) {
		vp_event(VOICEPAY_EVENT_SLOT_NEW, id, 0);
		err = nla_put_u32(reply.skb, VOICEPAY_A_SLOT_ID, id);
	}
	return vp_nl_reply_end(&reply, info, err);
}

int voicepay_nl_slot_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	if (vp_nl_want(info, VOICEPAY_A_SLOT_ID))
		return -EINVAL;
	mutex_lock(&vp_manage_lock);
	err = vp_slot_del(nla_get_u32(info->attrs[VOICEPAY_A_SLOT_ID]));
	mutex_unlock(&vp_manage_lock);
	if (!err)
		vp_event(VOICEPAY_EVENT_SLOT_DEL, nla_get_u32(info->attrs[VOICEPAY_A_SLOT_ID]), 0);
	else
		vp_nl_say(info, info->attrs[VOICEPAY_A_SLOT_ID], "no such slot");
	return err;
}

static int lock_slot(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	vp_gate_lock(&slot->gate, vp_caller_is_admin(caller));
	vp_event(VOICEPAY_EVENT_LOCK, slot->id, 0);
	return 0;
}

int voicepay_nl_slot_lock_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vp_nl_with_slot(skb, info, VOICEPAY_A_SLOT_ID, VOICEPAY_RIGHT_MANAGE, lock_slot);
}

static int unlock_slot(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	int err = vp_gate_unlock(&slot->gate, vp_caller_is_admin(caller));

	if (err)
		vp_nl_say(info, NULL, "locked by the administrator");
	vp_event(VOICEPAY_EVENT_UNLOCK, slot->id, err);
	return err;
}

int voicepay_nl_slot_unlock_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vp_nl_with_slot(skb, info, VOICEPAY_A_SLOT_ID, VOICEPAY_RIGHT_MANAGE, unlock_slot);
}
