/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSKC files (RFC 6030), in which makers of tokens deliver keys; libpskc reads
 * the XML. A parser and nothing else: no file.
 */
#ifndef VP_PSKCFILE_H
#define VP_PSKCFILE_H

#include "otpkey.h"

/* Thousands of keys are not for one device. */
#define PSKC_MAX	65536

/*
 * Takes the key named @id, or the only one if @id is NULL, out of a file of @len
 * bytes. What the module could not keep to, as a PIN, a last day or a check
 * digit, is refused. libpskc reads plain keys only, and encrypted ones are
 * refused, too. 0, or -1 with @why, and nothing of the secret in @key.
 */
int pskc_import(struct otp_key *key, const char *xml, size_t len, const char *id, const char **why);

#endif
