// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"

void log_msg(enum log_level level, const char *fmt, ...)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "<%d>voicepay-gateway: ", level);
	va_list ap;

	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	/* A name from outside must not be able to write a line of its own. */
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?';
	line[n++] = '\n';
	/* One write: lines of several threads do not mix. Nothing to do if it fails. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
