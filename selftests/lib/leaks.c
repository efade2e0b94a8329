// SPDX-License-Identifier: GPL-2.0-or-later
/* What kmemleak makes out. */

#include <fcntl.h>
#include <unistd.h>

#include "ktap.h"
#include "leaks.h"

#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/* What is not ours: of the boot, before there was a program; and a name that Linux 6.12 forgets. */
static const char *const others[] = { "comm \"swapper", "sysfs_slab_add" };

static bool is_ours(const char *object)
{
	unsigned int i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strstr(object, others[i]))
			return false;
	return true;
}

/* A scan takes a while to be sure. */
void no_memory_leaked(void)
{
	static char text[1 << 20];
	char *object, *next;
	int fd = open(KMEMLEAK, O_RDWR | O_CLOEXEC), i;
	size_t len = 0;
	ssize_t n;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(write(fd, "scan", 4), 4);
		sleep(6);		/* what is younger than five seconds does not count */
	}
	EXPECT_EQ(write(fd, "scan", 4), 4);
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	for (object = strstr(text, "unreferenced object"); object; object = next) {
		next = strstr(object + 1, "unreferenced object");
		if (next)
			next[-1] = '\0';
		if (is_ours(object))
			ktap_fail(KTAP_FILE, __LINE__, "%s", object);
	}
}

bool kmemleak_is_on(void)
{
	int fd = open(KMEMLEAK, O_RDWR | O_CLOEXEC);
	bool on = fd >= 0 && write(fd, "scan", 4) == 4;

	if (fd >= 0)
		close(fd);
	return on;
}
