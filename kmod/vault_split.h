/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vault in ordinary memory as its files share it; and reading from it without a call,
 * for what each code reads.
 */
#ifndef VP_VAULT_SPLIT_H
#define VP_VAULT_SPLIT_H

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "vault.h"

struct vp_split_cell {
	struct vp_cell cell;
	u8 masked[];
};

/* A mask is named by its page, and where it begins there, in steps of so many bytes. */
#define VP_MASK_STEP	16
#define VP_MASK_STEPS	(PAGE_SIZE / VP_MASK_STEP)

extern u8 *vp_mask_pages[];

static inline u8 *vp_mask_at(u32 mask)
{
	return READ_ONCE(vp_mask_pages[mask / VP_MASK_STEPS]) + mask % VP_MASK_STEPS * VP_MASK_STEP;
}

/* Of a length that the compiler knows, in whole words. */
static __always_inline void vp_unmask_words(u8 *data, const u8 *masked, const u8 *mask, size_t len)
{
	size_t i;

	BUILD_BUG_ON(!__builtin_constant_p(len) || len % 8);
#ifdef CONFIG_VOICEPAY_TEST_PLAIN
	memcpy(data, masked, len);
	return;
#endif
#pragma GCC unroll 16
	for (i = 0; i < len; i += 8)
		put_unaligned(get_unaligned((const u64 *)(masked + i)) ^
			      get_unaligned((const u64 *)(mask + i)), (u64 *)(data + i));
}

/* vp_cell_read() of so many bytes. */
static __always_inline int vp_cell_read_words(struct vp_cell *cell, size_t offset, void *data,
					      size_t len)
{
	const struct vp_split_cell *split = container_of(cell, struct vp_split_cell, cell);

	if (cell->ops != &vp_vault_split)
		return vp_cell_read(cell, offset, data, len);
	if (WARN_ON_ONCE(!vp_cell_has(cell, offset, len)))
		return -EINVAL;
	vp_unmask_words(data, split->masked + offset, vp_mask_at(cell->mask) + offset, len);
	return vp_cell_lost(cell) ? -ENOKEY : 0;
}

#endif /* VP_VAULT_SPLIT_H */
