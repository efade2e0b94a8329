// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>

#include "identify.h"
#include "log.h"
#include "metrics.h"
#include "online.h"
#include "prim_openssl.h"
#include "store_certs.h"
#include "verify.h"

/* A code may be this much behind the clocks of both sides and be nobody's clone. */
#define EXPIRY_SLACK	600

bool key_lives(const struct device_key *key, __u64 now)
{
	return key->state != KEY_DEAD && key->not_after > now &&
	       (key->state != KEY_OLD || key->old_until > now);
}

enum store_result key_arrived(struct call *c, const struct device_key *key)
{
	enum store_result r;

	if (key->state != KEY_NEXT)
		return STORE_OK;
	r = store_key_promote(c->st, key, call_now(c) + OLD_KEY_SECONDS);
	return r == STORE_NONE ? STORE_OK : r;	/* somebody else's code came first */
}

void key_alarm(struct call *c, const char *kind, const struct device_key *key, long long merchant)
{
	struct alarm al = { .kind = kind, .key = key->id, .merchant = merchant };
	enum store_result r = store_begin(c->st);

	log_alarm("device %02x%02x%02x%02x slot %u: %s (epoch %llu): clone or restored image? See \"voicepay-gateway alarms\"",
		  key->device[0], key->device[1], key->device[2], key->device[3], key->slot, kind, key->epoch);
	if (r == STORE_OK)
		r = store_alarm_raise(c->st, &al, call_now(c));
	if (r == STORE_OK)
		r = store_commit(c->st);
	store_rollback(c->st);
	if (r != STORE_OK)
		log_error("the alarm could not be written down");
}

static enum verdict try_step(struct call *c, const struct paycode *code, const struct verify_under *under,
			     struct identity *id)
{
	return verify_code(code, under, call_now(c) / PAYCODE_STEP_SECONDS, id->key.watermark, &id->ordinal);
}

static enum verdict try_pool(struct call *c, const struct paycode *code, const struct verify_under *under,
			     struct identity *id, enum store_result *looked)
{
	enum store_result r = *looked = store_pool_of(c->st, id->key.id, &id->pool);
	enum verdict v = verify_pool(code, under, id->pool.serial, id->pool.used, &id->index);

	if (r != STORE_OK || v == VERDICT_WRONG || id->pool.not_after <= call_now(c))
		return VERDICT_WRONG;
	id->ordinal = 0 - paycode_pool_step(id->pool.serial, id->index);
	return v;
}

static enum verdict try_online(struct call *c, const struct paycode *code, struct identity *id,
			       enum store_result *looked)
{
	enum store_result r = *looked = store_online_of(c->st, id->key.id, &id->online);

	/* Of no row at the same cost as of one. */
	if (!online_matches(c, code, id->online.mac) || r != STORE_OK || id->online.expires <= call_now(c))
		return VERDICT_WRONG;
	id->ordinal = 0 - (1ULL << 62) - id->online.number;
	return id->online.used ? VERDICT_USED : VERDICT_GOOD;
}

static enum verdict try_code(struct call *c, const struct paycode *code, const struct verify_under *under,
			     struct identity *id, enum store_result *looked)
{
	if (code->mode == PAYCODE_ONLINE)
		return try_online(c, code, id, looked);
	if (code->mode == PAYCODE_POOL)
		return try_pool(c, code, under, id, looked);
	return try_step(c, code, under, id);
}

/* V 9 is the gateway's own; all others are what this key was granted. */
static bool granted(const struct device_key *key, unsigned int mode)
{
	return mode == PAYCODE_ONLINE || (key->modes & PAYCODE_MODE(mode));
}

/* All but these need more than the key, or another part of it. */
static bool by_step(unsigned int mode)
{
	return mode != PAYCODE_POOL && mode != PAYCODE_ONLINE && mode != PAYCODE_PLAIN_512;
}

/*
 * Good by what was kept. The same HMACs are computed where nothing was. On a server a wrong code for
 * what is kept takes one round trip more, as the alias was not asked for ahead: see pc1.md.
 */
static bool good_by_kept(struct call *c, const struct paycode *code, const __u8 *bind, struct identity *id)
{
	struct hmac_states hs;
	struct verify_under under = { .states = &hs, .bind = bind };
	enum verdict verdict;
	bool there;

	if (!c->gw->kept || !by_step(code->mode))
		return false;
	there = key_cache_find(c->gw->kept, code->alias, call_now(c), &id->key, &hs, &id->at);
	verdict = try_step(c, code, &under, id);
	vp_prim_wipe(&hs, sizeof(hs));
	id->kept = there && verdict == VERDICT_GOOD && granted(&id->key, code->mode);
	metrics_count(id->kept ? M_KEPT_GOOD : M_KEPT_NOT);
	if (!id->kept)
		memset(&id->key, 0, sizeof(id->key));
	return id->kept;
}

