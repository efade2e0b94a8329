/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of the SQLite database, and what holds for whatever is put back. */
#ifndef VPG_STORE_BACKUP_H
#define VPG_STORE_BACKUP_H

#include "store.h"

#define META_CRL_NUMBER	"crl"
#define META_RESTORED	"restored"	/* seconds since 1970 */

/* As of one moment, to a file that is empty; payments go on meanwhile. */
enum store_result store_backup(struct store *st, const char *path);
/* STORE_FAILED: pages are damaged, or rows point nowhere. */
enum store_result store_is_whole(struct store *st);

/*
 * The copy does not know what was used after it was made, and would let it be used
 * once more. So all that can have been used until @now counts as used: every
 * code of a time step up to now, every pool, online code and ticket, every
 * authorisation. Devices go on with the next time step.
 */
enum store_result store_guard(struct store *st, __u64 now);

/* What was revoked in the database at @from is revoked in this one, too; how many that were. */
enum store_result store_take_revoked(struct store *st, const char *from, long long *n);

#endif /* VPG_STORE_BACKUP_H */
