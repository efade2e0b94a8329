// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OpenSSL has no call for the resumption master secret, and nothing can be done
 * with a ticket without it once the kernel has the connection. But its key
 * schedule goes through an algorithm of a provider, "TLS13-KDF". So here is a
 * provider with an algorithm of that name, which lets the default provider do
 * the work, and keeps what has the labels that are sought.
 */

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>
#include <string.h>

#include "secrets.h"

#define NAME		"voicepay"
#define PROPERTY	"provider=" NAME

static EVP_KDF *real;
static OSSL_PROVIDER *loaded;	/* not NULL: what is above is loaded */
static struct secrets *watching;

struct kdf {
	EVP_KDF_CTX *real;
	char label[16];
};

static void *kdf_new(void *provider)
{
	struct kdf *kdf = OPENSSL_zalloc(sizeof(*kdf));

	if (!kdf)
		return NULL;
	kdf->real = EVP_KDF_CTX_new(real);
	if (!kdf->real) {
		OPENSSL_free(kdf);
		return NULL;
	}
	return kdf;
}

static void kdf_free(void *ctx)
{
	struct kdf *kdf = ctx;

	if (!kdf)
		return;
	EVP_KDF_CTX_free(kdf->real);
	OPENSSL_free(kdf);
}

static void kdf_reset(void *ctx)
{
	struct kdf *kdf = ctx;

	EVP_KDF_CTX_reset(kdf->real);
	kdf->label[0] = 0;
}

/* One that is too long is none of those sought. */
static void note_label(struct kdf *kdf, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = params ? OSSL_PARAM_locate_const(params, OSSL_KDF_PARAM_LABEL) : NULL;

	if (!p)
		return;
	kdf->label[0] = 0;
	if (p->data_type != OSSL_PARAM_OCTET_STRING || !p->data || p->data_size >= sizeof(kdf->label))
		return;
	memcpy(kdf->label, p->data, p->data_size);
	kdf->label[p->data_size] = 0;
}

static void keep(const char *label, const unsigned char *secret, size_t len)
{
	unsigned char *to;

	if (!watching || (len != 32 && len != SECRET_MAX))
		return;
	if (!strcmp(label, "c ap traffic"))
		to = watching->tx;
	else if (!strcmp(label, "s ap traffic"))
		to = watching->rx;
	else if (!strcmp(label, "res master"))
		to = watching->resumption;
	else
		return;
	OPENSSL_cleanse(to, SECRET_MAX);
	memcpy(to, secret, len);
	watching->len = len;
}

static int kdf_derive(void *ctx, unsigned char *out, size_t len, const OSSL_PARAM params[])
{
	struct kdf *kdf = ctx;

	note_label(kdf, params);
	if (EVP_KDF_derive(kdf->real, out, len, params) <= 0)
		return 0;
	keep(kdf->label, out, len);
	return 1;
}

static int kdf_set(void *ctx, const OSSL_PARAM params[])
{
	struct kdf *kdf = ctx;

	note_label(kdf, params);
	return EVP_KDF_CTX_set_params(kdf->real, params);
}

static const OSSL_PARAM *kdf_settable(void *ctx, void *provider)
{
	return EVP_KDF_settable_ctx_params(real);
}

static int kdf_get(void *ctx, OSSL_PARAM params[])
{
	return EVP_KDF_CTX_get_params(((struct kdf *)ctx)->real, params);
}

static const OSSL_PARAM *kdf_gettable(void *ctx, void *provider)
{
	return EVP_KDF_gettable_ctx_params(real);
}

#define FN(id, f) { OSSL_FUNC_KDF_##id, (void (*)(void))f }
static const OSSL_DISPATCH kdf_functions[] = {
	FN(NEWCTX, kdf_new),
	FN(FREECTX, kdf_free),
	FN(RESET, kdf_reset),
	FN(DERIVE, kdf_derive),
	FN(SET_CTX_PARAMS, kdf_set),
	FN(SETTABLE_CTX_PARAMS, kdf_settable),
	FN(GET_CTX_PARAMS, kdf_get),
	FN(GETTABLE_CTX_PARAMS, kdf_gettable),
	{ 0 }
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM algorithms[] = {
		{ "TLS13-KDF", PROPERTY, kdf_functions, "watches the key schedule" },
		{ 0 }
	};

	*no_cache = 0;
	return operation == OSSL_OP_KDF ? algorithms : NULL;
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ 0 }
	};

	*provider = (void *)handle;
	*out = functions;
	return 1;
}

const char *secrets_properties(void)
{
	EVP_KDF *ours = NULL;

	if (loaded)
		return "?" PROPERTY;
	/* Once one is loaded by name, the default one is not loaded by itself any more. */
	if (!OSSL_PROVIDER_add_builtin(NULL, NAME, init) || !OSSL_PROVIDER_load(NULL, "default"))
		return NULL;
	real = EVP_KDF_fetch(NULL, "TLS13-KDF", "provider=default");
	loaded = real ? OSSL_PROVIDER_load(NULL, NAME) : NULL;
	/* Fetched once by its name, as a preference alone does not make OpenSSL look for more than it has. */
	if (loaded)
		ours = EVP_KDF_fetch(NULL, "TLS13-KDF", PROPERTY);
	if (ours) {
		EVP_KDF_free(ours);
		return "?" PROPERTY;
	}
	OSSL_PROVIDER_unload(loaded);
	loaded = NULL;
	EVP_KDF_free(real);
	real = NULL;
	ERR_clear_error();
	return NULL;
}

void secrets_watch(struct secrets *secrets)
{
	watching = secrets;
	if (secrets)
		OPENSSL_cleanse(secrets, sizeof(*secrets));
}

static bool is_there(const unsigned char *secret, size_t len)
{
	static const unsigned char zero[SECRET_MAX];

	return CRYPTO_memcmp(secret, zero, len) && !CRYPTO_memcmp(secret + len, zero, SECRET_MAX - len);
}

bool secrets_complete(struct secrets *s)
{
	return s->len && is_there(s->tx, s->len) && is_there(s->rx, s->len) &&
	       is_there(s->resumption, s->len);
}
