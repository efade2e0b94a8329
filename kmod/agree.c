// SPDX-License-Identifier: GPL-2.0
/*
 * Enrolment: the kernel and the gateway agree on a slot's keys, and userspace
 * carries two messages that it can neither read nor alter.
 *
 * A slot has at most one handshake, good for a minute; what is not finished by
 * then is wiped soon after. The slot changes only when all has succeeded.
 */

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "voicepay.h"
#include "agree.h"
#include "clock.h"
#include "device.h"
#include "event.h"
#include "slot.h"

/*
 * The gateway's time is in message 2. Whoever holds the message back makes the
 * device's clock late by as much, but not by more than this.
 */
#define HANDSHAKE_MAX_SECONDS	60

struct vp_handshake {
	struct vp_cell *cell;		/* holds a struct handshake_secrets */
	u32 kind;			/* enum vp_agree_kind */
	ktime_t began;			/* boot time */
};

struct handshake_secrets {
	struct vp_noise noise;
	u8 psk[VP_KEY_LEN];
};

static void expire_handshakes(struct work_struct *work);
static DECLARE_DELAYED_WORK(expiry, expire_handshakes);

static void handshake_destroy(struct vp_handshake *hs)
{
	if (hs)
		vp_cell_free(hs->cell);
	kfree(hs);
}

static bool too_old(const struct vp_handshake *hs)
{
	s64 age_ms = ktime_ms_delta(ktime_get_boottime(), hs->began);

	return age_ms > HANDSHAKE_MAX_SECONDS * (s64)MSEC_PER_SEC;
}

/**
 * vp_agree_abandon() - forget the handshake under way, if there is one
 * @slot: the slot
 */
void vp_agree_abandon(struct vp_slot *slot)
{
	struct vp_handshake *hs = slot->handshake;

	lockdep_assert_held(&vp_manage_lock);
	WRITE_ONCE(slot->handshake, NULL);
	handshake_destroy(hs);
}

/**
 * vp_agree_move() - move a handshake's secrets to the back end chosen now
 * @slot: the slot
 *
 * Return: 0, also if there is no handshake, or a negative errno.
 */
int vp_agree_move(struct vp_slot *slot)
{
	struct vp_handshake *hs = slot->handshake;
	struct vp_cell *to;

	lockdep_assert_held(&vp_manage_lock);
	if (!hs)
		return 0;
	to = vp_cell_move(hs->cell);
	if (IS_ERR(to))
		return PTR_ERR(to);
	if (to != hs->cell)
		vp_cell_free(hs->cell);
	hs->cell = to;
	return 0;
}

/* A handshake that is never finished must not leave its secrets lying about. */
static void expire_handshakes(struct work_struct *work)
{
	struct vp_slot *slot;
	bool young = false;
	u32 id = 0;

	mutex_lock(&vp_manage_lock);
	while ((slot = vp_slot_get_next(id))) {
		if (slot->handshake && too_old(slot->handshake))
			vp_agree_abandon(slot);
		else if (slot->handshake)
			young = true;
		id = slot->id + 1;
		vp_slot_put(slot);
	}
	mutex_unlock(&vp_manage_lock);
	if (young)
		schedule_delayed_work(&expiry, HZ * HANDSHAKE_MAX_SECONDS / 4);
}

/* The slot's static pair, or a fresh one that the slot gets if the enrolment succeeds. */
static int static_pair(struct vp_slot *slot, u8 s[VP_KEY_LEN], u8 s_pub[VP_KEY_LEN])
{
	const struct vp_key *key;

	key = rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
	if (!key)
		return vp_prim_keypair(s, s_pub);
	return vp_key_read_static(key, s, s_pub);
}

static void describe_request(struct vp_agree_request *req, const struct vp_slot *slot,
			     const struct vp_device *dev, const u8 *ticket)
{
	const struct vp_key *key;

	key = rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
	memset(req, 0, sizeof(*req));
	req->kind = ticket ? VP_AGREE_ENROL : VP_AGREE_ROTATE;
	req->modes = PAYCODE_MODES_DEVICE;
	memcpy(req->device, dev->id, sizeof(req->device));
	req->slot = slot->id;
	if (key) {
		req->epoch = key->grant.epoch;
		req->ordinal = atomic64_read(&key->last_ordinal);
	}
	get_random_bytes(req->nonce, sizeof(req->nonce));
	if (ticket)
		memcpy(req->ticket_id, ticket, sizeof(req->ticket_id));
}

