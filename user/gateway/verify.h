/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this code that key's, now, and not before? Knows no clock and no database. */
#ifndef VPG_VERIFY_H
#define VPG_VERIFY_H

#include "agreement.h"
#include "hmac.h"
#include "paycode.h"

enum verdict {
	VERDICT_GOOD,
	VERDICT_WRONG,	/* not from this key, or not from this time */
	VERDICT_USED,	/* right, but it has been used, or a later one has */
};

/* What a code's MAC is computed with: the key of its V, and what it is bound to. */
struct verify_under {
	const struct vp_root_keys *roots;
	const struct hmac_states *states;	/* of V 1 to 5 and 8's key, or NULL: they are made of @roots */
	const __u8 *bind;	/* PAYCODE_BIND_MAX bytes, or NULL */
};

/*
 * V 1 to 6: tries the step that is now and its two neighbours: always three
 * HMACs, and the time taken does not depend on the outcome. Sets @ordinal
 * unless WRONG.
 */
enum verdict verify_code(const struct paycode *code, const struct verify_under *under,
			 __u64 step, __u64 watermark, __u64 *ordinal);

/*
 * V 8: tries the codes of the pool that have this Q, one or two, used or not.
 * @used has bit index of each that was; sets @index unless WRONG.
 */
enum verdict verify_pool(const struct paycode *code, const struct verify_under *under,
			 __u64 serial, __u32 used, unsigned int *index);

/*
 * Which of @n values of the step, at most 32, give this code, as a set of bits.
 * Digits are compared modulo @modulus, a power of ten: VERIFY_ALL_DIGITS is all of
 * them, and what is less is for measuring how often a guess is right.
 */
#define VERIFY_ALL_DIGITS	1000000000U
__u32 verify_matches(const struct paycode *code, const struct verify_under *under,
		     const __u64 *steps, unsigned int n, __u32 modulus);

#endif /* VPG_VERIFY_H */
