// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>

#include "authorised.h"
#include "identify.h"
#include "log.h"
#include "prim_openssl.h"

static enum refusal wrong(const struct call *c, const char *why)
{
	log_warn("device %02x%02x%02x%02x: authorisation refused: %s", c->peer.device[0], c->peer.device[1],
		 c->peer.device[2], c->peer.device[3], why);
	return RF_AUTHORISATION_WRONG;
}

/* False for what no kernel can have authorised: a string that does not fit. */
static bool put(__u8 *field, size_t size, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len > size)
		return false;
	memcpy(field, text ? text : "", len);
	return true;
}

static int mac_over(const struct call *c, const struct authorisation *auth, const struct authorised *what,
		    const __u8 key[VP_KEY_LEN], __u8 mac[VP_HASH_LEN])
{
	struct vp_authorise a = {
		.purpose = what->purpose, .slot = auth->slot, .epoch = auth->epoch, .time = auth->time,
		.amount = what->amount,
	};
	__u8 bytes[VP_AUTHORISE_MAX];
	struct vp_piece piece = { bytes, 0 };
	int len;

	memcpy(a.device, c->peer.device, sizeof(a.device));
	if (!put(a.currency, sizeof(a.currency), what->currency) || !put(a.order, sizeof(a.order), what->order) ||
	    !put(a.payee, sizeof(a.payee), what->payee))
		return -EINVAL;
	len = vp_authorise_encode(bytes, &a);
	if (len < 0)
		return len;
	piece.len = len;
	return vp_prim_hmac(mac, key, VP_KEY_LEN, &piece, 1);
}

enum refusal authorised_check(struct call *c, const struct authorisation *auth, const struct authorised *what,
			      struct device_key *key)
{
	enum store_result r = store_key_epoch(c->st, c->peer.device, auth->slot, auth->epoch, key);
	struct vp_root_keys roots;
	__u8 mac[VP_HASH_LEN];
	int err;

	if (r == STORE_NONE)
		return wrong(c, "no such key");
	if (r != STORE_OK)
		return refusal_of_store(r);
	/* The keys of one that ended long ago are wiped. */
	if (!key->sealed_len)
		return wrong(c, "its key has ended");
	if (keystore_open_roots(&c->gw->keys, key, &roots)) {
		log_error("a device key does not open under this master key: is it the right one?");
		return RF_FAILED;
	}
	err = mac_over(c, auth, what, roots.auth, mac);
	vp_prim_wipe(&roots, sizeof(roots));
	if (!err)
		err = CRYPTO_memcmp(mac, auth->mac, sizeof(mac));
	vp_prim_wipe(mac, sizeof(mac));
	if (err)
		return wrong(c, "not made by this device's kernel over this request");
	if (!key_lives(key, call_now(c))) {
		if (key->not_after > call_now(c))
			key_alarm(c, "old-authorisation", key, 0);
		return wrong(c, "its key has ended");
	}
	return RF_OK;
}

enum refusal authorised_fresh(struct call *c, const struct authorisation *auth)
{
	__u64 now = call_now(c);
	__u64 off = auth->time > now ? auth->time - now : now - auth->time;

	/* One that was used before the database was put back is not known in it. */
	if (auth->time <= c->gw->restored + (c->gw->restored ? AUTHORISED_SECONDS : 0))
		return RF_AUTHORISATION_STALE;
	return off <= AUTHORISED_SECONDS ? RF_OK : RF_AUTHORISATION_STALE;
}

enum refusal authorised_begin(struct call *c, const struct authorisation *auth, const struct authorised *what,
			      struct device_key *key)
{
	enum refusal ret = authorised_check(c, auth, what, key);
	enum store_result r;

	if (ret == RF_OK)
		ret = authorised_fresh(c, auth);
	if (ret != RF_OK)
		return ret;
	r = store_begin_alone(c->st);
	if (r == STORE_OK)
		r = store_authorisation_use(c->st, auth->mac, auth->time + AUTHORISED_SECONDS + 1);
	if (r == STORE_OK)
		r = key_arrived(c, key);
	if (r == STORE_OK)
		return RF_OK;
	store_rollback(c->st);
	return r == STORE_TAKEN ? RF_AUTHORISATION_STALE : refusal_of_store(r);
}

enum refusal authorised_end(struct call *c, enum refusal ret)
{
	if (ret == RF_OK)
		return refusal_of_store(store_commit(c->st));
	store_rollback(c->st);
	return ret;
}
