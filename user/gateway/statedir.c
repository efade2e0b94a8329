// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "log.h"
#include "statedir.h"

int statedir_hold(const char *dir, bool alone)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0) {
		err = errno;
		log_error("cannot open %s: %m. Has \"voicepay-gateway init\" been run, and is this its user?", dir);
		return -err;
	}
	if (!flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB))
		return fd;
	err = errno;
	close(fd);
	if (err != EWOULDBLOCK)
		log_error("cannot lock %s", dir);
	else if (alone)
		log_error("%s is in use: stop the gateway (and its socket) first", dir);
	else
		log_error("%s is being rekeyed or migrated: wait until that has ended", dir);
	return err == EWOULDBLOCK ? -EBUSY : -err;
}

int statedir_sync(int dir)
{
	if (!fsync(dir))
		return 0;
	log_error("cannot write the state directory to the disk: %m");
	return -EIO;
}
