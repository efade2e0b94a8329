/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key of the device's TLS certificate: a PEM file, or a key in a TPM or a
 * PKCS#11 token that never comes out of it.
 */
#ifndef VP_DEVKEY_H
#define VP_DEVKEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "../common/config.h"

#define DEVKEY_ERROR	400

/**
 * struct devkey - an open key
 * @key: for signatures; its libctx is @ctx where it lives elsewhere
 *
 * What lives elsewhere can be used until devkey_close(), or the process's end.
 */
struct devkey {
	EVP_PKEY *key;
	OSSL_LIB_CTX *ctx;
	struct store_access *access;	/* private */
};

/* It is a plain PEM file: no provider, no PIN. */
bool devkey_in_file(const struct config *config);

/* The file that is meant; only if devkey_in_file(). */
const char *devkey_file(const struct config *config);

/* Reads a PEM key that nobody but its owner can. 0, or -1 with @error. */
int devkey_read_file(const char *file, EVP_PKEY **key, char error[DEVKEY_ERROR]);

/*
 * Opens the key of the settings, wherever it lives. If it is not a file, one
 * signature is made, and checked against @pub if that is given: a PIN that is
 * wrong, or a key that is another's, is found here and not in a handshake.
 *
 * A PIN that was refused is not tried again until its file changes: tokens
 * lock themselves after a few. For that the state file is locked until the
 * answer is there. 0, or -1 with @error.
 */
int devkey_open(struct devkey *dk, const struct config *config, EVP_PKEY *pub, char error[DEVKEY_ERROR]);

/*
 * Makes a key where the settings want one, which must not be there yet: P-256.
 * 0, or -1 with @error; 1 if there is one already.
 */
int devkey_make(const struct config *config, char error[DEVKEY_ERROR]);

void devkey_close(struct devkey *dk);

/* One signature and its check. 0, or -1 if it could not be made, 1 if it is not of @pub. */
int devkey_prove(EVP_PKEY *key, OSSL_LIB_CTX *ctx, EVP_PKEY *pub);

#endif
