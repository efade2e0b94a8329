// SPDX-License-Identifier: GPL-2.0-or-later
/* Bundles: believed only if whole and signed, and never an older one after a newer. */

#include <fcntl.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../verify/tests/make.h"
#include "../store.h"

static char dir[] = "/tmp/voicepay-test-XXXXXX", file[64], from[64];
static uint8_t keys[2][BUNDLE_KEY];
static EVP_PKEY *signer, *stranger;
static struct bundle sample;
static char error[BUNDLE_ERROR];
static uint64_t version;

static unsigned char *make(uint64_t number, EVP_PKEY *by, size_t *len)
{
	unsigned char *data;
	char *text;

	sample.version = number;
	text = bundle_text(&sample, error);
	if (!text)
		fail_msg("%s", error);
	data = bundle_sign(text, by, len, error);
	if (!data)
		fail_msg("%s", error);
	free(text);
	return data;
}

static void put(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void offer(uint64_t number, EVP_PKEY *by)
{
	size_t len;
	unsigned char *data = make(number, by, &len);

	put(from, data, len);
	free(data);
}

static int install(void)
{
	return bundle_install(from, file, keys, 2, time(NULL), &version, error);
}

static void expect(enum bundle_state want, uint64_t number, const char *says)
{
	struct bundle b;
	enum bundle_state is = bundle_load(&b, file, keys, 2, time(NULL), error);

	if (is != want || (says && !strstr(error, says)))
		fail_msg("state %d instead of %d: %s", is, want, error);
	if (want == BUNDLE_THERE)
		assert_int_equal(b.version, number);
	bundle_free(&b);
}

static void companion(const char *suffix, char path[96])
{
	snprintf(path, 96, "%s%s", file, suffix);
}

static int clean(void **state)
{
	static const char *const suffixes[] = { "", ".version", ".lock", ".new", ".version.new" };
	char path[96];
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		companion(suffixes[i], path);
		unlink(path);
	}
	unlink(from);
	sample.not_after = 0;
	sample.pin_count = 2;
	return 0;
}

static void what_goes_in_comes_out(void **state)
{
	struct bundle b;
	size_t len;
	unsigned char *data = make(7, signer, &len);

	assert_int_equal(bundle_parse(&b, "x", data, len, keys, 2, error), 0);
	assert_int_equal(b.version, 7);
	assert_int_equal(sk_X509_num(b.cas), 1);
	assert_int_equal(sk_X509_CRL_num(b.crls), 1);
	assert_int_equal(b.pin_count, 2);
	assert_memory_equal(&b.pins[1], &sample.pins[1], sizeof(struct pin));
	assert_int_equal(X509_cmp(sk_X509_value(b.cas, 0), sk_X509_value(sample.cas, 0)), 0);
	bundle_free(&b);
	free(data);
}

/* Cut anywhere, with something after it, or with any byte changed: refused, each time. */
static void torn_or_changed(void **state)
{
	struct bundle b;
	size_t len, i;
	unsigned char *data = make(7, signer, &len), *longer = malloc(len + 1);

	for (i = 0; i < len; i++)
		assert_int_equal(bundle_parse(&b, "x", data, i, keys, 2, error), -1);
	for (i = 0; i < len; i++) {
		data[i] ^= 1;
		assert_int_equal(bundle_parse(&b, "x", data, len, keys, 2, error), -1);
		data[i] ^= 1;
	}
	memcpy(longer, data, len);
	longer[len] = 0;
	assert_int_equal(bundle_parse(&b, "x", longer, len + 1, keys, 2, error), -1);
	assert_int_equal(bundle_parse(&b, "x", data, len, keys, 2, error), 0);
	bundle_free(&b);
	free(longer);
	free(data);
}

