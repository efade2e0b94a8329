// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hash is OpenSSL's, by the functions that it calls deprecated: the others keep a state
 * in an allocation of their own, and copying one costs as much as three blocks.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
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

/* After one block. */
static void resume(SHA256_CTX *ctx, const __u32 state[8])
{
	SHA256_Init(ctx);
	memcpy(ctx->h, state, sizeof(ctx->h));
	ctx->Nl = BLOCK * 8;
}

void hmac_sum(const struct hmac_states *hs, __u8 out[VP_HASH_LEN], const struct vp_piece *pieces, size_t n)
{
	SHA256_CTX ctx;

	resume(&ctx, hs->inner);
	for (size_t i = 0; i < n; i++)
		SHA256_Update(&ctx, pieces[i].data, pieces[i].len);
	SHA256_Final(out, &ctx);
	resume(&ctx, hs->outer);
	SHA256_Update(&ctx, out, VP_HASH_LEN);
	SHA256_Final(out, &ctx);
	vp_prim_wipe(&ctx, sizeof(ctx));
}
