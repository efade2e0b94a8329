// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>

#include "filemode.h"
#include "log.h"

bool filemode_good(const char *path, mode_t forbidden)
{
	struct stat sb;

	if (stat(path, &sb) || !(sb.st_mode & forbidden))
		return true;
	log_error("anybody on this machine may %s %s: chmod o-%s it, and look at what it holds",
		  forbidden & S_IROTH ? "read or write" : "write to", path, forbidden & S_IROTH ? "rwx" : "w");
	return false;
}
