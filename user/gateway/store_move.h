/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole fleet out of one database and into another, of either kind, as lines of
 * JSON: a line for each row, and at the end how many there are of each table
 * and what they come to. What is sealed stays sealed: the master key is not in it.
 */
#ifndef VPG_STORE_MOVE_H
#define VPG_STORE_MOVE_H

#include <stdio.h>

#include "store.h"

typedef void move_progress_fn(const char *table, long long rows);

/* As of one moment, whoever writes meanwhile. */
enum store_result store_export(struct store *st, FILE *out, move_progress_fn *fn);

/*
 * Into a database without rows, in one transaction: all of it or nothing. What was
 * written is read again and compared, row by row, and the ledger added up, before the commit.
 */
enum store_result store_import(struct store *st, FILE *in, move_progress_fn *fn);

#endif /* VPG_STORE_MOVE_H */
