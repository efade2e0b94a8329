/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates, CRLs and OCSP answers made on the fly, wrong in one respect each. */
#ifndef VP_TESTS_MAKE_H
#define VP_TESTS_MAKE_H

#include <openssl/ocsp.h>
#include <openssl/x509.h>

/* Keys are made once, as making them is dear. */
enum key {
	KEY_DEFAULT, KEY_ROOT, KEY_CA1, KEY_CA2, KEY_CA3, KEY_LEAF, KEY_OTHER, KEY_OTHER2,
	KEY_P384, KEY_P521, KEY_P224, KEY_K256, KEY_P256_EXPLICIT, KEY_RSA2048, KEY_RSA1024,
	KEY_RSA2056, KEY_RSA2047, KEY_RSA2050, KEY_RSA_E3, KEY_RSA_PSS, KEY_ED25519, KEY_ED448, KEY_DSA, KEY_COUNT,
};

EVP_PKEY *key(enum key key);

enum kind { LEAF, CA, ROOT };

#define MAX_EXTS 3

/**
 * struct spec - a certificate; what is left out is as it should be, "" is left away
 * @subject: "CN=a/O=b"; "" for none
 * @san, @eku, @ku, @bc, @ski, @aki, @nc: values as in openssl.cnf
 * @ext: more of them, as "OID=value"
 * @key: its own; @by: the one that signs instead of the issuer's
 * @from, @until: days from now
 * @hash: "SHA1"; @pss: sign by RSA-PSS with a salt of so many bytes
 * @serial: hex; @issuer: instead of the issuer's name
 * @version: 1 to 3
 * @tweak: just before it is signed; @damage: what is left of the DER afterwards
 */
struct spec {
	const char *subject, *san, *eku, *ku, *bc, *ski, *aki, *nc;
	const char *ext[MAX_EXTS];
	enum key key, by;
	int from, until;
	const char *hash;
	int pss;
	const char *serial, *issuer;
	int version;
	void (*tweak)(X509 *cert);
	void (*damage)(unsigned char *der, int len);
};

X509 *make_cert(const struct spec *spec, enum kind kind, enum key own, X509 *issuer, enum key issuer_key);
void add_extension(X509 *cert, X509 *issuer, const char *name, const char *value);
X509_NAME *make_name(const char *text);

/**
 * struct crl_spec - a CRL
 * @revoked: serial of this one, and @twice; @many: so many others before it
 * @from, @until: hours from now; @until 0 becomes 24; -9999 leaves it out
 * @number: "" leaves it out
 */
struct crl_spec {
	X509 *revoked;
	int twice, reason, many;
	const char *entry_ext;
	int from, until;
	const char *number, *idp, *aki;
	const char *ext[MAX_EXTS];
	const char *hash;
	enum key by;
	const char *issuer;
	int version1;
};

X509_CRL *make_crl(const struct crl_spec *spec, X509 *issuer, enum key issuer_key);

/**
 * struct ocsp_spec - an OCSP answer
 * @signer: NULL: the issuer itself
 * @status: V_OCSP_CERTSTATUS_*
 * @from, @until: hours from now; @until 0 becomes 24; -9999 leaves it out
 */
struct ocsp_spec {
	X509 *signer, *about, *about_issuer;
	enum key by;
	int status, from, until;
	const char *hash, *id_hash;
	int by_key, failed, no_certs, critical, twice_revoked;
	void (*damage)(unsigned char *der, int len);
};

/* DER, to be freed with OPENSSL_free(). */
unsigned char *make_ocsp(const struct ocsp_spec *spec, X509 *cert, X509 *issuer, enum key issuer_key,
			 size_t *len);

#define MUST(x) do {								\
	if (!(x)) {								\
		fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #x);	\
		ERR_print_errors_fp(stderr);					\
		abort();							\
	}									\
} while (0)

#endif
