// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family "voicepay": management. The interface is described
 * in Documentation/netlink/specs/voicepay.yaml, from which netlink_gen.[ch] are made.
 *
 * Each request is judged by the credentials of who opened the socket and of who
 * sent the message, as netlink_capable() does, so that a message slipped into a
 * privileged program's socket gets no further than its sender could.
 */

#include <linux/capability.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "agree.h"
#include "chardev.h"
#include "clock.h"
#include "code.h"
#include "device.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "slot.h"
#include "vault.h"

static struct genl_family voicepay_nl_family;

static int may_manage(struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "needs CAP_SYS_ADMIN in the initial user namespace");
	return -EPERM;
}

/* A reply that is being filled in. */
struct reply {
	struct sk_buff *skb;
	void *head;
};

static int reply_begin(struct reply *reply, struct genl_info *info)
{
	reply->skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply->skb)
		return -ENOMEM;
	reply->head = genlmsg_put_reply(reply->skb, info, &voicepay_nl_family, 0,
					info->genlhdr->cmd);
	if (!reply->head) {
		nlmsg_free(reply->skb);
		return -EMSGSIZE;
	}
	return 0;
}

/* Sends the reply, or drops it if something did not fit. */
static int reply_end(struct reply *reply, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(reply->skb);
		return err;
	}
	genlmsg_end(reply->skb, reply->head);
	return genlmsg_reply(reply->skb, info);
}

static int want_attr(struct genl_info *info, int attr)
{
	return GENL_REQ_ATTR_CHECK(info, attr) ? -EINVAL : 0;
}

static struct vp_slot *want_slot(struct genl_info *info, int attr)
{
	struct vp_slot *slot;

	if (want_attr(info, attr))
		return ERR_PTR(-EINVAL);
	slot = vp_slot_get(nla_get_u32(info->attrs[attr]));
	if (!slot) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr], "no such slot");
		return ERR_PTR(-ENOENT);
	}
	return slot;
}

static int check_device_id(struct genl_info *info, const struct vp_device *dev)
{
	const struct nlattr *id = info->attrs[VOICEPAY_A_DEVICE_DEVICE_ID];

	if (!memcmp(nla_data(id), dev->id, sizeof(dev->id)))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, id, "this is another device");
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

int voicepay_nl_dev_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_device dev;
	struct reply reply;
	bool provisioned;
	int err;

	provisioned = !vp_device_get(&dev);
	if (info->attrs[VOICEPAY_A_DEVICE_DEVICE_ID]) {
		err = provisioned ? check_device_id(info, &dev) : -ENODEV;
		if (err)
			return err;
	}
	err = reply_begin(&reply, info);
	if (err)
		return err;
	err = put_about(reply.skb);
	if (!err && provisioned)
		err = put_provisioned(reply.skb, &dev);
	return reply_end(&reply, info, err);
}

int voicepay_nl_dev_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_device dev;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	if (want_attr(info, VOICEPAY_A_DEVICE_DEVICE_ID) ||
	    want_attr(info, VOICEPAY_A_DEVICE_GATEWAY_KEY))
		return -EINVAL;
	nla_memcpy(dev.id, info->attrs[VOICEPAY_A_DEVICE_DEVICE_ID], sizeof(dev.id));
	nla_memcpy(dev.gateway, info->attrs[VOICEPAY_A_DEVICE_GATEWAY_KEY], sizeof(dev.gateway));

	err = vp_device_set(&dev);
	if (err)
		NL_SET_ERR_MSG(info->extack, "belongs to another gateway; wipe the device first");
	return err;
}

static int put_slot(struct sk_buff *skb, struct vp_slot *slot)
{
	struct vp_slot_status st;

	vp_slot_status(slot, &st);
	if (nla_put_u32(skb, VOICEPAY_A_SLOT_ID, st.id) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_STATE, st.state))
		return -EMSGSIZE;
	if (!st.epoch)		/* holds no key: there is nothing more to say */
		return 0;
	if (nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_EPOCH, st.epoch, 0) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_ROTATE_AFTER, st.rotate_after, 0) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_NOT_AFTER, st.not_after, 0) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_CODES_ISSUED, st.issued, 0) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_ALIASES, st.aliases))
		return -EMSGSIZE;
	if (st.left != U64_MAX &&
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_CODES_LEFT, st.left, 0))
		return -EMSGSIZE;
	return 0;
}

int voicepay_nl_slot_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_slot *slot;
	struct reply reply;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	slot = want_slot(info, VOICEPAY_A_SLOT_ID);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = reply_begin(&reply, info);
	if (!err)
		err = reply_end(&reply, info, put_slot(reply.skb, slot));
	vp_slot_put(slot);
	return err;
}

static int dump_slot(struct sk_buff *skb, struct netlink_callback *cb, struct vp_slot *slot)
{
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &voicepay_nl_family, NLM_F_MULTI, VOICEPAY_CMD_SLOT_GET);
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

	err = may_manage(cb->skb, cb->extack);
	if (err)
		return err;
	while ((slot = vp_slot_get_next(cb->args[0]))) {
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
	struct reply reply;
	u32 id = attr ? nla_get_u32(attr) : 0;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	/* The reply first, so that no slot is made that nobody is told of. */
	err = reply_begin(&reply, info);
	if (err)
		return err;

	mutex_lock(&vp_manage_lock);
	err = vp_slot_new(&id, !attr);
	mutex_unlock(&vp_manage_lock);
	if (err == -EEXIST)
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "the slot exists");
	else if (err == -ERANGE)
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "slot number above the highest");
	if (!err)
		err = nla_put_u32(reply.skb, VOICEPAY_A_SLOT_ID, id);
	return reply_end(&reply, info, err);
}

