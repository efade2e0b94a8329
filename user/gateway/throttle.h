/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wrong codes are rationed: by merchant first, so that one who guesses is
 * stopped and nobody else notices; then by alias, over all merchants, with a
 * ration that no single merchant can use up, so that who has seen a code
 * cannot lock its owner out alone.
 *
 * A ration is a leaky bucket in memory, which a good code does not leave. Where several
 * gateways share a database, what was wrong is written there, too, and whoever writes
 * learns what the others have met: so N gateways give one ration, and at most one
 * more try for each but the first, which does not know yet. With SQLite it starts full again with the
 * process. Documentation/pc1.md has what that means for a guesser.
 */
#ifndef VPG_THROTTLE_H
#define VPG_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "store.h"

#define THROTTLE_SECONDS	600
#define THROTTLE_MERCHANT	20	/* wrong codes in that time */
#define THROTTLE_ALIAS		60

struct throttle;

enum taken {
	THROTTLE_NOTHING_LEFT = 0,
	THROTTLE_TOOK,
	THROTTLE_FREE,		/* nothing was taken, and nothing is to be given back */
};

struct throttle *throttle_new(void);
void throttle_free(struct throttle *th);

/*
 * Takes one from both rations before a code (24 digits) is tried, so that tries
 * in parallel do not exceed them either. Nothing is taken if one is used up. A code that was right gives back what it took.
 *
 * Honest tills meet codes that have expired, and the more the more they sell.
 * A good code therefore gives the merchant a tenth of a try besides: who wants
 * another guess must have ten payments made. And the code that was just wrong,
 * scanned again within the same time step, costs nothing: it gives the same
 * answer, so it is no guess. That is not so for a code that is bound to something.
 */
enum taken throttle_take(struct throttle *th, long long merchant, const char *digits, __u64 now);
void throttle_give_back(struct throttle *th, long long merchant, const char *digits, bool good);
/* What a good code gives, where it was given back as if it were not known to be one. */
void throttle_good(struct throttle *th, long long merchant, __u64 now);
void throttle_wrong(struct throttle *th, struct store *st, long long merchant, const char *digits, __u64 now);

#endif /* VPG_THROTTLE_H */
