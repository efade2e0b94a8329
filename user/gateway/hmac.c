// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hash is OpenSSL's, by the functions that it calls deprecated: the others keep a state
 * in an allocation of their own, and copying one costs as much as three blocks. What is short, as
 * codes are, goes into one block, which is padded here.
 *
 * The fields of SHA256_CTX, h and Nl, are used by name. The structure is in the public header, callers have it on
 * their own stacks, and so its layout is part of the library's ABI: it cannot change but with the library's name. It has been the
 * same since OpenSSL 0.9.8, and test_verify.c holds every length below 200 against HMAC by the other interface.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <endian.h>

#include <openssl/sha.h>

#include "hmac.h"

#define BLOCK	SHA256_CBLOCK

static void half(__u32 state[8], const __u8 key[VP_KEY_LEN], __u8 pad)
{
	__u8 block[BLOCK];
	SHA256_CTX ctx;

	memset(block, pad, sizeof(block));
	for (int i = 0; i < VP_KEY_LEN; i++)
		block[i] ^= key[i];
	SHA256_Init(&ctx);
	SHA256_Transform(&ctx, block);
	memcpy(state, ctx.h, sizeof(ctx.h));
	vp_prim_wipe(block, sizeof(block));
	vp_prim_wipe(&ctx, sizeof(ctx));
}

void hmac_prepare(struct hmac_states *hs, const __u8 key[VP_KEY_LEN])
{
	half(hs->inner, key, 0x36);
	half(hs->outer, key, 0x5c);
}

/*
 * The hash of what @state is of, one block, and of @len bytes more at the begin of @block, which leave
 * room for the end of a message.
 */
static void finish(__u8 out[VP_HASH_LEN], const __u32 state[8], __u8 block[BLOCK], size_t len)
{
	__u64 bits = htobe64((BLOCK + len) * 8);
	SHA256_CTX ctx;

	block[len] = 0x80;
	memset(block + len + 1, 0, BLOCK - sizeof(bits) - len - 1);
	memcpy(block + BLOCK - sizeof(bits), &bits, sizeof(bits));
	memcpy(ctx.h, state, sizeof(ctx.h));
	SHA256_Transform(&ctx, block);
	for (int i = 0; i < 8; i++)
		ctx.h[i] = htobe32(ctx.h[i]);
	memcpy(out, ctx.h, VP_HASH_LEN);
	vp_prim_wipe(ctx.h, sizeof(ctx.h));
}

/* Longer ones. */
static void inner_hash(__u8 out[VP_HASH_LEN], const __u32 state[8], const struct vp_piece *pieces, size_t n)
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	memcpy(ctx.h, state, sizeof(ctx.h));
	ctx.Nl = BLOCK * 8;
	for (size_t i = 0; i < n; i++)
		SHA256_Update(&ctx, pieces[i].data, pieces[i].len);
	SHA256_Final(out, &ctx);
	vp_prim_wipe(&ctx, sizeof(ctx));
}

void hmac_sum(const struct hmac_states *hs, __u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n)
{
	__u8 block[BLOCK];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len > BLOCK - 9 - len) {
			inner_hash(block, hs->inner, pieces, n);
			goto outer;
		}
		if (pieces[i].len)
			memcpy(block + len, pieces[i].data, pieces[i].len);
		len += pieces[i].len;
	}
	finish(block, hs->inner, block, len);
outer:
	finish(out, hs->outer, block, VP_HASH_LEN);
	vp_prim_wipe(block, sizeof(block));
}
