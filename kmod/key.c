// SPDX-License-Identifier: GPL-2.0
/* The keys of one epoch: from a finished handshake to wiping; what they may still issue. */

#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "voicepay.h"
#include "key.h"
#include "seal.h"

static int derive_secrets(struct vp_key_secrets *secrets, const struct vp_noise *hs)
{
	struct vp_root_keys root;
	int err;

	err = vp_agree_root_keys(&root, hs);
	if (!err)
		err = vp_hmac_prepare(&secrets->code, root.code, sizeof(root.code));
	if (!err) {
		memcpy(secrets->auth, root.auth, sizeof(secrets->auth));
		memcpy(secrets->psk, root.psk, sizeof(secrets->psk));
		memcpy(secrets->s, hs->s, sizeof(secrets->s));
		memcpy(secrets->k, root.code, sizeof(secrets->k));
	}
	memzero_explicit(&root, sizeof(root));
	return err;
}

static struct vp_key *key_new(const struct vp_key_secrets *secrets, const u8 s_pub[VP_KEY_LEN],
			      const struct vp_agree_grant *grant)
{
	struct vp_key *key;
	int err;

	BUILD_BUG_ON(sizeof(*secrets) > VP_CELL_LEN);
	key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	if (!key)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&key->issue_lock);
	key->grant = *grant;
	memcpy(key->s_pub, s_pub, sizeof(key->s_pub));

	key->cell = vp_cell_alloc();
	err = PTR_ERR_OR_ZERO(key->cell);
	if (!err)
		err = vp_cell_write(key->cell, 0, secrets, sizeof(*secrets));
	if (err) {
		vp_key_destroy(key);
		return ERR_PTR(err);
	}
	return key;
}

/**
 * vp_key_create() - derive an epoch's keys
 * @hs: a handshake that is done
 * @grant: the gateway's terms that came with it
 *
 * Return: the key, or an ERR_PTR.
 */
struct vp_key *vp_key_create(const struct vp_noise *hs, const struct vp_agree_grant *grant)
{
	struct vp_key_secrets secrets;
	struct vp_key *key;
	int err;

	err = derive_secrets(&secrets, hs);
	key = err ? ERR_PTR(err) : key_new(&secrets, hs->s_pub, grant);
	memzero_explicit(&secrets, sizeof(secrets));
	return key;
}

/**
 * vp_key_import() - an epoch's keys from a blob
 * @blob: the blob
 *
 * All that the blob covers counts as issued.
 *
 * Return: the key, or an ERR_PTR.
 */
struct vp_key *vp_key_import(const struct vp_blob *blob)
{
	struct vp_key_secrets secrets;
	struct vp_key *key;
	int err;

	err = vp_hmac_prepare(&secrets.code, blob->keys.code, sizeof(blob->keys.code));
	memcpy(secrets.k, blob->keys.code, sizeof(secrets.k));
	memcpy(secrets.auth, blob->keys.auth, sizeof(secrets.auth));
	memcpy(secrets.psk, blob->keys.psk, sizeof(secrets.psk));
	memcpy(secrets.s, blob->keys.s, sizeof(secrets.s));
	key = err ? ERR_PTR(err) : key_new(&secrets, blob->keys.s_pub, &blob->grant);
	memzero_explicit(&secrets, sizeof(secrets));
	if (IS_ERR(key))
		return key;
	atomic64_set(&key->last_ordinal, blob->mark);
	key->issued = blob->issued;
	key->hour = (struct vp_window){ blob->hour, blob->hour_used };
	key->day = (struct vp_window){ blob->day, blob->day_used };
	key->reserve = (struct vp_reserve){ true, blob->mark, blob->issued };
	return key;
}

/* Codes that count against a budget when the blob is restored. */
static u64 ahead(u64 used, u32 budget, bool final)
{
	used += final ? 0 : VP_SEAL_CODES;
	return budget && used > budget ? budget : used;
}

/* What the blob covers, in the blob; under issue_lock. */
static void export_marks(struct vp_key *key, struct vp_blob *blob, bool final)
{
	const struct vp_agree_grant *grant = &key->grant;
	u64 step = div_u64(blob->now_ms, PAYCODE_STEP_SECONDS * MSEC_PER_SEC);
	u64 mark = paycode_ordinal(step + VP_SEAL_STEPS, PAYCODE_PER_STEP - 1);

	blob->mark = atomic64_read(&key->last_ordinal);
	/* Without a time no code can be issued that would have to be covered. */
	if (!final && blob->now_ms && mark > blob->mark)
		blob->mark = mark;
	blob->issued = ahead(key->issued, grant->per_key, final);
	blob->hour = key->hour.number;
	blob->day = key->day.number;
	blob->hour_used = ahead(key->hour.used, grant->per_hour, final);
	blob->day_used = ahead(key->day.used, grant->per_day, final);
}

/**
 * vp_key_export() - all of a key, to be sealed
 * @key: the key
 * @blob: gets keys, terms and marks; its time is there already
 * @final: no code is issued from now on, until another blob is stored
 *
 * Return: 0 or a negative errno.
 */
int vp_key_export(struct vp_key *key, struct vp_blob *blob, bool final)
{
	struct vp_key_secrets secrets;
	int err;

	spin_lock(&key->issue_lock);
	export_marks(key, blob, final);
	/* What the blob covers less it covers at once, what it covers more when it is stored. */
	if (final)
		key->reserve = (struct vp_reserve){ true, blob->mark, blob->issued };
	spin_unlock(&key->issue_lock);

	err = vp_cell_read(key->cell, 0, &secrets, sizeof(secrets));
	memcpy(blob->keys.code, secrets.k, sizeof(blob->keys.code));
	memcpy(blob->keys.auth, secrets.auth, sizeof(blob->keys.auth));
	memcpy(blob->keys.psk, secrets.psk, sizeof(blob->keys.psk));
	memcpy(blob->keys.s, secrets.s, sizeof(blob->keys.s));
	memzero_explicit(&secrets, sizeof(secrets));
	memcpy(blob->keys.s_pub, key->s_pub, sizeof(blob->keys.s_pub));
	blob->grant = key->grant;
	return err;
}

