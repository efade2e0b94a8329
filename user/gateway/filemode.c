// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Whose the directory is in which @path is. */
static int directory_of(const char *path, struct stat *sb)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (slash == path ? 1 : slash - path) : 1;
	char dir[PATH_MAX];

	if (len >= sizeof(dir))
		return -1;
	memcpy(dir, slash ? path : ".", len);
	dir[len] = '\0';
	return stat(dir, sb);
}

/* Who stands for all whom this user namespace does not know. */
static bool is_nobody(uid_t uid)
{
	FILE *f = fopen("/proc/sys/kernel/overflowuid", "re");
	unsigned int nobody = 65534;

	if (f && fscanf(f, "%u", &nobody) != 1)
		nobody = 65534;
	if (f)
		fclose(f);
	return uid == nobody;
}

int filemode_make(const char *path, int flags)
{
	int fd = open(path, flags | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat dir;

	if (fd < 0 || geteuid() || directory_of(path, &dir) || !dir.st_uid || is_nobody(dir.st_uid))
		return fd;
	/* Not every root may: in a user namespace, on NFS. */
	if (fchown(fd, dir.st_uid, dir.st_gid))
		log_warn("%s belongs to root, and its directory does not: %m. Can the gateway read it?", path);
	return fd;
}