static int write_request(struct vp_noise *noise, struct vp_slot *slot,
			 const struct vp_device *dev, const u8 *ticket, u8 msg[VP_MSG1_LEN])
{
	u8 s[VP_KEY_LEN], s_pub[VP_KEY_LEN], payload[VP_REQUEST_LEN];
	struct vp_agree_request req;
	int err;

	describe_request(&req, slot, dev, ticket);
	vp_agree_encode_request(payload, &req);

	err = static_pair(slot, s, s_pub);
	if (!err)
		err = vp_noise_init_initiator(noise, true, VP_AGREE_PROLOGUE,
					      VP_AGREE_PROLOGUE_LEN, s, s_pub, dev->gateway);
	memzero_explicit(s, sizeof(s));
	if (!err)
		err = vp_noise_write_msg1(noise, msg, payload, sizeof(payload));
	memzero_explicit(payload, sizeof(payload));	/* has the ticket's identifier */
	memzero_explicit(&req, sizeof(req));
	return err;
}

/* What vouches for a rotation: the key that the slot holds, as long as it is good. */
static int psk_of_key(struct vp_slot *slot, u8 psk[VP_KEY_LEN])
{
	const struct vp_key *key;
	u64 now_ms;

	key = rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
	if (!key)
		return -ENOKEY;
	if (!vp_clock_now_ms(&now_ms) && div_u64(now_ms, MSEC_PER_SEC) >= key->grant.not_after)
		return -EKEYEXPIRED;
	return vp_key_read_psk(key, psk);
}

/* The handshake's first half; what has to be kept of it goes into its cell. */
static int first_half(struct vp_handshake *hs, struct vp_slot *slot, const struct vp_device *dev,
		      const u8 *ticket, u8 msg[VP_MSG1_LEN])
{
	struct handshake_secrets secrets;
	int err;

	BUILD_BUG_ON(sizeof(secrets) > VP_CELL_LEN);
	err = ticket ? vp_agree_ticket_psk(secrets.psk, ticket) : psk_of_key(slot, secrets.psk);
	if (!err)
		err = write_request(&secrets.noise, slot, dev, ticket, msg);
	if (!err)
		err = vp_cell_write(hs->cell, 0, &secrets, sizeof(secrets));
	memzero_explicit(&secrets, sizeof(secrets));
	return err;
}

static bool is_authenticator(const struct vp_slot *slot)
{
	const struct vp_key *key;

	key = rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
	return key && key->kind == VOICEPAY_SLOT_AUTHENTICATOR;
}

/**
 * vp_agree_begin() - begin to enrol a slot, or to exchange its key
 * @slot: the slot; a key that it has goes on serving until vp_agree_finish()
 * @ticket: what the gateway gave the user, VP_TICKET_LEN bytes; or NULL, and then
 *	the slot's key vouches for the next one
 * @msg: out: message 1
 *
 * Return: 0; -EEXIST if the slot is an authenticator; without a ticket -ENOKEY if
 * there is no key, -EKEYEXPIRED if it is past its last day;
 * -ENODEV if the device is not provisioned; -EKEYREJECTED if the
 * gateway's key is not one; -EAGAIN if a signal came before the kernel had
 * gathered the randomness for a key; what vp_cell_alloc() says; -ENOMEM.
 */
int vp_agree_begin(struct vp_slot *slot, const u8 *ticket, u8 msg[VP_MSG1_LEN])
{
	struct vp_handshake *hs;
	struct vp_device dev;
	int err;

	lockdep_assert_held(&vp_manage_lock);
	if (is_authenticator(slot))
		return -EEXIST;
	err = vp_device_get(&dev);
	if (err)
		return err;

	hs = kzalloc(sizeof(*hs), GFP_KERNEL_ACCOUNT);
	if (!hs)
		return -ENOMEM;
	hs->began = ktime_get_boottime();
	hs->kind = ticket ? VP_AGREE_ENROL : VP_AGREE_ROTATE;
	hs->cell = vp_cell_alloc(sizeof(struct handshake_secrets));
	err = PTR_ERR_OR_ZERO(hs->cell);
	if (!err)
		err = first_half(hs, slot, &dev, ticket, msg);
	if (err) {
		handshake_destroy(hs);
		return err;
	}

	vp_agree_abandon(slot);
	WRITE_ONCE(slot->handshake, hs);
	schedule_delayed_work(&expiry, HZ * HANDSHAKE_MAX_SECONDS);
	return 0;
}

