/* SPDX-License-Identifier: GPL-2.0 */
/* Events of the machine that keys do not survive. */
#ifndef VP_WIPE_H
#define VP_WIPE_H

int vp_wipe_init(void);
void vp_wipe_exit(void);

#endif /* VP_WIPE_H */