static void who_signed_it(void **state)
{
	struct bundle b;
	size_t len;
	unsigned char *data = make(7, stranger, &len);

	assert_int_equal(bundle_parse(&b, "x", data, len, keys, 2, error), -1);
	assert_non_null(strstr(error, "not signed by a key"));
	free(data);
	/* the second key is as good, no key at all is not */
	data = make(7, signer, &len);
	assert_int_equal(bundle_parse(&b, "x", data, len, keys + 1, 1, error), 0);
	bundle_free(&b);
	assert_int_equal(bundle_parse(&b, "x", data, len, keys, 1, error), -1);
	assert_int_equal(bundle_parse(&b, "x", data, len, keys, 0, error), -1);
	free(data);
	/* signed without the context, as something else might be */
	{
		const char *text = "{\"format\":\"voicepay-bundle-1\"}";
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		unsigned char raw[256] = "VPB1";
		size_t n = strlen(text), sig = 64;

		raw[7] = n;
		memcpy(raw + 72, text, n);
		assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer), 1);
		assert_int_equal(EVP_DigestSign(ctx, raw + 8, &sig, (const unsigned char *)text, n), 1);
		EVP_MD_CTX_free(ctx);
		assert_int_equal(bundle_parse(&b, "x", raw, 72 + n, keys, 2, error), -1);
		assert_non_null(strstr(error, "not signed by a key"));
	}
}

static void signed_nonsense(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "another version" },
		{ "[]", "another version" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1}", "another version" },
		{ "{\"format\":\"voicepay-bundle-2\",\"version\":1,\"ca\":[],\"pins\":[],\"crls\":[]}", "format" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":0,\"ca\":[],\"pins\":[],\"crls\":[]}", "format" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":-1,\"ca\":[],\"pins\":[],\"crls\":[]}", "format" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"version\":2,\"ca\":[],\"pins\":[],\"crls\":[]}", "another version" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"ca\":[],\"pins\":[],\"crls\":[],\"more\":1}", "another version" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"ca\":[],\"pins\":[],\"crls\":[]}", "no CA" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"ca\":{},\"pins\":[],\"crls\":[]}", "list" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"ca\":[1],\"pins\":[],\"crls\":[]}", "not text" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"ca\":[\"x\"],\"pins\":[],\"crls\":[]}", "no certificate" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"ca\":[],\"pins\":[\"x\"],\"crls\":[]}", "pin" },
		{ "{\"format\":\"voicepay-bundle-1\",\"version\":1,\"ca\":[],\"pins\":[],\"crls\":[\"x\"]}", "no CRL" },
	};
	struct bundle b;
	size_t i, len;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned char *data = bundle_sign(bad[i].text, signer, &len, error);

		assert_non_null(data);
		if (!bundle_parse(&b, "x", data, len, keys, 2, error) || !strstr(error, bad[i].says))
			fail_msg("%s: %s", bad[i].text, error);
		free(data);
	}
	/* one pin, or one twice, is no backup: the maker is told so already */
	sample.pin_count = 1;
	assert_null(bundle_text(&sample, error));
	assert_non_null(strstr(error, "backup"));
}

static void never_back(void **state)
{
	char path[96];

	expect(BUNDLE_NEVER, 0, NULL);
	offer(5, signer);
	assert_int_equal(install(), 0);
	assert_int_equal(version, 5);
	expect(BUNDLE_THERE, 5, NULL);
	/* the same again is no error, and changes nothing */
	assert_int_equal(install(), 1);
	offer(4, signer);
	assert_int_equal(install(), -1);
	assert_non_null(strstr(error, "no way back"));
	expect(BUNDLE_THERE, 5, NULL);
	offer(6, signer);
	assert_int_equal(install(), 0);
	expect(BUNDLE_THERE, 6, NULL);

	/* an old one, put there by hand */
	offer(5, signer);
	assert_int_equal(rename(from, file), 0);
	expect(BUNDLE_BAD, 0, "no way back");
	/* none at all any more */
	unlink(file);
	expect(BUNDLE_BAD, 0, "No such file");
	/* the number damaged, or cut to nothing */
	offer(6, signer);
	assert_int_equal(install(), 0);
	companion(".version", path);
	put(path, "x", 1);
	expect(BUNDLE_BAD, 0, "damaged");
	put(path, "", 0);
	expect(BUNDLE_BAD, 0, "damaged");
	put(path, "6", 1);
	expect(BUNDLE_BAD, 0, "damaged");
	/* what is lost of it does not let an older one in */
	put(path, "6\n", 2);
	expect(BUNDLE_THERE, 6, NULL);
}

