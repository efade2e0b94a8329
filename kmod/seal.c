// SPDX-License-Identifier: GPL-2.0
/*
 * Slots that survive a reboot: a slot goes out as a blob, and comes back from
 * one if this is the kernel, the device and the slot that it belongs to, and it
 * is not an old one. Documentation/sealing.md tells all of it.
 */

#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/time64.h>
#include <linux/uidgid.h>

#include "voicepay.h"
#include "clock.h"
#include "device.h"
#include "event.h"
#include "policy.h"
#include "seal.h"
#include "sealer.h"
#include "slot.h"
#include "vault.h"
#include "wipe.h"

static unsigned int clock_days = 7;
module_param_named(offline_clock_days, clock_days, uint, 0444);
MODULE_PARM_DESC(offline_clock_days,
		 "after a reboot, trust the real-time clock for so many days past the gateway's last time");

/* All under vp_manage_lock. */
static u64 counter;				/* of the newest blob seen or made */
static DECLARE_BITMAP(deleted, VP_SLOTS_MAX);	/* in this boot */
static bool wiped;				/* in this boot */

/*
 * Blobs carry the value of the sealer's counter from which on they are the only
 * good ones: its present one and @lead. When a key goes for which a blob of that
 * value may be out, the next blobs need a higher one, to be told from it.
 */
#define LEAD_MAX	3
static u64 lead = 1;
static bool handed_out;

static struct vp_key *sealed_key(struct vp_slot *slot)
{
	return rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
}

static void set_place(struct vp_blob_place *place, u32 id, const u8 device[VP_DEVICE_ID_LEN])
{
	const struct vp_module_policy policy = {
		.vault = vp_vault_required(),
		.wipe_on_suspend = vp_wipe_on_suspend(),
		.clock_days = clock_days,
	};

	place->slot = id;
	memcpy(place->device, device, sizeof(place->device));
	place->sealer = vp_sealer_policy();
	place->module = vp_policy_encode(&policy);
}

/* What blobs made now will need the counter to say at most. */
static u64 next_generation(void)
{
	struct vp_sealer_status st;

	vp_sealer_status(&st);
	return st.counted ? st.counter + lead : 0;
}

/* Who may use the slot, and how, comes back with it; or a reboot would take the button away. */
static void export_policy(struct vp_slot *slot, u32 out[VP_BLOB_POLICY])
{
	struct vp_policy policy;
	u32 locked;

	vp_gate_policy(&slot->gate, &policy, &locked);
	out[0] = from_kuid(&init_user_ns, policy.rights.uid);
	out[1] = from_kgid(&init_user_ns, policy.rights.gid);
	out[2] = policy.rights.uid_rights;
	out[3] = policy.rights.gid_rights;
	out[4] = policy.caller_per_hour;
	out[5] = policy.presence;
	out[6] = policy.presence_seconds;
	out[7] = locked;
	out[8] = upper_32_bits(policy.presence_above);
	out[9] = lower_32_bits(policy.presence_above);
}

static void import_policy(struct vp_slot *slot, const u32 in[VP_BLOB_POLICY])
{
	const struct vp_policy policy = {
		.rights = {
			.uid = make_kuid(&init_user_ns, in[0]),
			.gid = make_kgid(&init_user_ns, in[1]),
			.uid_rights = in[2],
			.gid_rights = in[3],
		},
		.caller_per_hour = in[4],
		.presence = in[5],
		.presence_seconds = in[6],
		.presence_above = (u64)in[8] << 32 | in[9],
	};

	vp_gate_set_policy(&slot->gate, &policy);
	if (in[7] & VOICEPAY_LOCKED_BY_OWNER)
		vp_gate_lock(&slot->gate, false);
	if (in[7] & VOICEPAY_LOCKED_BY_ADMIN)
		vp_gate_lock(&slot->gate, true);
}

static int seal(struct vp_slot *slot, struct vp_key *key, bool final, struct vp_blob *blob,
		u8 out[VP_BLOB_LEN])
{
	u8 sealing_key[VP_KEY_LEN];
	struct vp_blob_place place;
	struct vp_device dev;
	int err;

	err = vp_device_get(&dev);
	if (err)
		return err;
	set_place(&place, slot->id, dev.id);
	memcpy(blob->gateway, dev.gateway, sizeof(blob->gateway));
	export_policy(slot, blob->policy);
	blob->counter = counter + 1;
	blob->generation = next_generation();
	vp_clock_remember(&blob->now_ms, &blob->trusted_ms);
	err = vp_key_export(key, blob, final);
	if (!err)
		err = vp_sealer_key(sealing_key);
	if (!err)
		err = vp_blob_seal(out, sealing_key, &place, blob);
	memzero_explicit(sealing_key, sizeof(sealing_key));
	if (err)
		return err;
	vp_key_sealed(key, blob);
	handed_out = true;
	counter++;
	return 0;
}

