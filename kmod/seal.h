/* SPDX-License-Identifier: GPL-2.0 */
/* Slots that survive a reboot. */
#ifndef VP_SEAL_H
#define VP_SEAL_H

#include "blob.h"

/*
 * A blob covers the codes of this many time steps from when it was sealed, and
 * this many codes; then the slot wants a newer one. After a reboot without a
 * last blob both are taken for used up.
 */
#define VP_SEAL_STEPS	20
#define VP_SEAL_CODES	10
/* And so many of the pool, and of an authenticator's counters. */
#define VP_SEAL_POOL	5
#define VP_SEAL_COUNTERS 5

/* With vp_manage_lock held. */
int vp_seal_get(u32 id, bool final, u8 out[VP_BLOB_LEN]);
int vp_seal_put(u32 id, const u8 *in, size_t len);
int vp_seal_commit(bool retire);

void vp_seal_outdate(void);
void vp_seal_slot_deleted(u32 id);
void vp_seal_wiped(void);

#endif /* VP_SEAL_H */
