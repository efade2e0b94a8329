// SPDX-License-Identifier: GPL-2.0
/*
 * The buttons: an input handler that sees the keys of devices which a person
 * can touch, and of no others.
 *
 * Attacks: a keyboard made with uinput has no parent device. One made with
 * uhid may claim any bus, but hangs below no hardware. USB over IP and the
 * kernel's dummy USB controller do hang below a platform device; they are
 * known by their drivers. A serial line on which a program has set the line
 * discipline of keyboards hangs below its UART; whoever is at its other end, be
 * it a modem that echoes, is no finger. And a write to /dev/input/eventN of a real keyboard
 * looks like its key: but it comes in the context of the process that writes,
 * while a key comes in an interrupt or a kernel thread.
 *
 * A program that grabs the device (EVIOCGRAB) keeps presses from being seen,
 * and thereby codes from being issued, never the other way round.
 */

#include <linux/device.h>
#include <linux/input.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "presence.h"

/* All are read once, at load: root must not choose another button later. */
static char *presence_name = "";
module_param(presence_name, charp, 0444);
MODULE_PARM_DESC(presence_name, "Button: name of its input device; empty for any");

static ushort presence_vendor;
module_param(presence_vendor, ushort, 0444);
MODULE_PARM_DESC(presence_vendor, "Button: vendor id of its input device; 0 for any");

static ushort presence_product;
module_param(presence_product, ushort, 0444);
MODULE_PARM_DESC(presence_product, "Button: product id of its input device; 0 for any");

/* BUS_VIRTUAL and BUS_BLUETOOTH are left out on purpose: nobody need be near. */
static ushort presence_bus[8] = { BUS_HOST, BUS_I8042, BUS_USB, BUS_I2C, BUS_SPI };
static int n_bus = 5;
module_param_array(presence_bus, ushort, &n_bus, 0444);
MODULE_PARM_DESC(presence_bus, "Button: bus types (BUS_*) of its input device");

static int n_keys = 9;
static ushort presence_keys[16] = {
	KEY_ENTER, KEY_SPACE, KEY_OK, KEY_SELECT, KEY_POWER, KEY_PLAYPAUSE, KEY_MUTE, BTN_0, BTN_1,
};

module_param_array(presence_keys, ushort, &n_keys, 0444);
MODULE_PARM_DESC(presence_keys, "Button: key codes (KEY_*, BTN_*) that count");

static bool in_list(const ushort *list, int n, unsigned int value)
{
	int i;

	for (i = 0; i < n; i++)
		if (list[i] == value)
			return true;
	return false;
}

static bool is_software(const struct device *dev)
{
	static const char *const names[] = { "dummy_hcd", "vhci_hcd", "vhci-hcd" };
	const char *driver = dev->driver ? dev->driver->name : "";
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(driver, names[i]))
			return true;
	/* A serial line that a program has made a keyboard (serport). */
	return dev->class && !strcmp(dev->class->name, "tty");
}

/* Hangs below the machine, not below a program. */
static bool is_hardware(const struct input_dev *input)
{
	static const char *const roots[] = { "platform", "pci", "amba" };
	const struct device *dev;
	bool found = false;
	int i;

	for (dev = input->dev.parent; dev; dev = dev->parent) {
		if (is_software(dev))
			return false;
		for (i = 0; dev->bus && i < ARRAY_SIZE(roots); i++)
			found |= !strcmp(dev->bus->name, roots[i]);
	}
	return found;
}

static bool has_a_key(const struct input_dev *dev)
{
	int i;

	for (i = 0; i < n_keys; i++)
		if (presence_keys[i] < KEY_CNT && test_bit(presence_keys[i], dev->keybit))
			return true;
	return false;
}

static bool button_match(struct input_handler *handler, struct input_dev *dev)
{
	if (*presence_name && strcmp(presence_name, dev->name ?: ""))
		return false;
	if ((presence_vendor && presence_vendor != dev->id.vendor) ||
	    (presence_product && presence_product != dev->id.product))
		return false;
	return in_list(presence_bus, n_bus, dev->id.bustype) && has_a_key(dev) && is_hardware(dev);
}

/* Not injected by a process; io_uring's threads are their process's, not the kernel's. */
static bool from_hardware(void)
{
	return !in_task() || current->flags & PF_KTHREAD;
}

static void button_event(struct input_handle *handle, unsigned int type, unsigned int code,
			 int value)
{
	/* Going down; neither going up nor a repetition of a key held by a heavy book. */
	if (type == EV_KEY && value == 1 && in_list(presence_keys, n_keys, code) && from_hardware())
		vp_presence_pressed(ktime_get_boottime_ns());
}

static int button_connect(struct input_handler *handler, struct input_dev *dev,
			  const struct input_device_id *id)
{
	struct input_handle *handle;
	int err;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL);
	if (!handle)
		return -ENOMEM;
	handle->dev = dev;
	handle->handler = handler;
	handle->name = "voicepay";
	err = input_register_handle(handle);
	if (err)
		goto err_free;
	err = input_open_device(handle);
	if (err)
		goto err_unregister;
	pr_info("button: %s\n", dev->name ?: "without a name");
	return 0;

err_unregister:
	input_unregister_handle(handle);
err_free:
	kfree(handle);
	return err;
}

static void button_disconnect(struct input_handle *handle)
{
	input_close_device(handle);
	input_unregister_handle(handle);
	kfree(handle);
}

static const struct input_device_id button_ids[] = {
	{ .flags = INPUT_DEVICE_ID_MATCH_EVBIT, .evbit = { BIT_MASK(EV_KEY) } },
	{}
};

static struct input_handler button_handler = {
	.name = "voicepay",
	.id_table = button_ids,
	.match = button_match,
	.event = button_event,
	.connect = button_connect,
	.disconnect = button_disconnect,
};

int __init vp_presence_init(void)
{
	return input_register_handler(&button_handler);
}

void vp_presence_exit(void)
{
	input_unregister_handler(&button_handler);
}