/**
 * vp_seal_get() - a slot as a blob
 * @id: the slot
 * @final: the last before a reboot: the slot issues no code after it, and
 *	none is taken for issued that was not
 * @out: the blob
 *
 * Return: 0; -ENOENT if there is no such slot; -ENODATA if it holds no key;
 * -ENOKEY if there is no sealing key; -ENOMEM.
 */
int vp_seal_get(u32 id, bool final, u8 out[VP_BLOB_LEN])
{
	struct vp_slot *slot;
	struct vp_blob *blob;
	int err = -ENODATA;

	lockdep_assert_held(&vp_manage_lock);
	slot = vp_slot_get(id);
	if (!slot)
		return -ENOENT;
	blob = kzalloc(sizeof(*blob), GFP_KERNEL);
	if (!blob)
		err = -ENOMEM;
	else if (sealed_key(slot))
		err = seal(slot, sealed_key(slot), final, blob, out);
	kfree_sensitive(blob);
	vp_slot_put(slot);
	vp_event(VOICEPAY_EVENT_SEAL, id, err);
	return err;
}

/*
 * Is it the newest? A slot that holds a key is at least as new as any blob: it
 * has issued what the blob has, and more. A slot that was deleted in this boot
 * stays so, whoever kept a copy. What happened before the boot the sealer's
 * counter tells, if there is one.
 */
static int check_age(u32 id, const struct vp_blob *blob)
{
	struct vp_sealer_status st;

	if (wiped || test_bit(id, deleted))
		return -ESTALE;
	vp_sealer_status(&st);
	/* A counter that is gone must not make an old blob good. */
	if (st.counted ? blob->generation < st.counter : blob->generation)
		return -ESTALE;
	return 0;
}

static int check_vacant(u32 id)
{
	struct vp_slot *slot = vp_slot_get(id);
	int err = 0;

	if (!slot)
		return 0;
	if (sealed_key(slot) || slot->handshake)
		err = -EEXIST;
	vp_slot_put(slot);
	return err;
}

/* Everything has been checked: the slot is made if need be, and gets the key. */
static int install_key(u32 id, struct vp_key *key, const u32 policy[VP_BLOB_POLICY])
{
	struct vp_slot *slot = vp_slot_get(id);
	int err;

	if (!slot) {
		err = vp_slot_new(&id, false);
		if (err)
			return err;
		slot = vp_slot_get(id);
	}
	import_policy(slot, policy);	/* before there is a key to misuse */
	vp_slot_set_key(slot, key);
	vp_slot_put(slot);
	return 0;
}

/* A blob that was stored and not committed before the power went. */
static void adopt_generation(u64 generation)
{
	struct vp_sealer_status st;

	vp_sealer_status(&st);
	if (st.counted && generation > st.counter) {
		lead = clamp(generation - st.counter, lead, LEAD_MAX);
		handed_out = true;
	}
}

static int restore(u32 id, const struct vp_blob *blob, const struct vp_device *dev)
{
	struct vp_key *key;
	int err;

	key = vp_key_import(blob);
	if (IS_ERR(key))
		return PTR_ERR(key);
	err = vp_device_set(dev);	/* the same again, or the first */
	if (!err)
		err = install_key(id, key, blob->policy);
	if (err) {
		vp_key_destroy(key);
		return err;
	}
	key->sealed_generation = blob->generation;
	if (counter < blob->counter)
		counter = blob->counter;
	adopt_generation(blob->generation);
	vp_clock_restore(blob->now_ms, blob->trusted_ms,
			 (u64)clock_days * 86400 * MSEC_PER_SEC);
	return 0;
}

