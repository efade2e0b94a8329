// SPDX-License-Identifier: GPL-2.0
/* What happened, to the listeners of the netlink group "events". */

#include <linux/rwsem.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "event.h"
#include "netlink_event.h"

bool vp_netlink_family_is_up;
static DECLARE_RWSEM(family_lock);	/* the family stays while somebody sends to its group */

void __init vp_netlink_events_start(void)
{
	WRITE_ONCE(vp_netlink_family_is_up, true);
}

void vp_netlink_events_stop(void)
{
	down_write(&family_lock);
	WRITE_ONCE(vp_netlink_family_is_up, false);
	up_write(&family_lock);
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
	head = genlmsg_put(skb, 0, 0, &vp_nl_family, 0, VOICEPAY_CMD_EVENT);
	if (!head || put_event(skb, event)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	down_read(&family_lock);
	if (vp_netlink_family_is_up)
		genlmsg_multicast(&vp_nl_family, skb, 0, VOICEPAY_NLGRP_EVENTS, GFP_KERNEL);
	else
		nlmsg_free(skb);
	up_read(&family_lock);
}
