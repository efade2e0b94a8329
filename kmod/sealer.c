// SPDX-License-Identifier: GPL-2.0
/*
 * The sealing key, from which the keys of all blobs are derived. It exists in
 * the vault while the module is loaded, and otherwise only wrapped by a sealer:
 * something in the machine that unwraps it once a boot, before anybody else
 * comes, and for nobody afterwards.
 *
 * There is one try in a boot. Whatever comes of it the window is shut: a wrong
 * key given in the initramfs must not leave the right one to be unwrapped by
 * root later.
 */

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "voicepay.h"
#include "event.h"
#include "sealer.h"
#include "vault.h"

static DEFINE_MUTEX(sealer_lock);

static struct {
	const struct vp_sealer_ops *ops;
	u32 state;
	struct vp_cell *cell;		/* the sealing key, when READY */
	u8 *wrapped;			/* with it */
	size_t wrapped_len;
	bool counted;
	u64 counter;
} sealer = {
#if IS_ENABLED(CONFIG_TCG_TPM)
	.ops = &vp_sealer_tpm,
#endif
	.state = VOICEPAY_SEALER_NONE,
};

/* A TPM's driver may come after this module. */
static void look(void)
{
	if (sealer.state == VOICEPAY_SEALER_NONE && sealer.ops && !sealer.ops->init())
		sealer.state = VOICEPAY_SEALER_WAITING;
}

static void read_counter(void)
{
	sealer.counted = !sealer.ops->counter_read(&sealer.counter);
	if (!sealer.counted)
		pr_warn("no counter in the %s: old blobs cannot be told from new ones\n",
			sealer.ops->name);
}

/* What must hold before a key is made or unwrapped. */
static int check_waiting(void)
{
	look();
	switch (sealer.state) {
	case VOICEPAY_SEALER_NONE:
		return -ENODEV;
	case VOICEPAY_SEALER_WAITING:
		return 0;
	case VOICEPAY_SEALER_READY:
		return -EALREADY;
	default:
		return -EKEYREVOKED;
	}
}

/* Takes over @key, or shuts the window. */
static int settle_key(int err, const u8 key[VP_KEY_LEN], const u8 *wrapped, size_t len)
{
	struct vp_cell *cell = NULL;
	u8 *kept = NULL;

	if (!err) {
		cell = vp_cell_alloc(VP_KEY_LEN);
		err = PTR_ERR_OR_ZERO(cell);
	}
	if (!err)
		err = vp_cell_write(cell, 0, key, VP_KEY_LEN);
	if (!err) {
		kept = kmemdup(wrapped, len, GFP_KERNEL);
		err = kept ? 0 : -ENOMEM;
	}
	vp_event(VOICEPAY_EVENT_SEALER, VP_NO_SLOT, err);
	if (err) {
		vp_cell_free(cell);
		sealer.state = VOICEPAY_SEALER_CLOSED;
		return err;
	}
	sealer.cell = cell;
	sealer.wrapped = kept;
	sealer.wrapped_len = len;
	sealer.state = VOICEPAY_SEALER_READY;
	read_counter();
	return 0;
}

/**
 * vp_sealer_get() - the wrapped sealing key, for userspace to keep
 * @make: draw a new key if this boot has seen none
 * @wrapped: out
 * @len: out
 *
 * Return: 0; -ENODEV if the machine has no sealer; -ENOKEY if there is no key
 * yet; -EKEYREVOKED if the window for making one is shut until the next boot; or
 * the sealer's error.
 */
int vp_sealer_get(bool make, u8 wrapped[VP_WRAPPED_MAX], size_t *len)
{
	u8 key[VP_KEY_LEN];
	int err;

	mutex_lock(&sealer_lock);
	err = check_waiting();
	if (!err && !make) {
		err = -ENOKEY;
	} else if (!err) {
		get_random_bytes_wait(key, sizeof(key));
		err = sealer.ops->create(key, wrapped, len);
		err = settle_key(err, key, wrapped, *len);
		memzero_explicit(key, sizeof(key));
	} else if (err == -EALREADY) {
		memcpy(wrapped, sealer.wrapped, sealer.wrapped_len);
		*len = sealer.wrapped_len;
		err = 0;
	}
	mutex_unlock(&sealer_lock);
	return err;
}

