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
#include "vault_split.h"

/* Codes issued in the current hour or day, against the budget for one. */
struct vp_window {
	u32 number;		/* of the hour or day since 1970, modulo 2^32 */
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
 * struct vp_key_terms - the gateway's terms of a payment key: a struct vp_agree_grant
 *	less its aliases
 * @epoch: of the key
 * @time_ms: the gateway's time when it granted them, milliseconds since 1970
 * @not_before: seconds since 1970
 * @rotate_after: likewise
 * @not_after: likewise
 * @per_hour: budgets of codes; 0: unlimited
 * @per_day: likewise
 * @per_key: likewise
 * @prefix: PP, ASCII digits
 * @modes: PAYCODE_MODE() bits
 */
struct vp_key_terms {
	u64 epoch;
	u64 time_ms;
	u64 not_before;
	u64 rotate_after;
	u64 not_after;
	u32 per_hour;
	u32 per_day;
	u32 per_key;
	u8 prefix[2];
	u16 modes;
};

/*
 * An alias, two digits a byte. Those that follow each other are in bytes that do, so that
 * four at a time are taken out: the first in the lower halves, then those in the upper.
 */
struct vp_key_alias {
	u8 first[4];		/* digits 0 to 3, and 4 to 7 */
	u8 last;		/* digit 8, and 9 */
};

static inline void vp_key_alias_digits(u8 digits[VP_ALIAS_DIGITS], const struct vp_key_alias *alias)
{
	u32 first = get_unaligned((const u32 *)alias->first);

	BUILD_BUG_ON(VP_ALIAS_DIGITS != 2 * sizeof(struct vp_key_alias));
	put_unaligned((first & 0x0f0f0f0f) | 0x30303030, (u32 *)digits);
	put_unaligned((first >> 4 & 0x0f0f0f0f) | 0x30303030, (u32 *)(digits + 4));
	digits[8] = (alias->last & 0xf) | '0';
	digits[9] = alias->last >> 4 | '0';
}

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
	u8 count;
	u8 next;
	bool shown;
};

/**
 * struct vp_reserve - what the slot's newest blob covers
 * @ordinal: codes up to this one
 * @counter: or, of an authenticator, counters below this one
 * @issued: and as many as this
 * @pool_serial: the pool that @pool_next is of, below VP_POOL_SERIAL_END
 * @pool_next: pool codes below this index, at most VP_POOL_CODES_MAX
 * @bound: there is a blob; without one nothing has to be kept for it
 */
struct vp_reserve {
	union {
		u64 ordinal;
		u64 counter;
	};
	u64 issued;
	u64 pool_serial : 59;
	u64 pool_next : 4;
	u64 bound : 1;
};

/**
 * struct vp_key - what a slot holds
 * @cell: holds a struct vp_key_secrets or vp_otp_secrets; another one after
 *	vp_key_move()
 * @issue_lock: held to move what is said to be its
 * @issue_seq: for who asks for the last code again, without the lock
 * @grant: the gateway's terms: dates and budgets
 * @otp: or the terms of an authenticator
 * @counter: and its next counter; or by time, the last step used; under issue_lock
 * @last_ordinal: step * 10 + Q of the last code issued, 0 if there is none; under issue_lock,
 *	as all that follows down to @last_mode
 * @issued: codes issued so far
 * @hour: codes of this hour
 * @day: codes of this day
 * @pool: codes that need no clock
 * @reserve: what may still be issued before a newer blob is wanted
 * @pending: what may be once the newest blob is stored
 * @last_bind: what the last code is bound to
 * @last_mode: V of the last code, 0 if there is none
 * @kind: enum voicepay_slot_kind; which of grant and otp there is
 * @n_aliases: of @alias, those that there are
 * @alias: names of the key in codes, by the gateway
 * @sealed_generation: of the newest blob, 0 if there is none; under vp_manage_lock
 *
 * Readers find it under vp_key_srcu in its slot; all but what @issue_lock covers
 * never changes. Wiped and freed after a grace period. There is one for each slot, all
 * the time: nothing is in here that can be computed when it is wanted.
 */
struct vp_key {
	struct vp_cell *cell;
	spinlock_t issue_lock;	/* moves all from last_ordinal to last_mode, and counter */
	seqcount_spinlock_t issue_seq;
	union {
		struct vp_key_terms grant;
		struct {
			struct vp_otp_terms otp;
			u64 counter;
		};
	};

	atomic64_t last_ordinal;
	u64 issued;
	struct vp_window hour;
	struct vp_window day;
	struct vp_pool_state pool;
	struct vp_reserve reserve;
	struct vp_reserve pending;
	u8 last_bind[PAYCODE_BIND_MAX];
	u8 last_mode;

	u8 kind;
	u8 n_aliases;
	struct vp_key_alias alias[VP_ALIASES_MAX];
	u64 sealed_generation;
};

/**
 * struct vp_draw - a code that is asked for, and what was chosen for it
 * @now_s: in: the time, seconds since 1970; for the pool 0 if there is none
 * @mode: in: V
 * @bind: in: what it is to be bound to, if V is of a code that is
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

int vp_keys_init(void);
void vp_keys_exit(void);

void vp_key_init(struct vp_key *key);
struct vp_key *vp_key_create(const struct vp_noise *hs, const struct vp_agree_grant *grant);
__visible struct vp_key *vp_key_create_otp(const struct vp_otp_terms *terms, const u8 *secret,
					   u64 counter);
void vp_key_destroy(struct vp_key *key);

int vp_key_move(struct vp_key *key, struct vp_cell **left);
struct vp_key *vp_key_import(const struct vp_blob *blob);
int vp_key_export(struct vp_key *key, struct vp_blob *blob, bool final);
void vp_key_sealed(struct vp_key *key, const struct vp_blob *blob);
void vp_key_stored(struct vp_key *key);

/* Out of the vault, for an operation; the caller wipes what he got, on every path. */
static inline int vp_key_read_code(const struct vp_key *key, struct vp_hmac_states *states)
{
	/* By its address, which vp_key_move() may change. */
	return vp_cell_read_words(READ_ONCE(key->cell), offsetof(struct vp_key_secrets, code),
				  states, sizeof(*states));
}

__visible int vp_key_read_code512(const struct vp_key *key, u8 k512[VP_KEY512_LEN]);
int vp_key_read_auth(const struct vp_key *key, u8 auth[VP_KEY_LEN]);
int vp_key_read_psk(const struct vp_key *key, u8 psk[VP_KEY_LEN]);
int vp_key_read_static(const struct vp_key *key, u8 s[VP_KEY_LEN], u8 s_pub[VP_KEY_LEN]);
__visible enum vp_hash vp_key_otp_hash(u32 algorithm);
__visible int vp_key_read_otp(const struct vp_key *key, struct vp_mac_states *states);

/* What it may still issue: draw.c. */
int vp_key_take_ordinal(struct vp_key *key, struct vp_draw *draw);
int vp_key_take_pool(struct vp_key *key, struct vp_draw *draw);
int vp_key_take_counter(struct vp_key *key, bool may, u64 *counter);
void vp_key_give_back_counter(struct vp_key *key, u64 counter);
int vp_key_take_step(struct vp_key *key, u64 step, bool may, bool *drawn);

#endif /* VP_KEY_H */
