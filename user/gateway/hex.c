// SPDX-License-Identifier: GPL-2.0-or-later
#include "hex.h"

void hex_encode(char *hex, const __u8 *in, size_t len)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*hex++ = digit[in[i] >> 4];
		*hex++ = digit[in[i] & 15];
	}
	*hex = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_decode(__u8 *out, size_t len, const char *hex)
{
	for (size_t i = 0; i < len; i++) {
		int hi = nibble(hex[2 * i]), lo;

		/* Not looked at before the first is known to be no NUL. */
		if (hi < 0)
			return -1;
		lo = nibble(hex[2 * i + 1]);
		if (lo < 0)
			return -1;
		out[i] = hi << 4 | lo;
	}
	return 0;
}
