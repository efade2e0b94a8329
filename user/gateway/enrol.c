// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrol.h"
#include "log.h"
#include "prim_openssl.h"
#include "step.h"

#define ALIASES		8
/*
 * Keys for one device in a day that it may have gone on from by itself: one a
 * week is what it needs. A ticket is somebody's word that there is a reason for
 * more. Each takes aliases, which then rest for months, so a device that asks without
 * end would use up the rows, and in time the aliases, of all others.
 */
#define KEYS_MAX	40
#define KEYS_SPAN	86400
/* Above what any device can have reached, below what could wrap. */
#define EPOCH_MAX	(1ULL << 62)

static enum refusal refuse(const struct call *c, const char *why)
{
	log_warn("device %02x%02x%02x%02x: enrolment refused: %s", c->peer.device[0],
		 c->peer.device[1], c->peer.device[2], c->peer.device[3], why);
	return RF_ENROL_REFUSED;
}

static enum refusal refuse_store(const struct call *c, enum store_result r, const char *why)
{
	return r == STORE_NONE || r == STORE_TAKEN ? refuse(c, why) : refusal_of_store(r);
}

/* A device that lost our answer asks again with the very same message. */
static bool answered(struct call *c, const __u8 asked[VP_HASH_LEN], __u8 *msg2, size_t *msg2_len,
		     enum refusal *ret)
{
	struct agreement agr;
	struct device_key key;
	enum store_result r = store_key_asked(c->st, c->peer.device, asked, &key);

	if (r == STORE_NONE)
		return false;
	if (r == STORE_OK)
		r = store_agreement(c->st, key.id, &agr);
	if (r != STORE_OK) {
		*ret = refusal_of_store(r);
	} else if (key.state != KEY_NEXT && key.state != KEY_CURRENT) {
		*ret = refuse(c, "an answer was given, and its key has ended since");
	} else {
		memcpy(msg2, agr.answer, agr.answer_len);
		*msg2_len = agr.answer_len;
		*ret = RF_OK;
	}
	return true;
}

static enum refusal within_ration(struct call *c, const struct vp_agree_request *req)
{
	__u64 now = call_now(c), n;
	enum store_result r;

	if (req->kind == VP_AGREE_ENROL)
		return RF_OK;
	r = store_key_count(c->st, c->peer.device, now > KEYS_SPAN ? now - KEYS_SPAN : 0, &n);
	if (r != STORE_OK)
		return refusal_of_store(r);
	if (n < KEYS_MAX)
		return RF_OK;
	snprintf(c->detail, sizeof(c->detail),
		 "This device has been given %d keys within a day. Wait a day or use a ticket, and find out why it asks so often.",
		 KEYS_MAX);
	return refuse(c, "too many keys within a day");
}

/* The pre-shared key and the party, from the ticket. */
static enum refusal by_ticket(struct call *c, const struct vp_agree_request *req,
			      __u8 psk[VP_KEY_LEN], long long *party)
{
	__u8 id[STORE_TICKET_HASH];
	struct row_name row;
	struct ticket t;
	enum store_result r;

	if (keystore_ticket_hash(id, req->ticket_id))
		return RF_FAILED;
	row = row_of_ticket(id);
	r = store_ticket_find(c->st, id, &t);
	if (r != STORE_OK)
		return refuse_store(c, r, "no such ticket");
	r = store_ticket_use(c->st, id, call_now(c));
	if (r != STORE_OK)
		return refuse_store(c, r, t.used ? "the ticket was used" : "the ticket has expired");
	if (t.sealed_len != VP_KEY_LEN + KEYSTORE_OVERHEAD ||
	    keystore_open(&c->gw->keys, row.bytes, row.len, t.sealed, t.sealed_len, psk)) {
		log_error("a ticket does not open under this master key: is it the right one?");
		return RF_FAILED;
	}
	*party = t.party;
	return RF_OK;
}

/* The same, from the key that the device holds. */
static enum refusal by_key(struct call *c, const struct vp_agree_request *req,
			   const __u8 d_pub[VP_KEY_LEN], __u8 psk[VP_KEY_LEN], long long *party)
{
	struct vp_root_keys roots;
	struct agreement held;
	struct device_key key;
	enum store_result r = store_key_epoch(c->st, req->device, req->slot, req->epoch, &key);

	if (r == STORE_OK)
		r = store_agreement(c->st, key.id, &held);
	if (r != STORE_OK)
		return refuse_store(c, r, "no key of that epoch");
	if ((key.state != KEY_NEXT && key.state != KEY_CURRENT) || key.not_after <= call_now(c))
		return refuse(c, "its key has ended: it needs a ticket");
	if (memcmp(held.d_pub, d_pub, VP_KEY_LEN))
		return refuse(c, "another static key than enrolled");
	if (keystore_open_roots(&c->gw->keys, &key, &roots)) {
		log_error("a device key does not open under this master key: is it the right one?");
		return RF_FAILED;
	}
	memcpy(psk, roots.psk, VP_KEY_LEN);
	vp_prim_wipe(&roots, sizeof(roots));
	*party = key.party;
	return RF_OK;
}

