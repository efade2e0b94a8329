// SPDX-License-Identifier: GPL-2.0
/*
 * SHA-256, and HMAC with it, SHA-1, SHA-384 and SHA-512 from prepared states.
 *
 * The kernel's hmac(...) transforms would keep each key's states in an
 * allocation of their own, where nobody looks after them. Here one keyless
 * transform of each hash serves everybody, and a key's two states lie wherever
 * its owner keeps secrets. What an operation needs beyond that is on the stack,
 * and wiped.
 */

#include <crypto/hash.h>
#include <linux/err.h>

#include "voicepay.h"
#include "hmac.h"

#define BLOCK_MAX	128	/* of SHA-512 */

static const struct {
	const char *name;
	unsigned int digest, state_max;
	bool required;
} kinds[VP_HASHES] = {
	[VP_SHA256]	= { "sha256", VP_HASH_LEN, VP_SHA_STATE_MAX, true },
	[VP_SHA1]	= { "sha1", 20, VP_ANY_STATE_MAX, false },
	[VP_SHA512]	= { "sha512", VP_HASH512_LEN, VP_ANY_STATE_MAX, true },
	[VP_SHA384]	= { "sha384", 48, VP_ANY_STATE_MAX, false },
};

/* NULL: this kernel does not have it. */
static struct crypto_shash *tfms[VP_HASHES];

static int get_tfm(enum vp_hash hash)
{
	struct crypto_shash *tfm = crypto_alloc_shash(kinds[hash].name, 0, 0);

	if (IS_ERR(tfm)) {
		if (!kinds[hash].required)
			return 0;
		pr_err("this kernel has no %s\n", kinds[hash].name);
		return PTR_ERR(tfm);
	}
	if (crypto_shash_statesize(tfm) > kinds[hash].state_max ||
	    crypto_shash_blocksize(tfm) > BLOCK_MAX ||
	    crypto_shash_digestsize(tfm) != kinds[hash].digest) {
		pr_err("%s: state of %u bytes, room for %u\n", kinds[hash].name,
		       crypto_shash_statesize(tfm), kinds[hash].state_max);
		crypto_free_shash(tfm);
		return -EOPNOTSUPP;
	}
	tfms[hash] = tfm;
	return 0;
}

int vp_hmac_init(void)
{
	int i, err = 0;

	for (i = 0; i < VP_HASHES && !err; i++)
		err = get_tfm(i);
	if (err)
		vp_hmac_exit();
	return err;
}

void vp_hmac_exit(void)
{
	int i;

	for (i = 0; i < VP_HASHES; i++) {
		if (tfms[i])
			crypto_free_shash(tfms[i]);
		tfms[i] = NULL;
	}
}

static int update(struct shash_desc *desc, const struct vp_piece *pieces, size_t n)
{
	size_t i;
	int err = 0;

	for (i = 0; i < n && !err; i++)
		if (pieces[i].len)
			err = crypto_shash_update(desc, pieces[i].data, pieces[i].len);
	return err;
}

static int digest(u8 *out, enum vp_hash hash, const struct vp_piece *pieces, size_t n)
{
	SHASH_DESC_ON_STACK(desc, tfms[hash]);
	int err;

	desc->tfm = tfms[hash];
	err = crypto_shash_init(desc);
	if (!err)
		err = update(desc, pieces, n);
	if (!err)
		err = crypto_shash_final(desc, out);
	shash_desc_zero(desc);
	return err;
}

int vp_sha256(u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n)
{
	return digest(out, VP_SHA256, pieces, n);
}

static int prepare_half(u8 *state, enum vp_hash hash, const u8 key[BLOCK_MAX], u8 pad)
{
	SHASH_DESC_ON_STACK(desc, tfms[hash]);
	u8 block[BLOCK_MAX];
	int err, i;

	for (i = 0; i < BLOCK_MAX; i++)
		block[i] = key[i] ^ pad;

	desc->tfm = tfms[hash];
	err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, block, crypto_shash_blocksize(desc->tfm));
	if (!err)
		err = crypto_shash_export(desc, state);
	shash_desc_zero(desc);
	memzero_explicit(block, sizeof(block));
	return err;
}

