/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The owner sets limits of his own, by a word of the device's kernel. */
#ifndef VPG_OWN_LIMITS_H
#define VPG_OWN_LIMITS_H

#include "authorised.h"

/* RF_OK: @which, "per_payment", "per_day" or "confirm_above", is @amount from now on; @acc has all of them. */
enum refusal limits_set(struct call *c, const struct authorisation *auth, const char *which, long long amount,
			struct account *acc);
enum refusal limits_show(struct call *c, __u32 slot, struct account *acc);

#endif /* VPG_OWN_LIMITS_H */
