// SPDX-License-Identifier: GPL-2.0
/*
 * One random key, made when something is first shut in, and gone when nothing
 * is left: an idle module holds no key on its account, which hibernation asks.
 * Each box has a nonce of its own.
 */

#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/string.h>

#include "voicepay.h"
#include "box.h"
#include "slot.h"
#include "vault.h"

/* All below; taken after vp_manage_lock and a channel's locks. */
static DEFINE_MUTEX(box_lock);

static struct vp_cell *cell;
static u64 number;	/* of the key in @cell, or the one before it */
static u64 nonces;	/* used with it */
static u64 boxes;	/* that it opens */
static unsigned int era;	/* wipes so far */

static void forget_key(void)
{
	vp_cell_free(cell);
	cell = NULL;
	boxes = 0;
}

static int make_key(void)
{
	u8 key[VP_KEY_LEN];
	struct vp_cell *c;
	int err;

	c = vp_cell_alloc(sizeof(key));
	if (IS_ERR(c))
		return PTR_ERR(c);
	err = get_random_bytes_wait(key, sizeof(key));
	if (!err)
		err = vp_cell_write(c, 0, key, sizeof(key));
	memzero_explicit(key, sizeof(key));
	if (err) {
		vp_cell_free(c);
		return err;
	}
	cell = c;
	number++;
	nonces = 0;
	return 0;
}

/* For an operation; the caller wipes it. */
static int take_key(u8 key[VP_KEY_LEN])
{
	int err;

	lockdep_assert_held(&box_lock);
	err = cell ? 0 : make_key();
	if (!err)
		err = vp_cell_read(cell, 0, key, VP_KEY_LEN);
	if (err != -ENOKEY)
		return err;
	/* An oops took the key, and what was shut in with it. */
	forget_key();
	err = make_key();
	return err ? err : vp_cell_read(cell, 0, key, VP_KEY_LEN);
}

/**
 * vp_box_shut() - encrypt something
 * @box: out: what opens it; for vp_box_drop()
 * @learnt: vp_box_era() from before @in was known
 * @out: VP_BOX_LEN(@len) bytes; not @in
 * @ad: what must be the same when it is opened
 * @ad_len: its length
 * @in: what; the caller wipes it
 * @len: its length
 *
 * Return: 0; -ENOKEY if all was wiped meanwhile; or the vault's error. With an
 * error there is nothing to drop.
 */
int vp_box_shut(struct vp_box *box, unsigned int learnt, u8 *out, const u8 *ad, size_t ad_len,
		const u8 *in, size_t len)
{
	u8 key[VP_KEY_LEN];
	int err;

	box->key = 0;
	mutex_lock(&box_lock);
	err = learnt == era ? take_key(key) : -ENOKEY;
	if (!err)
		err = vp_prim_seal(out, key, ++nonces, ad, ad_len, in, len);
	if (!err) {
		box->key = number;
		box->nonce = nonces;
		boxes++;
	} else if (cell && !boxes) {
		forget_key();
	}
	mutex_unlock(&box_lock);
	memzero_explicit(key, sizeof(key));
	return err;
}

/**
 * vp_box_open() - decrypt it; it stays as it is
 * @box: from vp_box_shut()
 * @out: @len bytes; the caller wipes them, on every path
 * @ad: as it was
 * @ad_len: its length
 * @in: what vp_box_shut() wrote
 * @len: of what is in it
 *
 * Return: 0; -ENOKEY if the key is gone; -EBADMSG if somebody was at it.
 */
int vp_box_open(const struct vp_box *box, u8 *out, const u8 *ad, size_t ad_len, const u8 *in,
		size_t len)
{
	u8 key[VP_KEY_LEN];
	int err = -ENOKEY;

	mutex_lock(&box_lock);
	if (cell && box->key == number)
		err = vp_cell_read(cell, 0, key, sizeof(key));
	mutex_unlock(&box_lock);
	if (!err)
		err = vp_prim_open(out, key, box->nonce, ad, ad_len, in, VP_BOX_LEN(len));
	memzero_explicit(key, sizeof(key));
	return err;
}

/* It will not be opened any more; the caller frees what was written. */
void vp_box_drop(struct vp_box *box)
{
	mutex_lock(&box_lock);
	if (box->key && cell && box->key == number && !--boxes)
		forget_key();
	box->key = 0;
	mutex_unlock(&box_lock);
}

/* Nothing that is shut in now will ever be opened. */
void vp_box_wipe(void)
{
	mutex_lock(&box_lock);
	era++;
	forget_key();
	mutex_unlock(&box_lock);
}

unsigned int vp_box_era(void)
{
	unsigned int now;

	mutex_lock(&box_lock);
	now = era;
	mutex_unlock(&box_lock);
	return now;
}

/* To the vault's back end that is chosen now. */
int vp_box_move(void)
{
	struct vp_cell *to;
	int err = 0;

	lockdep_assert_held(&vp_manage_lock);
	mutex_lock(&box_lock);
	if (cell) {
		to = vp_cell_move(cell);
		err = PTR_ERR_OR_ZERO(to);
		if (!err && to != cell)
			vp_cell_free(cell);
		if (!err)
			cell = to;
	}
	mutex_unlock(&box_lock);
	return err;
}
