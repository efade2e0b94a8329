// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "identify.h"
#include "jwt.h"
#include "ledger.h"
#include "notice.h"
#include "prim_openssl.h"
#include "step.h"
#include "voice.h"

/* What makes two orders the same: all but the token, which a retry may have renewed. */
static int content_of(__u8 out[VP_HASH_LEN], const struct voice_request *req)
{
	char amount[32];
	const struct vp_piece pieces[] = {
		/* With their NULs, so that no two orders run together to the same bytes. */
		{ "voice 1", 8 },
		{ req->user, strlen(req->user) + 1 },
		{ req->payee, strlen(req->payee) + 1 },
		{ req->currency, strlen(req->currency) + 1 },
		{ amount, sizeof(amount) },
	};

	memset(amount, 0, sizeof(amount));
	snprintf(amount, sizeof(amount), "%lld", req->amount);
	return vp_prim_hash(out, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

static bool answered(struct call *c, const struct voice_order *want, struct payment *p,
		     enum refusal *ret)
{
	struct voice_order past = { .device = want->device, .order_id = want->order_id };
	enum store_result r = store_voice_find(c->st, &past);

	if (r == STORE_NONE)
		return false;
	if (r == STORE_OK && memcmp(past.content, want->content, sizeof(past.content)))
		*ret = RF_ORDER_CONFLICT;
	else if (r == STORE_OK)
		*ret = refusal_of_store(store_payment_find(c->st, past.payment, p));
	else
		*ret = refusal_of_store(r);
	return true;
}

static enum refusal book(struct call *c, const struct account *payer, const struct account *payee,
			 long long amount, const struct voice_claims *claims, const struct device_key *key,
			 struct voice_order *o, struct payment *p)
{
	struct account from;
	enum store_result r;
	enum refusal ret;

	r = store_token_use(c->st, claims->jti, claims->expires);
	if (r == STORE_TAKEN)
		return RF_TOKEN_USED;
	if (r == STORE_OK)
		r = key_arrived(c, key);
	/* The balance as it is in this transaction. */
	if (r == STORE_OK)
		r = ledger_hold(c, payer->party, payee, &from);
	if (r != STORE_OK)
		return refusal_of_store(r);
	p->kind = PAYMENT_VOICE;
	ret = ledger_pay(c, &from, payee, amount, p);
	if (ret != RF_OK)
		return ret;
	strcpy(o->payment, p->id);
	o->time = call_now(c);
	o->key = key->id;
	r = store_voice_put(c->st, o);
	return r == STORE_OK ? notice_voice(c, key, p) : refusal_of_store(r);
}

enum refusal voice_pay(struct call *c, const struct voice_request *req, struct payment *p)
{
	struct voice_order o = { .device = c->peer.device, .order_id = req->order_id };
	struct voice_claims claims = {
		.issuer = c->gw->set.voice_issuer, .user = req->user, .payee = req->payee,
		.currency = req->currency, .amount = req->amount,
	};
	const struct authorised what = {
		.purpose = VP_PURPOSE_VOICE_PAY, .amount = req->amount, .currency = req->currency,
		.order = req->order_id, .payee = req->payee,
	};
	struct account payer, payee;
	struct device_key key;
	enum store_result r;
	enum refusal ret;

	memset(p, 0, sizeof(*p));
	r = store_device_known(c->st, c->peer.device, call_now(c));
	if (r != STORE_OK)
		return r == STORE_NONE ? RF_PEER_UNKNOWN : refusal_of_store(r);
	ret = authorised_check(c, &req->auth, &what, &key);
	if (ret != RF_OK)
		return ret;
	if (content_of(o.content, req))
		return RF_FAILED;
	/* First, as the token of an order that was paid may have expired since. */
	if (answered(c, &o, p, &ret))
		return ret;
	ret = authorised_fresh(c, &req->auth);
	if (ret == RF_OK)
		ret = ledger_allows(c, req->amount, req->currency);
	if (ret != RF_OK)
		return ret;
	if (jwt_verify(c->gw->voice_key, req->token, call_now(c), &claims))
		return RF_TOKEN_INVALID;
	/* A token for a user whose slot is not the one that authorised this pays nothing. */
	r = store_account_by_name(c->st, req->user, req->currency, &payer);
	if (r == STORE_OK && (payer.kind != PARTY_USER || payer.party != key.party))
		r = STORE_NONE;
	if (r != STORE_OK)
		return r == STORE_NONE ? RF_TOKEN_INVALID : refusal_of_store(r);
	r = store_account_by_name(c->st, req->payee, req->currency, &payee);
	if (r == STORE_NONE || (r == STORE_OK && (payee.kind == PARTY_EQUITY || payee.id == payer.id)))
		return RF_PAYEE_UNKNOWN;
	if (r != STORE_OK)
		return refusal_of_store(r);
	step("token good");

	r = store_begin(c->st);
	if (r == STORE_OK)
		r = store_device_turn(c->st, c->peer.device);
	if (r != STORE_OK) {
		store_rollback(c->st);
		return refusal_of_store(r);
	}
	if (answered(c, &o, p, &ret)) {
		store_rollback(c->st);
		return ret;
	}
	ret = book(c, &payer, &payee, req->amount, &claims, &key, &o, p);
	if (ret != RF_OK) {
		store_rollback(c->st);
		return ret;
	}
	return refusal_of_store(store_commit(c->st));
}
