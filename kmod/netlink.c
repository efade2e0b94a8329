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
#include <net/sock.h>

#include "voicepay.h"
#include "agree.h"
#include "chardev.h"
#include "clock.h"
#include "code.h"
#include "device.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "presence.h"
#include "seal.h"
#include "sealer.h"
#include "slot.h"
#include "vault.h"

static struct genl_family voicepay_nl_family;

static int may_manage(struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "needs CAP_SYS_ADMIN in the initial user namespace");
	vp_event(VOICEPAY_EVENT_DENIED, VP_NO_SLOT, -EPERM);
	return -EPERM;
}

/* Who sends, and who opened the socket: see rights.c. */
static struct vp_caller caller_of(const struct sk_buff *skb)
{
	const struct sock *sk = NETLINK_CB(skb).sk;

	return vp_caller_of_file(sk && sk->sk_socket ? sk->sk_socket->file : NULL);
}

static int may(struct sk_buff *skb, struct netlink_ext_ack *extack, struct vp_slot *slot, u32 right)
{
	struct vp_caller caller = caller_of(skb);
	int err = vp_gate_check(&slot->gate, &caller, right);

	if (err) {
		NL_SET_ERR_MSG(extack, "no right to do that with this slot");
		vp_event(VOICEPAY_EVENT_DENIED, slot->id, err);
	}
	return err;
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
	if (!err)
		err = put_sealer(reply.skb);
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

static int put_policy(struct sk_buff *skb, struct vp_slot *slot)
{
	struct vp_policy policy;
	u32 locked;

	vp_gate_policy(&slot->gate, &policy, &locked);
	if (nla_put_u32(skb, VOICEPAY_A_SLOT_UID, from_kuid(&init_user_ns, policy.rights.uid)) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_GID, from_kgid(&init_user_ns, policy.rights.gid)) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_UID_RIGHTS, policy.rights.uid_rights) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_GID_RIGHTS, policy.rights.gid_rights) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_LOCKED, locked) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_CALLER_PER_HOUR, policy.caller_per_hour) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_PRESENCE, policy.presence) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_PRESENCE_SECONDS, policy.presence_seconds))
		return -EMSGSIZE;
	return 0;
}

