// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay-store's files are whole or not there: killed at each step, on a full
 * disk, in the hands of others. Real files; the calls are only counted.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "../store/files.h"

#define OLD_LEN	600
#define NEW_LEN	700

static uint8_t old[OLD_LEN], fresh[NEW_LEN];
static char path[64];
static int dir;

/* ---- the calls of files_write(), counted; the process dies before or after one of them ---- */

static int crossings, die_at;
static char order[256];

static void step(const char *name)
{
	if (++crossings == die_at)
		raise(SIGKILL);
	if (name && strlen(order) + strlen(name) + 2 < sizeof(order))
		strcat(strcat(order, *order ? " " : ""), name);
}

#define COUNTED(name, call) ({ step(NULL); __typeof__(call) ret_ = (call); step(name); ret_; })

int __real_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return COUNTED(flags & O_CREAT ? "create" : NULL, __real_openat(at, name, flags, mode));
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	/* In two pieces, so that there is a time when half of it is there. */
	return COUNTED("write", __real_write(fd, data, len > 350 ? 350 : len));
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct stat st;

	fstat(fd, &st);
	return COUNTED(S_ISDIR(st.st_mode) ? "sync-dir" : "sync", __real_fsync(fd));
}

int __real_renameat(int from, const char *a, int to, const char *b);
int __wrap_renameat(int from, const char *a, int to, const char *b);
int __wrap_renameat(int from, const char *a, int to, const char *b)
{
	return COUNTED("rename", __real_renameat(from, a, to, b));
}

int __real_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags)
{
	return COUNTED(NULL, __real_unlinkat(at, name, flags));
}

static bool holds(const uint8_t *data, size_t len)
{
	uint8_t got[1024];

	return files_read(dir, "f", got, sizeof(got)) == (long)len && !memcmp(got, data, len);
}

/* Whether the file was left with the old content. */
static bool killed_at(int n)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		crossings = 0;
		die_at = n;
		_exit(files_write(dir, "f", fresh, NEW_LEN) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_true(holds(fresh, NEW_LEN));
		return false;
	}
	assert_int_equal(WTERMSIG(status), SIGKILL);
	if (holds(old, OLD_LEN))
		return true;
	assert_true(holds(fresh, NEW_LEN));
	return true;
}

static void whole_at_every_step(void **state)
{
	int n, left_old = 0, left_new = 0;

	for (n = 1;; n++) {
		assert_int_equal(files_write(dir, "f", old, OLD_LEN), 0);
		if (!killed_at(n))
			break;
		if (holds(old, OLD_LEN))
			left_old++;
		else
			left_new++;
		/* What the dead left must not stand in the way of the next. */
		assert_int_equal(files_write(dir, "f", fresh, NEW_LEN), 0);
		assert_true(holds(fresh, NEW_LEN));
	}
	/* Before and after: unlink, create, two writes, sync, rename, sync. */
	assert_int_equal(n - 1, 14);
	assert_true(left_old >= 10 && left_new >= 3);
}

/* A power cut keeps what was synced, and may keep the rest in any order. */
static void synced_before_it_counts(void **state)
{
	order[0] = 0;
	assert_int_equal(files_write(dir, "f", fresh, NEW_LEN), 0);
	assert_string_equal(order, "create write write sync rename sync-dir");
	order[0] = 0;
	assert_int_equal(files_remove(dir, "f"), 0);
	assert_string_equal(order, "sync-dir");
}

static void left_behind(void **state)
{
	uint8_t got[1024];

	assert_int_equal(files_write(dir, "f", old, OLD_LEN), 0);
	/* Something there that cannot be unlinked: the old file stays. */
	assert_int_equal(mkdirat(dir, "f.new", 0700), 0);
	assert_int_equal(files_write(dir, "f", fresh, NEW_LEN), -EEXIST);
	assert_true(holds(old, OLD_LEN));
	assert_int_equal(unlinkat(dir, "f.new", AT_REMOVEDIR), 0);
	/* Attack: a link to a file that is to be overwritten. */
	assert_int_equal(symlinkat("f", dir, "f.new"), 0);
	assert_int_equal(files_write(dir, "f", fresh, NEW_LEN), 0);
	assert_true(holds(fresh, NEW_LEN));
	assert_int_equal(files_read(dir, "f.new", got, sizeof(got)), -ENOENT);
}

static void fill(int at, const char *name)
{
	uint8_t page[4096] = { 1 };
	int fd = __real_openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (__real_write(fd, page, sizeof(page)) > 0)
		;
	close(fd);
}

