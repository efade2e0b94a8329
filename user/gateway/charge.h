/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The merchant charges a code, and asks what became of an order. */
#ifndef VPG_CHARGE_H
#define VPG_CHARGE_H

#include "gateway.h"

struct charge {
	const char *order_no;
	const char *code;		/* as it came, any length */
	long long amount;
	const char *currency;
};

/* What an order came to, for the answer. */
struct outcome {
	enum order_state state;
	enum refusal reason;		/* of ORDER_PAYERROR */
	char payment[STORE_PAYMENT_LEN + 1];
	long long amount;
	char currency[STORE_CURRENCY_LEN + 1];
	__u64 time;
};

/*
 * RF_OK: the order is paid, now or before, and @out says how. Anything else:
 * no money moved on account of this call.
 */
enum refusal charge_code(struct call *c, const struct charge *req, struct outcome *out);
enum refusal charge_query(struct call *c, const char *order_no, struct outcome *out);

#endif /* VPG_CHARGE_H */
