// SPDX-License-Identifier: GPL-2.0
/*
 * The way of everything that a slot gives out, codes, passwords, authorisations:
 * past rights, locks, lock-out, the caller's budget and the button, and told to
 * whom it may concern.
 */

#include "voicepay.h"
#include "give.h"

/**
 * vp_give() - give something out, if this caller may have it now
 * @slot: whose
 * @caller: for whom
 * @what: what, and how it is made
 * @make: makes it
 * @arg: for @make()
 *
 * Return: 0; -EACCES without the right; -EKEYREVOKED if the slot is locked;
 * -EKEYREJECTED if the caller is locked out; -EINPROGRESS if a person must press
 * a button first; what @make() returns.
 */
int vp_give(struct vp_slot *slot, const struct vp_caller *caller, const struct vp_give *what,
	    vp_give_make *make, void *arg)
{
	bool locked_out;
	int err;

	err = vp_give_through(slot, caller, what, make, arg, &locked_out);
	vp_give_tell(what, slot->id, err, locked_out);
	return err;
}