static void full_disk(void **state)
{
	uint8_t got[1024];
	int full;

	if (unshare(CLONE_NEWNS) || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", path, "tmpfs", 0, "size=16k,mode=0700"))
		skip();
	full = files_open(path, false);
	assert_true(full >= 0);
	assert_int_equal(files_write(full, "f", old, OLD_LEN), 0);
	fill(full, "filler");
	assert_int_equal(files_write(full, "f", fresh, NEW_LEN), -ENOSPC);
	assert_int_equal(files_read(full, "f", got, sizeof(got)), OLD_LEN);
	assert_memory_equal(got, old, OLD_LEN);
	/* Half a file must not take the room that the next try needs. */
	assert_int_equal(faccessat(full, "f.new", F_OK, 0), -1);
	assert_int_equal(files_remove(full, "filler"), 0);
	assert_int_equal(files_write(full, "f", fresh, NEW_LEN), 0);
	assert_int_equal(files_read(full, "f", got, sizeof(got)), NEW_LEN);
	close(full);
	assert_int_equal(umount(path), 0);
}

static void hands_of_others(void **state)
{
	uint8_t got[1024];
	struct timespec then, now;

	assert_int_equal(files_write(dir, "f", old, OLD_LEN), 0);
	assert_int_equal(fchmodat(dir, "f", 0644, 0), 0);
	assert_true(holds(old, OLD_LEN));
	assert_int_equal(fchmodat(dir, "f", 0620, 0), 0);
	assert_int_equal(files_read(dir, "f", got, sizeof(got)), -EPERM);
	assert_int_equal(fchmodat(dir, "f", 0602, 0), 0);
	assert_int_equal(files_read(dir, "f", got, sizeof(got)), -EPERM);
	assert_int_equal(fchmodat(dir, "f", 0600, 0), 0);
	if (!geteuid()) {
		assert_int_equal(fchownat(dir, "f", 1000, 0, 0), 0);
		assert_int_equal(files_read(dir, "f", got, sizeof(got)), -EPERM);
	}
	assert_int_equal(files_remove(dir, "f"), 0);
	assert_int_equal(files_read(dir, "f", got, sizeof(got)), -ENOENT);
	assert_int_equal(symlinkat("/etc/hostname", dir, "f"), 0);
	assert_int_equal(files_read(dir, "f", got, sizeof(got)), -ELOOP);
	assert_int_equal(files_remove(dir, "f"), 0);
	/* Attack: a pipe that nobody writes to, to hold the boot up. */
	assert_int_equal(mkfifoat(dir, "f", 0600), 0);
	clock_gettime(CLOCK_MONOTONIC, &then);
	assert_int_equal(files_read(dir, "f", got, sizeof(got)), -EPERM);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_true(now.tv_sec - then.tv_sec < 5);
	assert_int_equal(files_remove(dir, "f"), 0);
}

static void directory_of_others(void **state)
{
	char sub[80];
	int fd;

	snprintf(sub, sizeof(sub), "%s/d", path);
	assert_int_equal(files_open(sub, false), -ENOENT);
	fd = files_open(sub, true);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(sub, 0755), 0);
	fd = files_open(sub, true);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(sub, 0770), 0);
	assert_int_equal(files_open(sub, true), -EPERM);
	assert_int_equal(chmod(sub, 01707), 0);
	assert_int_equal(files_open(sub, false), -EPERM);
	assert_int_equal(chmod(sub, 0700), 0);
	if (!geteuid()) {
		assert_int_equal(chown(sub, 1000, 0), 0);
		assert_int_equal(files_open(sub, true), -EPERM);
	}
	assert_int_equal(rmdir(sub), 0);
	fd = creat(sub, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(files_open(sub, true), -ENOTDIR);
	unlink(sub);
}

static void size(void **state)
{
	uint8_t got[OLD_LEN];

	assert_int_equal(files_write(dir, "f", old, OLD_LEN), 0);
	assert_int_equal(files_read(dir, "f", got, OLD_LEN), OLD_LEN);
	assert_int_equal(files_read(dir, "f", got, OLD_LEN - 1), -EFBIG);
	assert_int_equal(files_write(dir, "f", old, 0), 0);
	assert_int_equal(files_read(dir, "f", got, OLD_LEN), 0);
}

static int setup(void **state)
{
	memset(old, 'o', sizeof(old));
	memset(fresh, 'n', sizeof(fresh));
	snprintf(path, sizeof(path), "/tmp/store.XXXXXX");
	if (!mkdtemp(path))
		return -1;
	dir = files_open(path, false);
	return dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	__real_unlinkat(dir, "f", 0);
	__real_unlinkat(dir, "f.new", 0);
	close(dir);
	return rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_at_every_step),
		cmocka_unit_test(synced_before_it_counts),
		cmocka_unit_test(left_behind),
		cmocka_unit_test(hands_of_others),
		cmocka_unit_test(directory_of_others),
		cmocka_unit_test(size),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests_name("store_files", tests, setup, teardown);
}
