// SPDX-License-Identifier: GPL-2.0
/* The vault's front: chooses the back end by policy, checks bounds, counts. */

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "voicepay.h"
#include "slot.h"
#include "vault.h"

static char *vault = "";
module_param(vault, charp, 0444);
MODULE_PARM_DESC(vault, "best back end to use: reserved (default), secretmem or split");
static bool vault_required;
module_param(vault_required, bool, 0444);
MODULE_PARM_DESC(vault_required, "hold no key in a weaker back end than vault= names");

static const struct vp_vault_ops *const back_ends[VOICEPAY_VAULT_RESERVED + 1] = {
	[VOICEPAY_VAULT_SPLIT]		= &vp_vault_split,
	[VOICEPAY_VAULT_SECRETMEM]	= &vp_vault_secretmem,
#ifdef CONFIG_HAS_IOMEM
	[VOICEPAY_VAULT_RESERVED]	= &vp_vault_reserved,
#endif
};

static u32 best_allowed = VOICEPAY_VAULT_RESERVED;
/* Where new cells are made; NULL if nothing is good enough. Changes under vp_manage_lock. */
static const struct vp_vault_ops *chosen;
static atomic_t shut = ATOMIC_INIT(0);		/* for which reasons, VP_SHUT_... */
atomic_t vp_vault_wipes = ATOMIC_INIT(0);
static atomic_t held[VOICEPAY_VAULT_RESERVED + 1];

static void warn_of_split(void)
{
	static bool told;

	if (!told)
		pr_warn("keys lie in ordinary memory, for want of better: a dump of it gives them away\n");
	told = true;
}

static int check_open(void)
{
	int reasons = atomic_read(&shut);

	if (reasons & VP_SHUT_DOWN)
		return -ESHUTDOWN;
	return reasons ? -EBUSY : 0;
}

/**
 * vp_cell_alloc() - a place for secrets, in the back end that policy chose
 * @len: how many bytes, at most VP_CELL_LEN
 *
 * Return: a cell, or an ERR_PTR: -ENOMEDIUM if the back end that is required is
 * not there; -ENOSPC if it is full; -ESHUTDOWN while the machine goes down;
 * -EBUSY while it goes to sleep.
 */
struct vp_cell *vp_cell_alloc(size_t len)
{
	/* With it its pages are seen: not every caller holds vp_manage_lock. */
	const struct vp_vault_ops *ops = smp_load_acquire(&chosen);
	struct vp_cell *cell;
	int err;

	if (WARN_ON_ONCE(len > VP_CELL_LEN))
		return ERR_PTR(-EINVAL);
	if (!ops)
		return ERR_PTR(-ENOMEDIUM);
	/*
	 * Counted before the question whether that is allowed: whoever shuts the
	 * vault, and counts afterwards, either sees this cell or has stopped it.
	 */
	atomic_inc(&held[ops->id]);
	smp_mb__after_atomic();		/* pairs with that in vp_vault_shut() */
	err = check_open();
	cell = err ? ERR_PTR(err) : ops->alloc(len);
	if (IS_ERR(cell)) {
		atomic_dec(&held[ops->id]);
		return cell;
	}
	cell->ops = ops;
	cell->len = len;
	cell->wipes = atomic_read(&vp_vault_wipes);
	if (ops == &vp_vault_split)
		warn_of_split();
	return cell;
}

/**
 * vp_cell_free() - wipe a cell and give it back
 * @cell: the cell; NULL or an ERR_PTR is ignored
 */
void vp_cell_free(struct vp_cell *cell)
{
	if (IS_ERR_OR_NULL(cell))
		return;
	atomic_dec(&held[cell->ops->id]);
	cell->ops->free(cell);
}

/**
 * vp_cell_write() - put secrets into a cell
 * @cell: the cell
 * @offset: where in it
 * @data: what; the caller wipes its copy
 * @len: how many bytes
 *
 * Return: 0 or a negative errno, and then the cell holds nothing of use.
 */
int vp_cell_write(struct vp_cell *cell, size_t offset, const void *data, size_t len)
{
	if (WARN_ON_ONCE(!vp_cell_has(cell, offset, len)))
		return -EINVAL;
	return cell->ops->write(cell, offset, data, len);
}

/**
 * vp_cell_read() - take secrets out of a cell for an operation
 * @cell: the cell
 * @offset: where in it
 * @data: where to; the caller wipes it, on every path
 * @len: how many bytes
 *
 * Return: 0; -ENOKEY if an emergency has taken what was in the cell; another
 * negative errno. With an error @data is undefined.
 */
int vp_cell_read(struct vp_cell *cell, size_t offset, void *data, size_t len)
{
	int err;

	if (WARN_ON_ONCE(!vp_cell_has(cell, offset, len)))
		return -EINVAL;
	err = cell->ops->read(cell, offset, data, len);
	/* Afterwards: half a key would issue a code that nobody can explain. */
	return !err && vp_cell_lost(cell) ? -ENOKEY : err;
}

/**
 * vp_cell_move() - a copy of a cell in the back end that is chosen now
 * @cell: the cell; the caller frees it when nobody reads it any more
 *
 * Return: @cell itself if it is there already, the copy, or an ERR_PTR.
 */
struct vp_cell *vp_cell_move(struct vp_cell *cell)
{
	u8 content[VP_CELL_LEN];
	struct vp_cell *to;
	int err;

	lockdep_assert_held(&vp_manage_lock);
	if (cell->ops == chosen)
		return cell;
	to = vp_cell_alloc(cell->len);
	if (IS_ERR(to))
		return to;
	err = vp_cell_read(cell, 0, content, cell->len);
	if (!err)
		err = vp_cell_write(to, 0, content, cell->len);
	memzero_explicit(content, sizeof(content));
	if (err) {
		vp_cell_free(to);
		return ERR_PTR(err);
	}
	return to;
}

