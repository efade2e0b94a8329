/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VPG_SCHEMA_H
#define VPG_SCHEMA_H

/* schema-sqlite.sql and schema-postgres.sql, NUL-terminated. */
extern const char schema_sqlite_sql[];
extern const char schema_postgres_sql[];
#define SCHEMA_VERSION	4

#endif /* VPG_SCHEMA_H */
