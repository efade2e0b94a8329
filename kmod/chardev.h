/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/voicepay */
#ifndef VP_CHARDEV_H
#define VP_CHARDEV_H

#include <linux/types.h>

u64 vp_features(void);
int vp_chardev_init(void);
void vp_chardev_exit(void);

#endif /* VP_CHARDEV_H */
