/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A merchant's order: its state, and who may ask for it. */
#ifndef VPG_ORDER_H
#define VPG_ORDER_H

#include "gateway.h"

/* The peer, if it is a merchant: else RF_PEER_UNKNOWN. */
enum refusal order_merchant(struct call *c, struct merchant *m);

/* The state it has at @now: what waited too long has ended, written or not. */
void order_settle(struct merchant_order *o, __u64 now);

/* A number of the gateway's own, that the payer's device calls it by. */
enum refusal order_draw_ref(struct merchant_order *o);

/* What the order is called now, refunds included. */
const char *order_state_name(const struct merchant_order *o);

/* Writes what ledger_pay() came to, and passes it on. */
enum refusal order_end(struct call *c, struct merchant_order *o, enum refusal paid, const char *payment);

/* Writes the outcome of an attempt; RF_FAILED if the order has become final meanwhile. */
enum refusal order_put(struct call *c, const struct merchant_order *o);

/* RF_OK: the order is there, now or before, for a device to pay. */
enum refusal order_create(struct call *c, const char *order_no, long long amount, const char *currency,
			  struct merchant_order *o);

enum refusal order_query(struct call *c, const char *order_no, struct merchant_order *o);

#endif /* VPG_ORDER_H */
