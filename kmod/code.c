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

static __always_inline int mac_256(u64 *head, const struct vp_key *key, u8 block[VP_HMAC_BLOCK],
				   size_t len)
{
	struct vp_hmac_states states vp_uninitialized;
	int err;

	err = vp_key_read_code(key, &states);
	if (!err)
		err = vp_hmac_head(head, &states, block, len);
	memzero_explicit(&states, sizeof(states));
	return err;
}

static noinline int mac_512(u64 *head, const struct vp_key *key, const u8 *input, size_t len)
{
	const struct vp_piece piece = { input, len };
	u8 k512[VP_KEY512_LEN], mac[VP_HASH512_LEN];
	int err;

	err = vp_key_read_code512(key, k512);
	if (!err)
		err = vp_prim_hmac512(mac, k512, sizeof(k512), &piece, 1);
	memzero_explicit(k512, sizeof(k512));
	if (!err)
		*head = get_unaligned_be64(mac);
	memzero_explicit(mac, sizeof(mac));
	return err;
}

/* The MAC of a code of which the first digits are there. */
static __always_inline int compute(const struct vp_key *key, const u8 *digits,
				   const struct vp_draw *draw, u64 *head)
{
	u8 block[VP_HMAC_BLOCK] = {};
	size_t len;

	BUILD_BUG_ON(PAYCODE_INPUT_MAX > sizeof(block));
	len = paycode_head_input(block, digits, draw->step, draw->bind,
				 paycode_is_bound(draw->mode) ? sizeof(draw->bind) : 0);
	return draw->mode == PAYCODE_PLAIN_512 ? mac_512(head, key, block, len) :
						 mac_256(head, key, block, len);
}

/* The digits of what was drawn. */
static int write_out(const struct vp_key *key, const struct vp_draw *draw,
		     const struct vp_key_alias *alias, u8 digits[PAYCODE_DIGITS])
{
	u8 *p = digits;
	u64 head;
	int err;

	p = vp_wire_put(p, key->grant.prefix, sizeof(key->grant.prefix));
	*p++ = '0' + draw->mode;
	vp_key_alias_digits(p, alias);
	p[VP_ALIAS_DIGITS] = '0' + draw->q;
	err = compute(key, digits, draw, &head);
	if (!err)
		paycode_finish(digits, paycode_reduce(head));
	memzero_explicit(&head, sizeof(head));
	return err;
}

/* Chooses step and Q of the moment @boot_ms. */
static __always_inline int draw_at(struct vp_key *key, u64 boot_ms, struct vp_draw *draw,
				   u64 *now_ms)
{
	const struct vp_key_terms *grant = &key->grant;

	/* A key comes with the time, but from a blob it can come without. */
	if (vp_clock_at(boot_ms, now_ms))
		return -ETIME;
	draw->now_s = div_u64(*now_ms, MSEC_PER_SEC);
	if (draw->now_s < grant->not_before)
		return -ECANCELED;
	if (draw->now_s >= grant->not_after)
		return -EKEYEXPIRED;
	return vp_key_take_ordinal(key, draw);
}

static __always_inline int issue_by_time(struct vp_key *key, u64 boot_ms, struct vp_draw *draw,
					 struct vp_code *out)
{
	bool again = true;
	u64 now_ms = 0;
	u32 in_step;
	int err;

retry:
	err = draw_at(key, boot_ms, draw, &now_ms);
	/*
	 * That was the time when the call came. Meanwhile the key may have come, or another caller
	 * has drawn a code of the next step.
	 */
	if (unlikely(err == -ECANCELED || err == -EAGAIN) && again) {
		again = false;
		boot_ms = vp_clock_boot_ms();
		goto retry;
	}
	if (!err)
		err = write_out(key, draw, alias_of_day(key, draw->now_s), out->digits);
	div_u64_rem(now_ms, STEP_MS, &in_step);
	out->valid_ms = STEP_MS - in_step;
	return err;
}

static int issue_from_pool(struct vp_key *key, u64 boot_ms, struct vp_draw *draw,
			   struct vp_code *out)
{
	u64 now_ms;
	int err;

	if (!vp_clock_at(boot_ms, &now_ms))
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

static __always_inline int issue(struct vp_key *key, u64 boot_ms, struct vp_draw *draw,
				 struct vp_code *out)
{
	int err;

	if (key->kind != VOICEPAY_SLOT_PAYMENT)
		return -EMEDIUMTYPE;
	draw->mode = choose_mode(&key->grant, out->mode);
	if (!draw->mode)
		return -EOPNOTSUPP;
	err = draw->mode == PAYCODE_POOL ? issue_from_pool(key, boot_ms, draw, out) :
					   issue_by_time(key, boot_ms, draw, out);
	out->mode = draw->mode;
	return err;
}

/* With vp_key_srcu held, for the slot's sake. */
static __always_inline int issue_from_slot(struct vp_slot *slot, u64 boot_ms, bool may,
					   bool *drawn, void *arg)
{
	struct vp_draw draw vp_uninitialized;
	struct vp_code *out = arg;
	struct vp_key *key;
	int err = 0;

	draw.now_s = 0;
	draw.fresh = out->fresh;
	draw.may = may;
	draw.drawn = false;
	if (paycode_is_bound(out->mode))
		err = paycode_bind(draw.bind, out->terms, out->mode);
	if (err)
		return err;
	key = srcu_dereference(slot->key, &vp_key_srcu);
	err = key ? issue(key, boot_ms, &draw, out) : -ENOKEY;
	*drawn = draw.drawn;
	return err;
}

/**
 * vp_code_issue() - issue a payment code
 * @id: whose: a slot's number
 * @caller: for whom
 * @code: which; the caller wipes the digits
 *
 * Return: 0 or what VOICEPAY_IOC_CODE documents.
 */
int vp_code_issue(u32 id, const struct vp_caller *caller, struct vp_code *code)
{
	static const struct vp_give codes = {
		.right = VOICEPAY_RIGHT_CODE, .event = VOICEPAY_EVENT_CODE,
	};
	struct vp_slot *slot;
	bool locked_out;
	int err, idx;

	if (code->mode > PAYCODE_ONLINE ||
	    (code->mode && !(PAYCODE_MODES_DEVICE & PAYCODE_MODE(code->mode))))
		return -EOPNOTSUPP;
	if (code->terms ? paycode_check_terms(code->terms, code->mode) :
			  paycode_is_bound(code->mode))
		return -EINVAL;
	idx = srcu_read_lock(&vp_key_srcu);
	slot = vp_slot_find(id);
	if (!slot) {
		srcu_read_unlock(&vp_key_srcu, idx);
		return -ENOENT;
	}
	err = vp_give_through(slot, caller, &codes, issue_from_slot, code, &locked_out);
	srcu_read_unlock(&vp_key_srcu, idx);
	/* Now: who tells may have to wait, and a wipe would have to wait for him. */
	vp_give_tell(&codes, id, err, locked_out);
	return err;
}
