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
#include <linux/jump_label.h>

#include "voicepay.h"
#include "hmac.h"

#define BLOCK_MAX	128	/* of SHA-512 */
#define STATE_MAX	216	/* exported, on every kernel that this builds for */
#define PLAIN_STATE_LEN	104	/* of SHA-256, at work */
#define PLAIN_MAX	(VP_HMAC_BLOCK - 9)	/* fits into a block with its padding */

static const struct {
	const char *name;
	unsigned int digest, kept;
	bool required;
} kinds[VP_HASHES] = {
	[VP_SHA256]	= { "sha256", VP_HASH_LEN, VP_SHA_STATE_LEN, true },
	[VP_SHA1]	= { "sha1", 20, 32, false },
	[VP_SHA512]	= { "sha512", VP_HASH512_LEN, VP_ANY_STATE_LEN, true },
	[VP_SHA384]	= { "sha384", 48, VP_ANY_STATE_LEN, false },
};

/* NULL: this kernel does not have it. */
static struct crypto_shash *tfms[VP_HASHES];

/*
 * The SHA-256 there is works on the state as it is exported: what is kept of one can be
 * laid into a descriptor as it is, which halves what an HMAC costs beside the hashing.
 */
static DEFINE_STATIC_KEY_FALSE(sha256_is_plain);

static void put_tfm(enum vp_hash hash)
{
	if (tfms[hash])
		crypto_free_shash(tfms[hash]);
	tfms[hash] = NULL;
}

static int __init get_tfm(enum vp_hash hash)
{
	struct crypto_shash *tfm = crypto_alloc_shash(kinds[hash].name, 0, 0);

	if (IS_ERR(tfm)) {
		if (!kinds[hash].required)
			return 0;
		pr_err("this kernel has no %s\n", kinds[hash].name);
		return PTR_ERR(tfm);
	}
	if (crypto_shash_statesize(tfm) > STATE_MAX ||
	    crypto_shash_statesize(tfm) < kinds[hash].kept ||
	    crypto_shash_blocksize(tfm) > BLOCK_MAX ||
	    crypto_shash_digestsize(tfm) != kinds[hash].digest) {
		pr_warn("%s: state of %u bytes, room for %u\n", kinds[hash].name,
			crypto_shash_statesize(tfm), STATE_MAX);
		crypto_free_shash(tfm);
		return kinds[hash].required ? -EOPNOTSUPP : 0;
	}
	tfms[hash] = tfm;
	return 0;
}

void vp_hmac_exit(void)
{
	int i;

	for (i = 0; i < VP_HASHES; i++)
		put_tfm(i);
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
	u8 block[BLOCK_MAX], whole[STATE_MAX] __aligned(8);
	int err, i;

	for (i = 0; i < BLOCK_MAX; i++)
		block[i] = key[i] ^ pad;

	desc->tfm = tfms[hash];
	err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, block, crypto_shash_blocksize(desc->tfm));
	if (!err)
		err = crypto_shash_export(desc, whole);
	if (!err)
		memcpy(state, whole, kinds[hash].kept);
	shash_desc_zero(desc);
	memzero_explicit(block, sizeof(block));
	memzero_explicit(whole, sizeof(whole));
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

/* What is not kept of a state is zero. */
static int resume(struct shash_desc *desc, enum vp_hash hash, const u8 *state)
{
	u8 whole[STATE_MAX] __aligned(8) = {};
	int err;

	memcpy(whole, state, kinds[hash].kept);
	err = crypto_shash_import(desc, whole);
	memzero_explicit(whole, sizeof(whole));
	return err;
}

static int mac(u8 *out, const u8 *inner, const u8 *outer, enum vp_hash hash,
	       const struct vp_piece *pieces, size_t n)
{
	SHASH_DESC_ON_STACK(desc, tfms[hash]);
	u8 half[VP_HASH512_LEN];
	int err;

	desc->tfm = tfms[hash];
	err = resume(desc, hash, inner);
	if (!err)
		err = update(desc, pieces, n);
	if (!err)
		err = crypto_shash_final(desc, half);
	if (!err)
		err = resume(desc, hash, outer);
	if (!err)
		err = crypto_shash_finup(desc, half, kinds[hash].digest, out);
	shash_desc_zero(desc);
	memzero_explicit(half, sizeof(half));
	return err;
}

/* Two words of a state, as the hash has them. */
static __always_inline u64 two_words(const u32 *word)
{
	return (u64)word[0] << 32 | word[1];
}

/* Of a message that ends in its second block, after @len bytes. */
static __always_inline void put_bits(u8 block[VP_HMAC_BLOCK], size_t len)
{
	put_unaligned_be64((VP_HMAC_BLOCK + len) * 8, block + VP_HMAC_BLOCK - 8);
}

/*
 * vp_hmac_head() where the states can be laid in and taken out: two blocks, and nothing
 * copied twice.
 */
