// SPDX-License-Identifier: GPL-2.0
/* A slot's policy as netlink attributes, and the command that changes it. */

#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "presence.h"
#include "slot.h"

int vp_nl_put_policy(struct sk_buff *skb, struct vp_slot *slot)
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
	    nla_put_u32(skb, VOICEPAY_A_SLOT_PRESENCE_SECONDS, policy.presence_seconds) ||
	    nla_put_u64_64bit(skb, VOICEPAY_A_SLOT_PRESENCE_ABOVE, policy.presence_above, 0))
		return -EMSGSIZE;
	return 0;
}

/* A number that is to be one of the bits or values known. */
static int take_u32(struct genl_info *info, int attr, u32 max, u32 *value)
{
	const struct nlattr *a = info->attrs[attr];

	if (!a)
		return 0;
	if (nla_get_u32(a) > max) {
		vp_nl_say(info, a, "beyond what is known");
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
	u32 presence = policy->presence, seconds = policy->presence_seconds;

	if (take_u32(info, VOICEPAY_A_SLOT_UID, U32_MAX, &uid) ||
	    take_u32(info, VOICEPAY_A_SLOT_GID, U32_MAX, &gid) ||
	    take_u32(info, VOICEPAY_A_SLOT_UID_RIGHTS, VOICEPAY_RIGHTS_ALL, &rights->uid_rights) ||
	    take_u32(info, VOICEPAY_A_SLOT_GID_RIGHTS, VOICEPAY_RIGHTS_ALL, &rights->gid_rights) ||
	    take_u32(info, VOICEPAY_A_SLOT_CALLER_PER_HOUR, U32_MAX, &policy->caller_per_hour) ||
	    take_u32(info, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_ALWAYS, &presence) ||
	    take_u32(info, VOICEPAY_A_SLOT_PRESENCE_SECONDS, VOICEPAY_PRESENCE_SECONDS_MAX,
		     &seconds))
		return -EOPNOTSUPP;
	if (!seconds)
		return -EINVAL;
	policy->presence = presence;
	policy->presence_seconds = seconds;
	if (info->attrs[VOICEPAY_A_SLOT_PRESENCE_ABOVE])
		policy->presence_above = nla_get_u64(info->attrs[VOICEPAY_A_SLOT_PRESENCE_ABOVE]);
	/* Who sends this is in the initial user namespace: so are the numbers. */
	rights->uid = make_kuid(&init_user_ns, uid);
	rights->gid = make_kgid(&init_user_ns, gid);
	return 0;
}

static bool asks_less(const struct vp_policy *policy, const struct vp_policy *old)
{
	return vp_presence_is_weaker(policy->presence, policy->presence_seconds,
				     old->presence, old->presence_seconds) ||
	       (old->presence != VOICEPAY_PRESENCE_NEVER &&
		policy->presence_above > old->presence_above);
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
	if (asks_less(&policy, &old)) {
		err = vp_presence_take(VOICEPAY_PRESENCE_ALWAYS, old.presence_seconds, &press);
		if (err) {
			vp_nl_say(info, NULL, "a person must press the button first");
			return err;
		}
	}
	vp_gate_set_policy(&slot->gate, &policy);
	return 0;
}

static int set_slot(struct vp_slot *slot, const struct vp_caller *caller, struct genl_info *info)
{
	int err;

	mutex_lock(&vp_manage_lock);
	err = change_policy(slot, info);
	mutex_unlock(&vp_manage_lock);
	vp_event(VOICEPAY_EVENT_SLOT_SET, slot->id, err);
	return err;
}

int voicepay_nl_slot_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = vp_nl_manager_only(skb, info);

	return err ?: vp_nl_with_slot(skb, info, VOICEPAY_A_SLOT_ID, 0, set_slot);
}