static int draw_alias(char out[VP_ALIAS_DIGITS])
{
	__u64 n;

	/* Below the largest multiple of 10^10, so that all aliases are equally likely. */
	do {
		if (prim_random(&n, sizeof(n)))
			return -EIO;
	} while (n >= 18446744070000000000ULL);
	for (int i = VP_ALIAS_DIGITS - 1; i >= 0; i--, n /= 10)
		out[i] = '0' + n % 10;
	return 0;
}

/* The database says whether an alias is free; a taken one is drawn anew. */
static enum refusal give_aliases(struct call *c, long long key, struct vp_agree_grant *grant)
{
	int tries = 100;

	while (grant->n_aliases < ALIASES) {
		char *alias = (char *)grant->alias[grant->n_aliases];
		enum store_result r;

		if (draw_alias(alias))
			return RF_FAILED;
		r = store_alias_add(c->st, alias, key);
		if (r == STORE_OK)
			grant->n_aliases++;
		else if (r != STORE_TAKEN || !--tries)
			return r == STORE_TAKEN ? RF_FAILED : refusal_of_store(r);
	}
	return RF_OK;
}

static void fill_grant(const struct call *c, struct vp_agree_grant *grant, __u64 epoch)
{
	const struct settings *set = &c->gw->set;
	__u64 now = call_now(c);

	memset(grant, 0, sizeof(*grant));
	memcpy(grant->prefix, set->prefix, sizeof(grant->prefix));
	grant->epoch = epoch;
	grant->time_ms = c->now_ms;
	grant->not_before = now;
	grant->rotate_after = now + set->rotate_days * 86400ULL;
	grant->not_after = now + set->expire_days * 86400ULL;
	grant->per_hour = set->per_hour;
	grant->per_day = set->per_day;
	grant->per_key = set->per_key;
}

/* Ends the handshake: message 2, and the keys that follow from it, sealed. */
static int finish(struct call *c, struct vp_noise *hs, const __u8 psk[VP_KEY_LEN],
		  const struct vp_agree_grant *grant, struct device_key *key, struct agreement *agr)
{
	struct row_name row = row_of_key(key->device, key->slot, key->epoch);
	__u8 payload[VP_GRANT_LEN(VP_ALIASES_MAX)];
	struct vp_root_keys roots;
	int len, ret;

	len = vp_agree_encode_grant(payload, grant);
	if (len < 0)
		return len;
	ret = vp_noise_write_msg2(hs, psk, agr->answer, payload, len);
	if (!ret)
		ret = vp_agree_root_keys(&roots, hs);
	if (!ret)
		ret = keystore_seal(&c->gw->keys, row.bytes, row.len, (__u8 *)&roots, sizeof(roots), key->sealed);
	vp_prim_wipe(&roots, sizeof(roots));
	agr->answer_len = len + VP_NOISE_MSG2_OVERHEAD;
	key->sealed_len = sizeof(roots) + KEYSTORE_OVERHEAD;
	return ret;
}

/* A device that names the epoch of a 'next' key holds it: that key has arrived. */
static enum refusal acknowledge(struct call *c, const struct vp_agree_request *req, long long party)
{
	struct device_key held;
	enum store_result r = store_key_epoch(c->st, req->device, req->slot, req->epoch, &held);

	if (r == STORE_OK && held.state == KEY_NEXT && held.party == party)
		r = store_key_promote(c->st, &held, call_now(c) + OLD_KEY_SECONDS);
	return r == STORE_NONE ? RF_OK : refusal_of_store(r);
}

static enum refusal grant_key(struct call *c, struct vp_noise *hs, const struct vp_agree_request *req,
			      struct device_key *key, struct agreement *agr)
{
	__u64 now = call_now(c), top = 0;
	struct vp_agree_grant grant;
	__u8 psk[VP_KEY_LEN];
	enum store_result r;
	enum refusal ret;

