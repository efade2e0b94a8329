/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shape of a call's JSON: which fields there are, and what each may hold. */
#ifndef VPG_FIELDS_H
#define VPG_FIELDS_H

#include <jansson.h>

#include "authorised.h"
#include "gateway.h"

enum field_type {
	F_TEXT,
	F_ORDER,	/* a number that the caller chose: 1 to 64 letters, digits and "._-" */
	F_REF,		/* a number that the gateway chose: 32 hex digits */
	F_NAME,
	F_CURRENCY,
	F_AMOUNT,
	F_SLOT,		/* 0 to 255 */
	F_CHALLENGE,	/* 0 to 32 printable characters of ASCII, no space */
	F_AUTH,		/* the object that a device's kernel made */
	F_COUNT,	/* digits in a string: what stands in a URL */
};

struct field {
	const char *name;
	enum field_type type;
	const char **text;
	long long *amount;
	struct authorisation *auth;
	bool optional;	/* left out, its variable stays as it is */
};

/*
 * Reads all of @fields, whose last has no name. All must be there but for
 * optional ones, and no other: one that this version does not know could be a condition on the
 * payment that it would silently not keep.
 */
enum refusal fields_read(struct call *c, const json_t *body, const struct field *fields);

/* 1 to 64 letters, digits and "._-". */
bool fields_id_good(const char *s);

/* RF_BAD_REQUEST with a sentence of the call's own. */
enum refusal fields_bad(struct call *c, const char *why);

/* The same for a number in a path; @what says which, for the refusal. */
enum refusal fields_number(struct call *c, enum field_type type, const char *text, const char *what);

#endif /* VPG_FIELDS_H */
