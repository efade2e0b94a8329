/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which master keys a process needs while they are changed, and that it tells when it has them. */
#ifndef VPG_MASTER_KEYS_H
#define VPG_MASTER_KEYS_H

#include "gateway.h"

#define MASTER_STATE_MAX	128

/*
 * What the database says of master keys, as one text: another one than before, and
 * the process needs to look again. Empty if it cannot be read.
 */
void master_keys_state(struct store *st, char state[MASTER_STATE_MAX]);

/*
 * Has @gw seal and open as that asks for, from the files of its state directory; one
 * that is to be the only one is put in its place. STORE_FAILED, and the log is
 * told, if a key is missing.
 */
enum store_result master_keys_fit(struct gateway *gw, struct store *st);

/* Tells whoever changes the key that this gateway, known by its socket, does as that asks for. */
enum store_result master_keys_tell(const struct gateway *gw, struct store *st);

#endif /* VPG_MASTER_KEYS_H */
