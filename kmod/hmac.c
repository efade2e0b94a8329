// SPDX-License-Identifier: GPL-2.0
/*
 * SHA-256, and HMAC-SHA-256 from prepared states.
 *
 * The kernel's hmac(sha256) transform would keep each key's states in an
 * allocation of its own, where nobody looks after them. Here one keyless
 * transform serves everybody, and a key's two states lie wherever its owner
 * keeps secrets. What an operation needs beyond that is on the stack, and wiped.
 */

#include <crypto/hash.h>
#include <linux/err.h>

#include "voicepay.h"
#include "hmac.h"

#define SHA256_BLOCK	64

static struct crypto_shash *sha256_tfm;

int vp_hmac_init(void)
{
	struct crypto_shash *tfm = crypto_alloc_shash("sha256", 0, 0);

	if (IS_ERR(tfm)) {
		pr_err("this kernel has no sha256 (CONFIG_CRYPTO_SHA256)\n");
		return PTR_ERR(tfm);
	}
	if (crypto_shash_statesize(tfm) > VP_SHA_STATE_MAX) {
		pr_err("SHA-256 state of %u bytes, room for %u\n",
		       crypto_shash_statesize(tfm), VP_SHA_STATE_MAX);
		crypto_free_shash(tfm);
		return -EOPNOTSUPP;
	}
	sha256_tfm = tfm;
	return 0;
}

void vp_hmac_exit(void)
{
	crypto_free_shash(sha256_tfm);
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

int vp_sha256(u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n)
{
	SHASH_DESC_ON_STACK(desc, sha256_tfm);
	int err;

	desc->tfm = sha256_tfm;
	err = crypto_shash_init(desc);
	if (!err)
		err = update(desc, pieces, n);
	if (!err)
		err = crypto_shash_final(desc, out);
	shash_desc_zero(desc);
	return err;
}

static int prepare_half(u8 *state, const u8 key[SHA256_BLOCK], u8 pad)
{
	SHASH_DESC_ON_STACK(desc, sha256_tfm);
	u8 block[SHA256_BLOCK];
	int err, i;

	for (i = 0; i < SHA256_BLOCK; i++)
		block[i] = key[i] ^ pad;

	desc->tfm = sha256_tfm;
	err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, block, sizeof(block));
	if (!err)
		err = crypto_shash_export(desc, state);
	shash_desc_zero(desc);
	memzero_explicit(block, sizeof(block));
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
	u8 block[SHA256_BLOCK] = {};
	const struct vp_piece piece = { key, len };
	int err = 0;

	if (len > sizeof(block))
		err = vp_sha256(block, &piece, 1);
	else
		memcpy(block, key, len);
	if (!err)
		err = prepare_half(states->inner, block, 0x36);
	if (!err)
		err = prepare_half(states->outer, block, 0x5c);
	if (err)
		memzero_explicit(states, sizeof(*states));
	memzero_explicit(block, sizeof(block));
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
	SHASH_DESC_ON_STACK(desc, sha256_tfm);
	u8 inner[VP_HASH_LEN];
	int err;

	desc->tfm = sha256_tfm;
	err = crypto_shash_import(desc, states->inner);
	if (!err)
		err = update(desc, pieces, n);
	if (!err)
		err = crypto_shash_final(desc, inner);
	if (!err)
		err = crypto_shash_import(desc, states->outer);
	if (!err)
		err = crypto_shash_finup(desc, inner, sizeof(inner), out);
	shash_desc_zero(desc);
	memzero_explicit(inner, sizeof(inner));
	return err;
}
