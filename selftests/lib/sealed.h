/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sealed storage as a test sees it: the module's commands, and files in /results
 * that one boot leaves for the next.
 */
#ifndef VP_TEST_SEALED_H
#define VP_TEST_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "genl.h"

/* What a demanding maker would set, with the memory that selftests/vm/run sets apart. */
#define SEALED_STRICT	"vault=reserved vault_required=1 reserved=0x7000000,0x100000"

/* Open while the module is loaded. */
extern struct genl sealed_nl;

void load_module(const char *parameters);
void unload_module(void);

void save(const char *name, const void *data, size_t len);
size_t load(const char *name, void *data, size_t max);
const char *name_of(const char *kind, __u32 slot);

/* The commands. All return 0 or a negative errno. */
void dev_get(struct genl_msg *msg);
__u32 sealer_state(void);
int sealer_get(bool make, __u8 *wrapped, size_t *len);
int sealer_put(const __u8 *wrapped, size_t len);
int blob_get(__u32 slot, bool final, __u8 *blob, size_t *len);
int blob_put(__u32 slot, const __u8 *blob, size_t len);
int blob_commit(bool retire);
int code_get(__u32 slot, char digits[64]);

/* Takes the slot's blob and writes it; to be committed. */
void store(const char *kind, __u32 slot, bool final);

#endif
