// SPDX-License-Identifier: GPL-2.0
/*
 * The way of everything that a slot gives out, codes, passwords, authorisations:
 * past rights, locks, lock-out, the caller's budget and the button, and told to
 * whom it may concern.
 */

#include <linux/ktime.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "event.h"
#include "give.h"
#include "presence.h"
#include "slot.h"

static u32 press_wanted(const struct vp_give *what, const struct vp_pass *pass)
{
	if (what->no_press)
		return VOICEPAY_PRESENCE_NEVER;
	/* Attack: name no amount, to be below every threshold. */
	if (what->has_amount && what->amount && what->amount <= pass->presence_above)
		return VOICEPAY_PRESENCE_NEVER;
	return pass->presence;
}

static int through_gate(struct vp_slot *slot, const struct vp_caller *caller,
			const struct vp_give *what, void *arg)
{
	struct vp_press press;
	struct vp_pass pass;
	bool drawn = false;
	int err;

	err = vp_gate_admit(&slot->gate, caller, what->right, ktime_get_boottime_seconds(), &pass);
	if (err)
		return err;
	err = vp_presence_take(press_wanted(what, &pass), pass.presence_seconds, &press);
	if (!err) {
		err = what->make(slot, pass.may_draw, &drawn, arg);
		if (err) {
			drawn = false;
			vp_presence_give_back(&press);
		}
	}
	if (vp_gate_leave(&slot->gate, &pass, err, drawn))
		vp_event(VOICEPAY_EVENT_LOCKOUT, slot->id, err);
	return err;
}

/**
 * vp_give() - give something out, if this caller may have it now
 * @slot: whose
 * @caller: for whom
 * @what: what, and how it is made
 * @arg: for @what->make()
 *
 * Return: 0; -EACCES without the right; -EKEYREVOKED if the slot is locked;
 * -EKEYREJECTED if the caller is locked out; -EINPROGRESS if a person must press
 * a button first; what @what->make() returns.
 */
int vp_give(struct vp_slot *slot, const struct vp_caller *caller, const struct vp_give *what,
	    void *arg)
{
	int err = through_gate(slot, caller, what, arg);

	/* That somebody was locked out has been told; each further try is no news. */
	if (err != -EKEYREJECTED)
		vp_event(what->event, slot->id, err);
	return err;
}
