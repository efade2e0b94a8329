/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slot that was made here: whose it is. */
#ifndef VP_NEWSLOT_H
#define VP_NEWSLOT_H

#include <stdint.h>

struct manage;

/*
 * Who may use the device may do @rights with a slot made here; "voicepay slot"
 * changes that. Without a group voicepay the slot is root's alone. An exit status.
 */
int give_to_group(struct manage *m, uint32_t slot, uint32_t rights);

#endif
