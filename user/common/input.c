// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "input.h"

FILE *input_open(const char *file)
{
	return strcmp(file, "-") ? fopen(file, "re") : stdin;
}

void input_close(FILE *in)
{
	if (in && in != stdin)
		fclose(in);
}
