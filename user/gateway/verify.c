// SPDX-License-Identifier: GPL-2.0-or-later
#include "prim_openssl.h"
#include "verify.h"

/* All ones if a == b, else zero, without a branch. */
static __u64 equal_mask(__u32 a, __u32 b)
{
	__u64 diff = a ^ b;

	return 0 - ((diff - 1) >> 63);
}

enum verdict verify_code(const struct paycode *code, const __u8 key[VP_KEY_LEN],
			 __u64 step, __u64 watermark, __u64 *ordinal)
{
	struct hmac_key *hk = hmac_key_new(key);
	__u64 found = 0;
	int failed = !hk;

	for (int d = -1; d <= 1; d++) {
		__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH_LEN];
		__u64 at = step + d;
		size_t len = paycode_mac_input(input, code, at, NULL, 0);
		__u64 hit;

		if (hmac_key_sum(hk, mac, input, len))
			failed = 1;
		hit = equal_mask(paycode_truncate(mac), code->mac);
		/* Of two steps that match by chance the later one counts. */
		found = (hit & paycode_ordinal(at, code->q)) | (~hit & found);
		vp_prim_wipe(mac, sizeof(mac));
	}
	hmac_key_free(hk);
	if (failed || !found)
		return VERDICT_WRONG;
	*ordinal = found;
	return found > watermark ? VERDICT_GOOD : VERDICT_USED;
}