static int put_slot(struct sk_buff *skb, struct vp_slot *slot)
{
	struct vp_slot_status st;

	vp_slot_status(slot, &st);
	if (nla_put_u32(skb, VOICEPAY_A_SLOT_ID, st.id) ||
	    nla_put_u32(skb, VOICEPAY_A_SLOT_STATE, st.state) ||
	    put_policy(skb, slot))
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

	slot = want_slot(info, VOICEPAY_A_SLOT_ID);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = may(skb, info->extack, slot, VOICEPAY_RIGHT_SEE);
	if (!err)
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

	/*
	 * The rest of a dump is fetched by whoever reads the socket, so each
	 * reader is judged again.
	 */
	while ((slot = vp_slot_get_next(cb->args[0]))) {
		struct vp_caller caller = caller_of(cb->skb);

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
	if (!err) {
		vp_event(VOICEPAY_EVENT_SLOT_NEW, id, 0);
		err = nla_put_u32(reply.skb, VOICEPAY_A_SLOT_ID, id);
	}
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
	if (!err)
		vp_event(VOICEPAY_EVENT_SLOT_DEL, nla_get_u32(info->attrs[VOICEPAY_A_SLOT_ID]), 0);
	else
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
	err = vp_agree_finish(slot, nla_data(msg), nla_len(msg),
			      nla_get_flag(info->attrs[VOICEPAY_A_ENROL_ACCEPT_TIME]));
	vp_event(VOICEPAY_EVENT_ENROL, slot->id, err);
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

int voicepay_nl_code_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *mode = info->attrs[VOICEPAY_A_CODE_MODE];
	char digits[PAYCODE_DIGITS + 1];
	struct vp_caller caller = caller_of(skb);
	struct vp_code code;
	struct vp_slot *slot;
	struct reply reply;
	int err;

	slot = want_slot(info, VOICEPAY_A_CODE_SLOT);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = reply_begin(&reply, info);
	if (err)
		goto out;
	err = vp_code_issue(slot, &caller, mode ? nla_get_u32(mode) : 0,
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
		vp_seal_wiped();
	}
	mutex_unlock(&vp_manage_lock);
	vp_event(VOICEPAY_EVENT_WIPE, VP_NO_SLOT, err);
	return err;
}

/* A number that is to be one of the bits or values known. */
static int take_u32(struct genl_info *info, int attr, u32 max, u32 *value)
{
	const struct nlattr *a = info->attrs[attr];

	if (!a)
		return 0;
	if (nla_get_u32(a) > max) {
		NL_SET_ERR_MSG_ATTR(info->extack, a, "beyond what is known");
		return -EOPNOTSUPP;
	}
	*value = nla_get_u32(a);
	return 0;
}

/* What the message names; the rest stays. */
static int take_policy(struct genl_info *info, struct vp_policy *policy)
{
	struct vp_rights *rights = &policy->rights;
	u32 uid = from_kuid(&init_user_ns, rights->uid);
	u32 gid = from_kgid(&init_user_ns, rights->gid);

	if (take_u32(info, VOICEPAY_A_SLOT_UID, U32_MAX, &uid) ||
	    take_u32(info, VOICEPAY_A_SLOT_GID, U32_MAX, &gid) ||
	    take_u32(info, VOICEPAY_A_SLOT_UID_RIGHTS, VOICEPAY_RIGHTS_ALL, &rights->uid_rights) ||
	    take_u32(info, VOICEPAY_A_SLOT_GID_RIGHTS, VOICEPAY_RIGHTS_ALL, &rights->gid_rights) ||
	    take_u32(info, VOICEPAY_A_SLOT_CALLER_PER_HOUR, U32_MAX, &policy->caller_per_hour) ||
	    take_u32(info, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_ALWAYS, &policy->presence) ||
	    take_u32(info, VOICEPAY_A_SLOT_PRESENCE_SECONDS, VOICEPAY_PRESENCE_SECONDS_MAX,
		     &policy->presence_seconds))
		return -EOPNOTSUPP;
	if (!policy->presence_seconds)
		return -EINVAL;
	/* Who sends this is in the initial user namespace: so are the numbers. */
	rights->uid = make_kuid(&init_user_ns, uid);
	rights->gid = make_kgid(&init_user_ns, gid);
	return 0;
}

static int change_policy(struct vp_slot *slot, struct genl_info *info)
{
	struct vp_policy policy, old;
	struct vp_press press;
	u32 locked;
	int err;

	lockdep_assert_held(&vp_manage_lock);
	vp_gate_policy(&slot->gate, &old, &locked);
	policy = old;
	err = take_policy(info, &policy);
	if (err)
		return err;
	/* Attack: root, or who has become root, switches the button off. */
	if (vp_presence_is_weaker(policy.presence, policy.presence_seconds,
				  old.presence, old.presence_seconds)) {
		err = vp_presence_take(VOICEPAY_PRESENCE_ALWAYS, old.presence_seconds, &press);
		if (err) {
			NL_SET_ERR_MSG(info->extack, "a person must press the button first");
			return err;
		}
	}
	vp_gate_set_policy(&slot->gate, &policy);
	return 0;
}

int voicepay_nl_slot_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_slot *slot;
	int err;

	err = may_manage(skb, info->extack);
	if (err)
		return err;
	slot = want_slot(info, VOICEPAY_A_SLOT_ID);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	mutex_lock(&vp_manage_lock);
	err = change_policy(slot, info);
	mutex_unlock(&vp_manage_lock);
	vp_event(VOICEPAY_EVENT_SLOT_SET, slot->id, err);
	vp_slot_put(slot);
	return err;
}

