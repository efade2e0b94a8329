// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keys ROUNDS MOST: what it costs a gateway to find a code's key and to try the code among 10^3, 10^5
 * and MOST keys, with their databases side by side. The files are in memory: it is the work that is
 * compared, not a disk. And the same after a commit on another connection, with which SQLite forgets what
 * it has read.
 */
#include <stdlib.h>

#include "bench.h"
#include "many_keys.h"

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	const long long sizes[] = { 1000, 100000, argc > 2 ? atoll(argv[2]) : 10000000 };
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	struct store *other[N];
	void *w[N];

	for (int i = 0; i < N; i++) {
		world_new(&w[i]);
		many_keys_fill(w[i], sizes[i]);
		other[i] = world_store(w[i]);
		if (!other[i])
			bench_die("no second connection");
	}
	for (int r = -1; r < rounds; r++) {
		for (int i = 0; i < N; i++) {
			double us, busy;

			many_keys_into_memory(w[i]);
			us = many_keys_probe(w[i], sizes[i], r + 1, NULL);
			busy = many_keys_probe(w[i], sizes[i], r + 1, other[i]);
			if (r < 0)
				continue;
			bench_sample(us, "keys.%lld", sizes[i]);
			bench_sample(busy, "keys-busy.%lld", sizes[i]);
			if (i == N - 1) {
				bench_sample(us, "keys.most");
				bench_sample(busy, "keys-busy.most");
			}
		}
	}
	for (int i = 0; i < N; i++) {
		store_close(other[i]);
		world_end(&w[i]);
	}
	return 0;
}
