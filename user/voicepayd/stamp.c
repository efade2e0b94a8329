// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "stamp.h"

/* One that is not there, or is no file at all, stays 0: that is an answer, too. */
static void look_at(struct stat *st, const char *file)
{
	if (stat(file, st))
		memset(st, 0, sizeof(*st));
}

void stamp_settings(struct stamp *stamp, const char *path)
{
	memset(stamp, 0, sizeof(*stamp));
	look_at(&stamp->file[0], path);
}

void stamp_take(struct stamp *stamp, const struct config *config)
{
	const char *files[5 + CONFIG_CRLS] = {
		config->path, config->bundle, config->ca, config->cert, config->key,
	};
	size_t i, count = 5;

	for (i = 0; i < config->crl_count; i++)
		files[count++] = config->crls[i];
	memset(stamp, 0, sizeof(*stamp));
	for (i = 0; i < count; i++)
		look_at(&stamp->file[i], files[i]);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_file(const struct stat *x, const struct stat *y)
{
	return x->st_dev == y->st_dev && x->st_ino == y->st_ino && x->st_size == y->st_size &&
	       same_time(&x->st_mtim, &y->st_mtim) && same_time(&x->st_ctim, &y->st_ctim);
}

bool stamp_same_settings(const struct stamp *a, const struct stamp *b)
{
	return same_file(&a->file[0], &b->file[0]);
}

bool stamp_same(const struct stamp *a, const struct stamp *b)
{
	size_t i;

	for (i = 0; i < sizeof(a->file) / sizeof(a->file[0]); i++)
		if (!same_file(&a->file[i], &b->file[i]))
			return false;
	return true;
}
