// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it costs to find and try a code does not grow with the fleet: the same
 * with a thousand keys and with 10^5, or with LONG=1 with 10^7, side by side.
 */
#include <stdlib.h>

#include "many_keys.h"

#define ROUNDS		5

static void fleet(void **state)
{
	const char *lengthy = getenv("LONG");
	const long long keys[2] = { 1000, lengthy && *lengthy == '1' ? 10000000 : 100000 };
	void *ws[2];
	double best[2] = { 1e9, 1e9 }, most;

	for (int i = 0; i < 2; i++) {
		double t = many_keys_now(), mb;

		world_new(&ws[i]);
		mb = many_keys_fill(ws[i], keys[i]);
		print_message("# %lld keys: %.1f MB, filled in %.0f s\n", keys[i], mb, many_keys_now() - t);
		print_message("# %lld keys: %.1f us the first time\n", keys[i], many_keys_probe(ws[i], keys[i], 0, NULL));
	}
	/* By turns, and each time others, whose leaves SQLite has not read yet: what else the machine does falls on both. */
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < 2; i++) {
			double us;

			many_keys_into_memory(ws[i]);
			us = many_keys_probe(ws[i], keys[i], r + 1, NULL);
			best[i] = us < best[i] ? us : best[i];
		}
	}
	print_message("# a code is found and tried in %.1f us among %lld keys, in %.1f us among %lld: %.2f times\n",
		      best[0], keys[0], best[1], keys[1], best[1] / best[0]);
	/*
	 * A round trip to a server costs more than what it does there. Among 10^7 keys of a file two pages are read that no
	 * cache has, 2.5 to 2.9 times on an idle machine: the benchmark judges that, and performance.md says where it goes.
	 */
	most = world_on_postgres() ? 1.5 : keys[1] > 100000 ? 4 : 2;
	assert_true(best[1] <= most * best[0]);
	for (int i = 0; i < 2; i++)
		world_end(&ws[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(fleet) };

	return cmocka_run_group_tests_name("look-up", tests, NULL, NULL);
}
