/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The voice cloud's word that the user said this: a JSON Web Token (RFC 7519),
 * signed with ES256 and nothing else. The algorithm is ours to choose, not the
 * token's: a header that says otherwise ("none", HS256 with the public key as
 * the secret) ends it there.
 */
#ifndef VPG_JWT_H
#define VPG_JWT_H

#include <linux/types.h>
#include <openssl/evp.h>

#define JWT_MAX		4096	/* characters */
#define JWT_JTI_MAX	128
#define JWT_AUDIENCE	"voicepay"
#define JWT_LEEWAY	30	/* seconds that two clocks may differ */
#define JWT_LIFE_MAX	3600	/* a token good for longer was made by mistake */

/* A public P-256 key from a PEM file, or NULL. */
EVP_PKEY *jwt_load_key(const char *path);

struct voice_claims {
	/* What the token must say. */
	const char *issuer, *user, *payee, *currency;
	long long amount;
	/* What it said. */
	char jti[JWT_JTI_MAX + 1];
	__u64 expires;
};

/* 0, or -EACCES for a token that does not authorise this; why goes to the log, without its contents. */
int jwt_verify(EVP_PKEY *key, const char *token, __u64 now, struct voice_claims *claims);

#endif /* VPG_JWT_H */
