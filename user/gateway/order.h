/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A merchant's order: its state, and who may ask for it. */
#ifndef VPG_ORDER_H
#define VPG_ORDER_H

#include "gateway.h"

/* The peer's party, if it is a merchant: else RF_PEER_UNKNOWN. */
enum refusal order_merchant(struct call *c, long long *merchant);

/* What the order is called now, refunds included. */
const char *order_state_name(const struct merchant_order *o);

/* Writes the outcome of an attempt; RF_FAILED if the order has become final meanwhile. */
enum refusal order_put(struct call *c, const struct merchant_order *o);

enum refusal order_query(struct call *c, const char *order_no, struct merchant_order *o);

#endif /* VPG_ORDER_H */
