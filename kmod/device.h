/* SPDX-License-Identifier: GPL-2.0 */
/* Which device this is, and which gateway it belongs to. */
#ifndef VP_DEVICE_H
#define VP_DEVICE_H

#include "common/agreement.h"

struct vp_device {
	u8 id[VP_DEVICE_ID_LEN];
	u8 gateway[VP_KEY_LEN];		/* its static X25519 public key */
};

int vp_device_set(const struct vp_device *dev);
int vp_device_get(struct vp_device *dev);
__visible void vp_device_forget(void);

#endif /* VP_DEVICE_H */
