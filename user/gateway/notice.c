// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "notice.h"

static enum refusal put(struct call *c, const struct device_key *key, struct notification *n)
{
	memcpy(n->device, key->device, sizeof(n->device));
	n->party = key->party;
	n->slot = key->slot;
	n->time = call_now(c);
	c->noticed = true;
	return refusal_of_store(store_notify(c->st, n));
}

enum refusal notice_order(struct call *c, const struct device_key *key, const struct merchant_order *o,
			  const char *payee)
{
	struct notification n = { .kind = "paid", .amount = o->amount };

	strcpy(n.ref, o->payment);
	strcpy(n.payee, payee);
	strcpy(n.currency, o->currency);
	if (o->state == ORDER_USERPAYING) {
		n.kind = "confirm";
		n.expires = o->expires;
		strcpy(n.ref, o->ref);
	} else if (o->state == ORDER_PAYERROR) {
		n.kind = "not-paid";
		strcpy(n.reason, o->reason);
	}
	return put(c, key, &n);
}

enum refusal notice_voice(struct call *c, const struct device_key *key, const struct payment *p)
{
	struct notification n = { .kind = "paid", .amount = p->amount };

	strcpy(n.ref, p->id);
	strcpy(n.payee, p->payee);
	strcpy(n.currency, p->currency);
	return put(c, key, &n);
}

enum store_result notice_whose(struct call *c, const struct payment *p, struct device_key *key)
{
	return p->key ? store_key_by_id(c->st, p->key, key) : store_voice_key(c->st, p->id, key);
}

enum refusal notice_refund(struct call *c, const struct refund *b, const struct payment *p,
			   const struct device_key *key)
{
	struct notification n = { .kind = *b->refund_no ? "refunded" : "reversed", .amount = b->amount };

	strcpy(n.ref, b->id);
	strcpy(n.payee, p->payee);
	strcpy(n.currency, p->currency);
	return put(c, key, &n);
}
