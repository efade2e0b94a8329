// SPDX-License-Identifier: GPL-2.0
/*
 * The module's policy as 32 bits, which a blob carries under its tag.
 *
 * Attack: root loads the module after a reboot with weaker parameters, say
 * without vault_required, restores the slots, and finds their keys where he can
 * read them. So a blob opens under the policy that it was sealed under or a
 * stricter one.
 */

#include <linux/bits.h>
#include <linux/minmax.h>

#include "policy.h"

#define VAULT		GENMASK(7, 0)
#define ON_SUSPEND	BIT(8)
#define DAYS_SHIFT	16
#define DAYS_MAX	0xffffU

/* Documentation/sealing.md has the bits. */
u32 vp_policy_encode(const struct vp_module_policy *policy)
{
	return (policy->vault & VAULT) | (policy->wipe_on_suspend ? ON_SUSPEND : 0) |
	       min(policy->clock_days, DAYS_MAX) << DAYS_SHIFT;
}

/**
 * vp_policy_is_weaker() - does a policy ask for less than another?
 * @now: the one in force
 * @sealed: the one that something was sealed under
 *
 * Bits that this module knows nothing of are of a newer one's policy, and
 * nobody would keep it.
 *
 * Return: whether @now is weaker than @sealed in any respect.
 */
bool vp_policy_is_weaker(u32 now, u32 sealed)
{
	const u32 known = VAULT | ON_SUSPEND | DAYS_MAX << DAYS_SHIFT;

	return (now & VAULT) < (sealed & VAULT) ||
	       (sealed & ON_SUSPEND && !(now & ON_SUSPEND)) ||
	       now >> DAYS_SHIFT > sealed >> DAYS_SHIFT ||
	       sealed & ~known;
}
