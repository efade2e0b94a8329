/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device is told of what became of its codes and orders. */
#ifndef VPG_NOTICE_H
#define VPG_NOTICE_H

#include "gateway.h"

/* In the transaction in which it happened: a code's or order's fate, told to the device whose key it was. */
enum refusal notice_order(struct call *c, const struct device_key *key, const struct merchant_order *o,
			  const char *payee);
enum refusal notice_voice(struct call *c, const struct device_key *key, const struct payment *p);
/* The key of the device that paid; STORE_NONE: a voice order from before any key authorised one. */
enum store_result notice_whose(struct call *c, const struct payment *p, struct device_key *key);
enum refusal notice_refund(struct call *c, const struct refund *b, const struct payment *p,
			   const struct device_key *key);

#endif /* VPG_NOTICE_H */
