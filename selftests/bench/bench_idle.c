// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_idle NAME: an app that does nothing; prints what it takes of the machine's memory,
 * with whatever libraries it was started with (LD_PRELOAD, as if it were linked).
 */

#include "bench.h"

int main(int argc, char **argv)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	double rss = 0, pss = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "Rss: %lf", &rss);
		sscanf(line, "Pss: %lf", &pss);
	}
	if (f)
		fclose(f);
	if (!rss || argc < 2)
		bench_die("no figures");
	bench_sample(rss * 1024, "app.%s", argv[1]);
	bench_sample(pss * 1024, "app-pss.%s", argv[1]);
	return 0;
}
