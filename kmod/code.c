// SPDX-License-Identifier: GPL-2.0
/*
 * Issues payment codes. Nothing here allocates or takes a lock that slots share;
 * asking again for a step's code takes none at all. Whether it sleeps depends on
 * where the vault keeps its keys: in ordinary or reserved memory it does not.
 */

#include <linux/math64.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "clock.h"
#include "code.h"
#include "give.h"
#include "slot.h"

#define STEP_MS		(PAYCODE_STEP_SECONDS * MSEC_PER_SEC)

/* One alias a day, so that codes of different days cannot be told to be one device's. */
static const struct vp_key_alias *alias_of_day(const struct vp_key *key, u64 now_s)
{
	u64 day = div_u64(now_s - key->grant.not_before, 86400);
	u32 index;

	div_u64_rem(day, key->n_aliases, &index);
	return &key->alias[index];
}

/* Without a clock there is no day: one alias a code, and the same each time it is shown. */
static const struct vp_key_alias *alias_of_pool(const struct vp_key *key, u64 pool_step)
{
	u32 index;

	div_u64_rem(pool_step, key->n_aliases, &index);
	return &key->alias[index];
}

static int mac_256(u8 mac[VP_HASH_LEN], const struct vp_key *key, const struct vp_piece *piece)
{
	struct vp_hmac_states states vp_uninitialized;
	int err;

	err = vp_key_read_code(key, &states);
	if (!err)
		err = vp_hmac(mac, &states, piece, 1);
	memzero_explicit(&states, sizeof(states));
	return err;
}

static int mac_512(u8 mac[VP_HASH512_LEN], const struct vp_key *key, const struct vp_piece *piece)
{
	u8 k512[VP_KEY512_LEN];
	int err;

	err = vp_key_read_code512(key, k512);
	if (!err)
		err = vp_prim_hmac512(mac, k512, sizeof(k512), piece, 1);
	memzero_explicit(k512, sizeof(k512));
	return err;
}

static int compute(const struct vp_key *key, struct paycode *code, const struct vp_draw *draw)
{
	u8 input[PAYCODE_INPUT_MAX] vp_uninitialized, mac[VP_HASH512_LEN] vp_uninitialized;
	struct vp_piece piece = { input, 0 };
	int err;

	piece.len = paycode_mac_input(input, code, draw->step, draw->bind,
				      paycode_is_bound(code->mode) ? sizeof(draw->bind) : 0);
	err = code->mode == PAYCODE_PLAIN_512 ? mac_512(mac, key, &piece) :
						mac_256(mac, key, &piece);
	if (!err)
		code->mac = paycode_truncate(mac);
	memzero_explicit(mac, sizeof(mac));
	return err;
}

/* The digits of what was drawn. */
static int write_out(const struct vp_key *key, const struct vp_draw *draw,
		     const struct vp_key_alias *alias, u8 digits[PAYCODE_DIGITS])
{
	struct paycode code = { .mode = draw->mode, .q = draw->q };
	int err;

	memcpy(code.prefix, key->grant.prefix, sizeof(code.prefix));
	vp_key_alias_digits(code.alias, alias);
	err = compute(key, &code, draw);
	if (!err)
		paycode_format(digits, &code);
	memzero_explicit(&code, sizeof(code));
	return err;
}

static int issue_by_time(struct vp_key *key, struct vp_draw *draw, struct vp_code *out)
{
	const struct vp_key_terms *grant = &key->grant;
	u64 now_ms;
	u32 in_step;
	int err;

	/* A key comes with the time, but from a blob it can come without. */
	if (vp_clock_now_ms(&now_ms))
		return -ETIME;
	draw->now_s = div_u64(now_ms, MSEC_PER_SEC);
	if (draw->now_s < grant->not_before)
		return -ECANCELED;
	if (draw->now_s >= grant->not_after)
		return -EKEYEXPIRED;
	err = vp_key_take_ordinal(key, draw);
	if (!err)
		err = write_out(key, draw, alias_of_day(key, draw->now_s), out->digits);
	div_u64_rem(now_ms, STEP_MS, &in_step);
	out->valid_ms = STEP_MS - in_step;
	return err;
}

static int issue_from_pool(struct vp_key *key, struct vp_draw *draw, struct vp_code *out)
{
	u64 now_ms;
	int err;

	if (!vp_clock_now_ms(&now_ms))
		draw->now_s = div_u64(now_ms, MSEC_PER_SEC);
	if (draw->now_s && draw->now_s >= key->grant.not_after)
		return -EKEYEXPIRED;
	err = vp_key_take_pool(key, draw);
	if (!err)
		err = write_out(key, draw, alias_of_pool(key, draw->step), out->digits);
	out->valid_ms = 0;
	return err;
}

/* The V of a code, or 0 if it was not agreed on. */
static u32 choose_mode(const struct vp_key_terms *grant, u32 wanted)
{
	if (!wanted)
		wanted = grant->modes & PAYCODE_MODE(PAYCODE_PLAIN_512) ? PAYCODE_PLAIN_512 :
									  PAYCODE_PLAIN;
	return grant->modes & PAYCODE_MODE(wanted) ? wanted : 0;
}

static int issue(struct vp_key *key, struct vp_draw *draw, struct vp_code *out)
{
	int err;

	if (key->kind != VOICEPAY_SLOT_PAYMENT)
		return -EMEDIUMTYPE;
	draw->mode = choose_mode(&key->grant, out->mode);
	if (!draw->mode)
		return -EOPNOTSUPP;
	err = draw->mode == PAYCODE_POOL ? issue_from_pool(key, draw, out) :
					   issue_by_time(key, draw, out);
	out->mode = draw->mode;
	return err;
}

static int issue_from_slot(struct vp_slot *slot, bool may, bool *drawn, void *arg)
{
	struct vp_code *out = arg;
	struct vp_draw draw = { .fresh = out->fresh, .may = may };
	struct vp_key *key;
	int err = 0, idx;

	if (paycode_is_bound(out->mode))
		err = paycode_bind(draw.bind, out->terms, out->mode);
	if (err)
		return err;
	idx = srcu_read_lock(&vp_key_srcu);
	key = srcu_dereference(slot->key, &vp_key_srcu);
	err = key ? issue(key, &draw, out) : -ENOKEY;
	srcu_read_unlock(&vp_key_srcu, idx);
	*drawn = draw.drawn;
	return err;
}

/**
 * vp_code_issue() - issue a payment code
 * @slot: whose
 * @caller: for whom
 * @code: which; the caller wipes it
 *
 * Return: 0 or what VOICEPAY_IOC_CODE documents.
 */
int vp_code_issue(struct vp_slot *slot, const struct vp_caller *caller, struct vp_code *code)
{
	static const struct vp_give codes = {
		.right = VOICEPAY_RIGHT_CODE, .event = VOICEPAY_EVENT_CODE,
		.make = issue_from_slot,
	};

	if (code->mode > PAYCODE_ONLINE ||
	    (code->mode && !(PAYCODE_MODES_DEVICE & PAYCODE_MODE(code->mode))))
		return -EOPNOTSUPP;
	if (code->terms ? paycode_check_terms(code->terms, code->mode) :
			  paycode_is_bound(code->mode))
		return -EINVAL;
	return vp_give(slot, caller, &codes, code);
}
