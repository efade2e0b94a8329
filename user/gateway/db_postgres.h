/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only PostgreSQL's driver has. */
#ifndef VPG_DB_POSTGRES_H
#define VPG_DB_POSTGRES_H

#include <libpq-fe.h>

#include "db.h"

/* "postgresql://" or "postgres://" */
bool db_postgres_is_uri(const char *where);

bool db_postgres_has_password(const char *uri);

/*
 * A connection as the gateway wants it, to a server that a commit can be believed of;
 * else NULL, which the log was told. Whatever the URI or libpq's files have said of passwords is
 * in no message. @quiet: it is tried again and again, and was told once.
 */
PGconn *db_postgres_connect(const char *uri, bool quiet);

enum store_result db_postgres_open(struct store **st, const char *uri);

/* Is it PostgreSQL that is behind? */
bool db_is_postgres(const struct store *st);

/* Of two texts the one for the database that is behind. */
#define db_sql(st, sqlite, postgres) (db_is_postgres(st) ? (postgres) : (sqlite))

/*
 * Statements of this connection may take as long as they like, from here to its end: it serves
 * no request and is nobody's who has to hear signals, unless store_until() tells it to end.
 */
void db_patient(struct store *st);

#endif /* VPG_DB_POSTGRES_H */
