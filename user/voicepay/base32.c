// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdint.h>
#include <string.h>

#include "base32.h"

static int value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

ssize_t base32_decode(void *out, size_t size, const char *in, size_t len, const char **why)
{
	size_t i, n = 0, letters = 0, padding = 0;
	unsigned int have = 0;
	uint8_t *to = out;
	uint32_t bits = 0;

	for (i = 0; i < len; i++) {
		int v;

		if (in[i] == ' ' || in[i] == '-')
			continue;
		if (in[i] == '=') {
			padding++;
			continue;
		}
		v = value(in[i]);
		if (v < 0 || padding) {
			*why = v < 0 ? "it has a character that base32 does not: A to Z and 2 to 7" :
			       "something follows its padding";
			goto bad;
		}
		letters++;
		bits = bits << 5 | v;
		have += 5;
		if (have >= 8) {
			if (n == size) {
				*why = "it is longer than any authenticator takes";
				goto bad;
			}
			have -= 8;
			to[n++] = bits >> have;
		}
	}
	if (!letters) {
		*why = "it is empty";
		goto bad;
	}
	/* One, three or six letters over are not the end of any byte. */
	if (letters % 8 == 1 || letters % 8 == 3 || letters % 8 == 6) {
		*why = "its length is none that base32 has: it was cut, or a letter is missing";
		goto bad;
	}
	if (padding && (padding > 6 || (letters + padding) % 8)) {
		*why = "its padding is wrong";
		goto bad;
	}
	explicit_bzero(&bits, sizeof(bits));
	return n;
bad:
	explicit_bzero(&bits, sizeof(bits));
	explicit_bzero(out, size);
	return -1;
}
