// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that runs out when a test says so. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failing.h"
#include "ktap.h"

#define SLAB	"/sys/kernel/slab"

static __thread int fail_nth;	/* the descriptor, plus one */

static bool say(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/*
 * Every cache but those of the debugging aids, which give up when they are refused
 * memory once. False if that cannot be said of single caches (slab_nomerge).
 */
static bool choose_caches(void)
{
	struct dirent *e;
	unsigned int n = 0;
	char path[512];
	DIR *d = opendir(SLAB);

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || strstr(e->d_name, "kmemleak") || strstr(e->d_name, "debug_objects"))
			continue;
		snprintf(path, sizeof(path), SLAB "/%s/failslab", e->d_name);
		n += say(path, "1");
	}
	if (d)
		closedir(d);
	return n > 20 && say("/sys/kernel/debug/failslab/cache-filter", "Y");
}

bool failing_init(void)
{
	if (access("/proc/thread-self/fail-nth", W_OK) ||
	    !say("/sys/kernel/debug/failslab/ignore-gfp-wait", "N") ||
	    !say("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N"))
		return false;
	say("/sys/kernel/debug/failslab/verbose", "0");
	say("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	say("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	say("/sys/kernel/debug/fail_usercopy/verbose", "0");
	if (!choose_caches())
		ktap_diag("memory of every kind fails, that of debugging aids too");
	fail_next(0);		/* the descriptor is there before the test counts its own */
	return true;
}

void fail_next(int nth)
{
	char text[16];

	if (!fail_nth)
		fail_nth = 1 + open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	snprintf(text, sizeof(text), "%d", nth);
	/* This very call may be what meets a failure asked for before. */
	if (pwrite(fail_nth - 1, text, strlen(text), 0) < 0 &&
	    pwrite(fail_nth - 1, text, strlen(text), 0) < 0)
		ktap_bail("fail-nth");
}

bool failed(void)
{
	char text[16] = "";
	bool hit = fail_nth && pread(fail_nth - 1, text, sizeof(text) - 1, 0) > 0 && !atoi(text);

	fail_next(0);
	return hit;
}

bool no_memory(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -EAGAIN || err == -EFAULT;
}
