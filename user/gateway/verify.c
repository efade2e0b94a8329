// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool.h"
#include "prim_openssl.h"
#include "verify.h"

/* 1 if a == b, else 0, without a branch. */
static __u64 equal(__u32 a, __u32 b)
{
	__u64 diff = a ^ b;

	return (diff - 1) >> 63;
}

/* HMAC-SHA-256, or for V = 6 HMAC-SHA-512 under a key of its own. The first eight bytes count. */
static int mac_of(__u8 out[8], const struct paycode *code, const struct verify_under *under,
		  const struct hmac_states *hs, __u64 step)
{
	__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH512_LEN];
	size_t len = paycode_mac_input(input, code, step, under->bind, under->bind ? PAYCODE_BIND_MAX : 0);
	struct vp_piece piece = { input, len };
	int ret = 0;

	if (code->mode == PAYCODE_PLAIN_512)
		ret = vp_prim_hmac512(mac, under->roots->code512, sizeof(under->roots->code512), &piece, 1);
	else
		hmac_sum(hs, mac, &piece, 1);
	memcpy(out, mac, 8);
	vp_prim_wipe(mac, sizeof(mac));
	return ret;
}

__u32 verify_matches(const struct paycode *code, const struct verify_under *under,
		     const __u64 *steps, unsigned int n, __u32 modulus)
{
	const struct hmac_states *hs = under->states;
	struct hmac_states own;
	__u32 found = 0;
	int failed = 0;

	if (!hs) {
		hmac_prepare(&own, under->roots->code);
		hs = &own;
	}
	for (unsigned int i = 0; i < n; i++) {
		__u8 mac[8] = { 0 };

		if (mac_of(mac, code, under, hs, steps[i]))
			failed = 1;
		found |= (__u32)equal(paycode_truncate(mac) % modulus, code->mac % modulus) << i;
	}
	if (hs == &own)
		vp_prim_wipe(&own, sizeof(own));
	return failed ? 0 : found;
}

enum verdict verify_code(const struct paycode *code, const struct verify_under *under,
			 __u64 step, __u64 watermark, __u64 *ordinal)
{
	const __u64 steps[] = { step - 1, step, step + 1 };
	__u32 found = verify_matches(code, under, steps, 3, VERIFY_ALL_DIGITS);

	if (!found)
		return VERDICT_WRONG;
	/* Of two steps that match by chance the later one counts. */
	*ordinal = paycode_ordinal(steps[31 - __builtin_clz(found)], code->q);
	return *ordinal > watermark ? VERDICT_GOOD : VERDICT_USED;
}

enum verdict verify_pool(const struct paycode *code, const struct verify_under *under,
			 __u64 serial, __u32 used, unsigned int *index)
{
	__u64 steps[2] = { 0 };
	unsigned int n = 0, i;
	__u32 found;

	for (i = code->q; i < VP_POOL_CODES_MAX; i += PAYCODE_PER_STEP)
		steps[n++] = paycode_pool_step(serial, i);
	found = verify_matches(code, under, steps, n, VERIFY_ALL_DIGITS);
	if (!found)
		return VERDICT_WRONG;
	/* If both match by chance, the one that is still good. */
	for (i = 0; i < n; i++) {
		if (!(found >> i & 1))
			continue;
		*index = code->q + i * PAYCODE_PER_STEP;
		if (!(used >> *index & 1))
			return VERDICT_GOOD;
	}
	return VERDICT_USED;
}
