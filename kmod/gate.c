// SPDX-License-Identifier: GPL-2.0
/*
 * What stands between a caller and a slot's codes.
 *
 * Nothing in here knows the time of day: hours and lock-outs are counted on the time
 * since boot (vp_clock_boot_ms()), so that turning a clock gives nobody a fresh budget.
 *
 * Only callers who have the right to codes are counted. Were the others, too,
 * any user of the machine could fill the table, or lock the slot's owner out;
 * and they are refused anyway.
 */

#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "voicepay.h"
#include "gate.h"

/*
 * Nobody's but the administrator's, until he says otherwise. Not user 0's either:
 * the root of a container may be that user, with none of its capabilities.
 */
void vp_gate_init(struct vp_gate *gate)
{
	memset(gate, 0, sizeof(*gate));
	spin_lock_init(&gate->lock);
	gate->policy.rights.uid = INVALID_UID;
	gate->policy.rights.gid = INVALID_GID;
	gate->policy.rights.uid_rights = VOICEPAY_RIGHTS_ALL;
	gate->policy.presence = VOICEPAY_PRESENCE_NEVER;
	gate->policy.presence_seconds = VOICEPAY_PRESENCE_SECONDS;
}

/* With nobody left who could come. */
void vp_gate_exit(struct vp_gate *gate)
{
	kfree(gate->more);
}

/* NULL: no room has been made for so many. */
static struct vp_tally *tally_at(struct vp_gate *gate, int i)
{
	if (i < VP_CALLERS_FEW)
		return &gate->few[i];
	return gate->more ? &gate->more[i - VP_CALLERS_FEW] : NULL;
}

void vp_gate_policy(struct vp_gate *gate, struct vp_policy *policy, u32 *locked)
{
	spin_lock(&gate->lock);
	*policy = gate->policy;
	*locked = gate->locked;
	spin_unlock(&gate->lock);
}

void vp_gate_set_policy(struct vp_gate *gate, const struct vp_policy *policy)
{
	spin_lock(&gate->lock);
	gate->policy = *policy;
	spin_unlock(&gate->lock);
}

/**
 * vp_gate_check() - may this caller do that?
 * @gate: the slot's gate
 * @caller: who asks
 * @right: one VOICEPAY_RIGHT_* bit
 *
 * Return: 0 or -EACCES.
 */
int vp_gate_check(struct vp_gate *gate, const struct vp_caller *caller, u32 right)
{
	u32 granted;

	spin_lock(&gate->lock);
	granted = vp_rights_granted(&gate->policy.rights, caller);
	spin_unlock(&gate->lock);
	/* The administrator could grant himself what he has not. */
	return granted & right || vp_caller_is_admin(caller) ? 0 : -EACCES;
}

void vp_gate_lock(struct vp_gate *gate, bool admin)
{
	spin_lock(&gate->lock);
	gate->locked |= admin ? VOICEPAY_LOCKED_BY_ADMIN : VOICEPAY_LOCKED_BY_OWNER;
	spin_unlock(&gate->lock);
}

/**
 * vp_gate_unlock() - undo vp_gate_lock()
 * @gate: the slot's gate
 * @admin: the administrator asks, who also lets those in again who are locked out
 *
 * Return: 0; -EPERM if the administrator locked the slot and somebody else asks.
 */
int vp_gate_unlock(struct vp_gate *gate, bool admin)
{
	struct vp_tally *t;
	int err = 0, i;

	spin_lock(&gate->lock);
	if (admin) {
		gate->locked = 0;
		for (i = 0; i < VP_CALLERS_MAX && (t = tally_at(gate, i)); i++) {
			t->refused = 0;
			t->out_until = 0;
		}
	} else if (gate->locked & VOICEPAY_LOCKED_BY_ADMIN) {
		err = -EPERM;
	} else {
		gate->locked = 0;
	}
	spin_unlock(&gate->lock);
	return err;
}

static u64 hour_of(u64 now_s)
{
	return div_u64(now_s, 3600) + 1;
}

static bool is_stale(const struct vp_tally *t, u64 now_s)
{
	return t->hour < hour_of(now_s) && t->out_until <= now_s;
}

/* The user's tally, or NULL; a free one becomes his if @make. */
static struct vp_tally *find_tally(struct vp_gate *gate, u32 uid, u64 now_s, bool make)
{
	struct vp_tally *unused = NULL, *t;
	int i;

