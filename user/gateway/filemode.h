/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VPG_FILEMODE_H
#define VPG_FILEMODE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Nobody has one of the @forbidden permissions on @path; if somebody does, the
 * log says what to do. A file that is not there is for who opens it to miss.
 */
bool filemode_good(const char *path, mode_t forbidden);

/*
 * A file that was not there, for its owner alone, to be written (O_WRONLY or O_RDWR in @flags). Made by root it
 * belongs to whom its directory belongs: an operator who repairs a gateway as root must not
 * lock it out of its own keys. Where that cannot be done the log says so. Returns a descriptor,
 * or -1 with errno.
 */
int filemode_make(const char *path, int flags);

#endif /* VPG_FILEMODE_H */
