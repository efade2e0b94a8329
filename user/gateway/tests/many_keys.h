/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet's keys in a database, and codes tried under them: for test_lookup.c and the benchmark. */
#ifndef VPG_TEST_MANY_KEYS_H
#define VPG_TEST_MANY_KEYS_H

#include "fixture.h"

/* Megabytes that they take. */
double many_keys_fill(struct world *w, long long keys);

/*
 * What is compared is the work, not a disk: the kernel may have put pages of the
 * file aside since the last time, and another machine would have all of it in memory.
 */
void many_keys_into_memory(struct world *w);

/*
 * Microseconds of a code that is well formed and wrong, under an alias that is there: all of the
 * work, and nothing is booked. Each @round tries others. @other, if there is one, commits something before each,
 * as a gateway does where people pay.
 */
double many_keys_probe(struct world *w, long long keys, int round, struct store *other);

/* Seconds. */
double many_keys_now(void);

#endif /* VPG_TEST_MANY_KEYS_H */
