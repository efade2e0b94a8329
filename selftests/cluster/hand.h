/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single codes, for scripts that look at each of them. */
#ifndef CLUSTER_HAND_H
#define CLUSTER_HAND_H

#include "town.h"

/* A code each of @n devices from number @from on, the last of the step in @seconds. */
int hand_codes(const struct town *town, int from, int n, long seconds);
/* Charges those on standard input, by two shops in turn; prints what came of each. */
int hand_spend(const struct town *town, const char *prefix, const char *gateway);
/* A device's id in hex. */
int hand_device(const struct town *town, int number);

#endif /* CLUSTER_HAND_H */
