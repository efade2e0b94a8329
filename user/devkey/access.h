/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to a key that an OpenSSL provider keeps. */
#ifndef VP_ACCESS_H
#define VP_ACCESS_H

#include <openssl/provider.h>
#include <openssl/ui.h>

#include "pinfile.h"

/**
 * struct store_access - a library context with two providers and no others
 * @ctx: of its own, so that nothing else is ever done by the token's provider
 * @name: of the provider that has the key
 * @pin: wiped by access_close()
 * @pin_file: which it was read from, or all zero
 * @given: the PIN has been given to the provider
 */
struct store_access {
	OSSL_LIB_CTX *ctx;
	OSSL_PROVIDER *base, *named;
	const char *name;
	char propq[CONFIG_NAME + 16];
	char pin[PIN_MAX];
	struct stat pin_file;
	bool has_pin, given;
	UI_METHOD *ui;
};

/* The provider that the settings mean, or NULL with @error. */
const char *access_provider(const struct config *config, char error[DEVKEY_ERROR]);

/* Loads the provider; a token is not logged in to yet. NULL with @error if it cannot. */
struct store_access *access_open(const struct config *config, char error[DEVKEY_ERROR]);
void access_close(struct store_access *access);

/* What OpenSSL says is wrong: the last words of its queue, which it empties. */
void access_reason(char *buf, size_t size);

#endif
