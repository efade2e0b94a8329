// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family "voicepay": management. The interface is described
 * in Documentation/netlink/specs/voicepay.yaml, from which netlink_gen.[ch] are made.
 *
 * The commands are in netlink_device.c, netlink_slot.c, netlink_policy.c,
 * netlink_enrol.c, netlink_code.c and netlink_seal.c, what they share in
 * netlink_request.c, and the events in netlink_event.c.
 */

#include <net/genetlink.h>

#include "voicepay.h"
#include "netlink.h"
#include "netlink_event.h"
#include "netlink_gen.h"

/* Whose codes and when is for the administrator alone to know. */
static const struct genl_multicast_group event_groups[] = {
	{ .name = VOICEPAY_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_SYS_ADMIN },
};

/*
 * Not for other network namespaces: a container that got its own must not find
 * the host's payment keys in it.
 */
struct genl_family vp_nl_family __ro_after_init = {
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

int __init vp_netlink_init(void)
{
	int err = genl_register_family(&vp_nl_family);

	if (!err)
		vp_netlink_events_start();
	return err;
}

void vp_netlink_exit(void)
{
	vp_netlink_events_stop();
	genl_unregister_family(&vp_nl_family);
}
