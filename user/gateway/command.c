// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "command.h"

struct common common;

static const struct argp_option options[] = {
	{ "config", 'c', "FILE", 0, "Settings (" SETTINGS_FILE ")", 10 },
	{ "state", 's', "DIR", 0, "Directory of database and keys, instead of the settings' one", 10 },
	{ "db", 'D', "URI", 0, "A PostgreSQL database, postgresql://, instead of the settings' one; who lists processes sees it: a password belongs into ~/.pgpass", 10 },
	{ "json", 'j', NULL, 0, "Print JSON", 10 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'c':
		common.config = arg;
		return 0;
	case 's':
		common.state = arg;
		return 0;
	case 'D':
		gateway_use_db(arg);
		return 0;
	case 'j':
		common.json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp common_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

int command_open(struct gateway *gw, struct store **st)
{
	*st = NULL;
	if (gateway_open(gw, common.config, common.state))
		return EXIT_ENVIRONMENT;
	if (store_open(st, gw->db_path, false) != STORE_OK || gateway_fits(gw, *st) != STORE_OK) {
		store_close(*st);
		gateway_close(gw);
		return EXIT_ENVIRONMENT;
	}
	return EXIT_OK;
}

void command_close(struct gateway *gw, struct store *st)
{
	store_close(st);
	gateway_close(gw);
}

int command_store(enum store_result r, const char *what)
{
	switch (r) {
	case STORE_OK:
		return EXIT_OK;
	case STORE_TAKEN:
		fprintf(stderr, "voicepay-gateway: %s: it is there already\n", what);
		return EXIT_REFUSED;
	case STORE_NONE:
		fprintf(stderr, "voicepay-gateway: %s: there is no such entry\n", what);
		return EXIT_REFUSED;
	case STORE_BUSY:
	case STORE_AGAIN:
		fprintf(stderr, "voicepay-gateway: %s: the database is busy, try again\n", what);
		return EXIT_ENVIRONMENT;
	default:
		fprintf(stderr, "voicepay-gateway: %s: the database failed, see above\n", what);
		return EXIT_ENVIRONMENT;
	}
}
