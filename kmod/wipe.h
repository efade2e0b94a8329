/* SPDX-License-Identifier: GPL-2.0 */
/* Events of the machine that keys do not survive. */
#ifndef VP_WIPE_H
#define VP_WIPE_H

#include <linux/types.h>

__visible int vp_wipe_init(void);
__visible void vp_wipe_exit(void);
bool vp_wipe_on_suspend(void);

#endif /* VP_WIPE_H */
