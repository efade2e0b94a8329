// SPDX-License-Identifier: GPL-2.0
/*
 * Masks: what is kept where others might look is kept as the exclusive or with
 * a random mask, and the masks are here, in pages of their own.
 *
 * The pages stay until the module goes. So a crash can zero them all without a
 * lock and without asking who uses them, and what was masked is lost.
 */

#include <crypto/algapi.h>
#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/string.h>

#include "voicepay.h"
#include "vault_split.h"

/*
 * Of each size: one a slot, as none has both an authenticator's and a handshake's; copies
 * while all is moved; and what is no slot's, or not yet.
 */
#define MASKS		(VP_SLOTS_MAX + VP_CELLS_MOVED + 32)
#define SHORT_PER_PAGE	(PAGE_SIZE / VP_CELL_SHORT)
#define LONG_PER_PAGE	(PAGE_SIZE / VP_CELL_LEN)
#define SHORT_PAGES	(MASKS / SHORT_PER_PAGE + 1)
#define LONG_PAGES	(MASKS / LONG_PER_PAGE + 1)

static DEFINE_IDA(short_masks);
static DEFINE_IDA(long_masks);
static DEFINE_MUTEX(grow_lock);
u8 *vp_mask_pages[SHORT_PAGES + LONG_PAGES];

/* A page has masks of one size. */
static const struct size {
	struct ida *in_use;
	unsigned int len, per_page, first_page;
} sizes[] = {
	{ &short_masks, VP_CELL_SHORT, SHORT_PER_PAGE, 0 },
	{ &long_masks, VP_CELL_LEN, LONG_PER_PAGE, SHORT_PAGES },
};

static int grow(int page)
{
	u8 *fresh;
	int err = 0;

	mutex_lock(&grow_lock);
	if (!vp_mask_pages[page]) {
		fresh = (u8 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (fresh)
			/* zeroed before it is seen */
			smp_store_release(&vp_mask_pages[page], fresh);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&grow_lock);
	return err;
}

/**
 * vp_mask_alloc() - a mask
 * @len: for so many bytes
 *
 * Return: its name or a negative errno.
 */
int vp_mask_alloc(size_t len)
{
	const struct size *size = &sizes[len > VP_CELL_SHORT];
	int n, page, err;

	BUILD_BUG_ON(VP_CELL_SHORT % VP_MASK_STEP || VP_CELL_LEN % VP_MASK_STEP);
	/* It goes into a field of struct vp_cell. */
	BUILD_BUG_ON(ARRAY_SIZE(vp_mask_pages) * VP_MASK_STEPS > 1 << 20);
	n = ida_alloc_max(size->in_use, MASKS - 1, GFP_KERNEL);
	if (n < 0)
		return n;
	page = size->first_page + n / size->per_page;
	err = grow(page);
	if (err) {
		ida_free(size->in_use, n);
		return err;
	}
	return page * VP_MASK_STEPS + n % size->per_page * (size->len / VP_MASK_STEP);
}

void vp_mask_free(u32 mask)
{
	const struct size *size = &sizes[mask / VP_MASK_STEPS >= SHORT_PAGES];

	memzero_explicit(vp_mask_at(mask), size->len);
	ida_free(size->in_use, (mask / VP_MASK_STEPS - size->first_page) * size->per_page +
			       mask % VP_MASK_STEPS * VP_MASK_STEP / size->len);
}

/**
 * vp_mask_write() - mask data under fresh random bytes
 * @mask: whose mask
 * @offset: where in it
 * @masked: out: what may be kept elsewhere
 * @data: the secret
 * @len: how many bytes
 */
void vp_mask_write(u32 mask, size_t offset, u8 *masked, const u8 *data, size_t len)
{
	u8 *m = vp_mask_at(mask) + offset;

#ifdef CONFIG_VOICEPAY_TEST_PLAIN
	/* What masks are good for, and what they cost, is seen against this. */
	memcpy(masked, data, len);
	return;
#endif
	get_random_bytes(m, len);
	crypto_xor_cpy(masked, data, m, len);
}

void vp_mask_read(u32 mask, size_t offset, const u8 *masked, u8 *data, size_t len)
{
	const u8 *m = vp_mask_at(mask) + offset;

#ifdef CONFIG_VOICEPAY_TEST_PLAIN
	memcpy(data, masked, len);
	return;
#endif
	crypto_xor_cpy(data, masked, m, len);
}

/* Nothing here may wait: the machine is crashing. */
void vp_mask_emergency(void)
{
	size_t i;
	u8 *page;

	for (i = 0; i < ARRAY_SIZE(vp_mask_pages); i++) {
		page = READ_ONCE(vp_mask_pages[i]);
		if (page)
			memzero_explicit(page, PAGE_SIZE);
	}
}

void vp_mask_exit(void)
{
	size_t i;

	vp_mask_emergency();
	for (i = 0; i < ARRAY_SIZE(vp_mask_pages); i++)
		free_page((unsigned long)vp_mask_pages[i]);
	ida_destroy(&short_masks);
	ida_destroy(&long_masks);
}