int voicepay_nl_slot_lock_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_caller caller = caller_of(skb);
	struct vp_slot *slot;
	int err;

	slot = want_slot(info, VOICEPAY_A_SLOT_ID);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = may(skb, info->extack, slot, VOICEPAY_RIGHT_MANAGE);
	if (!err) {
		vp_gate_lock(&slot->gate, vp_caller_is_admin(&caller));
		vp_event(VOICEPAY_EVENT_LOCK, slot->id, 0);
	}
	vp_slot_put(slot);
	return err;
}

int voicepay_nl_slot_unlock_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vp_caller caller = caller_of(skb);
	struct vp_slot *slot;
	int err;

	slot = want_slot(info, VOICEPAY_A_SLOT_ID);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	err = may(skb, info->extack, slot, VOICEPAY_RIGHT_MANAGE);
	if (!err) {
		err = vp_gate_unlock(&slot->gate, vp_caller_is_admin(&caller));
		if (err)
			NL_SET_ERR_MSG(info->extack, "locked by the administrator");
		vp_event(VOICEPAY_EVENT_UNLOCK, slot->id, err);
	}
	vp_slot_put(slot);
	return err;
}

/* Whose codes and when is for the administrator alone to know. */
static const struct genl_multicast_group event_groups[] = {
	{ .name = VOICEPAY_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_SYS_ADMIN },
};

/* Without the family there is no group, and its number may be another's. */
static bool family_is_up;

bool vp_netlink_has_listeners(void)
{
	return READ_ONCE(family_is_up) && genl_has_listeners(&voicepay_nl_family, &init_net, 0);
}

static int put_event(struct sk_buff *skb, const struct vp_event *event)
{
	if (nla_put_u32(skb, VOICEPAY_A_EVENT_KIND, event->kind) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_EVENT_NUMBER, event->number, 0) ||
	    nla_put_u32(skb, VOICEPAY_A_EVENT_UID, event->uid) ||
	    nla_put_u32(skb, VOICEPAY_A_EVENT_PID, event->pid) ||
	    nla_put_string(skb, VOICEPAY_A_EVENT_COMM, event->comm) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_EVENT_BOOT_MS, event->boot_ms, 0))
		return -EMSGSIZE;
	if (event->slot != VP_NO_SLOT && nla_put_u32(skb, VOICEPAY_A_EVENT_SLOT, event->slot))
		return -EMSGSIZE;
	if (event->error && nla_put_u32(skb, VOICEPAY_A_EVENT_ERROR, -event->error))
		return -EMSGSIZE;
	if (event->kind == VOICEPAY_EVENT_CLOCK &&
	    nla_put_s64(skb, VOICEPAY_A_EVENT_DRIFT_MS, event->drift_ms, 0))
		return -EMSGSIZE;
	return 0;
}

/* To the listeners, if there are any; who is too slow sees a gap in the numbers. */
void vp_netlink_tell(const struct vp_event *event)
{
	struct sk_buff *skb;
	void *head;

	if (!vp_netlink_has_listeners())
		return;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &voicepay_nl_family, 0, VOICEPAY_CMD_EVENT);
	if (!head || put_event(skb, event)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast(&voicepay_nl_family, skb, 0, 0, GFP_KERNEL);
}

int vp_nl_manager_only(struct sk_buff *skb, struct genl_info *info)
{
	return may_manage(skb, info->extack);
}

/* A reply of one attribute. */
int vp_nl_reply_bytes(struct genl_info *info, int attr, const void *data, size_t len)
{
	struct reply reply;
	int err;

	err = reply_begin(&reply, info);
	return err ?: reply_end(&reply, info, nla_put(reply.skb, attr, len, data));
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
	.mcgrps		= event_groups,
	.n_mcgrps	= ARRAY_SIZE(event_groups),
};

int vp_netlink_init(void)
{
	int err = genl_register_family(&voicepay_nl_family);

	WRITE_ONCE(family_is_up, !err);
	return err;
}

void vp_netlink_exit(void)
{
	WRITE_ONCE(family_is_up, false);
	genl_unregister_family(&voicepay_nl_family);
}
