// SPDX-License-Identifier: GPL-2.0
/* What a slot holds: from a finished handshake, an import or a blob to wiping. */

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
		memcpy(secrets->k512, root.code512, sizeof(secrets->k512));
	}
	memzero_explicit(&root, sizeof(root));
	return err;
}

/*
 * Keys fill what is charged for them, and nothing else lies in their pages at the same time
 * (before 6.5 it may): what a code was bound to, and by which aliases a payer is known, is
 * nobody's business either.
 */
static struct kmem_cache *keys;

int __init vp_keys_init(void)
{
	keys = kmem_cache_create("voicepay_key", sizeof(struct vp_key), 0,
				 SLAB_ACCOUNT | SLAB_NO_MERGE, NULL);
	return keys ? 0 : -ENOMEM;
}

/* With no key left. */
void vp_keys_exit(void)
{
	kmem_cache_destroy(keys);
}

/* For a key that is all zero. */
void vp_key_init(struct vp_key *key)
{
	spin_lock_init(&key->issue_lock);
	seqcount_spinlock_init(&key->issue_seq, &key->issue_lock);
}

static struct vp_key *key_new(u32 kind, const void *secrets, size_t len)
{
	struct vp_key *key;
	int err;

	BUILD_BUG_ON(sizeof(struct vp_key_secrets) > VP_CELL_SHORT);
	BUILD_BUG_ON(sizeof(struct vp_otp_secrets) > VP_CELL_LEN);
	key = kmem_cache_zalloc(keys, GFP_KERNEL);
	if (!key)
		return ERR_PTR(-ENOMEM);
	vp_key_init(key);
	key->kind = kind;

	key->cell = vp_cell_alloc(len);
	err = PTR_ERR_OR_ZERO(key->cell);
	if (!err)
		err = vp_cell_write(key->cell, 0, secrets, len);
	if (err) {
		vp_key_destroy(key);
		return ERR_PTR(err);
	}
	return key;
}

static struct vp_key_alias pack_alias(const u8 digits[VP_ALIAS_DIGITS])
{
	struct vp_key_alias alias;
	size_t i;

	for (i = 0; i < sizeof(alias.first); i++)
		alias.first[i] = (digits[i] - '0') | (digits[i + 4] - '0') << 4;
	alias.last = (digits[8] - '0') | (digits[9] - '0') << 4;
	return alias;
}

static void keep_grant(struct vp_key *key, const struct vp_agree_grant *grant)
{
	u32 i;

	key->grant = (struct vp_key_terms){
		.epoch = grant->epoch, .time_ms = grant->time_ms,
		.not_before = grant->not_before, .rotate_after = grant->rotate_after,
		.not_after = grant->not_after,
		.per_hour = grant->per_hour, .per_day = grant->per_day, .per_key = grant->per_key,
		.modes = grant->modes,
	};
	memcpy(key->grant.prefix, grant->prefix, sizeof(key->grant.prefix));
	key->n_aliases = grant->n_aliases;
	for (i = 0; i < key->n_aliases; i++)
		key->alias[i] = pack_alias(grant->alias[i]);
}

/* As it was granted. */
static void give_grant(const struct vp_key *key, struct vp_agree_grant *grant)
{
	const struct vp_key_terms *terms = &key->grant;
	u32 i;

	*grant = (struct vp_agree_grant){
		.epoch = terms->epoch, .time_ms = terms->time_ms,
		.not_before = terms->not_before, .rotate_after = terms->rotate_after,
		.not_after = terms->not_after,
		.per_hour = terms->per_hour, .per_day = terms->per_day, .per_key = terms->per_key,
		.modes = terms->modes, .n_aliases = key->n_aliases,
	};
	memcpy(grant->prefix, terms->prefix, sizeof(grant->prefix));
	for (i = 0; i < key->n_aliases; i++)
		vp_key_alias_digits(grant->alias[i], &key->alias[i]);
}

static struct vp_key *payment_key(const struct vp_key_secrets *secrets,
				  const struct vp_agree_grant *grant)
{
	struct vp_key *key = key_new(VOICEPAY_SLOT_PAYMENT, secrets, sizeof(*secrets));

	if (!IS_ERR(key))
		keep_grant(key, grant);
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
	key = err ? ERR_PTR(err) : payment_key(&secrets, grant);
	memzero_explicit(&secrets, sizeof(secrets));
	return key;
}

