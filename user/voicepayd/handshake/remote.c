// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A provider for OpenSSL with one ability: to have something signed by the
 * process at the other end of a socket. It lives in a library context of its
 * own, so that no other key can come to be made of it.
 */

#include <errno.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect.h"
#include "signer.h"

/* There is one key, and one peer. */
static struct {
	int fd;
	int64_t deadline;
	OSSL_LIB_CTX *ctx;
} remote = { .fd = -1 };

struct key {
	const char *type;
	EVP_PKEY *pub;
};

/* --- keys: the public half, as OpenSSL's own code knows it --- */

static struct key *key_new(const char *type)
{
	struct key *key = OPENSSL_zalloc(sizeof(*key));

	if (key)
		key->type = type;
	return key;
}

static void *new_ec(void *prov)
{
	return key_new("EC");
}

static void *new_rsa(void *prov)
{
	return key_new("RSA");
}

static void *new_ed25519(void *prov)
{
	return key_new("ED25519");
}

static void key_free(void *keydata)
{
	struct key *key = keydata;

	if (key)
		EVP_PKEY_free(key->pub);
	OPENSSL_free(key);
}

static int key_has(const void *keydata, int selection)
{
	const struct key *key = keydata;

	return key && key->pub;
}

static int key_match(const void *a, const void *b, int selection)
{
	const struct key *x = a, *y = b;

	return x->pub && y->pub && EVP_PKEY_eq(x->pub, y->pub) == 1;
}

static int key_import(void *keydata, int selection, const OSSL_PARAM params[])
{
	struct key *key = keydata;
	EVP_PKEY_CTX *ctx;
	int ok;

	if (key->pub)
		return 0;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, key->type, "provider=default");
	ok = ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	     EVP_PKEY_fromdata(ctx, &key->pub, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)params) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static const OSSL_PARAM *key_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END
	};

	return types;
}

static int key_get_params(void *keydata, OSSL_PARAM params[])
{
	struct key *key = keydata;

	return key->pub && EVP_PKEY_get_params(key->pub, params);
}

static const OSSL_PARAM *key_gettable_params(void *prov)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
		OSSL_PARAM_END
	};

	return types;
}

static const char *ec_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

/* No export: what could be exported is not here. */
#define FN(f)	((void (*)(void))(f))
#define KEY_FUNCTIONS(new_fn)								\
	{ OSSL_FUNC_KEYMGMT_NEW, FN(new_fn) },						\
	{ OSSL_FUNC_KEYMGMT_FREE, FN(key_free) },					\
	{ OSSL_FUNC_KEYMGMT_HAS, FN(key_has) },						\
	{ OSSL_FUNC_KEYMGMT_MATCH, FN(key_match) },					\
	{ OSSL_FUNC_KEYMGMT_IMPORT, FN(key_import) },					\
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, FN(key_import_types) },			\
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, FN(key_get_params) },				\
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, FN(key_gettable_params) }

static const OSSL_DISPATCH ec_functions[] = {
	KEY_FUNCTIONS(new_ec), { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, FN(ec_operation) }, { 0, NULL }
};
static const OSSL_DISPATCH rsa_functions[] = { KEY_FUNCTIONS(new_rsa), { 0, NULL } };
static const OSSL_DISPATCH ed25519_functions[] = { KEY_FUNCTIONS(new_ed25519), { 0, NULL } };

/* --- signatures --- */

struct signing {
	const struct key *key;
	char digest[sizeof(((struct signer_request *)0)->digest)];
};

static void *signing_new(void *prov, const char *propq)
{
	return OPENSSL_zalloc(sizeof(struct signing));
}

static void signing_free(void *ctx)
{
	OPENSSL_free(ctx);
}

static int signing_init(void *ctx, const char *digest, void *key, const OSSL_PARAM params[])
{
	struct signing *s = ctx;

	if (key)
		s->key = key;
	if (!s->key || (digest && strlen(digest) >= sizeof(s->digest)))
		return 0;
	strcpy(s->digest, digest ? digest : "");
	return 1;
}

static int ask(const struct signer_request *req, struct signer_answer *answer)
{
	if (remote.fd < 0 || send(remote.fd, req, sizeof(*req), MSG_NOSIGNAL) != sizeof(*req) ||
	    wait_for(remote.fd, POLLIN, remote.deadline) ||
	    recv(remote.fd, answer, sizeof(*answer), 0) != sizeof(*answer) || answer->len > sizeof(answer->signature))
		return -1;
	return answer->len ? 0 : -1;
}

static int signing_sign(void *ctx, unsigned char *sig, size_t *len, size_t size, const unsigned char *text,
			size_t text_len)
{
	struct signing *s = ctx;
	struct signer_request req = { .len = text_len };
	struct signer_answer answer;

	if (!sig) {
		*len = EVP_PKEY_get_size(s->key->pub);
		return 1;
	}
	if (text_len > sizeof(req.text))
		return 0;
	memcpy(req.text, text, text_len);
	strcpy(req.digest, s->digest);
	if (ask(&req, &answer) || answer.len > size)
		return 0;
	memcpy(sig, answer.signature, answer.len);
	*len = answer.len;
	return 1;
}

/* RSA's padding: TLS 1.3 has one, and the other side takes no other. */
static int signing_set_params(void *ctx, const OSSL_PARAM params[])
{
	return 1;
}

static const OSSL_PARAM *signing_settable_params(void *ctx, void *prov)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_END
	};

	return types;
}

static const OSSL_DISPATCH signature_functions[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, FN(signing_new) },
	{ OSSL_FUNC_SIGNATURE_FREECTX, FN(signing_free) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, FN(signing_init) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, FN(signing_sign) },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, FN(signing_set_params) },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, FN(signing_settable_params) },
	{ 0, NULL }
};

static const OSSL_ALGORITHM keys[] = {
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=voicepay-remote", ec_functions, NULL },
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=voicepay-remote", rsa_functions, NULL },
	{ "ED25519:1.3.101.112", "provider=voicepay-remote", ed25519_functions, NULL },
	{ NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM signatures[] = {
	{ "ECDSA", "provider=voicepay-remote", signature_functions, NULL },
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=voicepay-remote", signature_functions, NULL },
	{ "ED25519:1.3.101.112", "provider=voicepay-remote", signature_functions, NULL },
	{ NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM *query(void *prov, int operation, int *no_cache)
{
	*no_cache = 0;
	return operation == OSSL_OP_KEYMGMT ? keys : operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
			 void **provctx)
{
	static const OSSL_DISPATCH functions[] = { { OSSL_FUNC_PROVIDER_QUERY_OPERATION, FN(query) }, { 0, NULL } };

	*provctx = &remote;
	*out = functions;
	return 1;
}

EVP_PKEY *remote_key(EVP_PKEY *pub, int fd, int64_t deadline)
{
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	remote.fd = fd;
	remote.deadline = deadline;
	remote.ctx = OSSL_LIB_CTX_new();
	if (remote.ctx && OSSL_PROVIDER_add_builtin(remote.ctx, "voicepay-remote", provider_init) &&
	    OSSL_PROVIDER_load(remote.ctx, "voicepay-remote") &&
	    EVP_PKEY_todata(pub, EVP_PKEY_PUBLIC_KEY, &params))
		ctx = EVP_PKEY_CTX_new_from_name(remote.ctx, EVP_PKEY_get0_type_name(pub), NULL);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	ERR_clear_error();
	return key;
}
