// SPDX-License-Identifier: GPL-2.0-or-later
/* migrate, rekey: the state directory is held alone */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "command.h"
#include "log.h"
#include "rekey_online.h"
#include "schema.h"
#include "statedir.h"

static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };

static error_t no_args(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_ARG)
		argp_error(state, "there is no \"%s\" here", arg);
	return ARGP_ERR_UNKNOWN;
}

static int hold(struct settings *set)
{
	return gateway_settings(set, common.config, common.state) ? -1 : statedir_hold(set->state, true);
}

/* The old file keeps its content under a name that tells its version. */
static int swap(const char *db, const char *made, const char *kept, int dir)
{
	if (link(db, kept) && errno != EEXIST)
		return log_error("cannot keep %s as %s: %m", db, kept), -1;
	if (statedir_sync(dir) || rename(made, db))
		return log_error("cannot put %s in its place: %m", made), -1;
	return statedir_sync(dir);
}

/* PostgreSQL: version 4 is the first that it has; what there is to do is what comes with time. */
static int migrate_there(const struct settings *set)
{
	struct store *st;
	enum store_result r = store_open(&st, set->db, false);

	if (r == STORE_OK)
		r = store_partitions(st, gateway_clock_ms() / 1000);
	store_close(st);
	if (r == STORE_OK && common.json)
		printf("{\"from\": %d, \"changed\": false}\n", SCHEMA_VERSION);
	else if (r == STORE_OK)
		printf("nothing to do: the database is of version %d\n", SCHEMA_VERSION);
	return command_store(r, "migrate");
}

int cmd_migrate(int argc, char **argv)
{
	static const struct argp argp = { NULL, no_args, "",
		"Brings the database to this program's version. The old one is kept beside it, as ledger.db.vN.\v"
		"The gateway must not be running. Unused tickets are not taken along: make new ones.",
		children, NULL, NULL };
	char db[300], made[300], kept[320];
	struct settings set;
	enum store_result r;
	int dir, version = 0, ret = EXIT_ENVIRONMENT;

	if (argp_parse(&argp, argc, argv, 0, NULL, NULL))
		return EXIT_USAGE;
	dir = hold(&set);
	if (dir < 0)
		return EXIT_ENVIRONMENT;
	settings_path(&set, "ledger.db", db, sizeof(db));
	settings_path(&set, "ledger.db.new", made, sizeof(made));
	if (*set.db) {
		ret = migrate_there(&set);
		close(dir);
		return ret;
	}
	/* Left by a run that was cut short: nobody has used it. */
	unlink(made);
	r = store_migrate(db, made, &version);
	snprintf(kept, sizeof(kept), "%s.v%d", db, version);
	if (r == STORE_OK && !swap(db, made, kept, dir))
		ret = EXIT_OK;
	if (r == STORE_NONE)
		ret = EXIT_OK;
	if (ret == EXIT_OK && common.json)
		printf("{\"from\": %d, \"changed\": %s}\n", version, r == STORE_OK ? "true" : "false");
	else if (r == STORE_OK && ret == EXIT_OK)
		printf("migrated from version %d; the old database is kept as %s\n", version, kept);
	else if (r == STORE_NONE)
		printf("nothing to do: the database is of version %d\n", version);
	close(dir);
	return ret;
}

static void show(void *arg, const struct rekey_progress *p)
{
	*(struct rekey_progress *)arg = *p;
	if (!common.json)
		fprintf(stderr, "%s: %lld of %lld\n", p->what, p->done, p->total);
}

struct rekey_args {
	bool online;
	int gateways;
};

static error_t parse_rekey(int key, char *arg, struct argp_state *state)
{
	struct rekey_args *a = state->input;
	char *end;
	long n;

	switch (key) {
	case 'o':
		a->online = true;
		return 0;
	case 'g':
		n = strtol(arg, &end, 10);
		if (!*arg || *end || n < 0 || n > 100)
			argp_error(state, "--gateways is 0 to 100");
		a->gateways = n;
		return 0;
	default:
		return no_args(key, arg, state);
	}
}

int cmd_rekey(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "online", 'o', NULL, 0, "While gateways serve", 0 },
		{ "gateways", 'g', "N", 0, "How many serve from this database, on all machines (1)", 0 },
		{ 0 }
	};
	static const struct argp argp = { options, parse_rekey, "",
		"Draws another master key and seals everything anew under it.\v"
		"Without --online no gateway may be running. With it, other machines' gateways wait for a copy of master.key.new "
		"in their state directories. Cut short at any moment, run it again: it goes on where it was, and the "
		"old key stays until nothing needs it. Afterwards make a new copy of master.key; copies of the database "
		"made before still need the old one.",
		children, NULL, NULL };
	struct rekey_args a = { false, 1 };
	struct rekey_progress last = { "", 0, 0 };
	struct settings set;
	int dir, ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return EXIT_USAGE;
	if (gateway_settings(&set, common.config, common.state))
		return EXIT_ENVIRONMENT;
	dir = statedir_hold(set.state, !a.online);
	if (dir < 0)
		return EXIT_ENVIRONMENT;
	ret = a.online ? rekey_online(&set, dir, a.gateways, show, &last) : rekey(&set, dir, show, &last);
	close(dir);
	if (ret) {
		fprintf(stderr, "voicepay-gateway: rekey did not end: see above, then run it again\n");
		return EXIT_ENVIRONMENT;
	}
	if (common.json)
		printf("{\"keys\": %lld}\n", last.done);
	else
		printf("%lld keys are sealed under a new master key: make a copy of master.key now\n", last.done);
	return EXIT_OK;
}
