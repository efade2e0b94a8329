/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between whoever makes, opens and moves a database. */
#ifndef VPG_STORE_SCHEMA_H
#define VPG_STORE_SCHEMA_H

#include "store.h"

/* As they are written, by enum payment_kind. */
extern const char *const store_payment_kinds[3];

/* Makes the tables in an empty database, PostgreSQL's. */
enum store_result store_create(struct store *st);
/* Has the server partitions as PostgreSQL has them? */
bool store_partitions_can(struct store *st);
/* Those for what belongs in no other. */
enum store_result store_partitions_default(struct store *st, bool can);
/* Those of the months to come, if they are not there. */

/* Are there no rows in it yet? STORE_NONE: there are. */
enum store_result store_is_new(struct store *st);

/* Of the schema; 0 if there is none. */
int store_version(struct store *st);

/* Numbers of pools, online codes and notifications that may have been given away, and left no row. */
enum store_result store_numbers_ahead(struct store *st);

/* What the numbers of PostgreSQL's transfers leave for each second. */
#define TRANSFERS_A_SECOND	"2097152"

#endif /* VPG_STORE_SCHEMA_H */