	memcpy(agr->d_pub, hs->rs, VP_KEY_LEN);
	if (req->kind == VP_AGREE_ENROL)
		ret = by_ticket(c, req, psk, &key->party);
	else
		ret = by_key(c, req, hs->rs, psk, &key->party);
	if (ret == RF_OK)
		ret = acknowledge(c, req, key->party);
	if (ret != RF_OK)
		goto out;
	r = store_key_top_epoch(c->st, req->device, req->slot, &top);
	if (r == STORE_OK)
		r = store_key_make_way(c->st, req->device, req->slot, key->party, now + ALIAS_REST_SECONDS);
	if (r == STORE_OK) {
		memcpy(key->device, req->device, sizeof(key->device));
		memcpy(agr->nonce, req->nonce, sizeof(agr->nonce));
		key->slot = req->slot;
		key->epoch = (top > req->epoch ? top : req->epoch) + 1;
		fill_grant(c, &grant, key->epoch);
		/* Who does not say what it can issue is told nothing of it, as before there were modes. */
		grant.modes = req->modes & c->gw->set.modes;
		key->modes = req->modes ? grant.modes : PAYCODE_MODE(PAYCODE_PLAIN) & c->gw->set.modes;
		key->created = now;
		key->not_after = grant.not_after;
		r = store_key_add(c->st, key);
	}
	if (r != STORE_OK) {
		ret = refusal_of_store(r);
		goto out;
	}
	ret = give_aliases(c, key->id, &grant);
	if (ret == RF_OK && finish(c, hs, psk, &grant, key, agr))
		ret = RF_FAILED;
	if (ret != RF_OK)
		goto out;
	r = store_key_complete(c->st, key, agr);
	if (r != STORE_OK)
		ret = refuse_store(c, r, "its nonce was used in another request");
out:
	vp_prim_wipe(psk, sizeof(psk));
	return ret;
}

enum refusal enrol_device(struct call *c, const __u8 *msg1, size_t len, __u8 *msg2, size_t *msg2_len)
{
	const struct keystore *ks = &c->gw->keys;
	struct vp_piece piece = { msg1, len };
	struct vp_agree_request req;
	__u8 payload[VP_REQUEST_LEN];
	struct agreement agr;
	struct device_key key;
	struct vp_noise hs;
	enum store_result r;
	enum refusal ret;

	if (len != VP_MSG1_LEN)
		return refuse(c, "message 1 has another length");
	memset(&key, 0, sizeof(key));
	memset(&agr, 0, sizeof(agr));
	if (vp_prim_hash(agr.asked, &piece, 1))
		return RF_FAILED;
	if (answered(c, agr.asked, msg2, msg2_len, &ret))
		return ret;

	if (vp_noise_init_responder(&hs, 1, VP_AGREE_PROLOGUE, VP_AGREE_PROLOGUE_LEN, ks->s, ks->s_pub) ||
	    vp_noise_read_msg1(&hs, msg1, len, payload) ||
	    vp_agree_decode_request(&req, payload, sizeof(payload))) {
		ret = refuse(c, "message 1 is not for this gateway, or was altered");
		goto out;
	}
	if (memcmp(req.device, c->peer.device, sizeof(req.device))) {
		ret = refuse(c, "message 1 is another device's");
		goto out;
	}
	if (req.epoch >= EPOCH_MAX) {
		ret = refuse(c, "an epoch that no key can have");
		goto out;
	}
	step("message 1 read");

	r = store_begin_alone(c->st);
	if (r == STORE_OK)
		r = store_device_turn(c->st, c->peer.device);
	if (r != STORE_OK) {
		store_rollback(c->st);
		ret = refusal_of_store(r);
		goto out;
	}
	if (answered(c, agr.asked, msg2, msg2_len, &ret)) {
		store_rollback(c->st);
		goto out;
	}
	ret = RF_OK;
	if (!((req.modes ? req.modes : PAYCODE_MODE(PAYCODE_PLAIN)) & c->gw->set.modes))
		ret = refuse(c, "none of the modes that it can issue is served");
	if (ret == RF_OK)
		ret = within_ration(c, &req);
	if (ret == RF_OK)
		ret = grant_key(c, &hs, &req, &key, &agr);
	if (ret != RF_OK) {
		store_rollback(c->st);
		goto out;
	}
	ret = refusal_of_store(store_commit(c->st));
	if (ret == RF_OK) {
		memcpy(msg2, agr.answer, agr.answer_len);
		*msg2_len = agr.answer_len;
		log_info("device %02x%02x%02x%02x slot %u: key of epoch %llu", key.device[0], key.device[1],
			 key.device[2], key.device[3], key.slot, key.epoch);
	}
out:
	vp_noise_wipe(&hs);
	vp_prim_wipe(payload, sizeof(payload));
	return ret;
}

enum store_result enrol_ticket(struct gateway *gw, struct store *st, long long party,
			       __u64 expires, __u8 ticket[VP_TICKET_LEN])
{
	struct ticket t = { .party = party, .expires = expires };
	__u8 psk[VP_KEY_LEN];
	struct row_name row;
	enum store_result r = STORE_FAILED;

	if (prim_random(ticket, VP_TICKET_LEN))
		return r;
	if (keystore_ticket_hash(t.id, ticket))
		return r;
	row = row_of_ticket(t.id);
	t.sealed_len = sizeof(psk) + KEYSTORE_OVERHEAD;
	if (!vp_agree_ticket_psk(psk, ticket) &&
	    !keystore_seal(&gw->keys, row.bytes, row.len, psk, sizeof(psk), t.sealed))
		r = store_ticket_add(st, &t);
	vp_prim_wipe(psk, sizeof(psk));
	return r;
}
