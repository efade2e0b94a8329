// SPDX-License-Identifier: GPL-2.0
/*
 * The vault in ordinary memory: a secret is the exclusive or of two shares in
 * two allocations, one of them random, so that no single page gives it away. A
 * dump of all memory does; this is the back end for machines that have none of
 * the better ones.
 */

#include <linux/err.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "vault.h"

struct split_cell {
	struct vp_cell cell;
	int mask;
	u8 masked[VP_CELL_LEN];
};

static struct split_cell *split(struct vp_cell *cell)
{
	return container_of(cell, struct split_cell, cell);
}

static struct vp_cell *split_alloc(void)
{
	struct split_cell *sc;

	sc = kzalloc(sizeof(*sc), GFP_KERNEL_ACCOUNT);
	if (!sc)
		return ERR_PTR(-ENOMEM);
	sc->mask = vp_mask_alloc();
	if (sc->mask < 0) {
		int err = sc->mask;

		kfree(sc);
		return ERR_PTR(err);
	}
	return &sc->cell;
}

static void split_free(struct vp_cell *cell)
{
	struct split_cell *sc = split(cell);

	vp_mask_free(sc->mask);
	kfree_sensitive(sc);
}

static int split_write(struct vp_cell *cell, size_t offset, const void *data, size_t len)
{
	struct split_cell *sc = split(cell);

	vp_mask_write(sc->mask, offset, sc->masked + offset, data, len);
	return 0;
}

static int split_read(struct vp_cell *cell, size_t offset, void *data, size_t len)
{
	struct split_cell *sc = split(cell);

	vp_mask_read(sc->mask, offset, sc->masked + offset, data, len);
	return 0;
}

const struct vp_vault_ops vp_vault_split = {
	.id		= VOICEPAY_VAULT_SPLIT,
	.name		= "split",
	.alloc		= split_alloc,
	.free		= split_free,
	.write		= split_write,
	.read		= split_read,
	.emergency	= vp_mask_emergency,
};
