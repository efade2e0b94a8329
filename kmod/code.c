// SPDX-License-Identifier: GPL-2.0
/*
 * Issues payment codes. Nothing here allocates or takes a lock that slots share;
 * asking again for a step's code takes none at all. Whether it sleeps depends on
 * where the vault keeps its keys: in ordinary or reserved memory it does not.
 */

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "clock.h"
#include "code.h"
#include "event.h"
#include "presence.h"
#include "slot.h"

#define STEP_MS		(PAYCODE_STEP_SECONDS * MSEC_PER_SEC)

/* One alias a day, so that codes of different days cannot be told to be one device's. */
static const u8 *alias_of_day(const struct vp_agree_grant *grant, u64 now_s)
{
	u64 day = div_u64(now_s - grant->not_before, 86400);
	u32 index;

	div_u64_rem(day, grant->n_aliases, &index);
	return grant->alias[index];
}

static int compute(const struct vp_key *key, struct paycode *code, u64 step)
{
	u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH_LEN];
	const struct vp_piece piece = {
		input, paycode_mac_input(input, code, step, NULL, 0)
	};
	struct vp_hmac_states states;
	int err;

	err = vp_key_read_code(key, &states);
	if (!err)
		err = vp_hmac(mac, &states, &piece, 1);
	memzero_explicit(&states, sizeof(states));
	if (!err)
		code->mac = paycode_truncate(mac);
	memzero_explicit(mac, sizeof(mac));
	return err;
}

static int issue(struct vp_key *key, u64 now_s, bool fresh, bool *draw, u8 digits[PAYCODE_DIGITS])
{
	const struct vp_agree_grant *grant = &key->grant;
	struct paycode code = { .mode = PAYCODE_PLAIN };
	u64 step;
	u32 q;
	int err;

	if (now_s < grant->not_before)
		return -ECANCELED;
	if (now_s >= grant->not_after)
		return -EKEYEXPIRED;
	err = vp_key_take_ordinal(key, now_s, fresh, draw, &step, &q);
	if (err)
		return err;

	memcpy(code.prefix, grant->prefix, sizeof(code.prefix));
	memcpy(code.alias, alias_of_day(grant, now_s), sizeof(code.alias));
	code.q = q;
	err = compute(key, &code, step);
	if (!err)
		paycode_format(digits, &code);
	memzero_explicit(&code, sizeof(code));
	return err;
}

/* @draw: in: a new code may be drawn; out: one was */
static int issue_from_slot(struct vp_slot *slot, bool fresh, bool *draw, struct vp_code *out)
{
	struct vp_key *key;
	bool may_draw = *draw;
	u64 now_ms;
	u32 in_step;
	int err, idx;

	*draw = false;

	idx = srcu_read_lock(&vp_key_srcu);
	key = srcu_dereference(slot->key, &vp_key_srcu);
	/* A key comes with the time, but from a blob it can come without. */
	if (!key)
		err = -ENOKEY;
	else if (vp_clock_now_ms(&now_ms))
		err = -ETIME;
	else
		err = issue(key, div_u64(now_ms, MSEC_PER_SEC), fresh, &may_draw, out->digits);
	srcu_read_unlock(&vp_key_srcu, idx);
	if (err)
		return err;

	*draw = may_draw;
	div_u64_rem(now_ms, STEP_MS, &in_step);
	out->valid_ms = STEP_MS - in_step;
	return 0;
}

/* A caller with the right to codes: past locks, lock-out, budget and button. */
static int issue_through_gate(struct vp_slot *slot, u32 uid, bool fresh, struct vp_code *out)
{
	struct vp_press press;
	struct vp_pass pass;
	bool draw;
	int err;

	err = vp_gate_enter(&slot->gate, uid, ktime_divns(ktime_get_boottime(), NSEC_PER_SEC),
			    &pass);
	if (err)
		return err;
	draw = pass.may_draw;
	err = vp_presence_take(pass.presence, pass.presence_seconds, &press);
	if (!err) {
		err = issue_from_slot(slot, fresh, &draw, out);
		if (err)
			vp_presence_give_back(&press);
	} else {
		draw = false;
	}
	if (vp_gate_leave(&slot->gate, &pass, err, draw))
		vp_event(VOICEPAY_EVENT_LOCKOUT, slot->id, err);
	return err;
}

/**
 * vp_code_issue() - issue a payment code
 * @slot: whose
 * @caller: for whom
 * @mode: the code's V; 0 stands for plain
 * @fresh: not the same code as last time in this step
 * @out: the code; the caller wipes it
 *
 * Return: 0 or what VOICEPAY_IOC_CODE documents.
 */
int vp_code_issue(struct vp_slot *slot, const struct vp_caller *caller, u32 mode, bool fresh,
		  struct vp_code *out)
{
	int err;

	if (mode && mode != PAYCODE_PLAIN)
		return -EOPNOTSUPP;
	err = vp_gate_check(&slot->gate, caller, VOICEPAY_RIGHT_CODE);
	if (!err)
		err = issue_through_gate(slot, vp_caller_uid(caller), fresh, out);
	/* That somebody was locked out has been told; each further try is no news. */
	if (err != -EKEYREJECTED)
		vp_event(VOICEPAY_EVENT_CODE, slot->id, err);
	return err;
}
