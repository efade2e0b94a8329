// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "db_ahead.h"

bool db_ahead_note(struct db_ahead *a, const void *statement, const struct db_parameters *p)
{
	struct db_asked *asked = &a->asked[a->n];

	if (a->n == DB_AHEAD_MAX)
		return false;
	asked->statement = statement;
	asked->len = db_parameters_flatten(p, asked->values, sizeof(asked->values));
	if (asked->len)
		a->n++;
	return asked->len;
}

static bool has(const struct db_asked *asked, const struct db_parameters *p)
{
	char values[DB_AHEAD_BYTES];

	return db_parameters_flatten(p, values, sizeof(values)) == asked->len && !memcmp(values, asked->values, asked->len);
}

enum db_ahead_found db_ahead_find(struct db_ahead *a, const void *statement, const struct db_parameters *p, bool stays)
{
	for (struct db_asked *asked = a->asked; asked < a->asked + a->n; asked++) {
		bool same;

		if (asked->statement != statement)
			continue;
		same = has(asked, p);
		if (!same || !stays)
			*asked = a->asked[--a->n];
		return same ? DB_AHEAD_SAME : DB_AHEAD_OTHER;
	}
	return DB_AHEAD_NOT;
}
