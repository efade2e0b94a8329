// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"

void logf_(int level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* One write, so that lines of daemon and handshakes do not mix. */
	dprintf(STDERR_FILENO, "<%d>%s\n", level, line);
}
