// SPDX-License-Identifier: GPL-2.0-or-later

#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "make.h"

static EVP_PKEY *keys[KEY_COUNT];

static EVP_PKEY *make_rsa(const char *type, unsigned int bits, unsigned long exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *k = NULL;
	BIGNUM *e = BN_new();

	BN_set_word(e, exponent);
	MUST(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) > 0 &&
	     EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) > 0 && EVP_PKEY_keygen(ctx, &k) == 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return k;
}

static EVP_PKEY *make_dsa(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	EVP_PKEY *params = NULL, *k = NULL;

	MUST(EVP_PKEY_paramgen_init(ctx) == 1 && EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) > 0 &&
	     EVP_PKEY_paramgen(ctx, &params) == 1);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
	MUST(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &k) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	return k;
}

static EVP_PKEY *make_key(enum key which)
{
	EVP_PKEY *k;

	switch (which) {
	case KEY_P384: return EVP_EC_gen("P-384");
	case KEY_P521: return EVP_EC_gen("P-521");
	case KEY_P224: return EVP_EC_gen("P-224");
	case KEY_K256: return EVP_EC_gen("secp256k1");
	case KEY_P256_EXPLICIT:
		k = EVP_EC_gen("P-256");
		MUST(EVP_PKEY_set_utf8_string_param(k, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT));
		return k;
	case KEY_RSA2048: return make_rsa("RSA", 2048, 65537);
	case KEY_RSA1024: return make_rsa("RSA", 1024, 65537);
	case KEY_RSA2056: return make_rsa("RSA", 2056, 65537);
	case KEY_RSA2047: return make_rsa("RSA", 2047, 65537);
	case KEY_RSA2050: return make_rsa("RSA", 2050, 65537);
	case KEY_RSA_E3: return make_rsa("RSA", 2048, 3);
	case KEY_RSA_PSS: return make_rsa("RSA-PSS", 2048, 65537);
	case KEY_ED25519: return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case KEY_ED448: return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	case KEY_DSA: return make_dsa();
	default: return EVP_EC_gen("P-256");
	}
}

EVP_PKEY *key(enum key which)
{
	if (!keys[which]) {
		keys[which] = make_key(which);
		MUST(keys[which]);
	}
	return keys[which];
}

X509_NAME *make_name(const char *text)
{
	X509_NAME *name = X509_NAME_new();
	char *copy = strdup(text), *save = NULL, *part;

	for (part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		char *eq = strchr(part, '=');

		*eq = 0;
		MUST(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (void *)(eq + 1), -1, -1, 0));
	}
	free(copy);
	return name;
}

/* Names that a value can refer to, as "dirName:china". */
static CONF *sections(void)
{
	static const char text[] = "[china]\nC = CN\n[pay]\nC = CN\nO = Pay\n[other]\nC = CN\nO = Other\n";
	static CONF *conf;
	BIO *bio;
	long line;

	if (!conf) {
		conf = NCONF_new(NULL);
		bio = BIO_new_mem_buf(text, -1);
		MUST(NCONF_load_bio(conf, bio, &line) == 1);
		BIO_free(bio);
	}
	return conf;
}

void add_extension(X509 *cert, X509 *issuer, const char *name, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, sections());
	ext = X509V3_EXT_nconf(sections(), &ctx, name, value);
	if (!ext)
		fprintf(stderr, "%s=%s\n", name, value);
	MUST(ext);
	MUST(X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
}

static void add_unless_empty(X509 *cert, X509 *issuer, const char *name, const char *value,
			     const char *usual)
{
	if (!value)
		value = usual;
	if (value && *value)
		add_extension(cert, issuer, name, value);
}

static void add_given(const char *const *list, X509 *cert, X509 *issuer)
{
	int i;

	for (i = 0; i < MAX_EXTS && list[i]; i++) {
		const char *eq = strchr(list[i], '=');
		char name[128];

		snprintf(name, sizeof(name), "%.*s", (int)(eq - list[i]), list[i]);
		add_extension(cert, issuer, name, eq + 1);
	}
}

