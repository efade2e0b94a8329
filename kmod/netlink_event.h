/* SPDX-License-Identifier: GPL-2.0 */
/* The multicast group "events". */
#ifndef VP_NETLINK_EVENT_H
#define VP_NETLINK_EVENT_H

#include <linux/types.h>

struct vp_event;

bool vp_netlink_has_listeners(void);
void vp_netlink_tell(const struct vp_event *event);

/* Between these two the family is registered, and with it the group. */
void vp_netlink_events_start(void);
void vp_netlink_events_stop(void);

#endif /* VP_NETLINK_EVENT_H */
