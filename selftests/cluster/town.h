/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A town for the cluster's tests: users, each with a device that is enrolled, and
 * shops with a certificate each. Its secrets lie in a file: for tests alone.
 */
#ifndef CLUSTER_TOWN_H
#define CLUSTER_TOWN_H

#include <stdio.h>

#include "device.h"

#define TOWN_HEADER_MAX	2048	/* a shop's certificate as nginx passes it on */
#define TOWN_BALANCE	1000000LL

struct town {
	int devices, shops;
	struct test_device *device;
	char (*shop)[TOWN_HEADER_MAX];
};

/* Adds them to the database that the settings name, as an administrator does; 0 or -1. */
int town_fill(const char *config, const char *path, int devices, int shops);
/* To be freed whether it succeeds or not. */
int town_load(struct town *town, const char *path);
void town_free(struct town *town);

#endif /* CLUSTER_TOWN_H */
