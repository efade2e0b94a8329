// SPDX-License-Identifier: GPL-2.0-or-later

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/base64.h"
#include "../verify/load.h"
#include "bundle.h"

#define MAGIC		"VPB1"
#define CONTEXT		"voicepay bundle 1\n"
#define SIGNATURE	64
#define HEADER		(4 + 4 + SIGNATURE)

/* The context keeps a signature made for something else from passing here. */
static bool is_signed(const uint8_t key[BUNDLE_KEY], const unsigned char *signature, const char *text, size_t len)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, BUNDLE_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t context = strlen(CONTEXT);
	unsigned char *all = malloc(context + len);
	bool ok = false;

	if (pkey && ctx && all) {
		memcpy(all, CONTEXT, context);
		memcpy(all + context, text, len);
		ok = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		     EVP_DigestVerify(ctx, signature, SIGNATURE, all, context + len) == 1;
	}
	free(all);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return ok;
}

static int complain(char error[BUNDLE_ERROR], const char *name, const char *what)
{
	snprintf(error, BUNDLE_ERROR, "%.200s: %s", name, what);
	return -1;
}

static int read_list(const json_t *list, const char *name, int (*add)(struct bundle *b, const char *name,
		     const char *text, char error[LOAD_ERROR]), struct bundle *b, char error[BUNDLE_ERROR])
{
	char why[LOAD_ERROR];
	size_t i;

	if (!json_is_array(list))
		return complain(error, name, "a list is missing in the bundle");
	for (i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text)
			return complain(error, name, "something in the bundle is not text");
		if (add(b, name, text, why)) {
			snprintf(error, BUNDLE_ERROR, "%s", why);
			return -1;
		}
	}
	return 0;
}

static int add_ca(struct bundle *b, const char *name, const char *text, char error[LOAD_ERROR])
{
	return parse_certificates(name, text, strlen(text), b->cas, error);
}

static int add_crl(struct bundle *b, const char *name, const char *text, char error[LOAD_ERROR])
{
	return parse_crls(name, text, strlen(text), b->crls, error);
}

static int add_pin(struct bundle *b, const char *name, const char *text, char error[LOAD_ERROR])
{
	struct pin pin;

	if (b->pin_count == BUNDLE_PINS || pin_parse(text, &pin)) {
		snprintf(error, LOAD_ERROR, "%.160s: a pin in the bundle is malformed, or one too many", name);
		return -1;
	}
	if (!pin_in(&pin, b->pins, b->pin_count))
		b->pins[b->pin_count++] = pin;
	return 0;
}

/* Signed nonsense is nonsense: what would leave a device without a gateway is not taken. */
static int read_text(struct bundle *b, const char *name, const char *text, size_t len, char error[BUNDLE_ERROR])
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	json_int_t version = 0, not_after = 0;
	const char *format = NULL;
	json_t *cas, *pins, *crls;
	int ret = -1;

	b->cas = sk_X509_new_null();
	b->crls = sk_X509_CRL_new_null();
	if (!b->cas || !b->crls)
		complain(error, name, "out of memory");
	else if (!root || json_unpack(root, "{s:s, s:I, s?I, s:o, s:o, s:o !}", "format", &format, "version",
				      &version, "not_after", &not_after, "ca", &cas, "pins", &pins, "crls", &crls))
		complain(error, name, "is signed, but cannot be read: it was made for another version of voicepay");
	else if (strcmp(format, "voicepay-bundle-1") || version < 1 || not_after < 0)
		complain(error, name, "is signed, but of a format that is not known here");
	else if (!read_list(cas, name, add_ca, b, error) && !read_list(pins, name, add_pin, b, error) &&
		 !read_list(crls, name, add_crl, b, error))
		ret = 0;
	if (!ret && sk_X509_num(b->cas) < 1)
		ret = complain(error, name, "has no CA in it");
	if (!ret && b->pin_count < 2)
		ret = complain(error, name, "has less than two different pins in it, of which one is the backup");
	b->version = version;
	b->not_after = not_after;
	json_decref(root);
	return ret;
}

