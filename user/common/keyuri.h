/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [tls] key: a path, or the URI of a key that an OpenSSL provider has in its keeping. */
#ifndef VP_KEYURI_H
#define VP_KEYURI_H

#include <stdbool.h>

/* A URI that may stand in the settings: it names one key, and no PIN. */
bool keyuri_good(const char *uri);

/* It becomes part of the name of a library that is loaded. */
bool keyuri_provider_good(const char *name);

/* The provider that a URI's scheme stands for; NULL if that is not known. */
const char *keyuri_provider(const char *uri);

#endif
