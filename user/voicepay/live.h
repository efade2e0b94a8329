/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Something on a terminal that changes with time, and leaves no trace of itself. */
#ifndef VP_LIVE_H
#define VP_LIVE_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct live_view - what is shown
 * @next: gets the thing; @fresh: the user asked for another one. Sets
 *	@valid_ms, for how long it is good. 0, or what live_run() shall return.
 * @draw: draws it. Every line ends in a newline, there are at most @rows of
 *	them, @columns wide.
 * @for_ms: ends by itself after so long without a key, as who forgets a code
 *	on a display shows it to everybody; 0: never
 */
struct live_view {
	int (*next)(void *arg, bool fresh, unsigned int *valid_ms);
	void (*draw)(void *arg, FILE *out, unsigned int seconds_left, int rows, int columns);
	unsigned int for_ms;
	void *arg;
};

/*
 * Shows @view on the terminal that standard output is, on a screen of its own,
 * until the user presses q. n asks for another. Whatever ends it, the terminal
 * is as it was, and what was shown is not in its history: a signal is raised
 * again then. Returns 0, or what @next returned.
 */
int live_run(const struct live_view *view);

#endif