static void wrong_or_torn_changes_nothing(void **state)
{
	unsigned char *data;
	size_t len;

	offer(5, signer);
	assert_int_equal(install(), 0);
	offer(6, stranger);
	assert_int_equal(install(), -1);
	data = make(7, signer, &len);
	put(from, data, len - 1);
	assert_int_equal(install(), -1);
	free(data);
	unlink(from);
	assert_int_equal(install(), -1);
	expect(BUNDLE_THERE, 5, NULL);
	/* the installed one torn: nothing else counts instead */
	assert_int_equal(truncate(file, 100), 0);
	expect(BUNDLE_BAD, 0, "part of a bundle");
	/* and the same one anew puts it right */
	offer(5, signer);
	assert_int_equal(install(), 0);
	expect(BUNDLE_THERE, 5, NULL);
}

/* A disk that is full at any byte: the old one stays, and stays whole. */
static void a_full_disk(void **state)
{
	struct rlimit limit;
	char path[96];
	struct stat st;
	off_t at;

	offer(5, signer);
	assert_int_equal(install(), 0);
	offer(6, signer);
	assert_int_equal(stat(from, &st), 0);
	for (at = 0; at < st.st_size; at += 97) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			signal(SIGXFSZ, SIG_IGN);
			limit.rlim_cur = limit.rlim_max = at;
			setrlimit(RLIMIT_FSIZE, &limit);
			_exit(install() == -1 && strstr(error, "stays in force") ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		expect(BUNDLE_THERE, 5, NULL);
		companion(".new", path);
		assert_int_equal(access(path, F_OK), -1);
	}
	assert_int_equal(install(), 0);
	expect(BUNDLE_THERE, 6, NULL);
}

/* The power fails between the two: newer bundle, older number. */
static void between_the_two(void **state)
{
	offer(5, signer);
	assert_int_equal(install(), 0);
	offer(6, signer);
	assert_int_equal(rename(from, file), 0);
	expect(BUNDLE_THERE, 6, NULL);
	offer(6, signer);
	assert_int_equal(install(), 0);
	offer(5, signer);
	assert_int_equal(install(), -1);
}

static void past_its_last_day(void **state)
{
	struct bundle b;

	sample.not_after = time(NULL) + 1000;
	offer(5, signer);
	assert_int_equal(install(), 0);
	expect(BUNDLE_THERE, 5, NULL);
	assert_int_equal(bundle_load(&b, file, keys, 2, time(NULL) + 2000, error), BUNDLE_BAD);
	assert_non_null(strstr(error, "last day"));
	sample.not_after = time(NULL) - 1000;
	offer(6, signer);
	assert_int_equal(install(), -1);
}

static int set_up(void **state)
{
	size_t len = BUNDLE_KEY;

	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/bundle", dir);
	snprintf(from, sizeof(from), "%s/offer", dir);
	signer = key(KEY_ED25519);
	stranger = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	memset(keys[0], 7, BUNDLE_KEY);
	EVP_PKEY_get_raw_public_key(signer, keys[1], &len);
	sample.cas = sk_X509_new_null();
	sample.crls = sk_X509_CRL_new_null();
	sk_X509_push(sample.cas, make_cert(&(struct spec){ 0 }, ROOT, KEY_ROOT, NULL, 0));
	sk_X509_CRL_push(sample.crls, make_crl(&(struct crl_spec){ 0 }, sk_X509_value(sample.cas, 0), KEY_ROOT));
	memset(sample.pins[0].sha256, 1, PIN_BYTES);
	memset(sample.pins[1].sha256, 2, PIN_BYTES);
	return 0;
}

static int tear_down(void **state)
{
	EVP_PKEY_free(stranger);
	bundle_free(&sample);
	return rmdir(dir);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, clean, clean)
	const struct CMUnitTest tests[] = {
		CASE(what_goes_in_comes_out), CASE(torn_or_changed), CASE(who_signed_it), CASE(signed_nonsense),
		CASE(never_back), CASE(wrong_or_torn_changes_nothing), CASE(a_full_disk), CASE(between_the_two),
		CASE(past_its_last_day),
	};

	return cmocka_run_group_tests_name("bundles", tests, set_up, tear_down);
}
