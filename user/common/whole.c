// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
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

int write_whole(const char *file, const void *data, size_t len, char *error, size_t size)
{
	char path[PATH_MAX];
	size_t done = 0;
	ssize_t n = 0;
	int fd, bad;

	snprintf(path, sizeof(path), "%s.new", file);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	while (fd >= 0 && done < len) {
		n = write(fd, (const char *)data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	bad = fd < 0 || done < len || fchmod(fd, 0644) || fsync(fd);
	if (fd >= 0 && close(fd))
		bad = 1;
	if (bad || rename(path, file) || sync_directory(file)) {
		snprintf(error, size, "%.200s: %s: what was there stays in force", path, strerror(errno));
		if (fd >= 0)
			unlink(path);
		return -1;
	}
	return 0;
}
