// SPDX-License-Identifier: GPL-2.0
/*
 * The table of slots.
 *
 * Looking up takes no lock: the table is read under RCU, and a slot found in it is
 * kept by its reference count; or, for a code, it is read and the slot kept under
 * vp_key_srcu. So who deletes one takes it out of the table first, waits for that, and
 * then puts its reference. What changes the table or a slot holds vp_manage_lock.
 * The table is in two steps, whatever is in it, and a row of it is made when it is needed.
 */

#include <linux/math64.h>
#include <linux/slab.h>

#include "voicepay.h"
#include "agree.h"
#include "box.h"
#include "clock.h"
#include "seal.h"
#include "sealer.h"
#include "slot.h"

DEFINE_MUTEX(vp_manage_lock);	/* all that changes slots, keys and the device */

/* Rows stay until the module goes. */
struct vp_slot_row *vp_slot_table[VP_SLOTS_MAX / VP_SLOT_ROW];
static atomic_t slot_count = ATOMIC_INIT(0);
static struct kmem_cache *slots;

static void slot_free(struct rcu_head *rcu)
{
	kmem_cache_free(slots, container_of(rcu, struct vp_slot, rcu));
}

static void slot_release(struct kref *ref)
{
	struct vp_slot *slot = container_of(ref, struct vp_slot, ref);

	/* vp_slot_del() has taken key and handshake out: nothing wipes what is left here. */
	WARN_ON_ONCE(rcu_access_pointer(slot->key) || slot->handshake);
	vp_gate_exit(&slot->gate);
	call_rcu(&slot->rcu, slot_free);
}

void vp_slot_put(struct vp_slot *slot)
{
	kref_put(&slot->ref, slot_release);
}

/* For who holds vp_manage_lock. */
static struct vp_slot *slot_at(u32 id)
{
	struct vp_slot __rcu **place = vp_slot_place(id);

	return place ? rcu_dereference_protected(*place, lockdep_is_held(&vp_manage_lock)) : NULL;
}

/**
 * vp_slot_get() - find a slot
 * @id: its number
 *
 * Return: the slot, for vp_slot_put(), or NULL.
 */
struct vp_slot *vp_slot_get(u32 id)
{
	struct vp_slot __rcu **place = vp_slot_place(id);
	struct vp_slot *slot;

	if (!place)
		return NULL;
	rcu_read_lock();
	slot = rcu_dereference(*place);
	if (slot && !kref_get_unless_zero(&slot->ref))
		slot = NULL;
	rcu_read_unlock();
	return slot;
}

/**
 * vp_slot_is_there() - is it still in the table?
 * @slot: the slot, found before vp_manage_lock was taken
 *
 * What is put into a slot that was deleted meanwhile would be out of reach of
 * everything that wipes.
 */
bool vp_slot_is_there(const struct vp_slot *slot)
{
	lockdep_assert_held(&vp_manage_lock);
	return slot_at(slot->id) == slot;
}

/**
 * vp_slot_get_next() - walk over the slots
 * @from: the lowest number wanted
 *
 * Return: the slot with the lowest number that is @from or above, for
 * vp_slot_put(), or NULL.
 */
struct vp_slot *vp_slot_get_next(u32 from)
{
	struct vp_slot *slot = NULL;

	for (; from < VP_SLOTS_MAX && !slot; from++)
		slot = vp_slot_get(from);
	return slot;
}

u32 vp_slot_count(void)
{
	return atomic_read(&slot_count);
}

static void status_of_key(struct vp_slot_status *st, struct vp_key *key)
{
	u64 now_ms;

	spin_lock(&key->issue_lock);
	st->issued = key->issued;
	st->pool_left = key->pool.count - key->pool.next;
	spin_unlock(&key->issue_lock);
	st->kind = key->kind;
	st->state = VOICEPAY_SLOT_ACTIVE;
	if (key->kind != VOICEPAY_SLOT_PAYMENT)
		return;
	st->modes = key->grant.modes;
	st->left = key->grant.per_key ? key->grant.per_key - st->issued : U64_MAX;
	st->epoch = key->grant.epoch;
	st->rotate_after = key->grant.rotate_after;
	st->not_after = key->grant.not_after;
	st->aliases = key->n_aliases;
	if (!vp_clock_now_ms(&now_ms) && div_u64(now_ms, 1000) >= st->not_after)
		st->state = VOICEPAY_SLOT_EXPIRED;
}

/**
 * vp_slot_status() - describe a slot
 * @slot: the slot
 * @st: filled in
 */
void vp_slot_status(struct vp_slot *slot, struct vp_slot_status *st)
{
	struct vp_key *key;
	int idx;

	memset(st, 0, sizeof(*st));
	st->id = slot->id;
	idx = srcu_read_lock(&vp_key_srcu);
	key = srcu_dereference(slot->key, &vp_key_srcu);
	if (key)
		status_of_key(st, key);
	else
		st->state = READ_ONCE(slot->handshake) ? VOICEPAY_SLOT_ENROLLING :
							 VOICEPAY_SLOT_EMPTY;
	srcu_read_unlock(&vp_key_srcu, idx);
}

static int make_row(u32 id)
{
	struct vp_slot_row *row;

	if (vp_slot_table[id / VP_SLOT_ROW])
		return 0;
	row = kzalloc(sizeof(*row), GFP_KERNEL_ACCOUNT);
	if (!row)
		return -ENOMEM;
	/* Empty before it is seen; pairs with vp_slot_place(). */
	smp_store_release(&vp_slot_table[id / VP_SLOT_ROW], row);
	return 0;
}

