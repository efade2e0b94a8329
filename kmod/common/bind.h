/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a code of V = 2, 3 or 4 is bound to: amount, merchant, challenge; and the
 * 32 bytes of it that go under the code's MAC. The gateway has the same terms
 * from the till, so none of them costs a digit.
 */
#ifndef VP_BIND_H
#define VP_BIND_H

#include "paycode.h"

#define PAYCODE_CURRENCY_LEN	3
#define PAYCODE_AMOUNT_MAX	0x7fffffffffffffffULL
#define PAYCODE_MERCHANT_MAX	64
#define PAYCODE_CHALLENGE_MAX	32

/*
 * Strings are padded with NUL; one that fills its field has none. What a mode
 * does not bind must be zero, so that nobody takes for bound what is not.
 */
struct paycode_terms {
	__u64 amount;				/* in minor units, 1 to PAYCODE_AMOUNT_MAX */
	__u8  currency[PAYCODE_CURRENCY_LEN];	/* A-Z */
	__u8  merchant[PAYCODE_MERCHANT_MAX];	/* its id at the gateway: A-Za-z0-9._- */
	__u8  challenge[PAYCODE_CHALLENGE_MAX];	/* 0x21 to 0x7e; may be empty */
};

/* Are these terms for that mode? 0 or -EINVAL; modes that bind nothing want none. */
int paycode_check_terms(const struct paycode_terms *terms, unsigned int mode);

/*
 * SHA-256 over the terms' canonical encoding (Documentation/pc1.md). -EINVAL if
 * @mode binds nothing or wants other terms; another errno of vp_prim_hash().
 */
int paycode_bind(__u8 out[PAYCODE_BIND_MAX], const struct paycode_terms *terms,
		 unsigned int mode);

#endif /* VP_BIND_H */
