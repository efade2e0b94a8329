// SPDX-License-Identifier: GPL-2.0
/* Brings the parts up in order, takes them down in reverse. */

#include <linux/module.h>

#include "voicepay.h"
#include "agree.h"
#include "channel.h"
#include "chardev.h"
#include "device.h"
#include "hmac.h"
#include "netlink.h"
#include "presence.h"
#include "sealer.h"
#include "slot.h"
#include "ticket.h"
#include "vault.h"
#include "wipe.h"

/*
 * Not in slot.c: a module's SRCU domains are found by pointers in a section of their own, to
 * which nothing refers, and which a compiler that sees all (cold.c) leaves out.
 */
DEFINE_SRCU(vp_key_srcu);

/* What the interfaces have made; to be called when none of them is left. */
static void forget_everything(void)
{
	mutex_lock(&vp_manage_lock);
	vp_slot_del_all();
	mutex_unlock(&vp_manage_lock);
	vp_agree_exit();
	vp_sealer_exit();
	vp_ticket_exit();
	vp_device_forget();
}

static int __init voicepay_init(void)
{
	int err;

	err = vp_hmac_init();
	if (err)
		goto err_hmac;
	err = vp_vault_init();
	if (err)
		goto err_vault;
	err = vp_slot_init();
	if (err)
		goto err_slot;
	err = vp_wipe_init();
	if (err)
		goto err_wipe;
	err = vp_channel_init();
	if (err)
		goto err_channel;
	err = vp_presence_init();
	if (err)
		goto err_presence;
	err = vp_netlink_init();
	if (err)
		goto err_netlink;
	err = vp_chardev_init();
	if (err)
		goto err_chardev;

	pr_info("version %s, %u slots\n", VOICEPAY_VERSION_STRING, VP_SLOTS_MAX);
	return 0;

err_chardev:
	vp_netlink_exit();
	forget_everything();	/* somebody may have been quick to use it */
err_netlink:
	vp_presence_exit();
err_presence:
	vp_channel_exit();
err_channel:
	vp_wipe_exit();
err_wipe:
	vp_slot_exit();
err_slot:
	vp_vault_exit();
err_vault:
	vp_hmac_exit();
err_hmac:
	return err;
}

/* Interfaces first, so that nobody can come while the slots are wiped. */
static void __exit voicepay_exit(void)
{
	vp_chardev_exit();
	vp_netlink_exit();
	vp_presence_exit();
	vp_channel_exit();
	vp_wipe_exit();
	forget_everything();
	vp_slot_exit();
	vp_vault_exit();
	vp_hmac_exit();
}

module_init(voicepay_init);
module_exit(voicepay_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Payment codes and payment channels whose keys stay in the kernel");
MODULE_AUTHOR("The voicepay developers");
MODULE_VERSION(VOICEPAY_VERSION_STRING);
