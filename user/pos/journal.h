/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order numbers of sales whose outcome is not known yet: a file each,
 * written before anything is sent and removed once the gateway has said what
 * became of it. What is left after a crash is what to ask for.
 */
#ifndef VPP_JOURNAL_H
#define VPP_JOURNAL_H

#include "pos.h"

/*
 * Writes @order_no down, on the disk when it returns, and holds it until
 * journal_close(). A descriptor, or -1 with @error.
 */
int journal_open(const struct pos *pos, const char *order_no, char error[POS_ERROR]);
/* @settled: it is known what became of it. */
void journal_close(const struct pos *pos, const char *order_no, int fd, bool settled);

/*
 * Calls @fn for each that nobody holds, in their order; fn says whether it is
 * settled. The number of those that are not, or -1 with @error.
 */
int journal_each(const struct pos *pos, bool (*fn)(void *arg, const char *order_no), void *arg,
		 char error[POS_ERROR]);

#endif /* VPP_JOURNAL_H */
