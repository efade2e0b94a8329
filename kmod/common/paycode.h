/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PC1, the payment code; Documentation/pc1.md has the reasons:
 *
 *	PP(2) V(1) ALIAS(10) Q(1) MAC(9) C(1)		24 decimal digits
 *
 * This file knows the format and nothing else: no clock, no key, no HMAC. It
 * says over which bytes the MAC goes and what becomes of the MAC; who calls it
 * computes HMAC-SHA-256 with what it has, or HMAC-SHA-512 for V = 6.
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

#include "wire.h"

#define PAYCODE_DIGITS		24
#define PAYCODE_PREFIX_DIGITS	2
#define PAYCODE_ALIAS_DIGITS	10
#define PAYCODE_MAC_DIGITS	9
#define PAYCODE_STEP_SECONDS	30
#define PAYCODE_PER_STEP	10	/* values of Q */
#define PAYCODE_BIND_MAX	32	/* a SHA-256, or nothing */

/* V: version and mode of a code. A code is never tried as another than it says. */
enum paycode_mode {
	PAYCODE_PLAIN		= 1,
	PAYCODE_AMOUNT		= 2,	/* bound to currency and amount */
	PAYCODE_MERCHANT	= 3,	/* bound to a merchant and its challenge */
	PAYCODE_BOUND		= 4,	/* bound to all of these */
	PAYCODE_SHOWN		= 5,	/* plain, its digits shown or spoken: less is believed */
	PAYCODE_PLAIN_512	= 6,	/* plain, with HMAC-SHA-512 under a key of its own */
	PAYCODE_POOL		= 8,	/* from a pool granted beforehand: needs no clock */
	PAYCODE_ONLINE		= 9,	/* drawn by the gateway */
};

/* Sets of modes, as device and gateway negotiate them: bit V. A V is one digit, and never 0. */
#define PAYCODE_MODE(v)		(1U << (v))
#define PAYCODE_MODES_MASK	0x3feU
/* What a device can issue by itself. */
#define PAYCODE_MODES_DEVICE							\
	(PAYCODE_MODE(PAYCODE_PLAIN) | PAYCODE_MODE(PAYCODE_AMOUNT) |		\
	 PAYCODE_MODE(PAYCODE_MERCHANT) | PAYCODE_MODE(PAYCODE_BOUND) |		\
	 PAYCODE_MODE(PAYCODE_SHOWN) | PAYCODE_MODE(PAYCODE_PLAIN_512) |	\
	 PAYCODE_MODE(PAYCODE_POOL))

/* Do amount, merchant and the like go under the MAC? */
static inline int paycode_is_bound(unsigned int mode)
{
	return mode >= PAYCODE_AMOUNT && mode <= PAYCODE_BOUND;
}

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

/* PP V ALIAS Q */
#define PAYCODE_HEAD_DIGITS	(PAYCODE_DIGITS - PAYCODE_MAC_DIGITS - 1)

/*
 * Writes the bytes that the MAC of a code at @step goes over to @out and returns their
 * number. @head are the code's first PAYCODE_HEAD_DIGITS. @bind_len is 0 or 32; bind.h
 * makes the 32 bytes. For V = 8 @step is what paycode_pool_step() (pool.h) says.
 */
static inline size_t paycode_head_input(__u8 out[PAYCODE_INPUT_MAX], const __u8 *head, __u64 step,
					const __u8 *bind, size_t bind_len)
{
	__u8 *p = out;

	p = vp_wire_put(p, "PC1", 3);
	p = vp_wire_put(p, head, PAYCODE_HEAD_DIGITS - 1);
	p = vp_wire_put_be(p, step, 8);
	p = vp_wire_put_be(p, head[PAYCODE_HEAD_DIGITS - 1] - '0', 1);
	p = vp_wire_put_be(p, bind_len, 2);
	if (bind_len)
		p = vp_wire_put(p, bind, bind_len);
	return p - out;
}

/* Completes a code whose first PAYCODE_HEAD_DIGITS are in @out; not terminated. */
void paycode_finish(__u8 out[PAYCODE_DIGITS], __u32 mac);

/* The same of a code in parts. */
size_t paycode_mac_input(__u8 out[PAYCODE_INPUT_MAX], const struct paycode *code,
			 __u64 step, const __u8 *bind, size_t bind_len);

/* First eight bytes of an HMAC, big endian, modulo 10^9. Constant time. */
__u32 paycode_truncate(const __u8 hmac[8]);
/* The same of these eight bytes as a number. */
#define PAYCODE_MODULUS	1000000000U
#if __SIZEOF_LONG__ == 8
static inline __u32 paycode_reduce(__u64 head)
{
	return head % PAYCODE_MODULUS;	/* by a constant: a multiplication */
}
#else
__u32 paycode_reduce(__u64 head);
#endif

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
