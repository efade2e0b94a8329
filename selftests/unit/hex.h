/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hexadecimal vectors as bytes, for the unit tests. */
#ifndef VP_UNIT_HEX_H
#define VP_UNIT_HEX_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <linux/types.h>

/* Returns the number of bytes written to @out. */
static inline size_t unhex(__u8 *out, size_t room, const char *hex)
{
	size_t n = strlen(hex) / 2, i;
	unsigned int byte;

	assert(n <= room);
	for (i = 0; i < n; i++) {
		assert(sscanf(hex + 2 * i, "%2x", &byte) == 1);
		out[i] = byte;
	}
	return n;
}

#endif /* VP_UNIT_HEX_H */
