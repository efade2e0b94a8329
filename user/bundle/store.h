/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bundle of this device, and the number below which there is no way back.
 * That number lies beside it, in FILE.version: taking the bundle away, or
 * putting an older one there, does not lead back to what it replaced.
 */
#ifndef VP_BUNDLE_STORE_H
#define VP_BUNDLE_STORE_H

#include "bundle.h"

enum bundle_state {
	BUNDLE_THERE,
	BUNDLE_NEVER,		/* none was ever installed */
	BUNDLE_BAD,		/* refused; nothing else counts instead */
};

/* Reads the installed one. BUNDLE_BAD comes with @error. */
enum bundle_state bundle_load(struct bundle *bundle, const char *file, const uint8_t (*keys)[BUNDLE_KEY],
			      size_t key_count, time_t now, char error[BUNDLE_ERROR]);

/*
 * Puts the file @from in place of the installed one, if it is newer. What was
 * there stays as it is until the new one is whole and on the disk. 0, 1 if the
 * same is installed already, or -1 with @error.
 */
int bundle_install(const char *from, const char *file, const uint8_t (*keys)[BUNDLE_KEY], size_t key_count,
		   time_t now, uint64_t *version, char error[BUNDLE_ERROR]);

#endif
