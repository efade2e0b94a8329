/* SPDX-License-Identifier: GPL-2.0 */
/* The way of everything that a slot gives out: rights, locks, budget, button. */
#ifndef VP_GIVE_H
#define VP_GIVE_H

#include <linux/types.h>

struct vp_caller;
struct vp_slot;

/**
 * struct vp_give - something that a slot is asked for
 * @right: VOICEPAY_RIGHT_* that it takes
 * @event: enum voicepay_event that tells of it
 * @has_amount: up to the policy's presence-above it takes no press
 * @no_press: it never takes one
 * @amount: what is paid by it; 0 if that is not known, and then it takes a press
 * @make: makes it. @may: a new one is within the caller's budget; @drawn: out:
 *	a new one was drawn
 */
struct vp_give {
	u32 right;
	u32 event;
	bool has_amount;
	bool no_press;
	u64 amount;
	int (*make)(struct vp_slot *slot, bool may, bool *drawn, void *arg);
};

int vp_give(struct vp_slot *slot, const struct vp_caller *caller, const struct vp_give *what,
	    void *arg);

#endif /* VP_GIVE_H */
