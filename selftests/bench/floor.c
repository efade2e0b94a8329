// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor that codes are held against: HMAC-SHA-256 from prepared states, two
 * compressions, by the same SHA-256 that the module uses, in a system call that does
 * nothing else. Nothing is looked up, nobody is judged, nothing is wiped. Built with
 * CONFIG_VOICEPAY_BENCH=m, for "make bench" only.
 *
 * write() sets the key, read() gives the last MAC, the ioctl computes MACs of
 * BENCH_MESSAGE.
 */

#include <crypto/hash.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "floor.h"

#define STATE_MAX	128
#define BLOCK		64

static struct crypto_shash *sha;
static u8 inner[STATE_MAX], outer[STATE_MAX], mac[BENCH_MAC];

static int prepare(u8 *state, const u8 *key, u8 pad)
{
	SHASH_DESC_ON_STACK(desc, sha);
	u8 block[BLOCK];
	int err, i;

	for (i = 0; i < BLOCK; i++)
		block[i] = (i < BENCH_KEY ? key[i] : 0) ^ pad;
	desc->tfm = sha;
	err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, block, BLOCK);
	return err ?: crypto_shash_export(desc, state);
}

static int compute(void)
{
	SHASH_DESC_ON_STACK(desc, sha);
	int err;

	desc->tfm = sha;
	err = crypto_shash_import(desc, inner);
	if (!err)
		err = crypto_shash_finup(desc, BENCH_MESSAGE, sizeof(BENCH_MESSAGE) - 1, mac);
	if (!err)
		err = crypto_shash_import(desc, outer);
	return err ?: crypto_shash_finup(desc, mac, BENCH_MAC, mac);
}

static long floor_ioctl(struct file *file, unsigned int cmd, unsigned long times)
{
	int err = 0;

	if (cmd != BENCH_IOC_HMAC)
		return -ENOTTY;
	while (times-- && !err)
		err = compute();
	return err;
}

static ssize_t floor_write(struct file *file, const char __user *data, size_t len, loff_t *pos)
{
	u8 key[BENCH_KEY];
	int err;

	if (len != BENCH_KEY)
		return -EINVAL;
	if (copy_from_user(key, data, BENCH_KEY))
		return -EFAULT;
	err = prepare(inner, key, 0x36);
	if (!err)
		err = prepare(outer, key, 0x5c);
	return err ?: len;
}

static ssize_t floor_read(struct file *file, char __user *data, size_t len, loff_t *pos)
{
	if (len != BENCH_MAC)
		return -EINVAL;
	return copy_to_user(data, mac, BENCH_MAC) ? -EFAULT : len;
}

static const struct file_operations floor_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = floor_ioctl,
	.write = floor_write,
	.read = floor_read,
};

static struct miscdevice floor = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "voicepay_bench",
	.fops = &floor_fops,
	.mode = 0600,
};

static int __init floor_init(void)
{
	int err;

	sha = crypto_alloc_shash("sha256", 0, 0);
	if (IS_ERR(sha))
		return PTR_ERR(sha);
	err = crypto_shash_statesize(sha) > STATE_MAX ? -EOPNOTSUPP : misc_register(&floor);
	if (err)
		crypto_free_shash(sha);
	else
		pr_info("voicepay_bench: %s\n", crypto_shash_driver_name(sha));
	return err;
}

static void __exit floor_exit(void)
{
	misc_deregister(&floor);
	crypto_free_shash(sha);
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("voicepay's benchmark: what an HMAC costs in the kernel at least");
