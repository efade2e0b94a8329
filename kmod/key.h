/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a slot holds: the keys of one epoch that it agreed on with the gateway,
 * and their terms; or an authenticator's secret.
 */
#ifndef VP_KEY_H
#define VP_KEY_H

#include <linux/atomic.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

#include "common/agreement.h"
#include "common/paycode.h"
#include "common/pool.h"
#include "hmac.h"
#include "vault.h"

/* Codes issued in the current hour or day, against the budget for one. */
struct vp_window {
	u64 number;		/* of the hour or day since 1970 */
	u32 used;
};

/**
 * struct vp_key_secrets - what of a payment key is secret; lies in a cell of the vault
 * @code: K of PC1, prepared
 * @auth: authorises voice orders
 * @psk: pre-shared key of the next handshake
 * @s: the slot's static X25519 private key; the same in every epoch
 * @k: K itself, to be sealed: prepared states are this kernel's own
 * @k512: K of PC1 with HMAC-SHA-512
 */
struct vp_key_secrets {
	struct vp_hmac_states code;
	u8 auth[VP_KEY_LEN];
	u8 psk[VP_KEY_LEN];
	u8 s[VP_KEY_LEN];
	u8 k[VP_KEY_LEN];
	u8 k512[VP_KEY512_LEN];
};

#define VP_OTP_SECRET_MAX	128

/**
 * struct vp_otp_secrets - what of an authenticator is secret, likewise
 * @states: the secret, prepared
 * @secret: the secret itself, to be sealed
 */
struct vp_otp_secrets {
	struct vp_mac_states states;
	u8 secret[VP_OTP_SECRET_MAX];
};

/**
 * struct vp_otp_terms - how an authenticator makes its passwords
 * @algorithm: enum voicepay_otp_algorithm
 * @digits: 6 to 8
 * @period: seconds of a time step; 0: by counter
 * @secret_len: bytes of the secret
 */
struct vp_otp_terms {
	u32 algorithm;
	u32 digits;
	u32 period;
	u32 secret_len;
};

/**
 * struct vp_pool_state - what is left of a pool
 * @serial: of the newest pool taken; 0: there was none
 * @not_after: the gateway takes none of its codes after that, seconds since 1970
 * @count: codes in it
 * @next: index of the first that was not given out
 * @shown: the one before @next was given out in this boot, and can be shown again
 */
struct vp_pool_state {
	u64 serial;
	u64 not_after;
	u32 count;
	u32 next;
	bool shown;
};

/**
 * struct vp_reserve - what the slot's newest blob covers
 * @bound: there is a blob; without one nothing has to be kept for it
 * @pool_next: pool codes below this index
 * @ordinal: codes up to this one
 * @issued: and as many as this
 * @counter: an authenticator's counters below this one
 * @pool_serial: the pool that @pool_next is of
 */
struct vp_reserve {
	bool bound;
	u32 pool_next;
	u64 ordinal;
	u64 issued;
	u64 counter;
	u64 pool_serial;
};

/**
 * struct vp_key - what a slot holds
 * @cell: holds a struct vp_key_secrets or vp_otp_secrets; another one after
 *	vp_key_move()
 * @kind: enum voicepay_slot_kind
 * @s_pub: public half of the static key
 * @grant: the gateway's terms: dates, budgets, aliases
 * @otp: terms of an authenticator
 * @last_ordinal: step * 10 + Q of the last code issued, 0 if there is none
 * @issue_lock: held to move all that follows
 * @issue_seq: for who asks for the last code again, without the lock
 * @last_mode: V of the last code, 0 if there is none
 * @last_bind: what it is bound to
 * @issued: codes issued so far
 * @hour: codes of this hour
 * @day: codes of this day
 * @pool: codes that need no clock
 * @counter: of an authenticator: the next; or by time, the last step used
 * @reserve: what may still be issued before a newer blob is wanted
 * @pending: what may be once the newest blob is stored
 * @sealed_generation: of the newest blob, 0 if there is none; under vp_manage_lock
 *
 * Readers find it under vp_key_srcu in its slot; all but what @issue_lock covers
 * never changes. The first fields are those of either kind. Wiped and freed after a grace period.
 */
struct vp_key {
	struct vp_cell *cell;
	u32 kind;
	u32 last_mode;
	u8 s_pub[VP_KEY_LEN];
	struct vp_agree_grant grant;
	struct vp_otp_terms otp;

	atomic64_t last_ordinal;
	spinlock_t issue_lock;	/* moves all that follows, last_ordinal and last_mode */
	seqcount_spinlock_t issue_seq;
	u8 last_bind[PAYCODE_BIND_MAX];
	u64 issued;
	struct vp_window hour;
	struct vp_window day;
	struct vp_pool_state pool;
	u64 counter;
	struct vp_reserve reserve;
	struct vp_reserve pending;
	u64 sealed_generation;
};

/**
 * struct vp_draw - a code that is asked for, and what was chosen for it
 * @now_s: in: the time, seconds since 1970; for the pool 0 if there is none
 * @mode: in: V
 * @bind: in: what it is to be bound to, or zero
 * @fresh: in: not the last code again
 * @may: in: a new code may be drawn
 * @drawn: out: one was
 * @step: out: what goes under the MAC as step
 * @q: out
 */
struct vp_draw {
	u64 now_s;
	u32 mode;
	u8 bind[PAYCODE_BIND_MAX];
	bool fresh;
	bool may;
	bool drawn;
	u64 step;
	u32 q;
};

struct vp_blob;

void vp_key_init(struct vp_key *key);
struct vp_key *vp_key_create(const struct vp_noise *hs, const struct vp_agree_grant *grant);
struct vp_key *vp_key_create_otp(const struct vp_otp_terms *terms, const u8 *secret, u64 counter);
void vp_key_destroy(struct vp_key *key);

int vp_key_move(struct vp_key *key, struct vp_cell **left);
struct vp_key *vp_key_import(const struct vp_blob *blob);
int vp_key_export(struct vp_key *key, struct vp_blob *blob, bool final);
void vp_key_sealed(struct vp_key *key, const struct vp_blob *blob);
void vp_key_stored(struct vp_key *key);

/* Out of the vault, for an operation; the caller wipes what he got, on every path. */
int vp_key_read_code(const struct vp_key *key, struct vp_hmac_states *states);
int vp_key_read_code512(const struct vp_key *key, u8 k512[VP_KEY512_LEN]);
int vp_key_read_auth(const struct vp_key *key, u8 auth[VP_KEY_LEN]);
int vp_key_read_psk(const struct vp_key *key, u8 psk[VP_KEY_LEN]);
int vp_key_read_static(const struct vp_key *key, u8 s[VP_KEY_LEN]);
enum vp_hash vp_key_otp_hash(u32 algorithm);
int vp_key_read_otp(const struct vp_key *key, struct vp_mac_states *states);

/* What it may still issue: draw.c. */
int vp_key_take_ordinal(struct vp_key *key, struct vp_draw *draw);
int vp_key_take_pool(struct vp_key *key, struct vp_draw *draw);
int vp_key_take_counter(struct vp_key *key, bool may, u64 *counter);
void vp_key_give_back_counter(struct vp_key *key, u64 counter);
int vp_key_take_step(struct vp_key *key, u64 step, bool may, bool *drawn);

#endif /* VP_KEY_H */
