// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdint.h>
#include <string.h>

#include "base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64_encode(char *out, const void *in, size_t len)
{
	const uint8_t *p = in;

	for (; len >= 3; len -= 3, p += 3) {
		*out++ = alphabet[p[0] >> 2];
		*out++ = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
		*out++ = alphabet[(p[1] & 15) << 2 | p[2] >> 6];
		*out++ = alphabet[p[2] & 63];
	}
	if (len) {
		uint8_t last = len == 2 ? p[1] : 0;

		*out++ = alphabet[p[0] >> 2];
		*out++ = alphabet[(p[0] & 3) << 4 | last >> 4];
		*out++ = len == 2 ? alphabet[(last & 15) << 2] : '=';
		*out++ = '=';
	}
	*out = 0;
}

/* Without padding; whether it was there is the callers' business. */
static ssize_t decode(uint8_t *out, size_t size, const char *in, size_t len, const char *letters)
{
	unsigned int acc = 0, bits = 0;
	size_t n = 0, i;

	if (len % 4 == 1)
		return -1;
	for (i = 0; i < len; i++) {
		const char *at = in[i] ? strchr(letters, in[i]) : NULL;

		if (!at)
			return -1;
		acc = acc << 6 | (unsigned int)(at - letters);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n == size)
			return -1;
		out[n++] = acc >> bits;
		acc &= (1u << bits) - 1;
	}
	return acc ? -1 : (ssize_t)n;
}

ssize_t base64_decode(void *out, size_t size, const char *in, size_t len)
{
	if (len % 4)
		return -1;
	if (len && in[len - 1] == '=')
		len -= in[len - 2] == '=' ? 2 : 1;
	return decode(out, size, in, len, alphabet);
}

ssize_t base64url_decode(void *out, size_t size, const char *in, size_t len)
{
	return decode(out, size, in, len, url_alphabet);
}
