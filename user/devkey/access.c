// SPDX-License-Identifier: GPL-2.0-or-later

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/keyuri.h"
#include "access.h"

const char *access_provider(const struct config *c, char error[DEVKEY_ERROR])
{
	const char *name = *c->key_provider ? c->key_provider : keyuri_provider(c->key);

	if (!name)
		snprintf(error, DEVKEY_ERROR,
			 "[tls] key-provider is missing: it says which OpenSSL provider knows what %.100s is",
			 c->key);
	return name;
}

void access_reason(char *buf, size_t size)
{
	const char *data = NULL, *reason = NULL;
	unsigned long err, last = 0;
	char text[160] = "";
	int flags;

	/* The innermost of the provider's own words; OpenSSL's say less the longer they are. */
	while ((err = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		if (data && *data && flags & ERR_TXT_STRING && ERR_GET_LIB(err) >= ERR_LIB_USER)
			snprintf(text, sizeof(text), "%s", data);
		if (!last)
			last = err;
	}
	reason = last ? ERR_reason_error_string(last) : NULL;
	snprintf(buf, size, "%s", *text ? text : reason ?: "it does not say why");
}

/* Called by the provider for a PIN. It gets the one that there is, once. */
static int give_pin(char *buf, int size, int rwflag, void *user)
{
	struct store_access *a = user;
	int len = strlen(a->pin);

	if (!a->has_pin || a->given || len >= size)
		return -1;
	a->given = true;
	memcpy(buf, a->pin, len + 1);
	return len;
}

static int set_environment(const struct config *c)
{
	size_t i;

	/* The TPM's libraries talk to standard error, in many lines, about what is told in one here. */
	if (setenv("TSS2_LOG", "all+NONE", 1) || setenv("TPM2OPENSSL_TCTI", c->tpm, 1))
		return -1;
	for (i = 0; i < c->key_env_count; i++) {
		char name[CONFIG_FILE];
		size_t len = strcspn(c->key_env[i], "=");

		memcpy(name, c->key_env[i], len);
		name[len] = 0;
		if (setenv(name, c->key_env[i] + len + 1, 1))
			return -1;
	}
	return 0;
}

static OSSL_PROVIDER *load_named(struct store_access *a, const struct config *c)
{
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
	/* Without a PIN it would ask for one on a terminal. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string("pkcs11-module-path", (char *)c->pkcs11_module, strlen(c->pkcs11_module)),
		OSSL_PARAM_utf8_string("pkcs11-module-login-behavior", *c->key_pin_file ? "auto" : "never",
				       *c->key_pin_file ? 4 : 5),
		OSSL_PARAM_END
	};

	if (*c->pkcs11_module)
		return OSSL_PROVIDER_load_ex(a->ctx, a->name, params);
#else
	if (*c->pkcs11_module)
		setenv("PKCS11_PROVIDER_MODULE", c->pkcs11_module, 1);
#endif
	return OSSL_PROVIDER_load(a->ctx, a->name);
}

struct store_access *access_open(const struct config *c, char error[DEVKEY_ERROR])
{
	const char *name = access_provider(c, error);
	struct store_access *a;
	char reason[160];

	if (!name)
		return NULL;
	if (!strcmp(name, "pkcs11") && !*c->pkcs11_module) {
		snprintf(error, DEVKEY_ERROR, "[tls] pkcs11-module is missing: it must be the path of the token's PKCS#11 library");
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	if (!a) {
		snprintf(error, DEVKEY_ERROR, "out of memory");
		return NULL;
	}
	a->name = name;
	snprintf(a->propq, sizeof(a->propq), "provider=%s", name);
	a->ctx = OSSL_LIB_CTX_new();
	if (!a->ctx || set_environment(c)) {
		snprintf(error, DEVKEY_ERROR, "out of memory");
		goto fail;
	}
	/* Nobody is asked for anything, whatever a provider thinks of it. */
	UI_set_default_method(UI_null());
	/* Explicitly, as the second would keep the first from being loaded by itself. */
	a->base = OSSL_PROVIDER_load(a->ctx, "default");
	a->named = a->base ? load_named(a, c) : NULL;
	if (!a->named) {
		access_reason(reason, sizeof(reason));
		snprintf(error, DEVKEY_ERROR,
			 "OpenSSL's provider %.60s does not load (%.150s): is its package installed (tpm2-openssl, pkcs11-provider), and the TPM there?",
			 name, reason);
		goto fail;
	}
	/* Hashes are not for a TPM to make, at two hundred a second. */
	EVP_set_default_properties(a->ctx, "?provider=default");
	if (*c->key_pin_file) {
		if (pin_read(c->key_pin_file, a->pin, &a->pin_file, error))
			goto fail;
		a->has_pin = true;
	}
	a->ui = UI_UTIL_wrap_read_pem_callback(give_pin, 0);
	if (!a->ui) {
		snprintf(error, DEVKEY_ERROR, "out of memory");
		goto fail;
	}
	return a;
fail:
	access_close(a);
	return NULL;
}

void access_close(struct store_access *a)
{
	if (!a)
		return;
	UI_destroy_method(a->ui);
	OSSL_PROVIDER_unload(a->named);
	OSSL_PROVIDER_unload(a->base);
	OSSL_LIB_CTX_free(a->ctx);
	explicit_bzero(a, sizeof(*a));
	free(a);
}
