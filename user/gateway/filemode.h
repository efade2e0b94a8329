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

#endif /* VPG_FILEMODE_H */
