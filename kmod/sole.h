/* SPDX-License-Identifier: GPL-2.0 */
/* Becoming the only holder of a file that a caller gives away. */
#ifndef VP_SOLE_H
#define VP_SOLE_H

struct file;

__visible int vp_take_sole(int fd, struct file *file);

#endif /* VP_SOLE_H */