int voicepay_nl_slot_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	if (want_attr(info, VOICEPAY_A_SLOT_ID))
		return -EINVAL;
	mutex_lock(&vp_manage_lock);
	err = vp_slot_del(nla_get_u32(info->attrs[VOICEPAY_A_SLOT_ID]));
	mutex_unlock(&vp_manage_lock);
	if (err)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VOICEPAY_A_SLOT_ID], "no such slot");
	return err;
}

/*
 * The slot that an enrolment command names, found with vp_manage_lock held, so
 * that it cannot be deleted before the command is done.
 */
static struct vp_slot *lock_slot(struct genl_info *info)
{
	struct vp_slot *slot;

	mutex_lock(&vp_manage_lock);
	slot = want_slot(info, VOICEPAY_A_ENROL_SLOT);
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
}

int voicepay_nl_enrol_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	u8 msg[VP_MSG1_LEN], *ticket;
	struct vp_slot *slot;
	struct reply reply;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	if (want_attr(info, VOICEPAY_A_ENROL_TICKET))
		return -EINVAL;
	ticket = nla_data(info->attrs[VOICEPAY_A_ENROL_TICKET]);
	err = reply_begin(&reply, info);
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
	else if (err == -EAGAIN)
		NL_SET_ERR_MSG(info->extack, "interrupted while waiting for random numbers");
	else
		explain_vault(info, err);
	if (!err)
		err = nla_put(reply.skb, VOICEPAY_A_ENROL_MESSAGE, sizeof(msg), msg);
	err = reply_end(&reply, info, err);
wipe:
	/* In the message itself: its memory is freed as it is, and an error quotes it. */
	memzero_explicit(ticket, VP_TICKET_LEN);
	return err;
}

int voicepay_nl_enrol_finish_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *msg = info->attrs[VOICEPAY_A_ENROL_MESSAGE];
	struct vp_slot *slot;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	if (want_attr(info, VOICEPAY_A_ENROL_MESSAGE))
		return -EINVAL;
	if (nla_len(msg) > VOICEPAY_MESSAGE_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, msg, "longer than any enrolment message");
		return -EINVAL;
	}

	slot = lock_slot(info);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = vp_agree_finish(slot, nla_data(msg), nla_len(msg));
	unlock_slot(slot);
	if (err == -ESTALE)
		NL_SET_ERR_MSG(info->extack, "no enrolment under way; begin again");
	else if (err == -EBADMSG)
		NL_SET_ERR_MSG(info->extack, "not the gateway's answer to this enrolment");
	else if (err == -EPROTO)
		NL_SET_ERR_MSG(info->extack, "the gateway's terms make no sense");
	else
		explain_vault(info, err);
	return err;
}

int voicepay_nl_code_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *mode = info->attrs[VOICEPAY_A_CODE_MODE];
	char digits[PAYCODE_DIGITS + 1];
	struct vp_code code;
	struct vp_slot *slot;
	struct reply reply;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	slot = want_slot(info, VOICEPAY_A_CODE_SLOT);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = reply_begin(&reply, info);
	if (err)
		goto out;
	err = vp_code_issue(slot, mode ? nla_get_u32(mode) : 0,
			    nla_get_flag(info->attrs[VOICEPAY_A_CODE_NEW]), &code);
	if (!err) {
		memcpy(digits, code.digits, PAYCODE_DIGITS);
		digits[PAYCODE_DIGITS] = '\0';
		if (nla_put_string(reply.skb, VOICEPAY_A_CODE_DIGITS, digits) ||
		    nla_put_u32(reply.skb, VOICEPAY_A_CODE_VALID_MS, code.valid_ms))
			err = -EMSGSIZE;
	}
	err = reply_end(&reply, info, err);
	memzero_explicit(digits, sizeof(digits));
	memzero_explicit(&code, sizeof(code));
out:
	vp_slot_put(slot);
	return err;
}

int voicepay_nl_wipe_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_device dev;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;

	mutex_lock(&vp_manage_lock);
	if (!vp_device_get(&dev)) {
		err = want_attr(info, VOICEPAY_A_DEVICE_DEVICE_ID);
		if (!err)
			err = check_device_id(info, &dev);
	}
	if (!err) {
		vp_slot_del_all();
		vp_device_forget();
		vp_clock_forget();
	}
	mutex_unlock(&vp_manage_lock);
	return err;
}

/*
 * Not for other network namespaces: a container that got its own must not find
 * the host's payment keys in it.
 */
static struct genl_family voicepay_nl_family __ro_after_init = {
	.name		= VOICEPAY_FAMILY_NAME,
	.version	= VOICEPAY_FAMILY_VERSION,
	.netnsok	= false,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= voicepay_nl_ops,
	.n_ops		= ARRAY_SIZE(voicepay_nl_ops),
};

int vp_netlink_init(void)
{
	return genl_register_family(&voicepay_nl_family);
}

void vp_netlink_exit(void)
{
	genl_unregister_family(&voicepay_nl_family);
}
