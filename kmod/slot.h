/* SPDX-License-Identifier: GPL-2.0 */
/* A payment identity or an authenticator: where its key lies, and how it is found. */
#ifndef VP_SLOT_H
#define VP_SLOT_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "voicepay.h"
#include "gate.h"
#include "key.h"

struct vp_handshake;

/**
 * struct vp_slot - a payment identity
 * @id: slot number
 * @ref: one for the table, one for each vp_slot_get()
 * @key: the current key, or NULL; written under vp_manage_lock
 * @handshake: the enrolment under way, or NULL; under vp_manage_lock
 * @rcu: for the table's readers, who look at nothing but @ref when it is gone: by then
 *	there is neither key nor handshake
 * @gate: who may do what
 */
struct vp_slot {
	u32 id;
	struct kref ref;
	union {
		struct {
			struct vp_key __rcu *key;
			struct vp_handshake *handshake;
		};
		struct rcu_head rcu;
	};
	struct vp_gate gate;
};

/*
 * Serialises all that changes slots, keys and the device: management is rare,
 * and one lock makes wiping race with nothing. Issuing codes does not take it.
 */
extern __visible struct mutex vp_manage_lock;

/*
 * Protects readers of a slot's key, and who finds a slot without taking a reference:
 * SRCU, as reading the vault may sleep.
 */
extern struct srcu_struct vp_key_srcu;

/* Snapshot of a slot for those who ask. Times in seconds since 1970. */
struct vp_slot_status {
	u32 id;
	u32 state;		/* enum voicepay_slot_state */
	u64 epoch;
	u64 rotate_after;
	u64 not_after;
	u64 issued;
	u64 left;		/* U64_MAX: unlimited */
	u32 aliases;
	u32 kind;		/* enum voicepay_slot_kind */
	u32 modes;		/* PAYCODE_MODE() bits */
	u32 pool_left;
};

/* The table in two steps; slot.c's own but for those who look a slot up. */
#define VP_SLOT_ROW	128
struct vp_slot_row {
	struct vp_slot __rcu *slot[VP_SLOT_ROW];
};

extern __visible struct vp_slot_row *vp_slot_table[VP_SLOTS_MAX / VP_SLOT_ROW];

/* NULL: nothing was ever there. */
static inline struct vp_slot __rcu **vp_slot_place(u32 id)
{
	struct vp_slot_row *row;

	if (id >= VP_SLOTS_MAX)
		return NULL;
	id = array_index_nospec(id, VP_SLOTS_MAX);	/* it is the caller's */
	row = smp_load_acquire(&vp_slot_table[id / VP_SLOT_ROW]);
	return row ? &row->slot[id % VP_SLOT_ROW] : NULL;
}

/**
 * vp_slot_find() - find a slot for one code
 * @id: its number
 *
 * Return: the slot, or NULL. It stays while the caller holds vp_key_srcu, as he must,
 * and costs no reference.
 */
static inline struct vp_slot *vp_slot_find(u32 id)
{
	struct vp_slot __rcu **place = vp_slot_place(id);

	return place ? srcu_dereference(*place, &vp_key_srcu) : NULL;
}

__visible struct vp_slot *vp_slot_get(u32 id);
bool vp_slot_is_there(const struct vp_slot *slot);
struct vp_slot *vp_slot_get_next(u32 from);
__visible void vp_slot_put(struct vp_slot *slot);
__visible void vp_slot_status(struct vp_slot *slot, struct vp_slot_status *st);
__visible u32 vp_slot_count(void);

__visible int vp_slot_init(void);
__visible void vp_slot_exit(void);

/* With vp_manage_lock held. */
int vp_slot_new(u32 *id, bool any);
int vp_slot_del(u32 id);
__visible void vp_slot_set_key(struct vp_slot *slot, struct vp_key *key);
__visible void vp_slot_del_all(void);
void vp_slot_wipe_all(void);
__visible int vp_slot_move_all(void);

#endif /* VP_SLOT_H */
