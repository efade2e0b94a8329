/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Money goes back: a whole order as if it had not been, or parts of what was paid. */
#ifndef VPG_REFUND_H
#define VPG_REFUND_H

#include "gateway.h"

struct refund_request {
	const char *order_no, *refund_no;
	long long amount;
	const char *currency;
};

/* RF_OK: given back, now or before by the same refund number; @out says how. */
enum refusal refund_order(struct call *c, const struct refund_request *req, struct refund *out);
enum refusal refund_query(struct call *c, const char *refund_no, struct refund *out);

/*
 * RF_OK: the order is REVOKED, and stays so. What was paid is given back; an
 * order that has not come yet, as it is still on its way or got lost, will be
 * refused.
 */
enum refusal reverse_order(struct call *c, const char *order_no, struct merchant_order *out);

#endif /* VPG_REFUND_H */
