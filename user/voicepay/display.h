/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payment code as text for a terminal. */
#ifndef VP_DISPLAY_H
#define VP_DISPLAY_H

#include <stdio.h>

#include "issue.h"

#define DISPLAY_PICTURES	(1U << 0)
#define DISPLAY_COLOUR		(1U << 1)	/* right on any background */
#define DISPLAY_KEYS		(1U << 2)	/* tell which keys do what */
#define DISPLAY_NONE_LEFT	(1U << 3)	/* tell that there is no fresh one yet */

/* Columns of the terminal that standard output is; plenty if it is none. */
int display_columns(void);

/*
 * @seconds: that are left; 0: not told. @rows: how many lines there are, 0 for
 * any number. What does not fit is left out, the bar code first.
 */
void display_code(FILE *out, const struct issued *code, unsigned int seconds, int rows, int columns,
		  unsigned int flags);

/* Digits in groups: of four, or of three for six and less. */
void display_digits(FILE *out, const char *digits);

#endif
