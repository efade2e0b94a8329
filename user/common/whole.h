/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_WHOLE_H
#define VP_WHOLE_H

#include <stddef.h>

/*
 * Replaces @file, readable for all, by @data: whole and on the disk, or not at
 * all. 0, or -1 with a sentence in @error. Of several writers at once one wins.
 */
int write_whole(const char *file, const void *data, size_t len, char *error, size_t size);

#endif
