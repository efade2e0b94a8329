/* SPDX-License-Identifier: GPL-2.0 */
/* The multicast group "events". */
#ifndef VP_NETLINK_EVENT_H
#define VP_NETLINK_EVENT_H

#include <net/genetlink.h>

#include "netlink.h"
#include "netlink_gen.h"

struct vp_event;

/*
 * Without the family there is no group, and its number may be another's. Who tells
 * of a reboot, or of sleep, may do so while the module is on its way out.
 */
extern __visible bool vp_netlink_family_is_up;

static inline bool vp_netlink_has_listeners(void)
{
	return READ_ONCE(vp_netlink_family_is_up) &&
	       genl_has_listeners(&vp_nl_family, &init_net, VOICEPAY_NLGRP_EVENTS);
}

__visible void vp_netlink_tell(const struct vp_event *event);

/* Between these two the family is registered, and with it the group. */
void vp_netlink_events_start(void);
void vp_netlink_events_stop(void);

#endif /* VP_NETLINK_EVENT_H */
