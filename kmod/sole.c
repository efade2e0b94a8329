// SPDX-License-Identifier: GPL-2.0
/* Becoming the only holder of a file that a caller gives away. */

#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/rcupdate.h>

#include "voicepay.h"
#include "sole.h"

/**
 * vp_take_sole() - make our reference to a file the only one
 * @fd: the caller's descriptor; it is closed
 * @file: what fget() of it gave
 *
 * The caller's descriptor goes first; whatever is left then besides ours is a
 * duplicate, a mapping, another process, a message in flight or a ring.
 *
 * Return: 0, or -EBUSY; @fd may be closed even then.
 */
int vp_take_sole(int fd, struct file *file)
{
	if (file_count(file) != 2)
		return -EBUSY;
	if (close_fd(fd))
		return -EBUSY;
	/*
	 * A thread that found the descriptor in the table just before may be
	 * about to take its reference. After this it has, and is counted, or
	 * it has seen that the descriptor is gone.
	 */
	synchronize_rcu_expedited();
	return file_count(file) == 1 ? 0 : -EBUSY;
}
