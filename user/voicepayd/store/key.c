// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sealing key, wrapped, and the one try in a boot to have it unwrapped.
 *
 * Attack: root removes or spoils the file, so that nothing is unwrapped during the
 * boot, and has a copy of it unwrapped by the TPM afterwards. So whatever is
 * found here, or not found, the module is made to shut the window.
 */

#include <errno.h>
#include <string.h>
#include <linux/voicepay.h>

#include "../log.h"
#include "files.h"
#include "store.h"

#define KEY_FILE	"sealing.key"

static int write_key(struct store *s, const struct manage_bytes *wrapped)
{
	int err = s->dir < 0 ? s->dir : files_write(s->dir, KEY_FILE, wrapped->data, wrapped->len);

	/* In the initramfs; voicepay-store run comes later. */
	if (err == -EROFS)
		log_info("%s cannot be written yet: the sealing key will be stored later", s->path);
	else if (err)
		log_err("%s/" KEY_FILE ": %s: slots will be lost at the next reboot", s->path,
			strerror(-err));
	return err;
}

int key_keep(struct store *s)
{
	struct manage_bytes wrapped, stored;
	int err = manage_sealer_get(&s->module, false, &wrapped);
	long len;

	if (err) {
		log_err("the wrapped sealing key cannot be had: %s", store_why(s, err));
		return err;
	}
	len = s->dir < 0 ? s->dir : files_read(s->dir, KEY_FILE, stored.data, sizeof(stored.data));
	if (len == (long)wrapped.len && !memcmp(stored.data, wrapped.data, len))
		return 0;
	return write_key(s, &wrapped);
}

static int make_key(struct store *s)
{
	struct manage_bytes wrapped;
	int err = manage_sealer_get(&s->module, true, &wrapped);

	if (err) {
		log_err("no sealing key can be made: %s", store_why(s, err));
		return err;
	}
	log_info("a sealing key was made");
	err = write_key(s, &wrapped);
	return err == -EROFS ? 0 : err;
}

static int give_key(struct store *s)
{
	struct manage_bytes wrapped;
	long len = s->dir < 0 ? s->dir :
		   files_read(s->dir, KEY_FILE, wrapped.data, sizeof(wrapped.data));
	int err;

	if (s->dir >= 0 && len == -ENOENT)
		return make_key(s);
	if (len <= 0)
		log_err("%s/" KEY_FILE ": %s", s->path, len ? strerror(-len) : "empty");
	/* Nothing is no key: it is refused, and the window is shut. */
	wrapped.len = len < 0 ? 0 : len;
	err = manage_sealer_put(&s->module, &wrapped);
	if (len > 0 && err)
		log_err("the sealing key is not unwrapped: %s. If it stays so, remove %s/" KEY_FILE
			", reboot and enrol again", store_why(s, err), s->path);
	return len < 0 ? len : err;
}

int key_settle(struct store *s)
{
	struct manage_device device;
	int err = manage_dev_get(&s->module, &device);

	if (err) {
		log_err("the module does not answer: %s", store_why(s, err));
		return err;
	}
	switch (device.sealer_state) {
	case VOICEPAY_SEALER_WAITING:
		return give_key(s);
	case VOICEPAY_SEALER_READY:
		return 0;
	case VOICEPAY_SEALER_NONE:
		log_warning("no TPM 2.0: keys are in RAM only; enrol again after each reboot");
		return -ENODEV;
	default:
		log_err("the sealing key is shut until the next boot: keys are in RAM only");
		return -EKEYREVOKED;
	}
}
