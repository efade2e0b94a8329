// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

/* All of the path's directories, as "mkdir -p". */
static int make_dirs(const char *path)
{
	char part[POS_TEXT];

	for (const char *p = path; *p; ) {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (mkdir(part, 0700) && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int open_dir(const struct pos *pos, char error[POS_ERROR])
{
	int dir = make_dirs(pos->journal) ? -1 : open(pos->journal, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		snprintf(error, POS_ERROR, "cannot keep a journal in %s: %m. Give --journal a directory that this user can write to; "
			 "without one a sale could be lost from sight", pos->journal);
	return dir;
}

int journal_open(const struct pos *pos, const char *order_no, char error[POS_ERROR])
{
	int dir = open_dir(pos, error), fd = -1;

	if (dir < 0)
		return -1;
	fd = openat(dir, order_no, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fsync(fd) || fsync(dir)) {
		snprintf(error, POS_ERROR, "cannot write %s/%s: %m", pos->journal, order_no);
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		snprintf(error, POS_ERROR, "order %s is being worked on by another voicepay-pos", order_no);
	} else {
		close(dir);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	close(dir);
	return -1;
}

void journal_close(const struct pos *pos, const char *order_no, int fd, bool settled)
{
	char path[POS_TEXT + 80];

	snprintf(path, sizeof(path), "%s/%s", pos->journal, order_no);
	if (settled)
		unlink(path);
	close(fd);
}

static int visible(const struct dirent *d)
{
	return *d->d_name != '.';
}

int journal_each(const struct pos *pos, bool (*fn)(void *arg, const char *order_no), void *arg,
		 char error[POS_ERROR])
{
	struct dirent **list;
	int dir = open_dir(pos, error), n, left = 0;

	if (dir < 0)
		return -1;
	n = scandirat(dir, ".", &list, visible, alphasort);
	for (int i = 0; i < n; i++) {
		int fd = openat(dir, list[i]->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

		/* Gone, or another process is at it. */
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB)) {
			if (fn(arg, list[i]->d_name))
				unlinkat(dir, list[i]->d_name, 0);
			else
				left++;
		}
		if (fd >= 0)
			close(fd);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	close(dir);
	return left;
}
