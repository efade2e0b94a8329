/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family "voicepay". */
#ifndef VP_NETLINK_H
#define VP_NETLINK_H

int vp_netlink_init(void);
void vp_netlink_exit(void);

#endif /* VP_NETLINK_H */
