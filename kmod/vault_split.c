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
#include "vault_split.h"

/*
 * Of the two sizes, to the byte: a payment slot's cell would else fill a kmalloc() of 512.
 * Nothing but cells lies in their pages at the same time; before 6.5 not even that. What a
 * cell held is gone when it is freed.
 */
static struct kmem_cache *short_cells, *long_cells;

static struct vp_split_cell *split(struct vp_cell *cell)
{
	return container_of(cell, struct vp_split_cell, cell);
}

static size_t size_for(size_t len)
{
	return sizeof(struct vp_split_cell) + (len > VP_CELL_SHORT ? VP_CELL_LEN : VP_CELL_SHORT);
}

static struct kmem_cache *cache_for(size_t len)
{
	return len > VP_CELL_SHORT ? long_cells : short_cells;
}

static struct vp_cell *split_alloc(size_t len)
{
	struct vp_split_cell *sc;
	int mask;

	sc = kmem_cache_zalloc(cache_for(len), GFP_KERNEL);
	if (!sc)
		return ERR_PTR(-ENOMEM);
	mask = vp_mask_alloc(len);
	if (mask < 0) {
		kmem_cache_free(cache_for(len), sc);
		return ERR_PTR(mask);
	}
	sc->cell.mask = mask;
	return &sc->cell;
}

static void split_free(struct vp_cell *cell)
{
	size_t len = cell->len;

	vp_mask_free(cell->mask);
	memzero_explicit(split(cell), size_for(len));
	kmem_cache_free(cache_for(len), split(cell));
}

static int split_write(struct vp_cell *cell, size_t offset, const void *data, size_t len)
{
	vp_mask_write(cell->mask, offset, split(cell)->masked + offset, data, len);
	return 0;
}

static int split_read(struct vp_cell *cell, size_t offset, void *data, size_t len)
{
	vp_mask_read(cell->mask, offset, split(cell)->masked + offset, data, len);
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

int __init vp_vault_split_init(void)
{
	short_cells = kmem_cache_create("voicepay_cell", size_for(VP_CELL_SHORT), 0,
					SLAB_ACCOUNT | SLAB_NO_MERGE, NULL);
	long_cells = kmem_cache_create("voicepay_long_cell", size_for(VP_CELL_LEN), 0,
				       SLAB_ACCOUNT | SLAB_NO_MERGE, NULL);
	if (short_cells && long_cells)
		return 0;
	vp_vault_split_exit();
	return -ENOMEM;
}

/* With no cell left. */
void vp_vault_split_exit(void)
{
	kmem_cache_destroy(short_cells);
	kmem_cache_destroy(long_cells);
}
