/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Have the files that a handshake rests on changed? CRLs are fetched and bundles
 * installed without the daemon being told.
 */
#ifndef VP_STAMP_H
#define VP_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>

#include "../common/config.h"

struct stamp {
	struct stat file[5 + CONFIG_CRLS];
};

/*
 * The settings' file alone: to be taken before it is read, so that one that is
 * written meanwhile is seen as a change.
 */
void stamp_settings(struct stamp *stamp, const char *path);
void stamp_take(struct stamp *stamp, const struct config *config);
bool stamp_same(const struct stamp *a, const struct stamp *b);
/* The same for the settings alone. */
bool stamp_same_settings(const struct stamp *a, const struct stamp *b);

#endif