static int open_blob(u32 id, const u8 *in, size_t len, struct vp_blob *blob)
{
	bool provisioned;
	u8 sealing_key[VP_KEY_LEN];
	struct vp_blob_place place;
	struct vp_device dev;
	int err;

	provisioned = !vp_device_get(&dev);
	err = provisioned ? 0 : vp_blob_device(in, len, dev.id);
	if (err)
		return err;
	set_place(&place, id, dev.id);
	err = vp_sealer_key(sealing_key);
	if (!err)
		err = vp_blob_open(blob, sealing_key, &place, in, len);
	memzero_explicit(sealing_key, sizeof(sealing_key));
	if (err)
		return err;
	/* Attack: the slot under a gateway that is not the one it agreed with. */
	if (provisioned && memcmp(blob->gateway, dev.gateway, sizeof(dev.gateway)))
		return -ENODEV;
	memcpy(dev.gateway, blob->gateway, sizeof(dev.gateway));
	err = check_age(id, blob);
	return err ?: restore(id, blob, &dev);
}

/**
 * vp_seal_put() - take a slot back from a blob
 * @id: the slot, which need not exist
 * @in: the blob
 * @len: its length
 *
 * A device that is not provisioned becomes what the blob's device was.
 *
 * Return: 0; -ERANGE beyond VP_SLOTS_MAX; -EEXIST if the slot holds a key, or
 * enrols; -ENOKEY if there is no sealing key; -ESTALE if the blob is an old one;
 * what vp_blob_open() returns; -ENODEV for another gateway's; -ENOMEM.
 */
int vp_seal_put(u32 id, const u8 *in, size_t len)
{
	struct vp_blob *blob;
	int err;

	lockdep_assert_held(&vp_manage_lock);
	if (id >= VP_SLOTS_MAX)
		return -ERANGE;
	err = check_vacant(id);
	if (err)
		return err;
	blob = kzalloc(sizeof(*blob), GFP_KERNEL);
	err = blob ? open_blob(id, in, len, blob) : -ENOMEM;
	kfree_sensitive(blob);
	vp_event(VOICEPAY_EVENT_RESTORE, id, err);
	return err;
}

/* Has every slot been sealed since the counter last rose? */
static bool all_sealed(void)
{
	u64 next = next_generation();
	struct vp_slot *slot;
	bool all = true;
	u32 id = 0;

	while (all && (slot = vp_slot_get_next(id))) {
		all = !sealed_key(slot) || sealed_key(slot)->sealed_generation == next;
		id = slot->id + 1;
		vp_slot_put(slot);
	}
	return all;
}

static int retire_old(void)
{
	u64 value;
	int err = 0;

	for (; lead && !err; lead -= !err)
		err = vp_sealer_count(&value);
	lead = max(lead, 1ULL);
	handed_out = err;
	return err;
}

/**
 * vp_seal_commit() - the blobs that were taken are stored
 * @retire: and all older ones are to be refused from now on, by the counter
 *
 * Return: 0; -ENOKEY if there is no sealing key; for @retire -EOPNOTSUPP if the
 * machine has no counter, -EBUSY if a slot has not been sealed since the last
 * time, and would be lost, or the sealer's error.
 */
int vp_seal_commit(bool retire)
{
	struct vp_sealer_status st;
	struct vp_slot *slot;
	u32 id = 0;

	lockdep_assert_held(&vp_manage_lock);
	vp_sealer_status(&st);
	if (st.state != VOICEPAY_SEALER_READY)
		return -ENOKEY;
	while ((slot = vp_slot_get_next(id))) {
		if (sealed_key(slot))
			vp_key_stored(sealed_key(slot));
		id = slot->id + 1;
		vp_slot_put(slot);
	}
	if (!retire)
		return 0;
	return all_sealed() ? retire_old() : -EBUSY;
}

/* A key goes: blobs of it that are out must not be as good as those of its successor. */
void vp_seal_outdate(void)
{
	lockdep_assert_held(&vp_manage_lock);
	if (handed_out && lead < LEAD_MAX)
		lead++;
	handed_out = false;
}

/* Its blobs must not bring it back. */
void vp_seal_slot_deleted(u32 id)
{
	if (id < VP_SLOTS_MAX)
		set_bit(id, deleted);
}

/* Nor must those of a device that was wiped; the counter sees to it after the next boot. */
void vp_seal_wiped(void)
{
	u64 value;
	int err = 0, i;

	lockdep_assert_held(&vp_manage_lock);
	wiped = true;
	/* Past whatever a blob that is out may carry. */
	for (i = 0; i <= LEAD_MAX && !err; i++)
		err = vp_sealer_count(&value);
	if (err && err != -EOPNOTSUPP)
		pr_warn("wiped, but blobs that somebody kept are still good after a reboot\n");
	lead = 1;
	handed_out = false;
}
