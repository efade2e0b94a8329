/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of money, exactly: text and minor units, never floating point. */
#ifndef VP_AMOUNT_H
#define VP_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

/* No payment is more than this, and it fits wherever it goes. */
#define AMOUNT_MAX	1000000000000LL

/* Decimals of an ISO 4217 currency, or -1 if it is not one that is known. */
int currency_decimals(const char *currency);

/*
 * "500", "500.5", "500.00" of @currency in minor units. 0, or -1 with @why,
 * a reason to show: not a number, too many decimals, nothing, too much.
 */
int amount_parse(const char *text, const char *currency, int64_t *minor, const char **why);

/* "500.00"; below zero, as the account that all money came from is, "-500.00". */
void amount_format(char *buf, size_t size, int64_t minor, const char *currency);

#endif
