/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The merchant charges a code. */
#ifndef VPG_CHARGE_H
#define VPG_CHARGE_H

#include "gateway.h"

struct charge {
	const char *order_no;
	const char *code;		/* as it came, any length */
	long long amount;
	const char *currency;
	const char *challenge;		/* NULL: none */
};

/* What charge_code() will ask in any case, of an order number of good form; see store_ahead(). */
void charge_ahead(struct call *c, const char *order_no, const char *digits);
/*
 * RF_OK: the order is paid, now or before, and @out says how. Anything else:
 * no money moved on account of this call.
 */
enum refusal charge_code(struct call *c, const struct charge *req, struct merchant_order *out);

#endif /* VPG_CHARGE_H */
