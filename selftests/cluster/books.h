/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was acknowledged, held against the ledger. */
#ifndef CLUSTER_BOOKS_H
#define CLUSTER_BOOKS_H

/*
 * Every line of @record is a payment in the ledger, once and under its order number; no
 * payment is there besides; of each code, @offers order numbers long, at most one;
 * no key has an ordinal twice; the sum is zero. Prints what it found; 0 if all of it holds.
 */
int books_check(const char *config, const char *record, int offers);

#endif /* CLUSTER_BOOKS_H */
