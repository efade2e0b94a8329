// SPDX-License-Identifier: GPL-2.0
/*
 * What all netlink commands do: judge who sends, find the slot, write a reply.
 *
 * Each request is judged by the credentials of who opened the socket and of who
 * sent the message, as netlink_capable() does, so that a message slipped into a
 * privileged program's socket gets no further than its sender could.
 */

#include <linux/capability.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "voicepay.h"
#include "event.h"
#include "netlink.h"
#include "slot.h"

/* Who sends, and who opened the socket: see rights.c. */
struct vp_caller vp_nl_caller(const struct sk_buff *skb)
{
	const struct sock *sk = NETLINK_CB(skb).sk;

	return vp_caller_of_file(sk && sk->sk_socket ? sk->sk_socket->file : NULL);
}

/**
 * vp_nl_say() - a sentence for who made a request
 * @info: the request
 * @attr: the attribute that it is about, or NULL
 * @text: a constant
 *
 * As NL_SET_ERR_MSG_ATTR(), which writes all of this out in each place.
 */
void vp_nl_say(struct genl_info *info, const struct nlattr *attr, const char *text)
{
	struct netlink_ext_ack *extack = info->extack;

	do_trace_netlink_extack(text);
	if (!extack)
		return;
	extack->_msg = text;
	if (attr)
		NL_SET_BAD_ATTR(extack, attr);
}

/* With vp_nl_explain(). */
void vp_nl_say_why(struct genl_info *info, int err, const struct vp_nl_reason *reasons, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (reasons[i].err == err)
			vp_nl_say(info, NULL, reasons[i].text);
}

int vp_nl_manager_only(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	vp_nl_say(info, NULL, "needs CAP_SYS_ADMIN in the initial user namespace");
	vp_event(VOICEPAY_EVENT_DENIED, VP_NO_SLOT, -EPERM);
	return -EPERM;
}

int vp_nl_want(struct genl_info *info, int attr)
{
	return GENL_REQ_ATTR_CHECK(info, attr) ? -EINVAL : 0;
}

/**
 * vp_nl_want_slot() - the slot that a request names
 * @info: the request
 * @attr: the attribute with its number
 *
 * Return: the slot, for vp_slot_put(), or an ERR_PTR.
 */
struct vp_slot *vp_nl_want_slot(struct genl_info *info, int attr)
{
	struct vp_slot *slot;

	if (vp_nl_want(info, attr))
		return ERR_PTR(-EINVAL);
	slot = vp_slot_get(nla_get_u32(info->attrs[attr]));
	if (!slot) {
		vp_nl_say(info, info->attrs[attr], "no such slot");
		return ERR_PTR(-ENOENT);
	}
	return slot;
}

static int check_right(struct vp_slot *slot, const struct vp_caller *caller, u32 right,
		       struct genl_info *info)
{
	int err = vp_gate_check(&slot->gate, caller, right);

	if (err) {
		vp_nl_say(info, NULL, "no right to do that with this slot");
		vp_event(VOICEPAY_EVENT_DENIED, slot->id, err);
	}
	return err;
}

/**
 * vp_nl_with_slot() - serve a command that does one thing with one slot
 * @skb: the message
 * @info: likewise
 * @attr: the attribute with the slot's number
 * @right: VOICEPAY_RIGHT_* that it takes; 0 if @action judges the caller itself
 * @action: what is done
 *
 * Return: what @action does, or why it was not called.
 */
int vp_nl_with_slot(struct sk_buff *skb, struct genl_info *info, int attr, u32 right,
		    vp_nl_action *action)
{
	struct vp_caller caller = vp_nl_caller(skb);
	struct vp_slot *slot;
	int err = 0;

	slot = vp_nl_want_slot(info, attr);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	if (right)
		err = check_right(slot, &caller, right, info);
	if (!err)
		err = action(slot, &caller, info);
	vp_slot_put(slot);
	return err;
}

int vp_nl_reply_begin(struct vp_nl_reply *reply, struct genl_info *info)
{
	reply->skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply->skb)
		return -ENOMEM;
	reply->head = genlmsg_put_reply(reply->skb, info, &vp_nl_family, 0, info->genlhdr->cmd);
	if (!reply->head) {
		nlmsg_free(reply->skb);
		return -EMSGSIZE;
	}
	return 0;
}

/* Sends the reply, or drops it if something did not fit. */
int vp_nl_reply_end(struct vp_nl_reply *reply, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(reply->skb);
		return err;
	}
	genlmsg_end(reply->skb, reply->head);
	return genlmsg_reply(reply->skb, info);
}

/* A reply of one attribute. */
int vp_nl_reply_bytes(struct genl_info *info, int attr, const void *data, size_t len)
{
	struct vp_nl_reply reply;
	int err;

	err = vp_nl_reply_begin(&reply, info);
	return err ?: vp_nl_reply_end(&reply, info, nla_put(reply.skb, attr, len, data));
}