void identify_ahead(struct call *c, const struct paycode *code)
{
	struct device_key key;

	if (!c->gw->kept || !by_step(code->mode) || !key_cache_has(c->gw->kept, code->alias, call_now(c)))
		store_key_alias(c->st, (const char *)code->alias, &key);
}

enum refusal identify_code(struct call *c, const struct paycode *code, const __u8 *bind, long long merchant,
			   struct identity *id)
{
	struct vp_root_keys roots;
	struct hmac_states hs;
	struct verify_under under = { &roots, &hs, bind };
	__u64 now = call_now(c);
	enum store_result r;
	enum verdict verdict;
	bool known;

	memset(id, 0, sizeof(*id));
	id->mode = code->mode;
	memcpy(id->alias, code->alias, sizeof(id->alias));
	if (good_by_kept(c, code, bind, id))
		return RF_OK;
	r = store_key_alias(c->st, (const char *)code->alias, &id->key);
	if (r > STORE_NONE)
		return refusal_of_store(r);
	known = r == STORE_OK;
	if (keystore_open_roots(&c->gw->keys, known ? &id->key : NULL, &roots)) {
		log_error("a device key does not open under this master key: is it the right one?");
		return RF_FAILED;
	}
	r = STORE_OK;
	hmac_prepare(&hs, roots.code);
	verdict = try_code(c, code, &under, id, &r);
	id->to_keep = c->gw->kept && by_step(code->mode) && known && verdict == VERDICT_GOOD && key_lives(&id->key, now);
	if (id->to_keep)
		id->states = hs;
	vp_prim_wipe(&hs, sizeof(hs));
	vp_prim_wipe(&roots, sizeof(roots));
	/* A look-up that failed says nothing about the code. */
	if (r > STORE_NONE)
		return refusal_of_store(r);

	if (!known || verdict == VERDICT_WRONG || !granted(&id->key, code->mode))
		return RF_CODE_EXPIRED;
	if (!key_lives(&id->key, now)) {
		if (id->key.not_after > now)
			key_alarm(c, "old-key", &id->key, merchant);
		else if (id->key.not_after + EXPIRY_SLACK < now)
			key_alarm(c, "expired-key", &id->key, merchant);
		return RF_CODE_EXPIRED;
	}
	return verdict == VERDICT_USED ? RF_CODE_USED : RF_OK;
}

void identify_paid(struct call *c, const struct identity *id)
{
	if (id->kept)
		key_cache_paid(c->gw->kept, &id->at, id->key.id, call_now(c));
	else if (id->to_keep)
		key_cache_put(c->gw->kept, id->alias, call_now(c), &id->key, &id->states);
}

void identify_forget(struct identity *id)
{
	vp_prim_wipe(&id->states, sizeof(id->states));
}

bool identify_spend_ahead(struct call *c, const struct identity *id)
{
	/* By the watermark alone; and what comes after it touches none of the device's other keys. */
	if (id->mode == PAYCODE_POOL || id->mode == PAYCODE_ONLINE || id->key.state == KEY_NEXT || !store_ahead(c->st))
		return false;
	store_device_turn(c->st, id->key.device);
	store_key_accept(c->st, id->key.id, id->ordinal, call_now(c), id->kept ? id->key.sealed : NULL);
	return true;
}

enum refusal identify_spend(struct call *c, const struct identity *id)
{
	__u64 now = call_now(c);
	enum store_result r = store_device_turn(c->st, id->key.device);
	bool spent = false;

	/* What goes by the watermark asks for all of it in one statement, and why not only if it must. */
	if (r == STORE_OK && id->mode != PAYCODE_POOL && id->mode != PAYCODE_ONLINE) {
		r = store_key_accept(c->st, id->key.id, id->ordinal, now, id->kept ? id->key.sealed : NULL);
		if (r == STORE_OK)
			return refusal_of_store(key_arrived(c, &id->key));
		if (r > STORE_NONE)
			return refusal_of_store(r);
		/* Why not is for the row itself to say. */
		if (id->kept) {
			key_cache_drop(c->gw->kept, id->alias);
			metrics_count(M_KEPT_STALE);
			return RF_AGAIN;
		}
		r = STORE_OK;
		spent = true;
	}
	if (r == STORE_OK)
		r = store_revoked(c->st, id->key.device);
	/* A stolen device goes on showing codes: they are nobody's. */
	if (r != STORE_NONE)
		return r == STORE_OK ? RF_CODE_EXPIRED : refusal_of_store(r);
	if (spent)
		return RF_CODE_USED;
	r = store_key_alive(c->st, id->key.id, now);
	if (r == STORE_OK && id->mode == PAYCODE_POOL)
		r = store_pool_use(c->st, &id->pool, id->index, now);
	else if (r == STORE_OK)
		r = store_online_use(c->st, &id->online, now);
	if (r == STORE_NONE)
		return RF_CODE_USED;
	if (r == STORE_OK)
		r = key_arrived(c, &id->key);
	return refusal_of_store(r);
}