/**
 * vp_vault_offer() - take a memfd_secret and move what there is into it
 * @fd: see vp_vault_secretmem_take()
 * @pages: out: how many pages it has
 *
 * For the administrator alone, which the caller has checked.
 *
 * Return: 0 or what VOICEPAY_IOC_VAULT documents.
 */
int vp_vault_offer(int fd, u32 *pages)
{
	int err;

	mutex_lock(&vp_manage_lock);
	if (!(vp_vault_flags() & VOICEPAY_VAULT_WANTED))
		err = -EEXIST;
	else
		err = vp_vault_secretmem_take(fd, pages);
	if (!err) {
		/* Pairs with vp_cell_alloc(). */
		smp_store_release(&chosen, &vp_vault_secretmem);
		pr_info("keys lie in %u pages of secret memory; no hibernation while the module is loaded\n",
			*pages);
		err = vp_slot_move_all();
		if (err)
			pr_warn("some keys stay in ordinary memory (%d)\n", err);
	}
	mutex_unlock(&vp_manage_lock);
	return err;
}

/* enum voicepay_vault: the weakest that holds something, else what will be used. */
u32 vp_vault_in_use(void)
{
	const struct vp_vault_ops *ops = READ_ONCE(chosen);
	u32 id;

	for (id = VOICEPAY_VAULT_SPLIT; id < ARRAY_SIZE(held); id++)
		if (atomic_read(&held[id]))
			return id;
	return ops ? ops->id : VOICEPAY_VAULT_NONE;
}

/* VOICEPAY_VAULT_REQUIRED, VOICEPAY_VAULT_WANTED */
u32 vp_vault_flags(void)
{
	const struct vp_vault_ops *ops = READ_ONCE(chosen);
	u32 flags = vault_required ? VOICEPAY_VAULT_REQUIRED : 0;

	if (best_allowed >= VOICEPAY_VAULT_SECRETMEM &&
	    (ops ? ops->id < VOICEPAY_VAULT_SECRETMEM : best_allowed == VOICEPAY_VAULT_SECRETMEM))
		flags |= VOICEPAY_VAULT_WANTED;
	return flags;
}

/* enum voicepay_vault: no key is held in a weaker back end than this. */
u32 vp_vault_required(void)
{
	return vault_required ? best_allowed : VOICEPAY_VAULT_NONE;
}

bool vp_vault_holds_any(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(held); i++)
		if (atomic_read(&held[i]))
			return true;
	return false;
}

/**
 * vp_vault_shut() - let nothing new in
 * @reason: VP_SHUT_DOWN, which is for good, VP_SHUT_HIBERNATION or VP_SHUT_SLEEP
 *
 * To be called before the keys are wiped or counted: a key that were made
 * between that and the machine's sleep would be written to the disk.
 */
void vp_vault_shut(int reason)
{
	atomic_or(reason, &shut);
	smp_mb__after_atomic();		/* pairs with that in vp_cell_alloc() */
}

/**
 * vp_vault_reopen() - the reason is gone
 * @reason: as given to vp_vault_shut(); there may be others, or it was none
 */
void vp_vault_reopen(int reason)
{
	atomic_andnot(reason, &shut);
}

/**
 * vp_vault_emergency() - make everything at rest worthless, now
 *
 * For a crash: takes no lock, maps and allocates nothing, may run at any time
 * on any processor. Cells that there are give -ENOKEY from then on.
 */
void vp_vault_emergency(void)
{
	size_t i;

	atomic_inc(&vp_vault_wipes);
	smp_mb__after_atomic();		/* who still reads the old content sees the new count */
	for (i = 0; i < ARRAY_SIZE(back_ends); i++)
		if (back_ends[i])
			back_ends[i]->emergency();
}

static int __init read_policy(void)
{
	size_t i;

	if (!*vault && vault_required) {
		pr_err("vault_required=1 needs vault=, to say what is required\n");
		return -EINVAL;
	}
	for (i = 0; *vault && i < ARRAY_SIZE(back_ends); i++) {
		if (back_ends[i] && sysfs_streq(vault, back_ends[i]->name)) {
			best_allowed = back_ends[i]->id;
			return 0;
		}
	}
	if (*vault) {
		pr_err("vault=: reserved, secretmem or split\n");
		return -EINVAL;
	}
	return 0;
}

int __init vp_vault_init(void)
{
	int err;

	err = read_policy();
	if (!err)
		err = vp_vault_split_init();
	if (err)
		return err;
	err = best_allowed >= VOICEPAY_VAULT_RESERVED ? vp_vault_reserved_init() : -ENODEV;
	if (!err)
		chosen = back_ends[VOICEPAY_VAULT_RESERVED];
	else if (!vault_required || best_allowed == VOICEPAY_VAULT_SPLIT)
		chosen = &vp_vault_split;
	else if (best_allowed == VOICEPAY_VAULT_RESERVED)
		pr_err("vault=reserved is required and not there (%d): no key will be held\n",
		       err);
#ifdef CONFIG_VOICEPAY_TEST_SECRETS
	pr_alert("TEST BUILD: private keys are predictable\n");
#endif
#ifdef CONFIG_VOICEPAY_TEST_PLAIN
	pr_alert("TEST BUILD: the vault masks nothing\n");
#endif
	return 0;
}

/* With no cell left. */
void vp_vault_exit(void)
{
	vp_vault_secretmem_exit();
	vp_vault_reserved_exit();
	vp_vault_split_exit();
	vp_mask_exit();
}
