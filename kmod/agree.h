/* SPDX-License-Identifier: GPL-2.0 */
/* Enrolment and rotation: agreeing with the gateway on a slot's keys. */
#ifndef VP_AGREE_H
#define VP_AGREE_H

#include "common/agreement.h"

struct vp_slot;

/* With vp_manage_lock held. */
int vp_agree_begin(struct vp_slot *slot, const u8 *ticket, u8 msg[VP_MSG1_LEN]);
int vp_agree_finish(struct vp_slot *slot, const u8 *msg, size_t len, bool accept_time);
bool vp_agree_rotates(const struct vp_slot *slot);
void vp_agree_abandon(struct vp_slot *slot);
int vp_agree_move(struct vp_slot *slot);

__visible void vp_agree_exit(void);

#endif /* VP_AGREE_H */
