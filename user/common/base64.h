/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 of RFC 4648 §4: strict, as what is read is a security matter. */
#ifndef VP_BASE64_H
#define VP_BASE64_H

#include <stddef.h>
#include <sys/types.h>

/* Bytes that the encoding of @n bytes takes, with its NUL. */
#define BASE64_SIZE(n)	(((n) + 2) / 3 * 4 + 1)

void base64_encode(char *out, const void *in, size_t len);

/*
 * Decodes the string @in of @len characters into at most @size bytes. There
 * is one spelling for each value: no white space, padding as it must be, spare
 * bits zero. Returns the number of bytes, or -1.
 */
ssize_t base64_decode(void *out, size_t size, const char *in, size_t len);

/* The same for base64url without padding (RFC 7515), as in a JWT. */
ssize_t base64url_decode(void *out, size_t size, const char *in, size_t len);

#endif
