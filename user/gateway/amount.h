/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts as people write them, "12.00", and as programs keep them, 1200 minor units. */
#ifndef VPG_AMOUNT_H
#define VPG_AMOUNT_H

#include <stddef.h>

/* -1 unless @text is a plain decimal, without sign, with at most the currency's decimals. */
int amount_parse(long long *minor, const char *text, const char *currency);
void amount_format(char *out, size_t size, long long minor, const char *currency);

#endif /* VPG_AMOUNT_H */
