/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state directory: who works in it, and files in it that take another's place. */
#ifndef VPG_STATEDIR_H
#define VPG_STATEDIR_H

#include <stdbool.h>

/*
 * Whoever uses keys or database holds the directory; who changes them under
 * everybody's feet (rekey, migrate) holds it alone. A descriptor to be closed,
 * or -EBUSY or another error, which the log has been told.
 */
int statedir_hold(const char *dir, bool alone);

/* Writes out which names there are in it. */
int statedir_sync(int dir);

#endif /* VPG_STATEDIR_H */
