// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes the tables in an empty database of PostgreSQL's kind. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db_postgres.h"
#include "log.h"
#include "schema.h"
#include "store_schema.h"

/* What the schema keeps for databases that have partitions becomes part of its statements. */
static void open_up(char *sql)
{
	for (char *p = sql; (p = strstr(p, "/*+")); )
		memset(p, ' ', 3);
	for (char *p = sql; (p = strstr(p, "+*/")); )
		memset(p, ' ', 3);
}

static enum store_result is_empty(struct store *st)
{
	struct query *q = db(st, "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND "
			     "table_name IN ('meta', 'transfer', 'device_key')", "");
	enum store_result r = db_end(q, db_row(st, q));

	if (r == STORE_OK)
		log_error("database: there are tables of a voicepay gateway in it already. Another machine of the same fleet needs no \"init\": copy master.key and gateway.key to it");
	return r == STORE_OK ? STORE_TAKEN : r;
}

/*
 * What is only added to cannot be changed by a gateway that was taken over either, as
 * long as it does not give itself the right back. A foreign key locks the row that it
 * refers to, for which one column must be left to write to. Databases without rights
 * for columns are left as they are.
 */
static void grant(struct store *st)
{
	static const char *const orders[] = {
		("REVOKE UPDATE, DELETE, TRUNCATE ON transfer, payment FROM CURRENT_USER; "
		 "GRANT UPDATE (kept) ON transfer, payment TO CURRENT_USER"),
		"REVOKE DELETE, TRUNCATE ON spent, merchant_order, account, party, device_key FROM CURRENT_USER",
		"REVOKE UPDATE, DELETE, TRUNCATE ON refund, revoked FROM CURRENT_USER",
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (db_exec(st, orders[i]) != STORE_OK)
			log_warn("the gateway's role keeps the right to change what is only added to: this database does not take \"%s\"",
				 orders[i]);
}

enum store_result store_create(struct store *st)
{
	char *sql = strdup(schema_postgres_sql);
	bool parts;
	enum store_result r;

	if (!sql)
		return STORE_FAILED;
	r = is_empty(st);
	if (r == STORE_NONE) {
		parts = store_partitions_can(st);
		if (parts)
			open_up(sql);
		r = store_begin(st);
		if (r == STORE_OK)
			r = db_exec(st, sql);
		if (r == STORE_OK)
			r = store_partitions_default(st, parts);
		if (r == STORE_OK)
			r = store_commit(st);
		store_rollback(st);
		if (r == STORE_OK)
			r = store_partitions(st, time(NULL));
		if (r == STORE_OK)
			grant(st);
	}
	free(sql);
	return r;
}
