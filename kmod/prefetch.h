/* SPDX-License-Identifier: GPL-2.0 */
/* Takes pools: permission for codes that need no clock. */
#ifndef VP_PREFETCH_H
#define VP_PREFETCH_H

#include <linux/types.h>

struct vp_slot;

/* With vp_manage_lock held. */
int vp_prefetch_put(struct vp_slot *slot, const u8 *msg, size_t len);

#endif /* VP_PREFETCH_H */
