/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device pays an order that a merchant made: the user scans. */
#ifndef VPG_PAY_ORDER_H
#define VPG_PAY_ORDER_H

#include "authorised.h"

struct pay_order {
	const char *ref, *payee, *currency;	/* as they were shown */
	long long amount;
	struct authorisation auth;
};

/* What the order is, for the user to see before paying. */
enum refusal pay_order_show(struct call *c, const char *ref, struct merchant_order *o, struct account *payee);
/* RF_OK: paid, now or before by the same device. */
enum refusal pay_order(struct call *c, const struct pay_order *req, struct merchant_order *o);

#endif /* VPG_PAY_ORDER_H */
