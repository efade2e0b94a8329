/* SPDX-License-Identifier: GPL-2.0 */
/* The way of everything that a slot gives out: rights, locks, budget, button. */
#ifndef VP_GIVE_H
#define VP_GIVE_H

#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "voicepay.h"
#include "clock.h"
#include "event.h"
#include "presence.h"
#include "slot.h"

/**
 * struct vp_give - something that a slot is asked for
 * @right: VOICEPAY_RIGHT_* that it takes
 * @event: enum voicepay_event that tells of it
 * @has_amount: up to the policy's presence-above it takes no press
 * @no_press: it never takes one
 * @amount: what is paid by it; 0 if that is not known, and then it takes a press
 */
struct vp_give {
	u32 right;
	u32 event;
	bool has_amount;
	bool no_press;
	u64 amount;
};

/*
 * Makes it. @boot_ms: the call's time, see vp_clock_at(); @may: a new one is within the
 * caller's budget; @drawn: out: a new one was drawn.
 */
typedef int vp_give_make(struct vp_slot *slot, u64 boot_ms, bool may, bool *drawn, void *arg);

int vp_give(struct vp_slot *slot, const struct vp_caller *caller, const struct vp_give *what,
	    vp_give_make *make, void *arg);

static inline u32 vp_give_press(const struct vp_give *what, const struct vp_pass *pass)
{
	if (what->no_press)
		return VOICEPAY_PRESENCE_NEVER;
	/* Attack: name no amount, to be below every threshold. */
	if (what->has_amount && what->amount && what->amount <= pass->presence_above)
		return VOICEPAY_PRESENCE_NEVER;
	return pass->presence;
}

/* For payment codes, where each call counts; others call vp_give(). */
static __always_inline int vp_give_through(struct vp_slot *slot, const struct vp_caller *caller,
					   const struct vp_give *what, vp_give_make *make,
					   void *arg, bool *locked_out)
{
	u64 boot_ms = vp_clock_boot_ms();
	struct vp_press press vp_uninitialized;
	struct vp_pass pass vp_uninitialized;
	bool drawn = false;
	u32 wanted;
	int err;

	*locked_out = false;
	err = vp_gate_admit(&slot->gate, caller, what->right, div_u64(boot_ms, MSEC_PER_SEC),
			    &pass);
	if (err)
		return err;
	wanted = vp_give_press(what, &pass);
	if (wanted != VOICEPAY_PRESENCE_NEVER)
		err = vp_presence_take(wanted, pass.presence_seconds, &press);
	if (!err) {
		err = make(slot, boot_ms, pass.may_draw, &drawn, arg);
		if (err) {
			drawn = false;
			if (wanted != VOICEPAY_PRESENCE_NEVER)
				vp_presence_give_back(&press);
		}
	}
	*locked_out = vp_gate_leave(&slot->gate, &pass, err, drawn);
	return err;
}

/* Afterwards, with nothing held. */
static __always_inline void vp_give_tell(const struct vp_give *what, u32 id, int err,
					 bool locked_out)
{
	if (unlikely(locked_out))
		vp_event(VOICEPAY_EVENT_LOCKOUT, id, err);
	/* That somebody was locked out has been told; each further try is no news. */
	if (err != -EKEYREJECTED)
		vp_event(what->event, id, err);
}

#endif /* VP_GIVE_H */