/* A key longer than a block is hashed first (RFC 2104). */
static int prepare(u8 *inner, u8 *outer, enum vp_hash hash, const u8 *key, size_t len)
{
	const struct vp_piece piece = { key, len };
	u8 block[BLOCK_MAX] = {};
	int err = 0;

	if (!tfms[hash])
		return -EOPNOTSUPP;
	if (len > crypto_shash_blocksize(tfms[hash]))
		err = digest(block, hash, &piece, 1);
	else
		memcpy(block, key, len);
	if (!err)
		err = prepare_half(inner, hash, block, 0x36);
	if (!err)
		err = prepare_half(outer, hash, block, 0x5c);
	memzero_explicit(block, sizeof(block));
	return err;
}

static int mac(u8 *out, const u8 *inner, const u8 *outer, enum vp_hash hash,
	       const struct vp_piece *pieces, size_t n)
{
	SHASH_DESC_ON_STACK(desc, tfms[hash]);
	u8 half[VP_HASH512_LEN];
	int err;

	desc->tfm = tfms[hash];
	err = crypto_shash_import(desc, inner);
	if (!err)
		err = update(desc, pieces, n);
	if (!err)
		err = crypto_shash_final(desc, half);
	if (!err)
		err = crypto_shash_import(desc, outer);
	if (!err)
		err = crypto_shash_finup(desc, half, kinds[hash].digest, out);
	shash_desc_zero(desc);
	memzero_explicit(half, sizeof(half));
	return err;
}

/**
 * vp_hmac_prepare() - compute a key's inner and outer state
 * @states: where to
 * @key: the key
 * @len: its length in bytes; longer than a block is hashed first (RFC 2104)
 *
 * Return: 0 or a negative errno, and then @states is wiped.
 */
int vp_hmac_prepare(struct vp_hmac_states *states, const u8 *key, size_t len)
{
	int err = prepare(states->inner, states->outer, VP_SHA256, key, len);

	if (err)
		memzero_explicit(states, sizeof(*states));
	return err;
}

/**
 * vp_hmac() - HMAC-SHA-256 under a prepared key
 * @out: 32 bytes
 * @states: the prepared key
 * @pieces: the message
 * @n: number of pieces
 *
 * Neither allocates nor sleeps.
 *
 * Return: 0 or a negative errno, and then @out is undefined.
 */
int vp_hmac(u8 out[VP_HASH_LEN], const struct vp_hmac_states *states,
	    const struct vp_piece *pieces, size_t n)
{
	return mac(out, states->inner, states->outer, VP_SHA256, pieces, n);
}

/* Bytes that vp_mac() writes. */
size_t vp_mac_size(enum vp_hash hash)
{
	return kinds[hash].digest;
}

/**
 * vp_mac_prepare() - vp_hmac_prepare() with any of the hashes
 * @states: where to
 * @hash: which
 * @key: the key
 * @len: its length
 *
 * Return: 0; -EOPNOTSUPP if this kernel does not have the hash; another
 * negative errno. With an error @states is wiped.
 */
int vp_mac_prepare(struct vp_mac_states *states, enum vp_hash hash, const u8 *key, size_t len)
{
	int err;

	memset(states, 0, sizeof(*states));	/* what is not used of them is stored, too */
	err = prepare(states->inner, states->outer, hash, key, len);
	if (err)
		memzero_explicit(states, sizeof(*states));
	return err;
}

/**
 * vp_mac() - HMAC under a prepared key
 * @out: vp_mac_size() bytes
 * @states: the prepared key
 * @hash: with which hash it was prepared
 * @pieces: the message
 * @n: number of pieces
 *
 * Neither allocates nor sleeps.
 *
 * Return: 0 or a negative errno, and then @out is undefined.
 */
int vp_mac(u8 *out, const struct vp_mac_states *states, enum vp_hash hash,
	   const struct vp_piece *pieces, size_t n)
{
	return mac(out, states->inner, states->outer, hash, pieces, n);
}
