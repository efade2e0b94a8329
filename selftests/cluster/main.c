// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster-clients: tills and devices without number, for selftests/cluster.
 *
 *	cluster-clients fill CONFIG TOWN DEVICES SHOPS
 *	cluster-clients charge TOWN CODES OFFERS CLIENTS SECONDS RECORD GATEWAY..	(/socket or address:port)
 *	cluster-clients check CONFIG RECORD OFFERS
 *	cluster-clients codes TOWN FROM N SECONDS	(from now)
 *	cluster-clients spend TOWN PREFIX GATEWAY	(codes on standard input)
 *	cluster-clients device TOWN NUMBER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "hand.h"
#include "offers.h"

const char *argp_program_version = "test";

static int usage(void)
{
	fprintf(stderr, "cluster-clients: see the head of its source\n");
	return 2;
}

/* What is done to a town that is there. */
static int in_town(const struct town *town, int argc, char **argv)
{
	if (argc >= 9 && !strcmp(argv[1], "charge")) {
		const struct plan plan = {
			.codes = atoi(argv[3]), .offers = atoi(argv[4]), .clients = atoi(argv[5]), .seconds = atof(argv[6]),
			.record = *argv[7] ? argv[7] : NULL, .gateways = argc - 8, .gateway = (const char *const *)argv + 8,
		};

		return offers_run(town, &plan) ? 1 : 0;
	}
	if (argc == 6 && !strcmp(argv[1], "codes"))
		return hand_codes(town, atoi(argv[3]), atoi(argv[4]), atol(argv[5])) ? 1 : 0;
	if (argc == 5 && !strcmp(argv[1], "spend"))
		return hand_spend(town, argv[3], argv[4]) ? 1 : 0;
	if (argc == 4 && !strcmp(argv[1], "device"))
		return hand_device(town, atoi(argv[3])) ? 1 : 0;
	return usage();
}

int main(int argc, char **argv)
{
	struct town town = { 0 };
	int ret = 2;

	if (argc == 6 && !strcmp(argv[1], "fill"))
		return town_fill(argv[2], argv[3], atoi(argv[4]), atoi(argv[5])) ? 1 : 0;
	if (argc == 5 && !strcmp(argv[1], "check"))
		return books_check(argv[2], argv[3], atoi(argv[4])) ? 1 : 0;
	if (argc <= 2)
		return usage();
	if (town_load(&town, argv[2]))
		fprintf(stderr, "cluster-clients: %s: not a town\n", argv[2]);
	else
		ret = in_town(&town, argc, argv);
	town_free(&town);
	return ret;
}
