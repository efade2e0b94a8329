// SPDX-License-Identifier: GPL-2.0
/* The suites as a module of their own, voicepay_kunit: loading it runs them. */

#include <linux/module.h>

#include "voicepay.h"

MODULE_DESCRIPTION("KUnit suites of voicepay");
MODULE_LICENSE("GPL");
