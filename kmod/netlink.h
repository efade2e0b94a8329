/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family "voicepay". */
#ifndef VP_NETLINK_H
#define VP_NETLINK_H

#include <linux/types.h>

struct vp_event;

bool vp_netlink_has_listeners(void);
void vp_netlink_tell(const struct vp_event *event);
struct genl_info;
struct sk_buff;

/* For the files that serve commands. */
int vp_nl_manager_only(struct sk_buff *skb, struct genl_info *info);
int vp_nl_reply_bytes(struct genl_info *info, int attr, const void *data, size_t len);

int vp_netlink_init(void);
void vp_netlink_exit(void);

#endif /* VP_NETLINK_H */
