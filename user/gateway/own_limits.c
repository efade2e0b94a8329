// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "own_limits.h"

/* An owner's limit may only be narrower than the gateway's; 0 there is no limit. */
static enum refusal within(struct call *c, long long amount, long long most)
{
	if (!most || amount <= most)
		return RF_OK;
	snprintf(c->detail, sizeof(c->detail), "The gateway's own limit is %lld minor units: set one up to that. Nothing was changed.", most);
	return RF_OVER_LIMIT;
}

static enum refusal change(struct call *c, const char *which, long long amount, struct account *acc)
{
	const struct settings *set = &c->gw->set;
	enum refusal ret;

	if (!strcmp(which, "per_payment")) {
		ret = within(c, amount, set->max_payment);
		acc->per_payment = amount;
	} else if (!strcmp(which, "per_day")) {
		ret = within(c, amount, set->max_day);
		acc->per_day = amount;
	} else {
		ret = within(c, amount, set->max_payment);
		acc->confirm_above = amount;
	}
	return ret == RF_OK ? refusal_of_store(store_account_limits(c->st, acc)) : ret;
}

enum refusal limits_set(struct call *c, const struct authorisation *auth, const char *which, long long amount,
			struct account *acc)
{
	const struct authorised what = {
		.purpose = VP_PURPOSE_LIMITS, .amount = amount, .currency = c->gw->set.currency, .order = which,
	};
	struct device_key key;
	enum refusal ret = authorised_begin(c, auth, &what, &key);
	enum store_result r;

	if (ret != RF_OK)
		return ret;
	r = store_account_of(c->st, key.party, c->gw->set.currency, acc);
	ret = r == STORE_NONE ? RF_WRONG_CURRENCY : refusal_of_store(r);
	if (ret == RF_OK)
		ret = change(c, which, amount, acc);
	return authorised_end(c, ret);
}

enum refusal limits_show(struct call *c, __u32 slot, struct account *acc)
{
	struct device_key key;
	enum store_result r = store_key_of_slot(c->st, c->peer.device, slot, call_now(c), &key);

	if (r == STORE_OK)
		r = store_account_of(c->st, key.party, c->gw->set.currency, acc);
	return r == STORE_NONE ? RF_PEER_UNKNOWN : refusal_of_store(r);
}
