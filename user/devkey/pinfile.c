// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A token locks itself, some for good, after three wrong PINs, and a device
 * asks for a channel a hundred times a day: whatever was refused once is tried
 * again only when somebody has touched the PIN's file.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pinfile.h"

/* No token takes as long for one PIN; one that hangs must not be waited for by all. */
#define TRY_SECONDS	60

static int complain(char error[DEVKEY_ERROR], const char *file, const char *what)
{
	snprintf(error, DEVKEY_ERROR, "%.160s: %.200s", file, what);
	return -1;
}

int pin_read(const char *file, char pin[PIN_MAX], struct stat *st, char error[DEVKEY_ERROR])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return complain(error, file, strerror(errno));
	if (fstat(fd, st) || !S_ISREG(st->st_mode) || st->st_mode & (S_IRWXG | S_IRWXO)) {
		close(fd);
		return complain(error, file, "others than its owner can read or write the key's PIN: chmod 600 it");
	}
	n = read(fd, pin, PIN_MAX);
	close(fd);
	if (n > 0 && n < PIN_MAX && pin[n - 1] == '\n')
		n--;
	if (n <= 0 || n >= PIN_MAX || memchr(pin, 0, n) || memchr(pin, '\n', n)) {
		explicit_bzero(pin, PIN_MAX);
		return complain(error, file, "must hold the key's PIN, one line of at most 127 characters");
	}
	pin[n] = 0;
	return 0;
}

/*
 * Which key, and which state of which file: of the one that was read, as another
 * may stand there by now. The change time cannot be set by anybody.
 */
static int identify(struct attempt *a, const struct config *c, const struct stat *st)
{
	char text[CONFIG_FILE + 256];
	int n;

	n = snprintf(text, sizeof(text), "%s %s %ju %ju %jd %jd.%09ld", c->key, *c->key_pin_file ? "pin" : "none",
		     (uintmax_t)st->st_dev, (uintmax_t)st->st_ino, (intmax_t)st->st_size, (intmax_t)st->st_ctim.tv_sec,
		     st->st_ctim.tv_nsec);
	return EVP_Digest(text, n, a->id, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

static int dir_owner(const char *file, uid_t *owner)
{
	char dir[CONFIG_FILE], *slash;
	struct stat st;

	snprintf(dir, sizeof(dir), "%s", file);
	slash = strrchr(dir, '/');
	if (!slash)
		return -1;
	*slash = 0;
	if (stat(*dir ? dir : "/", &st))
		return -1;
	*owner = st.st_uid;
	return 0;
}

/*
 * The user of handshakes may put anything there, under that name, for root to
 * write into or to give away: another name of a file of root's, say. So root
 * gives away only what it has made itself, and writes into nothing but what
 * that user could write into.
 */
static int open_state(const char *file, char error[DEVKEY_ERROR])
{
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	bool is_new = fd >= 0;
	struct stat st;
	uid_t owner;

	if (!is_new && errno == EEXIST)
		fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		snprintf(error, DEVKEY_ERROR,
			 "%.160s: %s: a PIN that is refused could not be remembered, so none is tried: the user of voicepayd must be able to write there",
			 file, strerror(errno));
		return -1;
	}
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && !dir_owner(file, &owner) &&
	    (geteuid() || st.st_uid == owner || (is_new && !fchown(fd, owner, -1))))
		return fd;
	close(fd);
	snprintf(error, DEVKEY_ERROR,
		 "%.160s: is no file, or not its directory's owner's, and no PIN is tried that could not be remembered: remove it",
		 file);
	return -1;
}

/*
 * A try that has begun goes on without whoever wanted it. An app that hangs up
 * ends the process that waits for us: were it the end of us, too, a refusal would
 * never be written down, and any app could use up the token's tries.
 */
static void outlive_parent(struct attempt *a)
{
	a->deathsig = 0;
	if (prctl(PR_GET_PDEATHSIG, &a->deathsig, 0, 0, 0) || !a->deathsig)
		return;
	signal(SIGALRM, SIG_DFL);
	alarm(TRY_SECONDS);
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

int attempt_begin(struct attempt *a, const struct config *c, const struct stat *pin_file,
		  char error[DEVKEY_ERROR])
{
	unsigned char before[sizeof(a->id)];
	ssize_t n;

	a->fd = open_state(c->key_pin_state, error);
	if (a->fd < 0)
		return -1;
	if (identify(a, c, pin_file) || flock(a->fd, LOCK_EX)) {
		complain(error, c->key_pin_state, strerror(errno));
		goto fail;
	}
	n = pread(a->fd, before, sizeof(before), 0);
	if (n == sizeof(before) && !memcmp(before, a->id, sizeof(before))) {
		if (*c->key_pin_file)
			snprintf(error, DEVKEY_ERROR,
				 "the PIN in %.120s was refused before, and is not tried again, as tokens lock themselves: write the right one there",
				 c->key_pin_file);
		else
			snprintf(error, DEVKEY_ERROR,
				 "the key wanted a PIN and none is configured: write it to a file of mode 0600 and name that as [tls] key-pin-file; or remove %.120s to try without one again",
				 c->key_pin_state);
		goto fail;
	}
	/* Not before: those that wait for their turn are to go with who wanted them. */
	outlive_parent(a);
	return 0;
fail:
	close(a->fd);
	a->fd = -1;
	return -1;
}

void attempt_end(struct attempt *a, bool refused)
{
	if (a->fd < 0)
		return;
	/* On the disk before the next one may try. */
	if (refused && pwrite(a->fd, a->id, sizeof(a->id), 0) == sizeof(a->id))
		fsync(a->fd);
	close(a->fd);
	a->fd = -1;
	if (a->deathsig) {
		prctl(PR_SET_PDEATHSIG, a->deathsig, 0, 0, 0);
		alarm(0);
	}
}
