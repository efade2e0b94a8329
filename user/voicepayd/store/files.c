// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

/*
 * Attack: somebody who is not root puts an old blob back, or another key in place.
 * Nothing here is secret, so that others may read.
 */
static int check_owner(int fd, mode_t type)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return (st.st_mode & S_IFMT) != type || st.st_uid != geteuid() ||
	       st.st_mode & (S_IWGRP | S_IWOTH) ? -EPERM : 0;
}

static int checked(int fd, mode_t type)
{
	int err = fd < 0 ? -errno : check_owner(fd, type);

	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

int files_open(const char *path, bool make)
{
	if (make && mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	return checked(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), S_IFDIR);
}

long files_read(int dir, const char *name, uint8_t *data, size_t max)
{
	/* A pipe must not hold the boot up. */
	int fd = checked(openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), S_IFREG);
	size_t len = 0;
	ssize_t got;
	uint8_t more;
	long ret;

	if (fd < 0)
		return fd;
	while (len < max && (got = read(fd, data + len, max - len)) > 0)
		len += got;
	ret = len;
	if (len < max && got < 0)
		ret = -errno;
	else if (len == max && read(fd, &more, 1) == 1)
		ret = -EFBIG;
	close(fd);
	return ret;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put ? -errno : -EIO;
		data += put;
		len -= put;
	}
	return fsync(fd) ? -errno : 0;
}

int files_write(int dir, const char *name, const uint8_t *data, size_t len)
{
	char fresh[64];
	int fd, err;

	if (snprintf(fresh, sizeof(fresh), "%s.new", name) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	/* What a power cut has left of an earlier one. */
	unlinkat(dir, fresh, 0);
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir, fresh, dir, name))
		err = -errno;
	if (err)
		unlinkat(dir, fresh, 0);
	else if (fsync(dir))
		err = -errno;
	return err;
}

int files_remove(int dir, const char *name)
{
	return unlinkat(dir, name, 0) || fsync(dir) ? -errno : 0;
}
