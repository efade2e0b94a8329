/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another master key while gateways serve. */
#ifndef VPG_REKEY_ONLINE_H
#define VPG_REKEY_ONLINE_H

#include "rekey.h"

/*
 * @gateways is how many serve from this database, on all machines. Killed at any moment
 * it leaves two keys that open everything, and a second call goes on. 0 or -errno.
 */
int rekey_online(const struct settings *set, int dir, int gateways,
		 void (*fn)(void *arg, const struct rekey_progress *p), void *arg);

#endif /* VPG_REKEY_ONLINE_H */
