// SPDX-License-Identifier: GPL-2.0
/*
 * The vault in pages of memfd_secret(2), which a privileged program makes and
 * gives away: the kernel's direct map does not have them, so that a stray read,
 * /proc/kcore or a speculative gadget does not reach them. Each access maps one
 * page for as long as it takes to copy.
 *
 * A dump of physical memory does hold these pages. So what lies in them is
 * masked, and the masks, in ordinary memory, can be zeroed when the machine
 * crashes, which the pages themselves could not be without mapping them.
 *
 * As long as the file lives, the kernel refuses to hibernate.
 */

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "voicepay.h"
#include "sole.h"
#include "vault.h"

#define PER_PAGE	(PAGE_SIZE / VP_CELL_LEN)

struct secretmem_cell {
	struct vp_cell cell;
	int place;		/* counted in cells, over all pages */
};

/* Set once, before the first cell, and kept until the module goes. */
static struct file *donated;
static struct page **pages;
static unsigned int n_pages;
static DEFINE_IDA(places);

static struct secretmem_cell *secretmem(struct vp_cell *cell)
{
	return container_of(cell, struct secretmem_cell, cell);
}

static u8 *map_page(unsigned int i)
{
	return vmap(&pages[i], 1, VM_MAP, PAGE_KERNEL);
}

/* Unmapped for good: no processor keeps a translation that a later read could use. */
static void unmap_page(u8 *at)
{
	vunmap(at);
	vm_unmap_aliases();
}

static struct vp_cell *secretmem_alloc(size_t len)
{
	struct secretmem_cell *sc;
	int err;

	sc = kzalloc(sizeof(*sc), GFP_KERNEL_ACCOUNT);
	if (!sc)
		return ERR_PTR(-ENOMEM);
	sc->place = ida_alloc_max(&places, n_pages * PER_PAGE - 1, GFP_KERNEL);
	err = sc->place;
	if (err < 0)
		goto err_place;
	err = vp_mask_alloc(len);
	if (err < 0)
		goto err_mask;
	sc->cell.mask = err;
	return &sc->cell;

err_mask:
	ida_free(&places, sc->place);
err_place:
	kfree(sc);
	return ERR_PTR(err);
}

/* Without its mask what is in the page is noise; the next cell there overwrites it. */
static void secretmem_free(struct vp_cell *cell)
{
	struct secretmem_cell *sc = secretmem(cell);

	vp_mask_free(cell->mask);
	ida_free(&places, sc->place);
	kfree_sensitive(sc);
}

static int secretmem_write(struct vp_cell *cell, size_t offset, const void *data, size_t len)
{
	struct secretmem_cell *sc = secretmem(cell);
	u8 *page = map_page(sc->place / PER_PAGE);

	if (!page)
		return -ENOMEM;
	vp_mask_write(cell->mask, offset, page + sc->place % PER_PAGE * VP_CELL_LEN + offset,
		      data, len);
	unmap_page(page);
	return 0;
}

static int secretmem_read(struct vp_cell *cell, size_t offset, void *data, size_t len)
{
	struct secretmem_cell *sc = secretmem(cell);
	u8 *page = map_page(sc->place / PER_PAGE);

	if (!page)
		return -ENOMEM;
	vp_mask_read(cell->mask, offset, page + sc->place % PER_PAGE * VP_CELL_LEN + offset,
		     data, len);
	unmap_page(page);
	return 0;
}

const struct vp_vault_ops vp_vault_secretmem = {
	.id		= VOICEPAY_VAULT_SECRETMEM,
	.name		= "secretmem",
	.alloc		= secretmem_alloc,
	.free		= secretmem_free,
	.write		= secretmem_write,
	.read		= secretmem_read,
	.emergency	= vp_mask_emergency,
};

static void put_pages(struct page **from, unsigned int n)
{
	while (n)
		put_page(from[--n]);
	kfree(from);
}

/* The pages of @file, all of which its maker must have touched. */
static struct page **get_pages(struct file *file, unsigned int n)
{
	struct page **got;
	unsigned int i;

	got = kcalloc(n, sizeof(*got), GFP_KERNEL);
	if (!got)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < n; i++) {
		got[i] = find_get_page(file->f_mapping, i);
		if (!got[i]) {
			put_pages(got, i);
			return ERR_PTR(-ENODATA);
		}
	}
	return got;
}

static int take(int fd, struct file *file)
{
	struct page **got;
	loff_t size;
	int err;

	/* Another file's pages would be in the direct map, and anybody's. */
	if (file_inode(file)->i_sb->s_magic != SECRETMEM_MAGIC)
		return -EMEDIUMTYPE;
	err = vp_take_sole(fd, file);
	if (err)
		return err;
	/* The giver could go on reading through a mapping. */
	if (mapping_mapped(file->f_mapping))
		return -EBUSY;
	size = i_size_read(file_inode(file));
	if (!size || size & ~PAGE_MASK || size > (loff_t)VOICEPAY_VAULT_PAGES_MAX << PAGE_SHIFT)
		return -EFBIG;
	got = get_pages(file, size >> PAGE_SHIFT);
	if (IS_ERR(got))
		return PTR_ERR(got);
	pages = got;
	n_pages = size >> PAGE_SHIFT;
	return 0;
}

/**
 * vp_vault_secretmem_take() - take pages from whoever gives them
 * @fd: a memfd_secret whose pages were all touched and are mapped nowhere;
 *	it is closed
 * @count: out: how many pages there are
 *
 * Return: 0 or what VOICEPAY_IOC_VAULT documents.
 */
int vp_vault_secretmem_take(int fd, u32 *count)
{
	struct file *file;
	int err;

	if (donated)
		return -EEXIST;
	file = fget(fd);
	if (!file)
		return -EBADF;
	err = take(fd, file);
	if (err) {
		fput(file);
		return err;
	}
	donated = file;
	*count = n_pages;
	return 0;
}

/* With no cell left. The kernel zeroes the pages when the file's last reference goes. */
void vp_vault_secretmem_exit(void)
{
	if (!donated)
		return;
	put_pages(pages, n_pages);
	fput(donated);
	ida_destroy(&places);
}
