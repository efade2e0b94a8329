// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys and signatures that the CA/Browser Forum's profile allows (7.1.3), and no others. */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <string.h>

#include "internal.h"

#define RSA_MIN_BITS	2048
#define RSA_MAX_BITS	8192	/* more is a way to keep us busy */

static int check_rsa(const struct subject *s, EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	int bits = EVP_PKEY_get_bits(key), ok;

	if (bits < RSA_MIN_BITS)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE, "has an RSA key of %d bits: 2048 is the least", bits);
	if (bits > RSA_MAX_BITS || bits % 8)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE,
				 "has an RSA key of %d bits: 2048 to 8192 are allowed, in multiples of 8", bits);
	ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) && BN_is_odd(e) &&
	     BN_num_bits(e) > 16 && BN_num_bits(e) <= 256;
	BN_free(e);
	if (!ok)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE,
				 "has an RSA key with a bad public exponent: it must be odd and at least 65537");
	return 0;
}

static int check_ec(const struct subject *s, EVP_PKEY *key)
{
	char group[64];
	size_t len;
	int nid;

	/* Parameters written out instead of a curve's name: CVE-2020-0601. */
	if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE, "has an EC key without a curve's name");
	nid = OBJ_txt2nid(group);
	if (nid != NID_X9_62_prime256v1 && nid != NID_secp384r1 && nid != NID_secp521r1)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE,
				 "has a key on the curve %.40s: P-256, P-384 and P-521 are allowed", group);
	return 0;
}

int check_key(const struct subject *s)
{
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(s->cert);
	EVP_PKEY *key = X509_get0_pubkey(s->cert);
	X509_ALGOR *alg = NULL;
	const ASN1_OBJECT *oid;
	char name[64] = "?";
	int type, nid;

	X509_PUBKEY_get0_param(NULL, NULL, NULL, &alg, spki);
	X509_ALGOR_get0(&oid, &type, NULL, alg);
	nid = OBJ_obj2nid(oid);
	OBJ_obj2txt(name, sizeof(name), oid, 0);
	if (nid != NID_rsaEncryption && nid != NID_X9_62_id_ecPublicKey)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE,
				 "has a key of a kind that is not allowed (%.40s): RSA and ECDSA are", name);
	if (!key)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE, "has a public key that cannot be read");
	if (nid == NID_rsaEncryption) {
		if (type != V_ASN1_NULL)
			return refuse_it(s, VOICEPAY_CHECK_SIGNATURE, "has an RSA key whose parameters are not NULL");
		return check_rsa(s, key);
	}
	if (type != V_ASN1_OBJECT)
		return refuse_it(s, VOICEPAY_CHECK_SIGNATURE, "has an EC key without a curve's name");
	return check_ec(s, key);
}

static bool hash_allowed(const X509_ALGOR *alg, int *nid)
{
	const ASN1_OBJECT *oid;
	int type;

	X509_ALGOR_get0(&oid, &type, NULL, alg);
	*nid = OBJ_obj2nid(oid);
	return (*nid == NID_sha256 || *nid == NID_sha384 || *nid == NID_sha512) &&
	       (type == V_ASN1_NULL || type == V_ASN1_UNDEF);
}

/* Left out, each of them means SHA-1 or 20 bytes. */
static const char *pss_problem(int type, const void *value)
{
	const char *problem = "by RSASSA-PSS with parameters that are not allowed: one of SHA-256, SHA-384, SHA-512, the same for MGF1, and a salt as long";
	RSA_PSS_PARAMS *pss = NULL;
	X509_ALGOR *mgf = NULL;
	const ASN1_OBJECT *oid;
	const void *mgf_hash;
	int hash, hash2, mgf_type;

	if (type == V_ASN1_SEQUENCE)
		pss = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (!pss || !pss->hashAlgorithm || !pss->maskGenAlgorithm || !pss->saltLength ||
	    pss->trailerField || !hash_allowed(pss->hashAlgorithm, &hash))
		goto out;
	X509_ALGOR_get0(&oid, &mgf_type, &mgf_hash, pss->maskGenAlgorithm);
	if (OBJ_obj2nid(oid) != NID_mgf1 || mgf_type != V_ASN1_SEQUENCE)
		goto out;
	mgf = ASN1_item_unpack(mgf_hash, ASN1_ITEM_rptr(X509_ALGOR));
	if (mgf && hash_allowed(mgf, &hash2) && hash == hash2 &&
	    ASN1_INTEGER_get(pss->saltLength) == EVP_MD_get_size(EVP_get_digestbynid(hash)))
		problem = NULL;
out:
	X509_ALGOR_free(mgf);
	RSA_PSS_PARAMS_free(pss);
	return problem;
}

const char *signature_problem(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid;
	const void *value;
	int type;

	X509_ALGOR_get0(&oid, &type, &value, alg);
	switch (OBJ_obj2nid(oid)) {
	case NID_sha256WithRSAEncryption:
	case NID_sha384WithRSAEncryption:
	case NID_sha512WithRSAEncryption:
		return type == V_ASN1_NULL ? NULL : "by RSA with parameters, where NULL must be";
	case NID_ecdsa_with_SHA256:
	case NID_ecdsa_with_SHA384:
	case NID_ecdsa_with_SHA512:
		return type == V_ASN1_UNDEF ? NULL : "by ECDSA with parameters, where none may be";
	case NID_rsassaPss:
		return pss_problem(type, value);
	case NID_sha1WithRSAEncryption:
	case NID_sha1WithRSA:
	case NID_ecdsa_with_SHA1:
		return "by means of SHA-1, which is broken";
	case NID_md5WithRSAEncryption:
	case NID_md2WithRSAEncryption:
	case NID_md4WithRSAEncryption:
		return "by means of MD5 or worse, which is broken";
	default:
		return "by an algorithm that is not allowed: RSA and ECDSA with SHA-256, SHA-384, SHA-512 are";
	}
}
