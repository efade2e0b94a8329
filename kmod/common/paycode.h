/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PC1, the payment code; Documentation/pc1.md has the reasons:
 *
 *	PP(2) V(1) ALIAS(10) Q(1) MAC(9) C(1)		24 decimal digits
 *
 * This file knows the format and nothing else: no clock, no key, no HMAC. It
 * says over which bytes the MAC goes and what becomes of the MAC; who calls it
 * computes HMAC-SHA-256 with what it has.
 */
#ifndef VP_PAYCODE_H
#define VP_PAYCODE_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/errno.h>
#else
#include <stddef.h>
#include <string.h>
#include <errno.h>
#endif
#include <linux/types.h>

#define PAYCODE_DIGITS		24
#define PAYCODE_PREFIX_DIGITS	2
#define PAYCODE_ALIAS_DIGITS	10
#define PAYCODE_MAC_DIGITS	9
#define PAYCODE_STEP_SECONDS	30
#define PAYCODE_PER_STEP	10	/* values of Q */
#define PAYCODE_BIND_MAX	32	/* a SHA-256, or nothing */

/* V: version and mode of a code. */
enum paycode_mode {
	PAYCODE_PLAIN	= 1,
};

/* A code taken apart, or about to be put together. Digits are ASCII. */
struct paycode {
	__u8  prefix[PAYCODE_PREFIX_DIGITS];
	__u8  mode;			/* V, 0 to 9 */
	__u8  alias[PAYCODE_ALIAS_DIGITS];
	__u8  q;			/* 0 to 9 */
	__u32 mac;			/* 0 to 999999999 */
};

/* "PC1" PP V ALIAS BE64(step) u8(Q) BE16(len) bind */
#define PAYCODE_INPUT_MAX	(3 + 2 + 1 + 10 + 8 + 1 + 2 + PAYCODE_BIND_MAX)

/*
 * The time step of a code is its time in seconds since 1970 divided by
 * PAYCODE_STEP_SECONDS; the caller divides, as 32-bit kernels have a division
 * of their own for that.
 *
 * Single-use order of codes: a later code under one key has a higher ordinal.
 */
static inline __u64 paycode_ordinal(__u64 step, unsigned int q)
{
	return step * PAYCODE_PER_STEP + q;
}

/*
 * Writes the bytes that the MAC of @code at @step goes over to @out and returns
 * their number. @bind_len is 0 or 32.
 */
size_t paycode_mac_input(__u8 out[PAYCODE_INPUT_MAX], const struct paycode *code,
			 __u64 step, const __u8 *bind, size_t bind_len);

/* First eight bytes of an HMAC, big endian, modulo 10^9. Constant time. */
__u32 paycode_truncate(const __u8 hmac[8]);

/* Writes the 24 digits, not terminated. */
void paycode_format(__u8 out[PAYCODE_DIGITS], const struct paycode *code);

/*
 * Takes 24 digits apart. -EINVAL if @len is not 24 or a character is not a
 * digit, -EBADMSG if the check digit is wrong.
 */
int paycode_parse(struct paycode *code, const char *digits, size_t len);

/* Damm's check digit over @len ASCII digits, as a number. */
unsigned int paycode_damm(const __u8 *digits, size_t len);

#endif /* VP_PAYCODE_H */
