// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the machine that keys do not survive: it goes down, starts another
 * kernel, crashes, is copied as a virtual machine, or, by policy, sleeps. And
 * one that does not happen while there are keys: hibernation, which would write
 * them to a disk.
 */

#include <linux/kdebug.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "voicepay.h"
#include "event.h"
#include "sealer.h"
#include "slot.h"
#include "ticket.h"
#include "vault.h"
#include "wipe.h"

static bool wipe_on_suspend;
module_param(wipe_on_suspend, bool, 0444);
MODULE_PARM_DESC(wipe_on_suspend, "wipe all keys before the machine sleeps");

bool vp_wipe_on_suspend(void)
{
	return wipe_on_suspend;
}

static void wipe_keys(const char *why)
{
	bool any;

	mutex_lock(&vp_manage_lock);
	any = vp_vault_holds_any();
	/* First: who sees the slots empty must see that it is no matter of theirs. */
	vp_sealer_shut();
	vp_slot_wipe_all();
	vp_ticket_wipe();
	mutex_unlock(&vp_manage_lock);
	if (any) {
		pr_notice("keys wiped: %s\n", why);
		vp_event(VOICEPAY_EVENT_WIPE, VP_NO_SLOT, 0);
	}
}

/* Also before kexec, whose next kernel would find the memory as it is. */
static int on_reboot(struct notifier_block *nb, unsigned long action, void *arg)
{
	vp_vault_shut(VP_SHUT_DOWN);
	wipe_keys("the machine goes down");
	return NOTIFY_DONE;
}

static int on_panic(struct notifier_block *nb, unsigned long action, void *arg)
{
	vp_vault_emergency();
	return NOTIFY_DONE;
}

/* Of an oops; it may become a panic whose crash kernel comes before on_panic(). */
static int on_die(struct notifier_block *nb, unsigned long action, void *arg)
{
	if (action == DIE_OOPS)
		vp_vault_emergency();
	return NOTIFY_DONE;
}

/* Two machines with one key: the copy's codes would be good, too. */
static int on_vmfork(struct notifier_block *nb, unsigned long action, void *arg)
{
	wipe_keys("this virtual machine is a copy");
	return NOTIFY_DONE;
}

/* What is in memory is about to be written to a disk. */
static int before_hibernation(void)
{
	vp_vault_shut(VP_SHUT_HIBERNATION);
	/* What only saves time must not keep anybody from sleeping. */
	vp_ticket_wipe();
	if (!vp_vault_holds_any())
		return NOTIFY_DONE;
	/* Who refuses is not told when it is over. */
	vp_vault_reopen(VP_SHUT_HIBERNATION);
	pr_notice("no hibernation while a key is held: it would be written to the disk; wipe first\n");
	return notifier_from_errno(-EBUSY);
}

/*
 * Each step until its opposite: processes run between being told and being
 * frozen, and with /dev/snapshot for as long as somebody likes.
 */
static int on_pm(struct notifier_block *nb, unsigned long action, void *arg)
{
	switch (action) {
	case PM_HIBERNATION_PREPARE:
		return before_hibernation();
	case PM_RESTORE_PREPARE:
		/* The system that comes back would find this one's memory in its free pages. */
		vp_vault_shut(VP_SHUT_HIBERNATION);
		wipe_keys("another system's memory is restored");
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		vp_vault_reopen(VP_SHUT_HIBERNATION);
		break;
	case PM_SUSPEND_PREPARE:
		if (!wipe_on_suspend)
			break;
		vp_vault_shut(VP_SHUT_SLEEP);
		wipe_keys("the machine sleeps");
		break;
	case PM_POST_SUSPEND:
		vp_vault_reopen(VP_SHUT_SLEEP);
		break;
	}
	return NOTIFY_DONE;
}

/* First of all who is told: others may hang. */
static struct notifier_block reboot_nb = { .notifier_call = on_reboot, .priority = INT_MAX };
static struct notifier_block panic_nb = { .notifier_call = on_panic, .priority = INT_MAX };
static struct notifier_block die_nb = { .notifier_call = on_die, .priority = INT_MAX };
static struct notifier_block vmfork_nb = { .notifier_call = on_vmfork };
static struct notifier_block pm_nb = { .notifier_call = on_pm };

int __init vp_wipe_init(void)
{
	int err;

	err = register_reboot_notifier(&reboot_nb);
	if (err)
		return err;
	err = register_pm_notifier(&pm_nb);
	if (err)
		goto err_pm;
	err = register_random_vmfork_notifier(&vmfork_nb);
	if (err)
		goto err_vmfork;
	err = register_die_notifier(&die_nb);
	if (err)
		goto err_die;
	err = atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
	if (err)
		goto err_panic;
	return 0;

err_panic:
	unregister_die_notifier(&die_nb);
err_die:
	unregister_random_vmfork_notifier(&vmfork_nb);
err_vmfork:
	unregister_pm_notifier(&pm_nb);
err_pm:
	unregister_reboot_notifier(&reboot_nb);
	return err;
}

void vp_wipe_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	unregister_die_notifier(&die_nb);
	unregister_random_vmfork_notifier(&vmfork_nb);
	unregister_pm_notifier(&pm_nb);
	unregister_reboot_notifier(&reboot_nb);
}