static void sign(X509 *cert, const struct spec *s, EVP_PKEY *by)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	const EVP_MD *md = EVP_get_digestbyname(s->hash ? s->hash : "SHA256");

	if (EVP_PKEY_is_a(by, "ED25519") || EVP_PKEY_is_a(by, "ED448"))
		md = NULL;
	MUST(EVP_DigestSignInit(ctx, &pctx, md, NULL, by) == 1);
	if (s->pss)
		MUST(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, s->pss) > 0);
	MUST(X509_sign_ctx(cert, ctx));
	EVP_MD_CTX_free(ctx);
}

X509 *make_cert(const struct spec *s, enum kind kind, enum key own, X509 *issuer, enum key issuer_key)
{
	static unsigned long serial = 0x1000;
	X509 *cert = X509_new();
	X509 *by = issuer ? issuer : cert;
	X509_NAME *name;
	unsigned char *der = NULL;
	const unsigned char *p;
	BIGNUM *bn = NULL;
	int len;

	if (s->key)
		own = s->key;
	X509_set_version(cert, (s->version ? s->version : 3) - 1);
	if (s->serial)
		BN_hex2bn(&bn, s->serial);
	else
		BN_set_word(bn = BN_new(), serial++);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	BN_free(bn);
	name = make_name(s->subject ? s->subject : kind == LEAF ? "CN=gateway" : kind == CA ? "CN=middle" : "CN=root");
	X509_set_subject_name(cert, name);
	X509_NAME_free(name);
	name = s->issuer ? make_name(s->issuer) : X509_NAME_dup(X509_get_subject_name(by));
	X509_set_issuer_name(cert, name);
	X509_NAME_free(name);
	X509_time_adj_ex(X509_getm_notBefore(cert), s->from ? s->from : -10, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(cert), s->until ? s->until : 365, 0, NULL);
	X509_set_pubkey(cert, key(own));

	add_unless_empty(cert, by, "basicConstraints", s->bc,
			 kind == LEAF ? "critical,CA:FALSE" : "critical,CA:TRUE");
	add_unless_empty(cert, by, "keyUsage", s->ku,
			 kind == LEAF ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
	add_unless_empty(cert, by, "extendedKeyUsage", s->eku, kind == LEAF ? "serverAuth" : NULL);
	add_unless_empty(cert, by, "subjectKeyIdentifier", s->ski, "hash");
	add_unless_empty(cert, by, "authorityKeyIdentifier", s->aki, issuer ? "keyid:always" : NULL);
	add_unless_empty(cert, by, "subjectAltName", s->san, kind == LEAF ? "DNS:pay.example.com" : NULL);
	add_unless_empty(cert, by, "nameConstraints", s->nc, NULL);
	add_given(s->ext, cert, by);
	if (s->tweak)
		s->tweak(cert);
	sign(cert, s, key(s->by ? s->by : issuer ? issuer_key : own));

	/* Through DER, as a server would send it. */
	len = i2d_X509(cert, &der);
	MUST(len > 0);
	X509_free(cert);
	if (s->damage)
		s->damage(der, len);
	p = der;
	cert = d2i_X509(NULL, &p, len);
	MUST(cert);
	OPENSSL_free(der);
	return cert;
}

X509_CRL *make_crl(const struct crl_spec *s, X509 *issuer, enum key issuer_key)
{
	X509_CRL *crl = X509_CRL_new(), *read;
	time_t now = time(NULL);
	ASN1_TIME *t = ASN1_TIME_new();
	X509V3_CTX ctx;
	X509_NAME *name = s->issuer ? make_name(s->issuer) : X509_NAME_dup(X509_get_subject_name(issuer));
	unsigned char *der = NULL;
	const unsigned char *p;
	int i, len;

	X509_CRL_set_version(crl, s->version1 ? 0 : 1);
	X509_CRL_set_issuer_name(crl, name);
	X509_NAME_free(name);
	X509_CRL_set1_lastUpdate(crl, ASN1_TIME_set(t, now + (s->from ? s->from : -1) * 3600));
	if (s->until != -9999)
		X509_CRL_set1_nextUpdate(crl, ASN1_TIME_set(t, now + (s->until ? s->until : 24) * 3600));
	for (i = 0; i < s->many; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set_int64(serial, 0x100000 + (i * 7919L) % 10007);
		X509_REVOKED_set_serialNumber(entry, serial);
		X509_REVOKED_set_revocationDate(entry, ASN1_TIME_set(t, now - 7200));
		MUST(X509_CRL_add0_revoked(crl, entry));
		ASN1_INTEGER_free(serial);
	}
	for (i = 0; s->revoked && i < 1 + s->twice; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(s->revoked));
		X509_REVOKED_set_revocationDate(entry, ASN1_TIME_set(t, now - 7200));
		if (s->reason) {
			ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

			ASN1_ENUMERATED_set(reason, s->reason);
			X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
			ASN1_ENUMERATED_free(reason);
		}
		if (s->entry_ext) {
			X509_EXTENSION *ext = X509V3_EXT_conf(NULL, NULL, "1.2.3.4", (char *)s->entry_ext);

			MUST(ext && X509_REVOKED_add_ext(entry, ext, -1));
			X509_EXTENSION_free(ext);
		}
		MUST(X509_CRL_add0_revoked(crl, entry));
	}
	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	X509V3_set_nconf(&ctx, sections());
	for (i = 0; i < 3 + MAX_EXTS && !s->version1; i++) {
		const char *const fixed[] = { "authorityKeyIdentifier", "crlNumber", "issuingDistributionPoint" };
		const char *value = i == 0 ? (s->aki ? s->aki : "keyid:always") : i == 1 ? (s->number ? s->number : "DER:02:01:05") :
				    i == 2 ? s->idp : s->ext[i - 3];
		char id[64];
		X509_EXTENSION *ext;

		if (!value || !*value)
			continue;
		snprintf(id, sizeof(id), "%s", i < 3 ? fixed[i] : value);
		if (i >= 3) {
			*strchr(id, '=') = 0;
			value = strchr(value, '=') + 1;
		}
		ext = X509V3_EXT_nconf(sections(), &ctx, id, value);
		MUST(ext && X509_CRL_add_ext(crl, ext, -1));
		X509_EXTENSION_free(ext);
	}
	MUST(X509_CRL_sign(crl, key(s->by ? s->by : issuer_key), EVP_get_digestbyname(s->hash ? s->hash : "SHA256")));
	ASN1_TIME_free(t);
	len = i2d_X509_CRL(crl, &der);
	p = der;
	read = d2i_X509_CRL(NULL, &p, len);
	MUST(read);
	OPENSSL_free(der);
	X509_CRL_free(crl);
	return read;
}

