/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is tidied up by the hour, in a thread and on a connection of its own: it may take as
 * long as the database is large, and signals, keys and the ledger are looked after meanwhile.
 */
#ifndef VPG_SWEEPER_H
#define VPG_SWEEPER_H

#include <stdbool.h>
#include <linux/types.h>

struct sweeper;

/* @db_path as store_open() takes it. NULL: no memory. */
struct sweeper *sweeper_new(const char *db_path);
/* Begins one, if it is this gateway's turn. False, and the log is told: the one before has not ended. */
bool sweeper_begin(struct sweeper *sw, __u64 now);
/* One that is under way on a server is given up, as it comes again; in a file it ends first. */
void sweeper_end(struct sweeper *sw);

#endif /* VPG_SWEEPER_H */
