/* SPDX-License-Identifier: GPL-2.0 */
/* What a slot and the gateway agreed on: the keys of one epoch, and their terms. */
#ifndef VP_KEY_H
#define VP_KEY_H

#include <linux/atomic.h>
#include <linux/spinlock.h>

#include "common/agreement.h"
#include "common/paycode.h"
#include "hmac.h"
#include "vault.h"

/* Codes issued in the current hour or day, against the budget for one. */
struct vp_window {
	u64 number;		/* of the hour or day since 1970 */
	u32 used;
};

/**
 * struct vp_key_secrets - what of a key is secret; lies in a cell of the vault
 * @code: K of PC1, prepared
 * @auth: authorises voice orders
 * @psk: pre-shared key of the next handshake
 * @s: the slot's static X25519 private key; the same in every epoch
 * @k: K itself, to be sealed: prepared states are this kernel's own
 */
struct vp_key_secrets {
	struct vp_hmac_states code;
	u8 auth[VP_KEY_LEN];
	u8 psk[VP_KEY_LEN];
	u8 s[VP_KEY_LEN];
	u8 k[VP_KEY_LEN];
};

/**
 * struct vp_reserve - what the slot's newest blob covers
 * @bound: there is a blob; without one nothing has to be kept for it
 * @ordinal: codes up to this one
 * @issued: and as many as this
 */
struct vp_reserve {
	bool bound;
	u64 ordinal;
	u64 issued;
};

/**
 * struct vp_key - the keys of one epoch
 * @cell: holds a struct vp_key_secrets; another one after vp_key_move()
 * @left: the cell that the secrets moved out of, until nobody reads it
 * @s_pub: public half of the static key
 * @grant: the gateway's terms: dates, budgets, aliases
 * @last_ordinal: step * 10 + Q of the last code issued, 0 if there is none
 * @issue_lock: held to move @last_ordinal and to count against the budgets
 * @issued: codes issued so far
 * @hour: codes of this hour
 * @day: codes of this day
 * @reserve: what may still be issued before a newer blob is wanted
 * @pending: what may be once the newest blob is stored
 * @sealed_generation: of the newest blob, 0 if there is none; under vp_manage_lock
 *
 * Readers find it under vp_key_srcu in its slot; all but what @issue_lock covers
 * never changes. Wiped and freed after a grace period.
 */
struct vp_key {
	struct vp_cell *cell;
	struct vp_cell *left;
	u8 s_pub[VP_KEY_LEN];
	struct vp_agree_grant grant;

	atomic64_t last_ordinal;
	spinlock_t issue_lock;	/* moves last_ordinal, counts against the budgets */
	u64 issued;
	struct vp_window hour;
	struct vp_window day;
	struct vp_reserve reserve;
	struct vp_reserve pending;
	u64 sealed_generation;
};

struct vp_blob;

struct vp_key *vp_key_create(const struct vp_noise *hs, const struct vp_agree_grant *grant);
void vp_key_destroy(struct vp_key *key);

int vp_key_move(struct vp_key *key);
void vp_key_moved(struct vp_key *key);
struct vp_key *vp_key_import(const struct vp_blob *blob);
int vp_key_export(struct vp_key *key, struct vp_blob *blob, bool final);
void vp_key_sealed(struct vp_key *key, const struct vp_blob *blob);
void vp_key_stored(struct vp_key *key);

int vp_key_read_code(const struct vp_key *key, struct vp_hmac_states *states);
int vp_key_read_static(const struct vp_key *key, u8 s[VP_KEY_LEN]);

int vp_key_take_ordinal(struct vp_key *key, u64 now_s, bool fresh, bool *draw, u64 *step, u32 *q);

#endif /* VP_KEY_H */