/**
 * vp_sealer_put() - unwrap the sealing key
 * @wrapped: what vp_sealer_get() gave in an earlier boot
 * @len: its length
 *
 * Return: 0; -ENODEV if the machine has no sealer; -EALREADY if the key is
 * there; -EKEYREVOKED if the window is shut until the next boot, which it is
 * after any try; -EKEYREJECTED if the sealer refused; or its error.
 */
int vp_sealer_put(const u8 *wrapped, size_t len)
{
	u8 key[VP_KEY_LEN];
	int err;

	mutex_lock(&sealer_lock);
	err = check_waiting();
	if (!err) {
		/* What cannot be right shuts the window, too, and so comes this far. */
		if (len > VP_WRAPPED_MAX)
			len = 0;
		err = settle_key(sealer.ops->unseal(key, wrapped, len), key, wrapped, len);
	}
	memzero_explicit(key, sizeof(key));
	mutex_unlock(&sealer_lock);
	return err;
}

/**
 * vp_sealer_key() - take the sealing key out for an operation
 * @key: out; the caller wipes it, on every path
 *
 * Return: 0, or -ENOKEY if there is none.
 */
int vp_sealer_key(u8 key[VP_KEY_LEN])
{
	int err = -ENOKEY;

	mutex_lock(&sealer_lock);
	if (sealer.state == VOICEPAY_SEALER_READY)
		err = vp_cell_read(sealer.cell, 0, key, VP_KEY_LEN);
	mutex_unlock(&sealer_lock);
	return err;
}

u32 vp_sealer_policy(void)
{
	return sealer.ops ? sealer.ops->policy() : 0;
}

/**
 * vp_sealer_count() - add one to the counter
 * @next: out: what it says then
 *
 * Return: 0; -EOPNOTSUPP if there is none; or the sealer's error.
 */
int vp_sealer_count(u64 *next)
{
	int err = -EOPNOTSUPP;

	mutex_lock(&sealer_lock);
	look();
	/* Also of use without the key: a wipe then. */
	if (!sealer.counted && sealer.state != VOICEPAY_SEALER_NONE)
		read_counter();
	if (sealer.counted)
		err = sealer.ops->counter_increment(&sealer.counter);
	*next = sealer.counter;
	mutex_unlock(&sealer_lock);
	return err;
}

void vp_sealer_status(struct vp_sealer_status *st)
{
	mutex_lock(&sealer_lock);
	look();
	st->state = sealer.state;
	st->name = sealer.state == VOICEPAY_SEALER_NONE ? "none" : sealer.ops->name;
	st->counted = sealer.counted;
	st->counter = sealer.counter;
	mutex_unlock(&sealer_lock);
}

/* To the vault's back end that is chosen now. */
int vp_sealer_move(void)
{
	struct vp_cell *to;
	int err = 0;

	mutex_lock(&sealer_lock);
	if (sealer.cell) {
		to = vp_cell_move(sealer.cell);
		err = PTR_ERR_OR_ZERO(to);
		if (!err && to != sealer.cell)
			vp_cell_free(sealer.cell);
		if (!err)
			sealer.cell = to;
	}
	mutex_unlock(&sealer_lock);
	return err;
}

static void forget_sealing_key(void)
{
	vp_cell_free(sealer.cell);
	sealer.cell = NULL;
	kfree(sealer.wrapped);
	sealer.wrapped = NULL;
}

/* The machine goes down, or is copied: what it sealed must not come back in this boot. */
void vp_sealer_shut(void)
{
	mutex_lock(&sealer_lock);
	if (sealer.cell)
		vp_event(VOICEPAY_EVENT_SEALER, VP_NO_SLOT, -EKEYREVOKED);
	forget_sealing_key();
	if (sealer.state != VOICEPAY_SEALER_NONE)
		sealer.state = VOICEPAY_SEALER_CLOSED;
	mutex_unlock(&sealer_lock);
}

/* With the interfaces gone. If the module's start failed, what shuts the sealer is still there. */
void vp_sealer_exit(void)
{
	mutex_lock(&sealer_lock);
	forget_sealing_key();
	sealer.state = VOICEPAY_SEALER_NONE;
	mutex_unlock(&sealer_lock);
	if (sealer.ops)
		sealer.ops->exit();
	sealer.counted = false;
}
