// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "base64.h"
#include "jwt.h"
#include "log.h"

#define ES256_LEN	64	/* r and s, 32 bytes each (RFC 7518 section 3.4) */

EVP_PKEY *jwt_load_key(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	char group[32] = "";

	BIO_free(bio);
	if (key && (!EVP_PKEY_is_a(key, "EC") ||
		    !EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) ||
		    strcmp(group, "prime256v1"))) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static bool signature_good(EVP_PKEY *key, const char *text, size_t len, const __u8 sig[ES256_LEN])
{
	ECDSA_SIG *rs = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, 32, NULL), *s = BN_bin2bn(sig + 32, 32, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	int der_len = -1;
	bool good;

	if (rs && r && s && ECDSA_SIG_set0(rs, r, s)) {
		r = s = NULL;
		der_len = i2d_ECDSA_SIG(rs, &der);
	}
	good = der_len > 0 && ctx &&
	       EVP_DigestVerifyInit_ex(ctx, NULL, "SHA2-256", NULL, NULL, key, NULL) == 1 &&
	       EVP_DigestVerify(ctx, der, der_len, (const unsigned char *)text, len) == 1;
	OPENSSL_free(der);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(rs);
	EVP_MD_CTX_free(ctx);
	return good;
}

static json_t *part(const char *text, size_t len)
{
	__u8 raw[JWT_MAX];
	long n = base64url_decode(raw, sizeof(raw), text, len);

	return n < 0 ? NULL : json_loadb((char *)raw, n, JSON_REJECT_DUPLICATES, NULL);
}

static bool is(const json_t *obj, const char *name, const char *want)
{
	const char *got = json_string_value(json_object_get(obj, name));

	return got && !strcmp(got, want);
}

static const char *header_wrong(const json_t *h)
{
	const char *typ = json_string_value(json_object_get(h, "typ"));

	if (!is(h, "alg", "ES256"))
		return "its algorithm is not ES256";
	if (typ && strcmp(typ, "JWT"))
		return "its type is not JWT";
	/* Extensions that must be understood (RFC 7515 section 4.1.11): none are. */
	if (json_object_get(h, "crit") || json_object_get(h, "b64"))
		return "it asks for extensions";
	return NULL;
}

static bool audience_good(const json_t *aud)
{
	size_t i;
	json_t *one;

	if (json_is_string(aud))
		return !strcmp(json_string_value(aud), JWT_AUDIENCE);
	json_array_foreach(aud, i, one)
		if (json_is_string(one) && !strcmp(json_string_value(one), JWT_AUDIENCE))
			return true;
	return false;
}

static const char *claims_wrong(const json_t *p, __u64 now, struct voice_claims *want)
{
	const json_t *exp = json_object_get(p, "exp"), *nbf = json_object_get(p, "nbf");
	const json_t *jti = json_object_get(p, "jti"), *amount = json_object_get(p, "amount");
	long long t = now;

	if (!is(p, "iss", want->issuer))
		return "another issuer";
	if (!audience_good(json_object_get(p, "aud")))
		return "meant for another audience";
	if (!json_is_integer(exp) || json_integer_value(exp) <= t - JWT_LEEWAY)
		return "expired, or without an expiry";
	if (json_integer_value(exp) > t + JWT_LIFE_MAX)
		return "good for too long";
	if (nbf && (!json_is_integer(nbf) || json_integer_value(nbf) > t + JWT_LEEWAY))
		return "not good yet";
	if (!json_is_string(jti) || !json_string_length(jti) || json_string_length(jti) > JWT_JTI_MAX)
		return "without an id";
	if (!is(p, "sub", want->user))
		return "for another user";
	if (!is(p, "payee", want->payee))
		return "for another payee";
	if (!json_is_integer(amount) || json_integer_value(amount) != want->amount)
		return "for another amount";
	if (!is(p, "currency", want->currency))
		return "for another currency";
	strcpy(want->jti, json_string_value(jti));
	want->expires = json_integer_value(exp);
	return NULL;
}

int jwt_verify(EVP_PKEY *key, const char *token, __u64 now, struct voice_claims *claims)
{
	size_t len = strnlen(token, JWT_MAX + 1);
	const char *dot1, *dot2, *why;
	__u8 sig[ES256_LEN];
	json_t *json = NULL;

	dot1 = len <= JWT_MAX ? strchr(token, '.') : NULL;
	dot2 = dot1 ? strchr(dot1 + 1, '.') : NULL;
	if (!key)
		why = "no voice cloud's key is configured";
	else if (!dot2)
		why = "malformed";
	else if (!(json = part(token, dot1 - token)) || !json_is_object(json))
		why = "its header is malformed";
	else
		why = header_wrong(json);
	json_decref(json);
	json = NULL;
	if (!why) {
		/* Nothing of the payload is looked at before the signature holds. */
		if (base64url_decode(sig, sizeof(sig), dot2 + 1, token + len - dot2 - 1) != ES256_LEN ||
		    !signature_good(key, token, dot2 - token, sig))
			why = "its signature is wrong";
		else if (!(json = part(dot1 + 1, dot2 - dot1 - 1)) || !json_is_object(json))
			why = "its payload is malformed";
		else
			why = claims_wrong(json, now, claims);
		json_decref(json);
	}
	if (why) {
		log_warn("voice token refused: %s", why);
		return -EACCES;
	}
	return 0;
}
