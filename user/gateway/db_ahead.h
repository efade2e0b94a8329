/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a transaction has sent before its answers are asked for: store_ahead(). Each is
 * asked for afterwards, with the same values, and then reads the answer that is under way.
 */
#ifndef VPG_DB_AHEAD_H
#define VPG_DB_AHEAD_H

#include "db_parameters.h"

#define DB_AHEAD_MAX	8
#define DB_AHEAD_BYTES	160

struct db_ahead {
	struct db_asked {
		const void *statement;
		char values[DB_AHEAD_BYTES];
		size_t len;
	} asked[DB_AHEAD_MAX];
	int n;
};

enum db_ahead_found {
	DB_AHEAD_NOT,
	DB_AHEAD_SAME,
	DB_AHEAD_OTHER,	/* the statement was, with other values */
};

/* False: there is no room for another, or its values are too long. It is not sent ahead, then. */
bool db_ahead_note(struct db_ahead *a, const void *statement, const struct db_parameters *p);

/*
 * Was this asked before? If so it is crossed off, unless @stays and it was asked with the
 * same values: asked ahead once more, it is done once, and its answer is yet to be given.
 */
enum db_ahead_found db_ahead_find(struct db_ahead *a, const void *statement, const struct db_parameters *p, bool stays);

#endif /* VPG_DB_AHEAD_H */