int bundle_parse(struct bundle *b, const char *name, const unsigned char *data, size_t len,
		 const uint8_t (*keys)[BUNDLE_KEY], size_t key_count, char error[BUNDLE_ERROR])
{
	size_t text, i;

	memset(b, 0, sizeof(*b));
	if (len < HEADER || memcmp(data, MAGIC, 4))
		return complain(error, name, "is not a bundle, or only the beginning of one");
	text = (size_t)data[4] << 24 | data[5] << 16 | data[6] << 8 | data[7];
	if (text != len - HEADER)
		return complain(error, name, "is only a part of a bundle, or has something after it");
	for (i = 0; i < key_count; i++)
		if (is_signed(keys[i], data + 8, (const char *)data + HEADER, text))
			break;
	if (i == key_count)
		return complain(error, name, "is not signed by a key of the settings, or was changed afterwards");
	if (read_text(b, name, (const char *)data + HEADER, text, error)) {
		bundle_free(b);
		return -1;
	}
	return 0;
}

void bundle_free(struct bundle *b)
{
	sk_X509_pop_free(b->cas, X509_free);
	sk_X509_CRL_pop_free(b->crls, X509_CRL_free);
	memset(b, 0, sizeof(*b));
}

static json_t *pem_list(const struct bundle *b, bool crls)
{
	json_t *list = json_array();
	int i, n = crls ? sk_X509_CRL_num(b->crls) : sk_X509_num(b->cas);

	for (i = 0; i < n; i++) {
		BIO *bio = BIO_new(BIO_s_mem());
		char *pem;
		long len;

		if (crls)
			PEM_write_bio_X509_CRL(bio, sk_X509_CRL_value(b->crls, i));
		else
			PEM_write_bio_X509(bio, sk_X509_value(b->cas, i));
		len = BIO_get_mem_data(bio, &pem);
		json_array_append_new(list, json_stringn(pem, len));
		BIO_free(bio);
	}
	return list;
}

char *bundle_text(const struct bundle *b, char error[BUNDLE_ERROR])
{
	struct bundle check = { 0 };
	json_t *pins = json_array(), *root;
	char pin[8 + BASE64_SIZE(PIN_BYTES) + 1], *text;
	size_t i;

	for (i = 0; i < b->pin_count; i++) {
		strcpy(pin, "sha256/");
		base64_encode(pin + 7, b->pins[i].sha256, PIN_BYTES);
		json_array_append_new(pins, json_string(pin));
	}
	root = json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "format", "voicepay-bundle-1", "version",
			 (json_int_t)b->version, "not_after", (json_int_t)b->not_after, "ca", pem_list(b, false),
			 "pins", pins, "crls", pem_list(b, true));
	text = root ? json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	json_decref(root);
	/* What a device would not take is not worth a signature. */
	if (text && read_text(&check, "the bundle", text, strlen(text), error)) {
		free(text);
		text = NULL;
	} else if (!text) {
		complain(error, "the bundle", "out of memory");
	}
	bundle_free(&check);
	return text;
}

unsigned char *bundle_sign(const char *text, EVP_PKEY *key, size_t *len, char error[BUNDLE_ERROR])
{
	size_t n = strlen(text), context = strlen(CONTEXT), signature = SIGNATURE;
	unsigned char *file = malloc(HEADER + n), *all = malloc(context + n);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = false;

	if (!EVP_PKEY_is_a(key, "ED25519")) {
		complain(error, "the key", "is not an Ed25519 key (openssl genpkey -algorithm ED25519)");
	} else if (file && all && ctx && n <= BUNDLE_MAX - HEADER) {
		memcpy(all, CONTEXT, context);
		memcpy(all + context, text, n);
		memcpy(file, MAGIC, 4);
		file[4] = n >> 24;
		file[5] = n >> 16;
		file[6] = n >> 8;
		file[7] = n;
		memcpy(file + HEADER, text, n);
		ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		     EVP_DigestSign(ctx, file + 8, &signature, all, context + n) == 1 && signature == SIGNATURE;
		if (!ok)
			complain(error, "the bundle", "cannot be signed");
	} else {
		complain(error, "the bundle", "is too large");
	}
	EVP_MD_CTX_free(ctx);
	free(all);
	if (!ok) {
		free(file);
		return NULL;
	}
	*len = HEADER + n;
	return file;
}
