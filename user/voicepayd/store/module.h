/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module's commands for sealed storage. */
#ifndef VP_STORE_MODULE_H
#define VP_STORE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/voicepay_netlink.h>

struct nl_sock;

/**
 * struct module - a connection to the module
 * @why: what it said about the last error, or ""
 */
struct module {
	struct nl_sock *sock;
	int family;
	char why[160];
};

/* What may be sealed: bytes and how many. */
struct bytes {
	uint8_t data[VOICEPAY_BLOB_MAX];
	size_t len;
};

/* All return 0 or a negative errno. */
int module_open(struct module *m);
void module_close(struct module *m);
int module_sealer_state(struct module *m, uint32_t *state);
int module_sealer_get(struct module *m, bool make, struct bytes *wrapped);
int module_sealer_put(struct module *m, const struct bytes *wrapped);
int module_blob_get(struct module *m, uint32_t slot, bool final, struct bytes *blob);
int module_blob_put(struct module *m, uint32_t slot, const struct bytes *blob);
int module_blob_commit(struct module *m, bool retire);

/* Calls @each for all slots; @epoch is 0 for one without a key. */
int module_slots(struct module *m, void (*each)(uint32_t slot, uint64_t epoch, void *arg),
		 void *arg);

#endif
