/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another master key, and everything sealed anew under it. */
#ifndef VPG_REKEY_H
#define VPG_REKEY_H

#include "gateway.h"

struct rekey_progress {
	const char *what;	/* "sealing", "checking" */
	long long done, total;
};

/*
 * @dir holds the state directory alone. Killed at any moment, it leaves what a
 * second call brings to its end: as long as one row may need the old key, that
 * key is there. 0 or -errno.
 */
int rekey(const struct settings *set, int dir, void (*fn)(void *arg, const struct rekey_progress *p), void *arg);

#endif /* VPG_REKEY_H */
