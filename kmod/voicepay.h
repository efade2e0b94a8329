/* SPDX-License-Identifier: GPL-2.0 */
/* What every file of the module may use: the UAPI and how it logs. */
#ifndef VP_VOICEPAY_H
#define VP_VOICEPAY_H

#ifdef pr_fmt
#undef pr_fmt
#endif
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/errno.h>
#include <uapi/linux/voicepay.h>

#include "compat/compat.h"

#define VP_SLOTS_MAX	1024

#endif /* VP_VOICEPAY_H */
