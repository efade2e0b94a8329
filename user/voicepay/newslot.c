// SPDX-License-Identifier: GPL-2.0-or-later

#include <grp.h>
#include <stddef.h>

#include "netlink.h"
#include "newslot.h"

int give_to_group(struct manage *m, uint32_t slot, uint32_t rights)
{
	const struct group *group = getgrnam("voicepay");
	struct manage_slot policy = { 0 };
	int err;

	if (!group)
		return 0;
	policy.value[VOICEPAY_A_SLOT_GID] = group->gr_gid;
	policy.value[VOICEPAY_A_SLOT_GID_RIGHTS] = rights;
	err = manage_slot_set(m, slot, &policy,
			      1U << VOICEPAY_A_SLOT_GID | 1U << VOICEPAY_A_SLOT_GID_RIGHTS);
	return err ? manage_tell(m, err) : 0;
}
