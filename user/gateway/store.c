// SPDX-License-Identifier: GPL-2.0-or-later
/* Opens a database of either kind, and begins and ends transactions. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db_postgres.h"
#include "filemode.h"
#include "log.h"
#include "schema.h"
#include "step.h"
#include "store_schema.h"

int store_version(struct store *st)
{
	char version[16] = "";

	return store_meta(st, "schema", version, sizeof(version)) == STORE_OK ? atoi(version) : 0;
}

/* An older one is not changed under way: somebody may want to go back, and a copy takes its time. */
static enum store_result check_schema(struct store *st)
{
	int version = store_version(st);

	if (version == SCHEMA_VERSION)
		return STORE_OK;
	if (version > 0 && version < SCHEMA_VERSION)
		log_error("database: it is of version %d, this program's is %d: stop the gateway and run \"voicepay-gateway migrate\", which keeps the old file",
			  version, SCHEMA_VERSION);
	else if (version > SCHEMA_VERSION)
		log_error("database: it is of version %d, from a newer program than this one, which knows %d: install that one again",
			  version, SCHEMA_VERSION);
	else
		log_error("database: it is not voicepay's");
	return STORE_FAILED;
}

static enum store_result create_schema(struct store *st)
{
	enum store_result r = store_begin(st);

	if (r == STORE_OK)
		r = db_exec(st, schema_sqlite_sql);
	if (r == STORE_OK)
		return store_commit(st);
	store_rollback(st);
	return r;
}

enum store_result store_open(struct store **out, const char *path, bool create)
{
	enum store_result r;

	*out = NULL;
	if (db_postgres_is_uri(path))
		r = db_postgres_open(out, path);
	else if (create)
		r = db_sqlite_create(path);
	else
		r = filemode_good(path, S_IRWXO) ? STORE_OK : STORE_FAILED;
	if (r == STORE_OK && !*out)
		r = db_sqlite_open(out, path);
	if (r == STORE_OK && create)
		r = db_is_postgres(*out) ? store_create(*out) : create_schema(*out);
	else if (r == STORE_OK)
		r = check_schema(*out);
	if (r != STORE_OK) {
		store_close(*out);
		*out = NULL;
	}
	return r;
}

enum store_result store_for_calls(struct store *st)
{
	return db_is_postgres(st) ? STORE_OK : db_sqlite_for_calls(st);
}

void store_close(struct store *st)
{
	if (!st)
		return;
	store_rollback(st);
	st->ops->close(st);
}

enum store_result store_flush(struct store *st)
{
	return st->ops->flush(st);
}

bool store_ahead(struct store *st)
{
	st->ahead = st->ops->forget;
	return st->ahead;
}

void store_ahead_end(struct store *st)
{
	st->ahead = false;
}

void store_ahead_forget(struct store *st)
{
	st->ahead = false;
	if (st->ops->forget)
		st->ops->forget(st);
}

void store_look(struct store *st, bool looking)
{
	if (st->ops->look)
		st->ops->look(st, looking);
}

static enum store_result begin(struct store *st, bool alone)
{
	enum store_result r = st->ops->begin(st, alone);

	st->writing = r == STORE_OK;
	step("begun");
	return r;
}

enum store_result store_begin(struct store *st)
{
	return begin(st, false);
}

enum store_result store_begin_alone(struct store *st)
{
	return begin(st, true);
}

enum store_result store_commit(struct store *st)
{
	enum store_result r;

	step("before commit");
	r = st->ops->commit(st);
	st->writing = false;
	if (r == STORE_OK)
		step("committed");
	return r;
}

void store_rollback(struct store *st)
{
	if (!st->writing)
		return;
	st->ops->rollback(st);
	st->writing = false;
}

enum store_result store_meta(struct store *st, const char *name, char *value, size_t size)
{
	struct query *q = db(st, "SELECT value FROM meta WHERE name = $1", "t", name);
	enum store_result r = db_row(st, q);

	if (r == STORE_OK)
		db_text(q, 0, value, size);
	return db_end(q, r);
}

enum store_result store_meta_set(struct store *st, const char *name, const char *value)
{
	if (value)
		return db_run(st, db(st, "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
				     "tt", name, value));
	return db_run(st, db(st, "DELETE FROM meta WHERE name = $1", "t", name));
}