	/* Most slots are asked by one or two. */
#pragma GCC unroll 2
	for (i = 0; i < VP_CALLERS_FEW; i++)
		if (gate->few[i].uid == uid && gate->few[i].hour)
			return &gate->few[i];
	for (i = 0; i < VP_CALLERS_MAX && (t = tally_at(gate, i)); i++) {
		if (t->hour && t->uid == uid)
			return t;
		if (!unused && is_stale(t, now_s))
			unused = t;
	}
	/*
	 * Most slots are one user's. Without memory there are no more than can be told apart.
	 * Not on the caller's account, which he could fill, so as to never be locked out.
	 */
	if (make && !unused && !gate->more) {
		gate->more = kcalloc(VP_CALLERS_MAX - VP_CALLERS_FEW, sizeof(*gate->more),
				     GFP_ATOMIC | __GFP_NOWARN);
		unused = gate->more;
	}
	if (!make || !unused)
		return NULL;
	*unused = (struct vp_tally){ .uid = uid, .hour = hour_of(now_s) };
	return unused;
}

/* With the lock held. */
static int enter(struct vp_gate *gate, u32 uid, u64 now_s, struct vp_pass *pass)
{
	const struct vp_policy *policy = &gate->policy;
	struct vp_tally *t;
	int err = 0;

	pass->uid = uid;
	pass->now_s = now_s;
	pass->counted = false;
	pass->refused = 0;
	pass->may_draw = false;
	t = find_tally(gate, uid, now_s, true);
	pass->presence = policy->presence;
	pass->presence_seconds = policy->presence_seconds;
	pass->presence_above = policy->presence_above;
	if (gate->locked) {
		err = -EKEYREVOKED;
	} else if (t && t->out_until > now_s) {
		err = -EKEYREJECTED;
	} else if (t) {
		pass->counted = true;
		pass->refused = t->refused;
		/* Attack: many threads late in an hour, some of which come here in the next. */
		if (t->hour < hour_of(now_s)) {
			t->hour = hour_of(now_s);
			t->used = 0;
		}
		pass->may_draw = !policy->caller_per_hour || t->used < policy->caller_per_hour;
		/* Taken now, so that two threads cannot both have the last one. */
		t->used += pass->may_draw;
	} else {
		/* More users than can be told apart: a limit that cannot be kept is none left. */
		pass->may_draw = !policy->caller_per_hour;
	}
	return err;
}

/**
 * vp_gate_admit() - a caller asks for a code
 * @gate: the slot's gate
 * @caller: who asks
 * @right: the VOICEPAY_RIGHT_* bit that this takes
 * @now_s: seconds since boot
 * @pass: out: for vp_gate_leave(), which must follow unless this fails
 *
 * Return: 0; -EACCES without the right, which is not counted; -EKEYREVOKED if the slot
 * is locked; -EKEYREJECTED if the caller is locked out.
 */
int vp_gate_admit(struct vp_gate *gate, const struct vp_caller *caller, u32 right, u64 now_s,
		  struct vp_pass *pass)
{
	int err;

	spin_lock(&gate->lock);
	if (unlikely(!(vp_rights_of_owner(&gate->policy.rights, caller) & right) &&
		     !(vp_rights_granted(&gate->policy.rights, caller) & right))) {
		spin_unlock(&gate->lock);
		if (!vp_caller_is_admin(caller))
			return -EACCES;
		spin_lock(&gate->lock);
	}
	err = enter(gate, vp_caller_uid(caller), now_s, pass);
	spin_unlock(&gate->lock);
	return err;
}

/* Refusals that somebody collects who tries until it works. */
static bool counts_as_refusal(int err)
{
	return err == -EINPROGRESS || err == -EDQUOT || err == -EXFULL || err == -ENOSR ||
	       err == -ENOSPC;
}

/* The rest of vp_gate_leave(): the tally is to be corrected. */
bool vp_gate_settle(struct vp_gate *gate, const struct vp_pass *pass, int err, bool drawn)
{
	struct vp_tally *t;
	bool out = false;

	spin_lock(&gate->lock);
	t = find_tally(gate, pass->uid, pass->now_s, false);
	if (t) {
		if (pass->may_draw && !drawn && t->used && t->hour == hour_of(pass->now_s))
			t->used--;
		if (!err)
			t->refused = 0;
		else if (counts_as_refusal(err))
			t->refused++;
		out = t->refused >= VP_REFUSALS_MAX;
		if (out) {
			t->out_until = pass->now_s + VP_LOCKOUT_SECONDS;
			t->refused = 0;
		}
	}
	spin_unlock(&gate->lock);
	return out;
}
