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

static int issue(struct vp_key *key, u64 now_s, bool fresh, u8 digits[PAYCODE_DIGITS])
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
	err = vp_key_take_ordinal(key, now_s, fresh, &step, &q);
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

/**
 * vp_code_issue() - issue a payment code
 * @slot: whose
 * @mode: the code's V; 0 stands for plain
 * @fresh: not the same code as last time in this step
 * @out: the code; the caller wipes it
 *
 * Return: 0 or what VOICEPAY_IOC_CODE documents.
 */
int vp_code_issue(struct vp_slot *slot, u32 mode, bool fresh, struct vp_code *out)
{
	struct vp_key *key;
	u64 now_ms;
	u32 in_step;
	int err, idx;

	if (mode && mode != PAYCODE_PLAIN)
		return -EOPNOTSUPP;

	idx = srcu_read_lock(&vp_key_srcu);
	key = srcu_dereference(slot->key, &vp_key_srcu);
	/* Who has a key has a time: both come with the gateway's message. */
	if (!key || vp_clock_now_ms(&now_ms))
		err = -ENOKEY;
	else
		err = issue(key, div_u64(now_ms, MSEC_PER_SEC), fresh, out->digits);
	srcu_read_unlock(&vp_key_srcu, idx);
	if (err)
		return err;

	div_u64_rem(now_ms, STEP_MS, &in_step);
	out->valid_ms = STEP_MS - in_step;
	return 0;
}
