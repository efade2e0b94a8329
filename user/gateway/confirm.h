/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payments above the owner's limit wait for a word of the device whose code it was. */
#ifndef VPG_CONFIRM_H
#define VPG_CONFIRM_H

#include "authorised.h"

/* In the transaction that spent the code: the order waits. */
enum refusal confirm_ask(struct call *c, struct merchant_order *o, long long key, __u64 ordinal);

/* What the owner was shown, and the answer to it. */
struct confirmation {
	const char *ref, *payee, *currency;
	long long amount;
	bool yes;
	struct authorisation auth;
};

/*
 * RF_OK: paid, or with @yes false ended, now or before by the same answer.
 * RF_CONFIRM_OVER if there is nothing to answer, or not for this device.
 */
enum refusal confirm_answer(struct call *c, const struct confirmation *conf, struct merchant_order *o);

#endif /* VPG_CONFIRM_H */
