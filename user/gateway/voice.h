/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device pays what its user has said. */
#ifndef VPG_VOICE_H
#define VPG_VOICE_H

#include "authorised.h"

struct voice_request {
	const char *order_id, *user, *payee, *currency, *token;
	long long amount;
	struct authorisation auth;
};

/* RF_OK: paid, now or before by the same order; @p is the payment. */
enum refusal voice_pay(struct call *c, const struct voice_request *req, struct payment *p);

#endif /* VPG_VOICE_H */
