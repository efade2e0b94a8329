// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "access.h"

bool devkey_in_file(const struct config *c)
{
	return c->key[0] == '/' || (!strncmp(c->key, "file:", 5) && !*c->key_provider);
}

const char *devkey_file(const struct config *c)
{
	return c->key[0] == '/' ? c->key : c->key + 5;
}

static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	return -1;	/* there is nobody to ask */
}

int devkey_read_file(const char *file, EVP_PKEY **key, char error[DEVKEY_ERROR])
{
	FILE *f = fopen(file, "re");
	struct stat st;

	*key = NULL;
	if (!f) {
		snprintf(error, DEVKEY_ERROR, "%.160s: %s", file, strerror(errno));
		return -1;
	}
	/* Nor its group: that is often the one whose members may ask for channels. */
	if (fstat(fileno(f), &st) || st.st_mode & (S_IRWXG | S_IRWXO)) {
		fclose(f);
		snprintf(error, DEVKEY_ERROR,
			 "%.160s: others than its owner can read or write the device's key: chmod 600 it", file);
		return -1;
	}
	/* stdio's buffer would be a copy that nobody wipes. */
	setvbuf(f, NULL, _IONBF, 0);
	*key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	ERR_clear_error();
	if (*key)
		return 0;
	snprintf(error, DEVKEY_ERROR, "%.160s: holds no private key: it must be PEM, without a passphrase", file);
	return -1;
}

static const EVP_MD *digest_for(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
}

int devkey_prove(EVP_PKEY *key, OSSL_LIB_CTX *ctx, EVP_PKEY *pub)
{
	static const unsigned char words[] = "voicepay: this is not a handshake, nor a certificate request";
	const EVP_MD *md = digest_for(key);
	const char *name = md ? EVP_MD_get0_name(md) : NULL;
	EVP_MD_CTX *mctx = EVP_MD_CTX_new();
	unsigned char sig[1024];
	size_t len = sizeof(sig);
	int ret = -1;

	if (mctx && EVP_DigestSignInit_ex(mctx, NULL, name, ctx, NULL, key, NULL) == 1 &&
	    EVP_DigestSign(mctx, sig, &len, words, sizeof(words)) == 1)
		ret = 0;
	EVP_MD_CTX_free(mctx);
	if (ret || !pub)
		return ret;
	mctx = EVP_MD_CTX_new();
	ret = mctx && EVP_DigestVerifyInit_ex(mctx, NULL, name, NULL, NULL, pub, NULL) == 1 &&
	      EVP_DigestVerify(mctx, sig, len, words, sizeof(words)) == 1 ? 0 : 1;
	EVP_MD_CTX_free(mctx);
	return ret;
}

/* The one private key behind the URI. */
static EVP_PKEY *find_key(struct store_access *a, const char *uri)
{
	OSSL_STORE_CTX *store;
	EVP_PKEY *key = NULL;
	int left = 64;

	/* A file is OpenSSL's own to open; what is in it is the provider's to understand. */
	store = OSSL_STORE_open_ex(uri, a->ctx, strncmp(uri, "file:", 5) ? a->propq : NULL, a->ui, a, NULL, NULL, NULL);
	if (!store)
		return NULL;
	OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	while (!key && !OSSL_STORE_eof(store) && left--) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	/* A plain key in a file was not put into a TPM's keeping: whoever wants that says so without a provider. */
	if (key && EVP_PKEY_get0_provider(key) != a->named) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/*
 * The TPM's own words for a wrong PIN. One that is locked says so and counts
 * nothing, and opens again by itself: that is not to be remembered.
 */
static bool says_refused(const char *reason)
{
	return strstr(reason, "authorization") && !strstr(reason, "lockout");
}

static int open_stored(struct devkey *dk, const struct config *c, EVP_PKEY *pub, char error[DEVKEY_ERROR])
{
	struct attempt attempt;
	char uri[CONFIG_FILE + 32], reason[160];
	bool refused = false;
	int ret = -1;

	dk->access = access_open(c, error);
	if (!dk->access || attempt_begin(&attempt, c, &dk->access->pin_file, error))
		return -1;
	dk->ctx = dk->access->ctx;
	/* What else the URIs of the two known providers need to find a key and its PIN. */
	snprintf(uri, sizeof(uri), "%s%s", c->key,
		 !strncmp(c->key, "pkcs11:", 7) && !strstr(c->key, "type=") ? ";type=private" :
		 !strncmp(c->key, "handle:", 7) && *c->key_pin_file ? "?pass" : "");
	dk->key = find_key(dk->access, uri);
	if (!dk->key) {
		access_reason(reason, sizeof(reason));
		/* The provider does not tell these two apart; the one that costs tries is taken for it. */
		refused = dk->access->given;
		if (refused)
			snprintf(error, DEVKEY_ERROR,
				 "%.140s: the token refused the PIN in %.120s, or holds no such key: put right what is wrong; the PIN is not tried again before that file is written anew",
				 c->key, c->key_pin_file);
		else
			snprintf(error, DEVKEY_ERROR, "%.140s: there is no such key, or its token or TPM is not there (%.80s)%s",
				 c->key, reason, dk->access->has_pin ? "" :
				 "; most tokens show a key to those only who have its PIN: [tls] key-pin-file");
		goto out;
	}
	ret = devkey_prove(dk->key, dk->ctx, pub);
	if (ret < 0) {
		access_reason(reason, sizeof(reason));
		refused = says_refused(reason);
		if (refused)
			snprintf(error, DEVKEY_ERROR, "%.140s: the key's PIN is wrong, or missing (%.100s): %s", c->key, reason,
				 *c->key_pin_file ? "it is not tried again before its file is written anew" :
				 "name a file that holds it as [tls] key-pin-file");
		else
			snprintf(error, DEVKEY_ERROR, "%.140s: the key does not sign (%.120s)", c->key, reason);
	} else if (ret) {
		snprintf(error, DEVKEY_ERROR, "%.140s is not the key of %.140s", c->key, c->cert);
	}
out:
	attempt_end(&attempt, refused);
	ERR_clear_error();
	return ret ? -1 : 0;
}

int devkey_open(struct devkey *dk, const struct config *c, EVP_PKEY *pub, char error[DEVKEY_ERROR])
{
	int ret;

	memset(dk, 0, sizeof(*dk));
	if (devkey_in_file(c)) {
		ret = devkey_read_file(devkey_file(c), &dk->key, error);
		if (!ret && pub && EVP_PKEY_eq(dk->key, pub) != 1) {
			snprintf(error, DEVKEY_ERROR, "%.160s is not the key of %.160s", devkey_file(c), c->cert);
			ret = -1;
		}
	} else {
		ret = open_stored(dk, c, pub, error);
	}
	ERR_clear_error();
	if (ret)
		devkey_close(dk);
	return ret;
}

void devkey_close(struct devkey *dk)
{
	EVP_PKEY_free(dk->key);
	access_close(dk->access);
	memset(dk, 0, sizeof(*dk));
}
