// SPDX-License-Identifier: GPL-2.0-or-later
/* A key is made where it will live, and what is there is never overwritten. */

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"

static int complain(char error[DEVKEY_ERROR], const char *what, const char *why)
{
	snprintf(error, DEVKEY_ERROR, "%.160s: %.220s", what, why);
	return -1;
}

/* Whoever handshakes run as must be able to read it; root makes it. */
static int give_away(int fd, const struct config *c)
{
	struct passwd *pw = geteuid() ? NULL : getpwnam(*c->user ? c->user : "voicepay");

	return pw ? fchown(fd, pw->pw_uid, -1) : 0;
}

/* 0 or an errno. */
static int sync_parent(const char *file)
{
	char dir[CONFIG_FILE + 8];
	int fd, err;

	snprintf(dir, sizeof(dir), "%s", file);
	*strrchr(dir, '/') = 0;
	fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	err = fsync(fd) ? errno : 0;
	close(fd);
	return err;
}

/* Under another name until it is whole; link() does not replace what came meanwhile. */
static int write_key(const struct config *c, const char *file, EVP_PKEY *key, char error[DEVKEY_ERROR])
{
	char path[CONFIG_FILE + 16];
	int fd, err = 0, ret = -1;
	BIO *bio;

	snprintf(path, sizeof(path), "%s.making", file);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain(error, path, strerror(errno));
	/* Not through stdio, whose buffer nobody wipes. */
	bio = BIO_new_fd(fd, BIO_NOCLOSE);
	errno = 0;
	if (!bio || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1 || give_away(fd, c) || fsync(fd) ||
	    link(path, file))
		err = errno;
	else
		ret = err = sync_parent(file);
	if (err == EEXIST)
		ret = 1;
	else if (ret)
		ret = complain(error, file, err ? strerror(err) : "the key could not be written");
	BIO_free(bio);
	close(fd);
	unlink(path);
	return ret;
}

static EVP_PKEY *generate(OSSL_LIB_CTX *ctx, const char *propq, const OSSL_PARAM params[])
{
	EVP_PKEY_CTX *gen = EVP_PKEY_CTX_new_from_name(ctx, "EC", propq);
	EVP_PKEY *key = NULL;

	if (!gen || EVP_PKEY_keygen_init(gen) != 1 || EVP_PKEY_CTX_set_params(gen, params) != 1 ||
	    EVP_PKEY_generate(gen, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(gen);
	return key;
}

static int make_file(const struct config *c, char error[DEVKEY_ERROR])
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 5), OSSL_PARAM_END
	};
	EVP_PKEY *key;
	int ret;

	if (!access(devkey_file(c), F_OK))
		return 1;
	key = generate(NULL, "provider=default", params);
	if (!key)
		return complain(error, devkey_file(c), "no key could be made");
	ret = write_key(c, devkey_file(c), key, error);
	EVP_PKEY_free(key);
	return ret;
}

/* Wrapped by the TPM, for this TPM. */
static int make_wrapped(const struct config *c, char error[DEVKEY_ERROR])
{
	const char *file = c->key + strlen("file:");
	struct store_access *a;
	EVP_PKEY *key;
	char reason[160];
	int ret;

	if (!access(file, F_OK))
		return 1;
	a = access_open(c, error);
	if (!a)
		return -1;
	{
		const OSSL_PARAM params[] = {
			OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 5),
			OSSL_PARAM_utf8_string("user-auth", a->pin, strlen(a->pin)), OSSL_PARAM_END
		};
		const OSSL_PARAM open_params[] = { params[0], OSSL_PARAM_END };

		key = generate(a->ctx, a->propq, a->has_pin ? params : open_params);
	}
	if (key) {
		ret = write_key(c, file, key, error);
	} else {
		access_reason(reason, sizeof(reason));
		ret = complain(error, c->key, reason);
	}
	EVP_PKEY_free(key);
	access_close(a);
	return ret;
}

/* A public half that is there says so without a PIN. */
static bool token_has(struct store_access *a, const char *uri)
{
	char pub[CONFIG_FILE + 16];
	OSSL_STORE_CTX *store;
	bool has_pin = a->has_pin, found = false;
	int left = 64;

	snprintf(pub, sizeof(pub), "%s;type=public", uri);
	a->has_pin = false;
	store = OSSL_STORE_open_ex(pub, a->ctx, a->propq, a->ui, a, NULL, NULL, NULL);
	while (store && !found && !OSSL_STORE_eof(store) && left--) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		found = info != NULL;
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	ERR_clear_error();
	a->has_pin = has_pin;
	return found;
}

static int make_in_token(const struct config *c, char error[DEVKEY_ERROR])
{
	char uri[CONFIG_FILE + 4 * PIN_MAX], reason[160], *p;
	struct store_access *a = access_open(c, error);
	struct attempt attempt;
	EVP_PKEY *key = NULL;
	const char *pin;
	int ret = -1;

	if (!a)
		return -1;
	if (token_has(a, c->key)) {
		access_close(a);
		return 1;
	}
	/* With one log-in; the provider takes the PIN for making a key in no other way. */
	p = uri + snprintf(uri, sizeof(uri), "%s%s", c->key, a->has_pin ? "?pin-value=" : "");
	for (pin = a->pin; a->has_pin && *pin; pin++)
		p += sprintf(p, "%%%02x", (unsigned char)*pin);
	if (!attempt_begin(&attempt, c, &a->pin_file, error)) {
		const OSSL_PARAM params[] = {
			OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 5),
			OSSL_PARAM_utf8_string("pkcs11_uri", uri, strlen(uri)),
			OSSL_PARAM_utf8_string("pkcs11_key_usage", "digitalSignature", 16), OSSL_PARAM_END
		};

		key = generate(a->ctx, a->propq, params);
		attempt_end(&attempt, !key && a->has_pin);
		ret = key ? 0 : -1;
		if (ret) {
			access_reason(reason, sizeof(reason));
			snprintf(error, DEVKEY_ERROR,
				 "%.140s: the token makes no key (%.100s): is it there, and the PIN right? It is not tried again before its file is written anew",
				 c->key, reason);
		}
	}
	explicit_bzero(uri, sizeof(uri));
	EVP_PKEY_free(key);
	access_close(a);
	return ret;
}

int devkey_make(const struct config *c, char error[DEVKEY_ERROR])
{
	const char *provider;
	int ret;

	if (devkey_in_file(c))
		return make_file(c, error);
	provider = access_provider(c, error);
	if (!provider)
		return -1;
	if (!strncmp(c->key, "file:", 5))
		ret = make_wrapped(c, error);
	else if (!strncmp(c->key, "pkcs11:", 7))
		ret = make_in_token(c, error);
	else	/* a persistent handle is the TPM owner's to give */
		ret = 1;
	ERR_clear_error();
	return ret;
}
