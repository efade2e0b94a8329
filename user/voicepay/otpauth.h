/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * otpauth:// URIs, as authenticator apps scan them:
 *
 *	otpauth://totp/Example:alice@example.org?secret=JBSWY3DPEHPK3PXP&issuer=Example
 *
 * A parser and nothing else: no file, no memory of its own.
 */
#ifndef VP_OTPAUTH_H
#define VP_OTPAUTH_H

#include <stddef.h>

#include "otpkey.h"

/* No URI is longer. */
#define OTPAUTH_MAX	4096

/*
 * Takes a URI of @len bytes apart. What it does not say is RFC 6238's usual:
 * SHA-1, 6 digits, 30 s. What it says is taken or refused, never guessed at or
 * passed over: a key with terms that are not its own shows wrong codes. 0, or
 * -1 with @why, what is wrong as a sentence; no part of the secret is in it,
 * and none stays in @key.
 */
int otpauth_parse(struct otp_key *key, const char *uri, size_t len, const char **why);

#endif
