/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A commit goes into the log of SQLite's file, its WAL, by one call: SQLite writes each page, and the
 * 24 bytes before it, by a call of its own, some fifty for a charge.
 */
#ifndef VPG_DB_SQLITE_LOG_H
#define VPG_DB_SQLITE_LOG_H

/*
 * Name of the VFS that does that, for a connection with synchronous = FULL and cache_spill = OFF and no
 * other; NULL if it cannot be had.
 */
const char *db_sqlite_log(void);

#endif /* VPG_DB_SQLITE_LOG_H */
