/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base32 of RFC 4648 §6, as people and web pages write authenticator secrets. */
#ifndef VP_BASE32_H
#define VP_BASE32_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Decodes @len characters into at most @size bytes. Capital or small letters;
 * blanks and dashes between them; padding, if there is any, as it must be. Spare
 * bits at the end may be anything: secrets are often drawn letter by letter.
 * Returns the number of bytes, at least 1, or -1 with @why, a reason to show.
 * @out holds nothing of it then. In constant memory, and no copy is made.
 */
ssize_t base32_decode(void *out, size_t size, const char *in, size_t len, const char **why);

#endif
