// SPDX-License-Identifier: GPL-2.0
/*
 * Masks: what is kept where others might look is kept as the exclusive or with
 * a random mask, and the masks are here, in pages of their own.
 *
 * The pages stay until the module goes. So a crash can zero them all without a
 * lock and without asking who uses them, and what was masked is lost.
 */

#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/string.h>

#include "voicepay.h"
#include "vault.h"

/* A slot's key and handshake, and both once more while they are exchanged. */
#define MASKS		(4 * VP_SLOTS_MAX)
#define PER_PAGE	(PAGE_SIZE / VP_CELL_LEN)

static DEFINE_IDA(in_use);
static DEFINE_MUTEX(grow_lock);
static u8 *mask_pages[MASKS / PER_PAGE + 1];

static u8 *mask_at(int mask)
{
	return READ_ONCE(mask_pages[mask / PER_PAGE]) + mask % PER_PAGE * VP_CELL_LEN;
}

static int grow(int page)
{
	u8 *fresh;
	int err = 0;

	mutex_lock(&grow_lock);
	if (!mask_pages[page]) {
		fresh = (u8 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (fresh)
			/* zeroed before it is seen */
			smp_store_release(&mask_pages[page], fresh);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&grow_lock);
	return err;
}

/**
 * vp_mask_alloc() - a mask of VP_CELL_LEN bytes
 *
 * Return: its number or a negative errno.
 */
int vp_mask_alloc(void)
{
	int mask, err;

	mask = ida_alloc_max(&in_use, MASKS - 1, GFP_KERNEL);
	if (mask < 0)
		return mask;
	err = grow(mask / PER_PAGE);
	if (err) {
		ida_free(&in_use, mask);
		return err;
	}
	return mask;
}

void vp_mask_free(int mask)
{
	memzero_explicit(mask_at(mask), VP_CELL_LEN);
	ida_free(&in_use, mask);
}

static void xor_bytes(u8 *out, const u8 *a, const u8 *b, size_t len)
{
	size_t i;

	for (i = 0; i + 8 <= len; i += 8)
		put_unaligned(get_unaligned((const u64 *)(a + i)) ^
			      get_unaligned((const u64 *)(b + i)), (u64 *)(out + i));
	for (; i < len; i++)
		out[i] = a[i] ^ b[i];
}

/**
 * vp_mask_write() - mask data under fresh random bytes
 * @mask: whose mask
 * @offset: where in it
 * @masked: out: what may be kept elsewhere
 * @data: the secret
 * @len: how many bytes
 */
void vp_mask_write(int mask, size_t offset, u8 *masked, const u8 *data, size_t len)
{
	u8 *m = mask_at(mask) + offset;

#ifdef CONFIG_VOICEPAY_TEST_PLAIN
	/* What masks are good for, and what they cost, is seen against this. */
	memcpy(masked, data, len);
	return;
#endif
	get_random_bytes(m, len);
	xor_bytes(masked, data, m, len);
}

void vp_mask_read(int mask, size_t offset, const u8 *masked, u8 *data, size_t len)
{
	const u8 *m = mask_at(mask) + offset;

#ifdef CONFIG_VOICEPAY_TEST_PLAIN
	memcpy(data, masked, len);
	return;
#endif
	xor_bytes(data, masked, m, len);
}

/* Nothing here may wait: the machine is crashing. */
void vp_mask_emergency(void)
{
	size_t i;
	u8 *page;

	for (i = 0; i < ARRAY_SIZE(mask_pages); i++) {
		page = READ_ONCE(mask_pages[i]);
		if (page)
			memzero_explicit(page, PAGE_SIZE);
	}
}

void vp_mask_exit(void)
{
	size_t i;

	vp_mask_emergency();
	for (i = 0; i < ARRAY_SIZE(mask_pages); i++)
		free_page((unsigned long)mask_pages[i]);
	ida_destroy(&in_use);
}
