// SPDX-License-Identifier: GPL-2.0
/*
 * The vault in ordinary memory: a secret is the exclusive or of two shares in
 * two allocations, one of them random, so that no single page gives it away. A
 * dump of all memory does; this is the back end for machines that have none of
 * the better ones.
 */

#include <linux/err.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "voicepay.h"
#include "vault.h"

struct split_cell {
	struct vp_cell cell;
	u8 *mask;			/* VP_CELL_LEN random bytes */
	u8 masked[VP_CELL_LEN];		/* secret ^ mask */
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
	/* Of another size class, so that the shares do not lie side by side. */
	sc->mask = kzalloc(2 * VP_CELL_LEN, GFP_KERNEL_ACCOUNT);
	if (!sc->mask) {
		kfree(sc);
		return ERR_PTR(-ENOMEM);
	}
	sc->cell.ops = &vp_vault_split;
	return &sc->cell;
}

static void split_free(struct vp_cell *cell)
{
	struct split_cell *sc = split(cell);

	kfree_sensitive(sc->mask);
	kfree_sensitive(sc);
}

static int split_write(struct vp_cell *cell, size_t offset, const void *data, size_t len)
{
	struct split_cell *sc = split(cell);
	const u8 *in = data;
	size_t i;

	get_random_bytes(sc->mask + offset, len);
	for (i = 0; i < len; i++)
		sc->masked[offset + i] = in[i] ^ sc->mask[offset + i];
	return 0;
}

static int split_read(struct vp_cell *cell, size_t offset, void *data, size_t len)
{
	struct split_cell *sc = split(cell);
	u8 *out = data;
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = sc->masked[offset + i] ^ sc->mask[offset + i];
	return 0;
}

const struct vp_vault_ops vp_vault_split = {
	.name	= "split",
	.alloc	= split_alloc,
	.free	= split_free,
	.write	= split_write,
	.read	= split_read,
};
