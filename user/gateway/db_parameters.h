/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a statement's parameters, as libpq takes them. */
#ifndef VPG_DB_PARAMETERS_H
#define VPG_DB_PARAMETERS_H

#include <libpq-fe.h>

#include "db.h"

struct db_parameters {
	Oid type[DB_PARAMETERS];
	const char *value[DB_PARAMETERS];
	int len[DB_PARAMETERS], binary[DB_PARAMETERS];
	char digits[DB_PARAMETERS][24];
	int n;
};

/* What db() was given: @fmt is i, t and b, @given as many. Texts and blobs stay where they are. */
void db_parameters_gather(struct db_parameters *p, const char *fmt, va_list given);

/* What db_put() was given: at most DB_PARAMETERS. */
void db_parameters_take(struct db_parameters *p, const struct db_value *v, int n);

/* The values as bytes, of which others have others. Returns how many; 0: more than @size. */
size_t db_parameters_flatten(const struct db_parameters *p, char *out, size_t size);

#endif /* VPG_DB_PARAMETERS_H */
