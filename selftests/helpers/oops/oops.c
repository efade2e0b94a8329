// SPDX-License-Identifier: GPL-2.0-or-later
/* For vm/wipe-search: a part of the kernel that crashes as soon as it is loaded. */

#include <linux/bug.h>
#include <linux/module.h>

static int __init oops_init(void)
{
	BUG();
	return 0;
}
module_init(oops_init);

MODULE_DESCRIPTION("crashes as soon as it is loaded");
MODULE_LICENSE("GPL");
