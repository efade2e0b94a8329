// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whole.h"

static int sync_directory(const char *file)
{
	char path[PATH_MAX];
	int fd, ret;

	snprintf(path, sizeof(path), "%s", file);
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = fd < 0 ? -1 : fsync(fd);
	if (fd >= 0)
		close(fd);
	return ret;
}

/*
 * The new file, empty and nobody else's until it is renamed: two writers of one
 * @file would put a third together of what they have. Who waited finds that the
 * other one's has become @file, or is gone, and makes its own. Readable for its owner
 * only, until it is whole, so that no stranger can hold its lock.
 */
static int open_new(const char *path)
{
	struct stat mine, there;
	int fd;

	for (;;) {
		fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) || fstat(fd, &mine))
			break;
		if (!lstat(path, &there) && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino) {
			if (!ftruncate(fd, 0))
				return fd;
			break;
		}
		close(fd);
	}
	close(fd);
	return -1;
}

int write_whole(const char *file, const void *data, size_t len, char *error, size_t size)
{
	char path[PATH_MAX];
	size_t done = 0;
	ssize_t n = 0;
	int fd, bad;

	snprintf(path, sizeof(path), "%s.new", file);
	fd = open_new(path);
	while (fd >= 0 && done < len) {
		n = write(fd, (const char *)data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	bad = fd < 0 || done < len || fchmod(fd, 0644) || fsync(fd) || rename(path, file);
	if (bad) {
		snprintf(error, size, "%.200s: %s: what was there stays in force", path, strerror(errno));
		if (fd >= 0)
			unlink(path);
	} else if (sync_directory(file)) {
		/* The name is the next writer's by now. */
		snprintf(error, size, "%.200s: %s: it is new, and may be the old one after a crash", file, strerror(errno));
		bad = 1;
	}
	/* Not before the rename: closing gives the lock back. */
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}
