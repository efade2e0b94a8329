/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many tills that charge at the same time, each code at several gateways. */
#ifndef CLUSTER_OFFERS_H
#define CLUSTER_OFFERS_H

#include "town.h"

struct plan {
	int codes, offers, clients, gateways;
	double seconds;		/* 0: until all codes are offered */
	const char *const *gateway;
	const char *record;	/* file for what was acknowledged; NULL: none */
};

/* Prints what came of it as JSON, and to @record "ORDER PAYMENT" a line. 0 if every offer was answered. */
int offers_run(const struct town *town, const struct plan *plan);

#endif /* CLUSTER_OFFERS_H */
