/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only SQLite's driver has. */
#ifndef VPG_DB_SQLITE_H
#define VPG_DB_SQLITE_H

#include <sqlite3.h>

#include "db.h"

/* The connection below, for what a test has to do behind the store's back. */
sqlite3 *db_sqlite(struct store *st);

#endif /* VPG_DB_SQLITE_H */
