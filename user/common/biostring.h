/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_BIOSTRING_H
#define VP_BIOSTRING_H

#include <openssl/bio.h>

/* What was written to the memory @bio, which is text, as a string to be freed; NULL without memory. Nothing can be written behind it. */
char *bio_string(BIO *bio);

#endif
