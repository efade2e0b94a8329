// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "hkdf.h"
#include "identify.h"
#include "online.h"
#include "prim_openssl.h"

/* A copy of the database does not tell which codes are good: 10^10 guesses are not many without a key. */
static int mac_under(const __u8 master[32], const struct paycode *code, __u8 mac[VP_HASH_LEN])
{
	const struct vp_piece info = { "voicepay online code key 1", 26 };
	__u8 key[VP_KEY_LEN], digits[PAYCODE_DIGITS];
	struct vp_piece piece = { digits, sizeof(digits) };
	int ret = vp_hkdf_expand(key, sizeof(key), master, 32, &info, 1);

	paycode_format(digits, code);
	if (!ret)
		ret = vp_prim_hmac(mac, key, sizeof(key), &piece, 1);
	vp_prim_wipe(key, sizeof(key));
	vp_prim_wipe(digits, sizeof(digits));
	return ret;
}

int online_mac(const struct call *c, const struct paycode *code, __u8 mac[VP_HASH_LEN])
{
	return mac_under(c->gw->keys.master, code, mac);
}

/* One that was drawn just before the master key was changed is good until it expires. */
bool online_matches(const struct call *c, const struct paycode *code, const __u8 mac[VP_HASH_LEN])
{
	const struct keystore *keys = &c->gw->keys;
	__u8 is[VP_HASH_LEN];

	if (!mac_under(keys->master, code, is) && !CRYPTO_memcmp(is, mac, sizeof(is)))
		return true;
	return keys->has_other && !mac_under(keys->other, code, is) && !CRYPTO_memcmp(is, mac, sizeof(is));
}

static enum refusal not_served(struct call *c, const char *what)
{
	snprintf(c->detail, sizeof(c->detail), "%s are not given here. Use an ordinary payment code.", what);
	return RF_CODE_UNSUPPORTED;
}

/* Uniform: rejection, as for aliases. */
static int draw(__u64 below, __u64 *n)
{
	do {
		if (prim_random(n, sizeof(*n)))
			return -EIO;
	} while (*n >= 0 - (0 - below) % below);
	*n %= below;
	return 0;
}

/* In the transaction. */
static enum refusal put_code(struct call *c, const struct device_key *key, struct paycode *code)
{
	struct online_code oc = { .key = key->id, .expires = call_now(c) + ONLINE_SECONDS };
	enum store_result r;
	__u64 n, which;

	if (draw(10000000000ULL, &n) || draw(1000, &which))
		return RF_FAILED;
	code->mode = PAYCODE_ONLINE;
	memcpy(code->prefix, c->gw->set.prefix, sizeof(code->prefix));
	code->q = n / 1000000000U;
	code->mac = n % 1000000000U;
	r = store_alias_of(c->st, key->id, which, (char *)code->alias);
	if (r != STORE_OK)
		return refusal_of_store(r);
	if (online_mac(c, code, oc.mac))
		return RF_FAILED;
	return refusal_of_store(store_online_put(c->st, &oc));
}

enum refusal online_draw(struct call *c, const struct authorisation *auth, char digits[PAYCODE_DIGITS + 1])
{
	struct authorised what = { .purpose = VP_PURPOSE_ONLINE_CODE };
	struct device_key key;
	struct paycode code;
	enum refusal ret;

	if (!(c->gw->set.modes & PAYCODE_MODE(PAYCODE_ONLINE)))
		return not_served(c, "Online codes");
	ret = authorised_begin(c, auth, &what, &key);
	if (ret != RF_OK)
		return ret;
	ret = put_code(c, &key, &code);
	ret = authorised_end(c, ret);
	if (ret != RF_OK)
		return ret;
	paycode_format((__u8 *)digits, &code);
	digits[PAYCODE_DIGITS] = '\0';
	vp_prim_wipe(&code, sizeof(code));
	return RF_OK;
}

/* In the transaction. The deadline is the gateway's clock's, which the device need not share. */
static enum refusal put_pool(struct call *c, const struct device_key *key, __u8 msg[VP_POOL_LEN])
{
	__u64 end = call_now(c) + c->gw->set.pool_hours * 3600ULL;
	struct pool pool = { .key = key->id, .not_after = end < key->not_after ? end : key->not_after };
	struct vp_pool grant = { .count = POOL_CODES, .slot = key->slot, .epoch = key->epoch, .not_after = pool.not_after };
	enum store_result r = store_pool_put(c->st, &pool);
	struct vp_root_keys roots;
	int err;

	if (r != STORE_OK)
		return refusal_of_store(r);
	grant.serial = pool.serial;
	if (keystore_open_roots(&c->gw->keys, key, &roots))
		return RF_FAILED;
	err = vp_pool_encode(msg, &grant, key->device, roots.auth);
	vp_prim_wipe(&roots, sizeof(roots));
	return err ? RF_FAILED : RF_OK;
}

enum refusal pool_grant(struct call *c, const struct authorisation *auth, __u8 msg[VP_POOL_LEN])
{
	struct authorised what = { .purpose = VP_PURPOSE_POOL };
	struct device_key key;
	enum refusal ret;

	ret = authorised_begin(c, auth, &what, &key);
	if (ret != RF_OK)
		return ret;
	if (c->gw->set.modes & key.modes & PAYCODE_MODE(PAYCODE_POOL))
		ret = put_pool(c, &key, msg);
	else
		ret = not_served(c, "Codes in advance");
	return authorised_end(c, ret);
}
