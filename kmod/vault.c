// SPDX-License-Identifier: GPL-2.0
/* The vault's front: chooses the back end, checks bounds. */

#include <linux/bug.h>
#include <linux/err.h>

#include "voicepay.h"
#include "vault.h"

/**
 * vp_cell_alloc() - a place for secrets, in the best back end there is
 *
 * Return: a cell, or an ERR_PTR.
 */
struct vp_cell *vp_cell_alloc(void)
{
	return vp_vault_split.alloc();
}

/**
 * vp_cell_free() - wipe a cell and give it back
 * @cell: the cell; NULL or an ERR_PTR is ignored
 */
void vp_cell_free(struct vp_cell *cell)
{
	if (!IS_ERR_OR_NULL(cell))
		cell->ops->free(cell);
}

static bool in_cell(size_t offset, size_t len)
{
	return offset <= VP_CELL_LEN && len <= VP_CELL_LEN - offset;
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
	if (WARN_ON_ONCE(!in_cell(offset, len)))
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
 * Return: 0 or a negative errno, and then @data is undefined.
 */
int vp_cell_read(struct vp_cell *cell, size_t offset, void *data, size_t len)
{
	if (WARN_ON_ONCE(!in_cell(offset, len)))
		return -EINVAL;
	return cell->ops->read(cell, offset, data, len);
}