/* What the device holds a grant to, beyond its form. */
static int check_grant(struct vp_slot *slot, const struct vp_agree_grant *grant)
{
	const struct vp_key *key;
	u64 now_s = div_u64(grant->time_ms, 1000);

	key = rcu_dereference_protected(slot->key, lockdep_is_held(&vp_manage_lock));
	/* An epoch that does not rise is an old answer: from a restored gateway, say. */
	if (key && grant->epoch <= key->grant.epoch)
		return -EPROTO;
	if (now_s < grant->not_before || now_s >= grant->not_after)
		return -EPROTO;
	/* Modes that were not asked for. */
	if (grant->modes & ~PAYCODE_MODES_DEVICE)
		return -EPROTO;
	return 0;
}

/* Apart: what it has on the stack is no more there when the key is made. */
static noinline int read_grant(struct handshake_secrets *secrets, const u8 *msg, size_t len,
			       struct vp_agree_grant *grant)
{
	u8 payload[VP_GRANT_LEN(VP_ALIASES_MAX)];
	int err;

	if (len < VP_NOISE_MSG2_OVERHEAD || len - VP_NOISE_MSG2_OVERHEAD > sizeof(payload))
		return -EBADMSG;
	err = vp_noise_read_msg2(&secrets->noise, secrets->psk, msg, len, payload);
	if (err == -EKEYREJECTED)	/* a point of small order in e: not the gateway's doing */
		err = -EBADMSG;
	if (!err)
		err = vp_agree_decode_grant(grant, payload, len - VP_NOISE_MSG2_OVERHEAD);
	memzero_explicit(payload, sizeof(payload));
	return err;
}

/* The handshake's second half: a key, if the message is good and its terms are. */
static struct vp_key *second_half(struct vp_handshake *hs, struct vp_slot *slot,
				  const u8 *msg, size_t len)
{
	struct handshake_secrets secrets;
	struct vp_agree_grant grant;
	struct vp_key *key;
	int err;

	err = vp_cell_read(hs->cell, 0, &secrets, sizeof(secrets));
	if (!err)
		err = read_grant(&secrets, msg, len, &grant);
	if (!err)
		err = check_grant(slot, &grant);
	key = err ? ERR_PTR(err) : vp_key_create(&secrets.noise, &grant);
	memzero_explicit(&secrets, sizeof(secrets));
	return key;
}

/* Tells of a time that no drift explains; refuses it unless the administrator takes it. */
static int check_time(const struct vp_slot *slot, const struct vp_key *key, bool accept)
{
	s64 drift_ms;
	int err;

	err = vp_clock_compare(key->grant.time_ms, &drift_ms);
	if (!err)
		return 0;
	if (accept)
		err = 0;
	vp_event_drift(slot->id, err, drift_ms);
	return err;
}

/**
 * vp_agree_finish() - take the gateway's answer
 * @slot: the slot
 * @msg: message 2
 * @len: its length
 * @accept_time: take the gateway's time, however far it is from the device's
 *
 * On success the slot has the new key and the device the gateway's time. On an
 * error the slot is as it was before vp_agree_begin(). The handshake is over
 * either way.
 *
 * Return: 0; -ESTALE if no handshake is under way, or for longer than a minute;
 * -EBADMSG if the message is not the gateway's answer to this handshake;
 * -EPROTO if it is, but makes no sense; -ETIME if the clocks of gateway and device
 * are further apart than they can have drifted; -ENOKEY if a crash took the
 * handshake; what vp_cell_alloc() says; -ENOMEM.
 */
int vp_agree_finish(struct vp_slot *slot, const u8 *msg, size_t len, bool accept_time)
{
	struct vp_handshake *hs = slot->handshake;
	struct vp_key *key = ERR_PTR(-ESTALE);
	int err;

	lockdep_assert_held(&vp_manage_lock);
	if (hs && !too_old(hs))
		key = second_half(hs, slot, msg, len);
	vp_agree_abandon(slot);
	if (IS_ERR(key))
		return PTR_ERR(key);
	err = check_time(slot, key, accept_time);
	if (err) {
		vp_key_destroy(key);
		return err;
	}
	vp_clock_set(key->grant.time_ms);
	vp_slot_set_key(slot, key);
	return 0;
}

/* Does the handshake under way exchange a key, rather than enrol? */
bool vp_agree_rotates(const struct vp_slot *slot)
{
	lockdep_assert_held(&vp_manage_lock);
	return slot->handshake && slot->handshake->kind == VP_AGREE_ROTATE;
}

/* After the last slot is gone. */
void vp_agree_exit(void)
{
	cancel_delayed_work_sync(&expiry);
}