/**
 * vp_slot_new() - make an empty slot
 * @id: number of the slot; in: which, unless @any
 * @any: take the lowest free one
 *
 * Return: 0; -EEXIST if the slot exists; -ERANGE beyond VP_SLOTS_MAX; -ENOSPC
 * if all are taken; -ENOMEM.
 */
int vp_slot_new(u32 *id, bool any)
{
	struct vp_slot *slot;
	int err;

	lockdep_assert_held(&vp_manage_lock);
	if (!any && *id >= VP_SLOTS_MAX)
		return -ERANGE;

	if (any) {
		for (*id = 0; *id < VP_SLOTS_MAX && slot_at(*id);)
			++*id;
		if (*id == VP_SLOTS_MAX)
			return -ENOSPC;
	} else if (slot_at(*id)) {
		return -EEXIST;
	}
	err = make_row(*id);
	if (err)
		return err;
	slot = kmem_cache_zalloc(slots, GFP_KERNEL);
	if (!slot)
		return -ENOMEM;
	kref_init(&slot->ref);
	vp_gate_init(&slot->gate);
	slot->id = *id;
	/* A slot that can be found is complete. */
	rcu_assign_pointer(*vp_slot_place(*id), slot);
	atomic_inc(&slot_count);
	return 0;
}

/**
 * vp_slot_set_key() - exchange a slot's key
 * @slot: the slot
 * @key: the new key, or NULL
 *
 * Sleeps until nobody uses the old key any more, and wipes it.
 */
void vp_slot_set_key(struct vp_slot *slot, struct vp_key *key)
{
	struct vp_key *old;

	old = rcu_replace_pointer(slot->key, key, lockdep_is_held(&vp_manage_lock));
	if (old) {
		/* Expedited: a wipe of many slots must not take seconds. */
		synchronize_srcu_expedited(&vp_key_srcu);
		vp_key_destroy(old);
		vp_seal_outdate();
	}
}

/**
 * vp_slot_del() - wipe a slot and remove it
 * @id: its number
 *
 * The keys are gone from memory when this returns, whoever still holds a
 * reference to the slot.
 *
 * Return: 0, or -ENOENT.
 */
int vp_slot_del(u32 id)
{
	struct vp_slot *slot;

	lockdep_assert_held(&vp_manage_lock);
	slot = slot_at(id);
	if (!slot)
		return -ENOENT;
	rcu_assign_pointer(*vp_slot_place(id), NULL);
	/* Who found it without a reference; where there is a key he is waited for below. */
	if (!rcu_access_pointer(slot->key))
		synchronize_srcu_expedited(&vp_key_srcu);
	vp_agree_abandon(slot);
	vp_slot_set_key(slot, NULL);
	vp_seal_slot_deleted(id);
	atomic_dec(&slot_count);
	vp_slot_put(slot);
	return 0;
}

void vp_slot_del_all(void)
{
	u32 id;

	lockdep_assert_held(&vp_manage_lock);
	for (id = 0; id < VP_SLOTS_MAX; id++)
		vp_slot_del(id);
}

int __init vp_slot_init(void)
{
	int err;

	err = vp_keys_init();
	if (err)
		return err;
	slots = kmem_cache_create("voicepay_slot", sizeof(struct vp_slot), 0, SLAB_ACCOUNT, NULL);
	if (!slots)
		vp_keys_exit();
	return slots ? 0 : -ENOMEM;
}

/* With no slot left, and nobody who could look for one. */
void vp_slot_exit(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vp_slot_table); i++)
		kfree(vp_slot_table[i]);
	rcu_barrier();		/* slot_free() */
	kmem_cache_destroy(slots);
	vp_keys_exit();
}

/* Every key and handshake; the slots stay, empty, to be enrolled again. */
void vp_slot_wipe_all(void)
{
	struct vp_slot *slot;
	u32 id;

	lockdep_assert_held(&vp_manage_lock);
	for (id = 0; id < VP_SLOTS_MAX; id++) {
		slot = slot_at(id);
		if (!slot)
			continue;
		vp_agree_abandon(slot);
		vp_slot_set_key(slot, NULL);
	}
}

static struct vp_key *key_of(struct vp_slot *slot)
{
	return rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
}

/* What keys have moved out of, when none of their readers is there any more. */
static void free_left(struct vp_cell **left, int n)
{
	if (n)
		synchronize_srcu_expedited(&vp_key_srcu);
	while (n)
		vp_cell_free(left[--n]);
}

/**
 * vp_slot_move_all() - move all secrets to the back end that is chosen now
 *
 * Return: 0, or the first error; what could not be moved stays where it was.
 */
int vp_slot_move_all(void)
{
	struct vp_cell *left[VP_CELLS_MOVED];	/* one grace period for so many */
	int err, ret = vp_sealer_move(), n = 0;
	struct vp_slot *slot;
	u32 id;

	lockdep_assert_held(&vp_manage_lock);
	err = vp_box_move();
	if (err && !ret)
		ret = err;
	for (id = 0; id < VP_SLOTS_MAX; id++) {
		slot = slot_at(id);
		if (!slot)
			continue;
		err = vp_agree_move(slot);
		if (!err && key_of(slot)) {
			err = vp_key_move(key_of(slot), &left[n]);
			n += !!left[n];
		}
		if (err && !ret)
			ret = err;
		if (n == ARRAY_SIZE(left)) {
			free_left(left, n);
			n = 0;
		}
	}
	free_left(left, n);
	return ret;
}
