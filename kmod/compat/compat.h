/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels this module builds for (6.1 and later).
 * The code elsewhere reads as if for the newest of them.
 */
#ifndef VP_COMPAT_H
#define VP_COMPAT_H

#include <linux/version.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/socket.h>

/* Moved in 6.12. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/*
 * 6.5 replaced the socket operation sendpage by a flag of sendmsg. Where the
 * flag is missing it selects nothing.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define VP_HAVE_SENDPAGE	1
#endif

#ifndef MSG_SPLICE_PAGES
#define MSG_SPLICE_PAGES	0
#endif

/*
 * Since 6.7 a socket can ask to see SOL_SOCKET options itself. Before, the
 * socket core sets them on the outer socket and tells nobody but
 * proto.keepalive.
 */
#if defined(SOCK_CUSTOM_SOCKOPT) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define VP_HAVE_CUSTOM_SOCKOPT	1
#endif

/* Since 6.5; before, a cache may share its pages with another of the same size. */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE	0
#endif

/*
 * For a buffer on the way of a code that is written in whole before it is read: where the
 * kernel zeroes what is on the stack (INIT_STACK_ALL_ZERO), this is not.
 */
#ifdef __uninitialized
#define vp_uninitialized	__uninitialized
#elif __has_attribute(__uninitialized__)
#define vp_uninitialized	__attribute__((__uninitialized__))
#else
#define vp_uninitialized
#endif

#endif /* VP_COMPAT_H */
