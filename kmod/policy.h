/* SPDX-License-Identifier: GPL-2.0 */
/* What of the module's parameters a sealed slot relies on. */
#ifndef VP_POLICY_H
#define VP_POLICY_H

#include <linux/types.h>

/**
 * struct vp_module_policy - how carefully this module treats keys
 * @vault: enum voicepay_vault: the weakest back end that may hold a key
 * @wipe_on_suspend: keys do not survive a suspend
 * @clock_days: for how long the real-time clock is believed after a reboot
 */
struct vp_module_policy {
	u32 vault;
	bool wipe_on_suspend;
	u32 clock_days;
};

u32 vp_policy_encode(const struct vp_module_policy *policy);
bool vp_policy_is_weaker(u32 now, u32 sealed);

#endif /* VP_POLICY_H */
