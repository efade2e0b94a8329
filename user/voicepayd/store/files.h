/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are whole or not there, whatever happens to the power. */
#ifndef VP_STORE_FILES_H
#define VP_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Opens the directory; with @make, makes it if need be. Returns a descriptor or
 * -errno; -EPERM if somebody else owns it or may write to it.
 */
int files_open(const char *path, bool make);

/*
 * The file's bytes, at most @max. Returns their number or -errno; -EFBIG if there
 * are more; -EPERM if it is no plain file, or somebody else owns it or may write to it.
 */
long files_read(int dir, const char *name, uint8_t *data, size_t max);

/* Writes, syncs, renames, syncs. Returns 0 or -errno, and then the old file is untouched. */
int files_write(int dir, const char *name, const uint8_t *data, size_t len);

int files_remove(int dir, const char *name);

#endif