/* The hash of an authenticator. */
enum vp_hash vp_key_otp_hash(u32 algorithm)
{
	switch (algorithm) {
	case VOICEPAY_OTP_SHA256:
		return VP_SHA256;
	case VOICEPAY_OTP_SHA512:
		return VP_SHA512;
	default:
		return VP_SHA1;
	}
}

/**
 * vp_key_create_otp() - an authenticator's secret
 * @terms: how it makes its passwords
 * @secret: @terms->secret_len bytes, at most VP_OTP_SECRET_MAX
 * @counter: the first to use, if it is one by counter
 *
 * Return: the key; -EOPNOTSUPP if this kernel does not have the hash; what
 * vp_cell_alloc() says; -ENOMEM.
 */
struct vp_key *vp_key_create_otp(const struct vp_otp_terms *terms, const u8 *secret, u64 counter)
{
	struct vp_otp_secrets secrets = {};
	struct vp_key *key;
	int err;

	err = vp_mac_prepare(&secrets.states, vp_key_otp_hash(terms->algorithm), secret,
			     terms->secret_len);
	memcpy(secrets.secret, secret, terms->secret_len);
	key = err ? ERR_PTR(err) : key_new(VOICEPAY_SLOT_AUTHENTICATOR, &secrets, sizeof(secrets));
	memzero_explicit(&secrets, sizeof(secrets));
	if (!IS_ERR(key)) {
		key->otp = *terms;
		/* By time it is the step of the last password: none yet. */
		key->counter = terms->period ? U64_MAX : counter;
	}
	return key;
}

static struct vp_key *import_payment(const struct vp_blob *blob)
{
	struct vp_key_secrets secrets;
	struct vp_key *key;
	int err;

	err = vp_hmac_prepare(&secrets.code, blob->keys.code, sizeof(blob->keys.code));
	memcpy(secrets.k, blob->keys.code, sizeof(secrets.k));
	memcpy(secrets.auth, blob->keys.auth, sizeof(secrets.auth));
	memcpy(secrets.psk, blob->keys.psk, sizeof(secrets.psk));
	memcpy(secrets.s, blob->keys.s, sizeof(secrets.s));
	memcpy(secrets.k512, blob->keys.code512, sizeof(secrets.k512));
	key = err ? ERR_PTR(err) : payment_key(&secrets, &blob->grant);
	memzero_explicit(&secrets, sizeof(secrets));
	if (IS_ERR(key))
		return key;
	atomic64_set(&key->last_ordinal, blob->mark);
	key->hour = (struct vp_window){ blob->hour, blob->hour_used };
	key->day = (struct vp_window){ blob->day, blob->day_used };
	key->pool = (struct vp_pool_state){
		.serial = blob->pool.serial, .not_after = blob->pool.not_after,
		.count = blob->pool.count, .next = blob->pool.next,
	};
	return key;
}

/* What is covered by a blob. */
static struct vp_reserve reserve_of(const struct vp_blob *blob)
{
	bool authenticator = blob->kind == VOICEPAY_SLOT_AUTHENTICATOR;

	return (struct vp_reserve){
		.bound = true, .issued = blob->issued,
		.ordinal = authenticator ? blob->otp_counter : blob->mark,
		.pool_serial = blob->pool.serial, .pool_next = blob->pool.next,
	};
}

/**
 * vp_key_import() - what a slot holds, from a blob
 * @blob: the blob
 *
 * All that the blob covers counts as issued.
 *
 * Return: the key, or an ERR_PTR.
 */
struct vp_key *vp_key_import(const struct vp_blob *blob)
{
	struct vp_key *key;

	if (blob->kind == VOICEPAY_SLOT_AUTHENTICATOR)
		key = vp_key_create_otp(&blob->otp, blob->otp_secret, blob->otp_counter);
	else
		key = import_payment(blob);
	if (IS_ERR(key))
		return key;
	key->issued = blob->issued;
	key->reserve = reserve_of(blob);
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
	static const struct vp_key_terms none;	/* no budgets */
	const struct vp_key_terms *grant =
		key->kind == VOICEPAY_SLOT_PAYMENT ? &key->grant : &none;
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

	blob->pool = (struct vp_blob_pool){
		.serial = key->pool.serial, .not_after = key->pool.not_after,
		.count = key->pool.count, .next = key->pool.next,
	};
	if (!final)
		blob->pool.next = min_t(u32, key->pool.next + VP_SEAL_POOL, key->pool.count);

	/* By time nothing has to be remembered. */
	if (key->kind == VOICEPAY_SLOT_AUTHENTICATOR && !key->otp.period) {
		blob->otp_counter = key->counter;
		if (!final && key->counter < U64_MAX - VP_SEAL_COUNTERS)
			blob->otp_counter += VP_SEAL_COUNTERS;
	}
}

