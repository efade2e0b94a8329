/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family "voicepay". */
#ifndef VP_NETLINK_H
#define VP_NETLINK_H

#include <linux/types.h>

struct vp_event;

bool vp_netlink_has_listeners(void);
void vp_netlink_tell(const struct vp_event *event);

int vp_netlink_init(void);
void vp_netlink_exit(void);

#endif /* VP_NETLINK_H */