static int plain_head(u64 *head, const struct vp_hmac_states *states, u8 block[VP_HMAC_BLOCK],
		      size_t len)
{
	/* shash_desc_ctx() of it is written before it is read, as far as it is used. */
	u8 space[sizeof(struct shash_desc) + PLAIN_STATE_LEN]
		__aligned(__alignof__(struct shash_desc)) vp_uninitialized;
	struct shash_desc *desc = (struct shash_desc *)space;
	u32 *word = shash_desc_ctx(desc);
	int err, i;

	desc->tfm = tfms[VP_SHA256];
	memcpy(word, states->inner, sizeof(states->inner));
	block[len] = 0x80;
	put_bits(block, len);
	err = crypto_shash_update(desc, block, VP_HMAC_BLOCK);

#pragma GCC unroll 4
	for (i = 0; i < VP_HASH_LEN / 8; i++)
		put_unaligned_be64(two_words(word + 2 * i), block + 8 * i);
	memcpy(word, states->outer, sizeof(states->outer));
	memset(block + VP_HASH_LEN, 0, VP_HMAC_BLOCK - VP_HASH_LEN);
	block[VP_HASH_LEN] = 0x80;
	put_bits(block, VP_HASH_LEN);
	if (!err)
		err = crypto_shash_update(desc, block, VP_HMAC_BLOCK);
	/* Else it is the outer state, with which anybody could make MACs. */
	if (!err)
		*head = two_words(word);
	memzero_explicit(word, VP_SHA_STATE_LEN);
	memzero_explicit(block, VP_HASH_LEN);
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

static noinline int any_head(u64 *head, const struct vp_hmac_states *states,
			     u8 block[VP_HMAC_BLOCK], size_t len)
{
	const struct vp_piece piece = { block, len };
	u8 whole[VP_HASH_LEN];
	int err;

	err = vp_hmac(whole, states, &piece, 1);
	if (!err)
		*head = get_unaligned_be64(whole);
	memzero_explicit(whole, sizeof(whole));
	return err;
}

/**
 * vp_hmac_head() - the first eight bytes of an HMAC-SHA-256 of a short message
 * @head: out: them, big endian, as a number
 * @states: the prepared key
 * @block: begins with the message, and is zero behind it; undefined afterwards
 * @len: bytes of the message
 *
 * Neither allocates nor sleeps.
 *
 * Return: 0 or a negative errno, and then @head is undefined.
 */
int vp_hmac_head(u64 *head, const struct vp_hmac_states *states, u8 block[VP_HMAC_BLOCK],
		 size_t len)
{
	if (len <= PLAIN_MAX && static_branch_likely(&sha256_is_plain))
		return plain_head(head, states, block, len);
	return any_head(head, states, block, len);
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

/* HMAC by its definition (RFC 2104). */
static int __init mac_slowly(u8 *out, enum vp_hash hash, const u8 *block,
			     const struct vp_piece *message)
{
	u8 inner[BLOCK_MAX], outer[BLOCK_MAX], half[VP_HASH512_LEN];
	unsigned int i, len = crypto_shash_blocksize(tfms[hash]);
	const struct vp_piece in[] = { { inner, len }, *message };
	const struct vp_piece all[] = { { outer, len }, { half, kinds[hash].digest } };

	for (i = 0; i < len; i++) {
		inner[i] = block[i] ^ 0x36;
		outer[i] = block[i] ^ 0x5c;
	}
	return digest(half, hash, in, ARRAY_SIZE(in)) ?: digest(out, hash, all, ARRAY_SIZE(all));
}

/* With what is kept of the states an HMAC is right, of messages short and long. */
static int __init check_kept(enum vp_hash hash)
{
	static const u8 lengths[] = { 0, 1, 55, 56, 64, 128, 200 };
	u8 key[BLOCK_MAX], text[200], right[VP_HASH512_LEN], out[VP_HASH512_LEN];
	struct vp_mac_states states;
	int err, i;

	for (i = 0; i < BLOCK_MAX; i++)
		key[i] = i;
	memset(text, 0xa5, sizeof(text));
	err = vp_mac_prepare(&states, hash, key, crypto_shash_blocksize(tfms[hash]));
	for (i = 0; i < ARRAY_SIZE(lengths) && !err; i++) {
		struct vp_piece piece = { text, lengths[i] };

		err = mac_slowly(right, hash, key, &piece);
		if (!err)
			err = mac(out, states.inner, states.outer, hash, &piece, 1);
		if (!err && memcmp(out, right, kinds[hash].digest))
			err = -EOPNOTSUPP;
	}
	if (err)
		pr_err("%s: this kernel keeps its state in a way that is not known here (%d)\n",
		       kinds[hash].name, err);
	return err;
}

/* Whether plain_head() does the same as mac(). */
static bool __init plain_is_right(void)
{
	u8 key[VP_HASH_LEN], block[VP_HMAC_BLOCK], whole[VP_HASH_LEN];
	struct vp_piece piece = { block, 0 };
	struct vp_hmac_states states;
	u64 head;

	/* Of another size it is another structure, and may begin with a pointer. */
	if (crypto_shash_descsize(tfms[VP_SHA256]) != PLAIN_STATE_LEN)
		return false;
	memset(key, 0x3c, sizeof(key));
	if (vp_hmac_prepare(&states, key, sizeof(key)))
		return false;
	for (; piece.len <= PLAIN_MAX; piece.len++) {
		memset(block, 0, sizeof(block));
		memset(block, 0xa5, piece.len);
		if (vp_hmac(whole, &states, &piece, 1) ||
		    plain_head(&head, &states, block, piece.len) ||
		    head != get_unaligned_be64(whole))
			return false;
	}
	return true;
}

int __init vp_hmac_init(void)
{
	int i, err = 0;

	for (i = 0; i < VP_HASHES && !err; i++)
		err = get_tfm(i);
	for (i = 0; i < VP_HASHES && !err; i++) {
		if (tfms[i] && check_kept(i)) {
			put_tfm(i);
			err = kinds[i].required ? -EOPNOTSUPP : 0;
		}
	}
	if (!err && plain_is_right())
		static_branch_enable(&sha256_is_plain);
	if (err)
		vp_hmac_exit();
	return err;
}