static int export_otp(struct vp_key *key, struct vp_blob *blob)
{
	blob->otp = key->otp;
	return vp_cell_read(key->cell, offsetof(struct vp_otp_secrets, secret),
			    blob->otp_secret, sizeof(blob->otp_secret));
}

/* Wanted for a handshake and for a blob: it is made then, rather than kept. */
static int public_of(u8 s_pub[VP_KEY_LEN], const u8 s[VP_KEY_LEN])
{
	static const u8 base_point[VP_KEY_LEN] = { 9 };

	return vp_prim_dh(s_pub, s, base_point);
}

static int export_payment(struct vp_key *key, struct vp_blob *blob)
{
	struct vp_key_secrets secrets;
	int err;

	err = vp_cell_read(key->cell, 0, &secrets, sizeof(secrets));
	memcpy(blob->keys.code, secrets.k, sizeof(blob->keys.code));
	memcpy(blob->keys.auth, secrets.auth, sizeof(blob->keys.auth));
	memcpy(blob->keys.psk, secrets.psk, sizeof(blob->keys.psk));
	memcpy(blob->keys.s, secrets.s, sizeof(blob->keys.s));
	memcpy(blob->keys.code512, secrets.k512, sizeof(blob->keys.code512));
	if (!err)
		err = public_of(blob->keys.s_pub, secrets.s);
	memzero_explicit(&secrets, sizeof(secrets));
	give_grant(key, &blob->grant);
	return err;
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
	blob->kind = key->kind;
	spin_lock(&key->issue_lock);
	export_marks(key, blob, final);
	/* What the blob covers less it covers at once, what it covers more when it is stored. */
	if (final)
		key->reserve = reserve_of(blob);
	spin_unlock(&key->issue_lock);
	return key->kind == VOICEPAY_SLOT_AUTHENTICATOR ? export_otp(key, blob) :
							  export_payment(key, blob);
}

/* The blob is in userspace's hands. */
void vp_key_sealed(struct vp_key *key, const struct vp_blob *blob)
{
	spin_lock(&key->issue_lock);
	key->pending = reserve_of(blob);
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
	memzero_explicit(key, sizeof(*key));
	kmem_cache_free(keys, key);
}

/**
 * vp_key_move() - move a key's secrets to the back end that is chosen now
 * @key: the key
 * @left: out: the cell that they were in, for vp_cell_free() after a grace period of
 *	readers; NULL if they are where they were
 *
 * Readers go on meanwhile, with the old cell or the new one.
 *
 * Return: 0 or a negative errno, and then the secrets are where they were.
 */
int vp_key_move(struct vp_key *key, struct vp_cell **left)
{
	struct vp_cell *to;

	*left = NULL;
	to = vp_cell_move(key->cell);
	if (IS_ERR(to))
		return PTR_ERR(to);
	if (to != key->cell) {
		*left = key->cell;
		/* Pairs with READ_ONCE() of readers, which depends on the address. */
		smp_store_release(&key->cell, to);
	}
	return 0;
}

/* Readers find the cell by its address, which vp_key_move() may change. */
static int read_secret(const struct vp_key *key, size_t offset, void *out, size_t len)
{
	return vp_cell_read(READ_ONCE(key->cell), offset, out, len);
}

int vp_key_read_code512(const struct vp_key *key, u8 k512[VP_KEY512_LEN])
{
	return read_secret(key, offsetof(struct vp_key_secrets, k512), k512, VP_KEY512_LEN);
}

int vp_key_read_auth(const struct vp_key *key, u8 auth[VP_KEY_LEN])
{
	return read_secret(key, offsetof(struct vp_key_secrets, auth), auth, VP_KEY_LEN);
}

int vp_key_read_psk(const struct vp_key *key, u8 psk[VP_KEY_LEN])
{
	return read_secret(key, offsetof(struct vp_key_secrets, psk), psk, VP_KEY_LEN);
}

/* And its public half, which is none of the secrets. */
int vp_key_read_static(const struct vp_key *key, u8 s[VP_KEY_LEN], u8 s_pub[VP_KEY_LEN])
{
	int err = read_secret(key, offsetof(struct vp_key_secrets, s), s, VP_KEY_LEN);

	return err ?: public_of(s_pub, s);
}

int vp_key_read_otp(const struct vp_key *key, struct vp_mac_states *states)
{
	return read_secret(key, offsetof(struct vp_otp_secrets, states), states, sizeof(*states));
}
