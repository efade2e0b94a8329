// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "hex.h"
#include "prim_openssl.h"
#include "request_id.h"

/* Digits alone are not taken: a code that somebody sends as its own number is not to be logged. */
static bool well_formed(const char *id)
{
	static const char digits[] = "0123456789-";
	size_t len = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");

	return len >= 8 && len <= REQUEST_ID_MAX && !id[len] && strspn(id, digits) < len;
}

void request_id(char id[REQUEST_ID_MAX + 1], const char *given)
{
	__u8 raw[16];

	if (given && well_formed(given)) {
		strcpy(id, given);
		return;
	}
	if (prim_random(raw, sizeof(raw)))
		memset(raw, 0, sizeof(raw));
	hex_encode(id, raw, sizeof(raw));
	id[2 * sizeof(raw)] = '\0';
}
