// SPDX-License-Identifier: GPL-2.0-or-later
/* export, import: a fleet from one database to another */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "filemode.h"
#include "input.h"
#include "log.h"
#include "statedir.h"
#include "store_move.h"
#include "store_schema.h"

static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };

static error_t one_file(int key, char *arg, struct argp_state *state)
{
	const char **file = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*file)
			argp_error(state, "one FILE is enough");
		*file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!*file)
			argp_error(state, "say which FILE; - is standard input or output");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void tell(const char *table, long long rows)
{
	fprintf(stderr, "%s: %lld\n", table, rows);
}

/* A file is for one gateway, which must not write meanwhile; at a server nobody can know who does. */
static int take(struct settings *set, char db[SETTINGS_DB_MAX])
{
	if (gateway_settings(set, common.config, common.state))
		return -1;
	settings_db(set, db);
	return statedir_hold(set->state, !*set->db);
}

static FILE *make(const char *name)
{
	int fd = filemode_make(name, O_WRONLY);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f)
		log_error("cannot create %s: %m", name);
	return f;
}

int cmd_export(int argc, char **argv)
{
	static const struct argp argp = { NULL, one_file, "FILE",
		"Writes all that the database holds to FILE, for \"import\". Keep it as you keep the database: what is sealed in it is sealed "
		"under the master key, which is not in it.\v"
		"With SQLite the gateway must not be running. With PostgreSQL it is as of one moment; for a move, stop all gateways first.",
		children, NULL, NULL };
	const char *name = NULL;
	char db[SETTINGS_DB_MAX];
	struct settings set;
	struct store *st;
	enum store_result r;
	bool std;
	FILE *out;
	int dir;

	if (argp_parse(&argp, argc, argv, 0, NULL, &name))
		return EXIT_USAGE;
	dir = take(&set, db);
	if (dir < 0)
		return EXIT_ENVIRONMENT;
	std = !strcmp(name, "-");
	out = std ? stdout : make(name);
	r = out ? store_open(&st, db, false) : STORE_FAILED;
	if (r == STORE_OK) {
		r = store_export(st, out, tell);
		store_close(st);
	}
	if (r == STORE_OK && !std && fsync(fileno(out)))
		r = STORE_FAILED;
	if (out && !std && fclose(out))
		r = STORE_FAILED;
	/* Half of a fleet is nothing that somebody should find. */
	if (r != STORE_OK && out && !std)
		unlink(name);
	close(dir);
	return r == STORE_OK ? EXIT_OK : EXIT_ENVIRONMENT;
}

/* Tables that are there, and have no rows, or new ones. */
static enum store_result open_new(struct store **st, const char *db, bool file)
{
	enum store_result r;

	if (file)
		return store_open(st, db, true);
	r = store_open(st, db, true);
	if (r != STORE_TAKEN)
		return r;
	r = store_open(st, db, false);
	if (r == STORE_OK)
		r = store_is_new(*st);
	if (r != STORE_NONE)
		return r;
	log_error("import: there is a fleet in this database already; one cannot be added to another");
	store_close(*st);
	*st = NULL;
	return STORE_TAKEN;
}

int cmd_import(int argc, char **argv)
{
	static const struct argp argp = { NULL, one_file, "FILE",
		"Fills a new database with what \"export\" wrote: all of it, or, if a row, a count or a sum differs, nothing.\v"
		"The state directory needs master.key and gateway.key of the old one; they are not in FILE. Without --db or [gateway] db it makes ledger.db.",
		children, NULL, NULL };
	const char *name = NULL;
	char db[SETTINGS_DB_MAX];
	struct settings set;
	struct store *st = NULL;
	enum store_result r;
	FILE *in;
	int dir;

	if (argp_parse(&argp, argc, argv, 0, NULL, &name))
		return EXIT_USAGE;
	dir = take(&set, db);
	if (dir < 0)
		return EXIT_ENVIRONMENT;
	in = input_open(name);
	if (!in)
		log_error("cannot open %s: %m", name);
	r = in ? open_new(&st, db, !*set.db) : STORE_FAILED;
	if (r == STORE_OK)
		r = store_import(st, in, tell);
	/* The tables that were made for it at a server stay, without a row; a file would be taken for a ledger. */
	if (st && r != STORE_OK && !*set.db)
		unlink(db);
	if (st && r == STORE_OK)
		r = store_flush(st);
	store_close(st);
	input_close(in);
	close(dir);
	return r == STORE_OK ? EXIT_OK : r == STORE_TAKEN ? EXIT_REFUSED : EXIT_ENVIRONMENT;
}
