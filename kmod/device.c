// SPDX-License-Identifier: GPL-2.0
/*
 * Which device this is, and which gateway it belongs to. Written once: whoever
 * could exchange the gateway's key under a living slot could enrol the slot
 * with a gateway of his own and learn its codes. Only a wipe, which takes the
 * keys along, makes it writable again.
 */

#include <linux/mutex.h>

#include "voicepay.h"
#include "device.h"

static DEFINE_MUTEX(provision_lock);
static struct vp_device device;
static bool device_is_set;

/**
 * vp_device_set() - tie the device to its gateway
 * @dev: device id and gateway key
 *
 * Return: 0, also if the same values are set already; -EEXIST if others are.
 */
int vp_device_set(const struct vp_device *dev)
{
	int err = 0;

	mutex_lock(&provision_lock);
	if (!device_is_set) {
		device = *dev;
		device_is_set = true;
	} else if (memcmp(&device, dev, sizeof(device))) {
		err = -EEXIST;
	}
	mutex_unlock(&provision_lock);
	return err;
}

/**
 * vp_device_get() - whom this device belongs to
 * @dev: filled in
 *
 * Return: 0, or -ENODEV before vp_device_set().
 */
int vp_device_get(struct vp_device *dev)
{
	int err = -ENODEV;

	mutex_lock(&provision_lock);
	if (device_is_set) {
		*dev = device;
		err = 0;
	}
	mutex_unlock(&provision_lock);
	return err;
}

/* To be called with no slot left. */
void vp_device_forget(void)
{
	mutex_lock(&provision_lock);
	memset(&device, 0, sizeof(device));
	device_is_set = false;
	mutex_unlock(&provision_lock);
}
