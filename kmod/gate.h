/* SPDX-License-Identifier: GPL-2.0 */
/* What stands between a caller and a slot's codes: rights, locks, budgets, lock-out. */
#ifndef VP_GATE_H
#define VP_GATE_H

#include <linux/spinlock.h>

#include "rights.h"

/* So many callers of a slot are told apart; of so few there is room from the start. */
#define VP_CALLERS_MAX		32
#define VP_CALLERS_FEW		2
/* So many refusals in a row, and a caller is locked out. */
#define VP_REFUSALS_MAX		20
/* For so long, unless the administrator unlocks the slot. */
#define VP_LOCKOUT_SECONDS	300

/**
 * struct vp_tally - what one user did with a slot
 * @uid: the user
 * @refused: refusals since the last success
 * @hour: hour since boot that @used is of, counted from 1; 0: this entry is free
 * @used: codes drawn in that hour
 * @out_until: second since boot up to which the user is locked out
 */
struct vp_tally {
	u32 uid;
	u32 refused;
	u32 hour;
	u32 used;
	u32 out_until;
};

/* What the administrator says about a slot. */
struct vp_policy {
	struct vp_rights rights;
	u32 caller_per_hour;	/* codes; 0: no limit */
	u16 presence;		/* enum voicepay_presence */
	u16 presence_seconds;	/* at most VOICEPAY_PRESENCE_SECONDS_MAX */
	u64 presence_above;	/* amount up to which an order needs no press */
};

/**
 * struct vp_gate - the gate of one slot
 * @lock: guards all of it; no other slot's callers wait for it
 * @locked: VOICEPAY_LOCKED_*
 * @policy: what the administrator says
 * @few: what each user did
 * @more: the same of those for whom there was no room left, NULL while there is
 */
struct vp_gate {
	spinlock_t lock;	/* guards all of it */
	u32 locked;
	struct vp_policy policy;
	struct vp_tally few[VP_CALLERS_FEW];
	struct vp_tally *more;
};

/**
 * struct vp_pass - a request on its way through the gate
 * @uid: the caller
 * @now_s: when it came, seconds since boot
 * @counted: the caller has a tally
 * @refused: refusals before this one
 * @may_draw: one code more is within the caller's budget, and reserved
 * @presence: policy at that time
 * @presence_seconds: likewise
 * @presence_above: likewise
 */
struct vp_pass {
	u32 uid;
	u64 now_s;
	bool counted;
	u32 refused;
	bool may_draw;
	u32 presence;
	u32 presence_seconds;
	u64 presence_above;
};

void vp_gate_init(struct vp_gate *gate);
void vp_gate_exit(struct vp_gate *gate);
void vp_gate_policy(struct vp_gate *gate, struct vp_policy *policy, u32 *locked);
void vp_gate_set_policy(struct vp_gate *gate, const struct vp_policy *policy);
int vp_gate_check(struct vp_gate *gate, const struct vp_caller *caller, u32 right);
void vp_gate_lock(struct vp_gate *gate, bool admin);
int vp_gate_unlock(struct vp_gate *gate, bool admin);

int vp_gate_admit(struct vp_gate *gate, const struct vp_caller *caller, u32 right, u64 now_s,
		  struct vp_pass *pass);
bool vp_gate_settle(struct vp_gate *gate, const struct vp_pass *pass, int err, bool drawn);

/**
 * vp_gate_leave() - what came of it
 * @gate: the slot's gate
 * @pass: from vp_gate_admit()
 * @err: the request's outcome
 * @drawn: a new code was drawn, rather than the step's last one shown again
 *
 * Return: true if this was one refusal too many, and the caller is now locked out.
 */
static inline bool vp_gate_leave(struct vp_gate *gate, const struct vp_pass *pass, int err,
				 bool drawn)
{
	/* As it was foreseen, and no refusal to be forgotten: the tally says so already. */
	if (!pass->counted || (!err && drawn == pass->may_draw && !pass->refused))
		return false;
	return vp_gate_settle(gate, pass, err, drawn);
}

#endif /* VP_GATE_H */
