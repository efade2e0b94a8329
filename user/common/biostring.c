// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "biostring.h"

/* The NUL goes in first: what ends without one is no string, also to those who look at how functions of strings are called. */
char *bio_string(BIO *bio)
{
	char *text;

	return BIO_write(bio, "", 1) == 1 && BIO_get_mem_data(bio, &text) > 0 ? strdup(text) : NULL;
}