/* The blob is in userspace's hands. */
void vp_key_sealed(struct vp_key *key, const struct vp_blob *blob)
{
	spin_lock(&key->issue_lock);
	key->pending = (struct vp_reserve){ true, blob->mark, blob->issued };
	spin_unlock(&key->issue_lock);
	key->sealed_generation = blob->generation;
}

/* The newest blob lies where it survives a power cut. */
void vp_key_stored(struct vp_key *key)
{
	spin_lock(&key->issue_lock);
	if (key->pending.bound)
		key->reserve = key->pending;
	key->pending.bound = false;
	spin_unlock(&key->issue_lock);
}

/**
 * vp_key_destroy() - wipe and free
 * @key: a key that no reader can find any more
 */
void vp_key_destroy(struct vp_key *key)
{
	vp_cell_free(key->cell);
	kfree_sensitive(key);
}

/**
 * vp_key_move() - move a key's secrets to the back end that is chosen now
 * @key: the key
 *
 * Readers go on meanwhile, with the old cell or the new one. After a grace
 * period of theirs vp_key_moved() must be called.
 *
 * Return: 0 or a negative errno, and then the secrets are where they were.
 */
int vp_key_move(struct vp_key *key)
{
	struct vp_cell *to;

	to = vp_cell_move(key->cell);
	if (IS_ERR(to))
		return PTR_ERR(to);
	if (to != key->cell) {
		key->left = key->cell;
		/* Pairs with READ_ONCE() of readers, which depends on the address. */
		smp_store_release(&key->cell, to);
	}
	return 0;
}

/**
 * vp_key_moved() - wipe what vp_key_move() left behind
 * @key: the key
 */
void vp_key_moved(struct vp_key *key)
{
	vp_cell_free(key->left);
	key->left = NULL;
}

/**
 * vp_key_read_code() - take K, prepared, out for an operation
 * @key: the key
 * @states: out; the caller wipes it, on every path
 *
 * Return: 0 or a negative errno.
 */
int vp_key_read_code(const struct vp_key *key, struct vp_hmac_states *states)
{
	return vp_cell_read(READ_ONCE(key->cell), offsetof(struct vp_key_secrets, code),
			    states, sizeof(*states));
}

/**
 * vp_key_read_static() - take the static private key out for an operation
 * @key: the key
 * @s: out; the caller wipes it, on every path
 *
 * Return: 0 or a negative errno.
 */
int vp_key_read_static(const struct vp_key *key, u8 s[VP_KEY_LEN])
{
	return vp_cell_read(READ_ONCE(key->cell), offsetof(struct vp_key_secrets, s), s,
			    VP_KEY_LEN);
}

static u32 used_in(const struct vp_window *w, u64 number)
{
	return w->number == number ? w->used : 0;
}

static void count_in(struct vp_window *w, u64 number)
{
	w->used = used_in(w, number) + 1;
	w->number = number;
}

/* Takes one code off the budgets, all of them or none. */
static int charge_budgets(struct vp_key *key, u64 now_s)
{
	const struct vp_agree_grant *grant = &key->grant;
	u64 hour = div_u64(now_s, 3600), day = div_u64(now_s, 86400);

	if ((grant->per_key && key->issued >= grant->per_key) ||
	    (grant->per_hour && used_in(&key->hour, hour) >= grant->per_hour) ||
	    (grant->per_day && used_in(&key->day, day) >= grant->per_day))
		return -EDQUOT;
	key->issued++;
	count_in(&key->hour, hour);
	count_in(&key->day, day);
	return 0;
}

/**
 * vp_key_take_ordinal() - choose step and Q of the code to issue
 * @key: the key
 * @now_s: the time, seconds since 1970
 * @fresh: not the step's last code again
 * @draw: in: a new code may be drawn; out: one was
 * @step: out
 * @q: out
 *
 * Ordinals only rise. Asking again within a step takes no lock.
 *
 * Return: 0; -EAGAIN if the step has no code left, or the clock was corrected
 * to before the last code; -EDQUOT if a budget is used up; -ESTALE if the code
 * would not be covered by the slot's blob, and could come again after a reboot.
 */
int vp_key_take_ordinal(struct vp_key *key, u64 now_s, bool fresh, bool *draw, u64 *step, u32 *q)
{
	u64 s = div_u64(now_s, PAYCODE_STEP_SECONDS);
	u64 first = paycode_ordinal(s, 0), end = paycode_ordinal(s + 1, 0);
	u64 last = atomic64_read(&key->last_ordinal);
	bool drawn = false;
	int err = 0;

	if (fresh || last < first || last >= end) {
		spin_lock(&key->issue_lock);
		last = atomic64_read(&key->last_ordinal);
		if (last < first)
			last = first;
		else if (last < end && fresh)
			last++;
		else if (last < end)
			goto unlock;	/* another thread was faster */
		if (last >= end)
			err = -EAGAIN;
		else if (!*draw)
			err = -EDQUOT;
		else if (key->reserve.bound && (last > key->reserve.ordinal ||
						key->issued >= key->reserve.issued))
			err = -ESTALE;
		else
			err = charge_budgets(key, now_s);
		drawn = !err;
		if (drawn)
			atomic64_set(&key->last_ordinal, last);
unlock:
		spin_unlock(&key->issue_lock);
	}
	*draw = drawn;
	*step = s;
	*q = last - first;
	return err;
}