static ASN1_GENERALIZEDTIME *hours(int n)
{
	return ASN1_GENERALIZEDTIME_set(NULL, time(NULL) + n * 3600);
}

unsigned char *make_ocsp(const struct ocsp_spec *s, X509 *cert, X509 *issuer, enum key issuer_key,
			 size_t *len)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_get_digestbyname(s->id_hash ? s->id_hash : "SHA1"),
					  s->about ? s->about : cert, s->about_issuer ? s->about_issuer : issuer);
	ASN1_GENERALIZEDTIME *from = hours(s->from ? s->from : -1), *revoked = hours(-5);
	ASN1_GENERALIZEDTIME *until = s->until == -9999 ? NULL : hours(s->until ? s->until : 24);
	OCSP_SINGLERESP *single;
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	unsigned long flags = (s->by_key ? OCSP_RESPID_KEY : 0) | (s->no_certs ? OCSP_NOCERTS : 0);
	int n;

	single = OCSP_basic_add1_status(basic, id, s->status, s->status == V_OCSP_CERTSTATUS_REVOKED ? 1 : 0,
					revoked, from, until);
	MUST(single);
	if (s->twice_revoked)
		MUST(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED, 1, revoked, from, until));
	if (s->critical) {
		X509_EXTENSION *ext = X509V3_EXT_conf(NULL, NULL, "1.2.3.4", "critical,DER:05:00");

		MUST(OCSP_SINGLERESP_add_ext(single, ext, -1));
		X509_EXTENSION_free(ext);
	}
	MUST(OCSP_basic_sign(basic, s->signer ? s->signer : issuer, key(s->by ? s->by : issuer_key),
			     EVP_get_digestbyname(s->hash ? s->hash : "SHA256"), NULL, flags));
	response = OCSP_response_create(s->failed, s->failed ? NULL : basic);
	n = i2d_OCSP_RESPONSE(response, &der);
	MUST(n > 0);
	if (s->damage)
		s->damage(der, n);
	*len = n;
	OCSP_RESPONSE_free(response);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(until);
	ASN1_GENERALIZEDTIME_free(revoked);
	return der;
}
