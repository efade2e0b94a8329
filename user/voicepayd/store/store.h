/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of voicepay-store work with. */
#ifndef VP_STORE_H
#define VP_STORE_H

#include "../../common/manage.h"

/**
 * struct store - the module, and the directory of what it sealed
 * @module: the module
 * @path: the directory's name
 * @dir: the directory, or a negative errno
 */
struct store {
	struct manage module;
	const char *path;
	int dir;
};

/* What to say of an error of the module's. */
const char *store_why(const struct store *s, int err);

/*
 * Gives the module the sealing key, or has it make one. Whatever comes of it, nobody
 * can unwrap a key from then on, until the next boot. Returns 0; -ENODEV if the
 * machine has no TPM; or another negative errno, which it has told.
 */
int key_settle(struct store *s);

/* Stores the wrapped key that the module has, unless it is stored. 0 or -errno, told. */
int key_keep(struct store *s);

/* Restores all slots that there are blobs of. */
void slots_restore(struct store *s);

/*
 * Looks at the slots. 1 if a key came, went or changed since the last slots_save(), 0, or
 * -errno; -EKEYREVOKED if nothing can be sealed any more, and what is stored is to stay.
 */
int slots_look(struct store *s);

/*
 * Stores a blob of each slot that the last look found; only when all are safe does
 * the module learn of it. @final: the last before a reboot. @retire: no older
 * ones are to be good any more. 0 or -errno, which it has told.
 */
int slots_save(struct store *s, bool final, bool retire);

#endif
