// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/whole.h"
#include "../verify/load.h"
#include "store.h"

/* 0: there is none. -1: it is there and cannot be read, which must not pass for none. */
static int read_floor(const char *file, uint64_t *floor, char error[BUNDLE_ERROR])
{
	char path[PATH_MAX], text[32] = "", *end;
	int fd;
	ssize_t n;

	*floor = 0;
	snprintf(path, sizeof(path), "%s.version", file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n > 0) {
		errno = 0;
		*floor = strtoull(text, &end, 10);
		if (!errno && text[0] >= '1' && text[0] <= '9' && !strcmp(end, "\n"))
			return 0;
	}
	snprintf(error, BUNDLE_ERROR, "%.200s: is damaged: install the newest bundle of the gateway and write its version there",
		 path);
	return -1;
}

static int check_age(const struct bundle *b, const char *name, uint64_t floor, time_t now, char error[BUNDLE_ERROR])
{
	if (b->version < floor) {
		snprintf(error, BUNDLE_ERROR, "%.200s: is version %" PRIu64 ", but %" PRIu64
			 " was installed: there is no way back to an older one", name, b->version, floor);
		return -1;
	}
	if (b->not_after && now > b->not_after) {
		snprintf(error, BUNDLE_ERROR, "%.200s: is past its last day: get a newer one from the gateway's operator",
			 name);
		return -1;
	}
	return 0;
}

enum bundle_state bundle_load(struct bundle *b, const char *file, const uint8_t (*keys)[BUNDLE_KEY],
			      size_t key_count, time_t now, char error[BUNDLE_ERROR])
{
	unsigned char *data;
	uint64_t floor;
	size_t len;
	int bad;

	memset(b, 0, sizeof(*b));
	if (read_floor(file, &floor, error))
		return BUNDLE_BAD;
	if (!floor && access(file, F_OK) && errno == ENOENT)
		return BUNDLE_NEVER;
	data = load_file(file, BUNDLE_MAX, &len, error);
	if (!data)
		return BUNDLE_BAD;
	bad = bundle_parse(b, file, data, len, keys, key_count, error);
	free(data);
	if (bad)
		return BUNDLE_BAD;
	if (check_age(b, file, floor, now, error)) {
		bundle_free(b);
		return BUNDLE_BAD;
	}
	return BUNDLE_THERE;
}

/* One at a time: two that check and then write could leave the older one. */
static int lock(const char *file, char error[BUNDLE_ERROR])
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s.lock", file);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		snprintf(error, BUNDLE_ERROR, "%.200s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int bundle_install(const char *from, const char *file, const uint8_t (*keys)[BUNDLE_KEY], size_t key_count,
		   time_t now, uint64_t *version, char error[BUNDLE_ERROR])
{
	struct bundle b = { 0 }, installed;
	unsigned char *data;
	size_t len;
	uint64_t floor;
	char text[32], path[PATH_MAX];
	int fd = -1, ret = -1;

	data = load_file(from, BUNDLE_MAX, &len, error);
	if (!data)
		return -1;
	if (bundle_parse(&b, from, data, len, keys, key_count, error))
		goto out;
	*version = b.version;
	fd = lock(file, error);
	if (fd < 0 || read_floor(file, &floor, error) || check_age(&b, from, floor, now, error))
		goto out;
	if (b.version == floor &&
	    bundle_load(&installed, file, keys, key_count, now, error) == BUNDLE_THERE) {
		bundle_free(&installed);
		ret = 1;
		goto out;
	}
	/* The bundle first: between the two a newer one is in force, which is right. */
	snprintf(path, sizeof(path), "%s.version", file);
	snprintf(text, sizeof(text), "%" PRIu64 "\n", b.version);
	if (!write_whole(file, data, len, error, BUNDLE_ERROR) &&
	    !write_whole(path, text, strlen(text), error, BUNDLE_ERROR))
		ret = 0;
out:
	if (fd >= 0)
		close(fd);
	bundle_free(&b);
	free(data);
	return ret;
}
