// SPDX-License-Identifier: GPL-2.0
/*
 * The vault in a carve-out: physical memory that the kernel was told to leave
 * alone, by a reserved-memory node with no-map in the device tree or by memmap=
 * on x86. The direct map does not have it, /proc/kcore and /dev/mem do not show
 * it, and neither hibernation nor a crash dump writes it out.
 *
 * It survives a warm start, so it is zeroed when it is claimed and whenever the
 * machine goes down.
 */

#include <linux/err.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "voicepay.h"
#include "vault.h"

#define REGION_MAX	(64ULL << 20)

static unsigned long long reserved[2];
static int n_reserved;
module_param_array(reserved, ullong, &n_reserved, 0400);
MODULE_PARM_DESC(reserved, "ADDRESS,SIZE of memory set apart for the vault (x86: memmap=SIZE$ADDRESS)");

struct reserved_cell {
	struct vp_cell cell;
	int place;
};

static u8 *region;
static resource_size_t region_start, region_size;
static DEFINE_IDA(places);

static u8 *place_of(struct vp_cell *cell)
{
	return region + container_of(cell, struct reserved_cell, cell)->place * VP_CELL_LEN;
}

/* All places are alike: a carve-out has room, and is asked for any of them. */
static struct vp_cell *reserved_alloc(size_t len)
{
	struct reserved_cell *rc;

	rc = kzalloc(sizeof(*rc), GFP_KERNEL_ACCOUNT);
	if (!rc)
		return ERR_PTR(-ENOMEM);
	rc->place = ida_alloc_max(&places, (u32)region_size / VP_CELL_LEN - 1, GFP_KERNEL);
	if (rc->place < 0) {
		int err = rc->place;

		kfree(rc);
		return ERR_PTR(err);
	}
	return &rc->cell;
}

static void reserved_free(struct vp_cell *cell)
{
	struct reserved_cell *rc = container_of(cell, struct reserved_cell, cell);

	memzero_explicit(place_of(cell), VP_CELL_LEN);
	ida_free(&places, rc->place);
	kfree(rc);
}

static int reserved_write(struct vp_cell *cell, size_t offset, const void *data, size_t len)
{
	memcpy(place_of(cell) + offset, data, len);
	return 0;
}

static int reserved_read(struct vp_cell *cell, size_t offset, void *data, size_t len)
{
	memcpy(data, place_of(cell) + offset, len);
	return 0;
}

static void reserved_emergency(void)
{
	u8 *at = READ_ONCE(region);

	if (at)
		memzero_explicit(at, region_size);
}

const struct vp_vault_ops vp_vault_reserved = {
	.id		= VOICEPAY_VAULT_RESERVED,
	.name		= "reserved",
	.alloc		= reserved_alloc,
	.free		= reserved_free,
	.write		= reserved_write,
	.read		= reserved_read,
	.emergency	= reserved_emergency,
};

/* The node that the board's device tree sets apart for us. */
static int __init find_node(struct resource *res)
{
	struct device_node *node;
	int err;

	node = of_find_compatible_node(NULL, NULL, "voicepay,vault");
	if (!node)
		return -ENODEV;
	if (of_property_read_bool(node, "no-map")) {
		err = of_address_to_resource(node, 0, res);
	} else {
		pr_err("the reserved-memory node for the vault lacks no-map\n");
		err = -EINVAL;
	}
	of_node_put(node);
	return err;
}

static int __init find_region(void)
{
	struct resource res = {};
	int err;

	if (!n_reserved) {
		err = find_node(&res);
		if (err)
			return err;
		region_start = res.start;
		region_size = resource_size(&res);
	} else if (n_reserved == 2) {
		region_start = reserved[0];
		region_size = reserved[1];
	} else {
		return -EINVAL;
	}
	if (!region_start || !region_size || (region_start | region_size) & ~PAGE_MASK ||
	    region_size > REGION_MAX || region_start + region_size < region_start) {
		pr_err("reserved: whole pages, at most %llu bytes, please\n", REGION_MAX);
		return -EINVAL;
	}
	return 0;
}

/*
 * Where nothing answers at an address, an access gives ones on x86; elsewhere it is
 * the machine's last. There the device tree must say that this is memory, set apart.
 */
static bool __init in_device_tree(void)
{
	struct device_node *parent, *node;
	struct resource res;
	bool found = false;

	parent = of_find_node_by_path("/reserved-memory");
	for_each_child_of_node(parent, node) {
		if (!of_property_read_bool(node, "no-map") || of_address_to_resource(node, 0, &res))
			continue;
		if (res.start <= region_start && region_start + region_size - 1 <= res.end)
			found = true;
	}
	of_node_put(parent);
	return found;
}

/* Where no memory answers, nothing that is written comes back. */
static bool __init is_memory(u8 *at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE_SIZE)
		WRITE_ONCE(*(u64 *)(at + i), 0x5650ULL << 32 | i);
	for (i = 0; i < size; i += PAGE_SIZE)
		if (READ_ONCE(*(u64 *)(at + i)) != (0x5650ULL << 32 | i))
			return false;
	return true;
}

static int __init claim(void)
{
	/*
	 * memremap() of ordinary memory quietly gives the direct map: the keys
	 * would be where everybody can read them, and on somebody else's page.
	 */
	if (region_intersects(region_start, region_size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		pr_err("reserved: this is ordinary memory; set it apart first (memmap=, reserved-memory)\n");
		return -EADDRINUSE;
	}
	if (!IS_ENABLED(CONFIG_X86) && !in_device_tree()) {
		pr_err("reserved: no node of the device tree sets this memory apart with no-map\n");
		return -ENXIO;
	}
	/* Exclusively: or /dev/mem would show it. */
	if (!request_mem_region_exclusive(region_start, region_size, "voicepay vault")) {
		pr_err("reserved: something else has this memory\n");
		return -EBUSY;
	}
	region = memremap(region_start, region_size, MEMREMAP_WB);
	if (!region) {
		release_mem_region(region_start, region_size);
		return -ENOMEM;
	}
	if (!is_memory(region, region_size)) {
		pr_err("reserved: there is no memory at this address\n");
		memunmap(region);
		region = NULL;
		release_mem_region(region_start, region_size);
		return -ENXIO;
	}
	/* What an earlier kernel may have left. */
	memzero_explicit(region, region_size);
	return 0;
}

/**
 * vp_vault_reserved_init() - claim the carve-out, if there is one
 *
 * Return: 0; -ENODEV if none is named; another negative errno if one is, but
 * cannot be used.
 */
int __init vp_vault_reserved_init(void)
{
	int err;

	err = find_region();
	if (!err)
		err = claim();
	return err;
}

/* With no cell left. */
void vp_vault_reserved_exit(void)
{
	if (!region)
		return;
	memzero_explicit(region, region_size);
	memunmap(region);
	region = NULL;
	release_mem_region(region_start, region_size);
	ida_destroy(&places);
}
