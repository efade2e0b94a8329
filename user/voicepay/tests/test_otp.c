// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is imported into authenticator slots. The codes that a parsed key gives
 * are compared with oathtool's, which does its own parsing of the same text.
 */

#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../common/base64.h"
#include "../base32.h"
#include "../otpauth.h"
#include "../pskcfile.h"

#define ROUNDS	150

/* RFC 4226 §5.3, over the hash that the key names. */
static void hotp(const struct otp_key *key, uint64_t counter, char out[16])
{
	const EVP_MD *md = key->algorithm == OTP_SHA512 ? EVP_sha512() :
			   key->algorithm == OTP_SHA256 ? EVP_sha256() : EVP_sha1();
	static const unsigned int powers[] = { [6] = 1000000, [7] = 10000000, [8] = 100000000 };
	unsigned char message[8], mac[EVP_MAX_MD_SIZE];
	unsigned int i, len, at;
	uint32_t n;

	for (i = 0; i < 8; i++)
		message[i] = counter >> (56 - 8 * i);
	assert_non_null(HMAC(md, key->secret, key->secret_len, message, 8, mac, &len));
	at = mac[len - 1] & 15;
	n = (mac[at] & 0x7fU) << 24 | mac[at + 1] << 16 | mac[at + 2] << 8 | mac[at + 3];
	snprintf(out, 16, "%0*u", key->digits, n % powers[key->digits]);
}

static int parse(struct otp_key *key, const char *uri, const char **why)
{
	return otpauth_parse(key, uri, strlen(uri), why);
}

static void uris_as_they_are_met(void **state)
{
	static const struct {
		const char *uri;
		const char *name;
		enum otp_algorithm algorithm;
		unsigned int digits, period;
		unsigned long long counter;
	} good[] = {
		{ "otpauth://totp/Example:alice@google.com?secret=JBSWY3DPEHPK3PXP&issuer=Example",
		  "Example:alice@google.com", OTP_SHA1, 6, 30, 0 },
		{ "otpauth://totp/alice?secret=JBSWY3DPEHPK3PXP&issuer=Big%20Corp",
		  "Big Corp:alice", OTP_SHA1, 6, 30, 0 },
		{ "OTPAUTH://TOTP/x?SECRET=jbswy3dpehpk3pxp&Algorithm=sha256&DIGITS=8&Period=60",
		  "x", OTP_SHA256, 8, 60, 0 },
		{ "otpauth://totp/x?secret=JBSW%20Y3DP%20EHPK%203PXP&algorithm=SHA512&digits=7",
		  "x", OTP_SHA512, 7, 30, 0 },
		{ "otpauth://totp/x?secret=JBSW Y3DP-EHPK+3PXP", "x", OTP_SHA1, 6, 30, 0 },
		{ "otpauth://totp/%E8%AF%AD%E9%9F%B3?secret=%4A%42SWY3DPEHPK3PXP&image=https%3A%2F%2Fx",
		  "语音", OTP_SHA1, 6, 30, 0 },
		{ "otpauth://totp/?secret=JBSWY3DPEHPK3PXP", "", OTP_SHA1, 6, 30, 0 },
		{ "otpauth://totp?secret=JBSWY3DPEHPK3PXP&", "", OTP_SHA1, 6, 30, 0 },
		{ "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=18446744073709551615",
		  "x", OTP_SHA1, 6, 0, 18446744073709551615ULL },
		{ "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=4294967295", "x", OTP_SHA1, 6, 4294967295U, 0 },
	};
	const char *why;
	struct otp_key key;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (parse(&key, good[i].uri, &why))
			fail_msg("refused \"%s\": %s", good[i].uri, why);
		assert_int_equal(key.secret_len, 10);
		assert_memory_equal(key.secret, "Hello!\xde\xad\xbe\xef", 10);
		assert_string_equal(key.name, good[i].name);
		assert_int_equal(key.algorithm, good[i].algorithm);
		assert_int_equal(key.digits, good[i].digits);
		assert_int_equal(key.period, good[i].period);
		assert_true(key.counter == good[i].counter);
	}
}

static void uris_that_are_refused(void **state)
{
#define OK "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP"
	static const struct {
		const char *uri, *why;
	} bad[] = {
		{ "", "otpauth://" },
		{ "otpauth:/totp/x?secret=JBSWY3DPEHPK3PXP", "otpauth://" },
		{ "https://totp/x?secret=JBSWY3DPEHPK3PXP", "otpauth://" },
		{ "otpauth://steam/x?secret=JBSWY3DPEHPK3PXP", "neither totp nor hotp" },
		{ "otpauth://totp/x", "no secret" },
		{ "otpauth://totp/x?secret=", "empty" },
		{ "otpauth://totp/x?secret=JBSWY3DPEHPK3PX0", "base32" },
		{ "otpauth://totp/x?secret=JBSWY3DPEHPK3PX1", "base32" },
		{ "otpauth://totp/x?secret=JBSWY3DPEHPK3PX%00", "base32" },
		{ "otpauth://totp/x?secret=JBSWY3DPEHPK3PX%4", "hexadecimal" },
		{ "otpauth://totp/x?secret=JBSWY3DPE", "length" },
		{ "otpauth://totp/x?secret=JBSWY3DPEHP", "length" },
		{ "otpauth://totp/x?secret=JBSWY3DPEHPK3P", "length" },
		{ "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP=", "padding" },
		{ "otpauth://totp/x?secret=JBSWY3DP========", "padding" },
		{ "otpauth://totp/x?secret=JB======SWY3DPEH", "padding" },
		{ OK "&secret=JBSWY3DPEHPK3PXP", "twice" },
		{ OK "&digits=6&digits=8", "twice" },
		{ OK "&encoder=steam", "parameter" },
		{ OK "&digits", "parameter" },
		{ OK "&&digits=6", "parameter" },
		{ OK "&digits=5", "digits" },
		{ OK "&digits=9", "digits" },
		{ OK "&digits=", "digits" },
		{ OK "&digits=+6", "digits" },
		{ OK "&digits=6%20", "digits" },
		{ OK "&digits=18446744073709551622", "digits" },
		{ OK "&algorithm=MD5", "algorithm" },
		{ OK "&algorithm=", "algorithm" },
		{ OK "&period=0", "period" },
		{ OK "&period=-30", "period" },
		{ OK "&period=4294967296", "period" },
		{ OK "&counter=0", "counter" },
		{ OK "#x", "#" },
		{ "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP", "counter" },
		{ "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=", "counter" },
		{ "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=18446744073709551616", "counter" },
		{ "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=0&period=30", "period" },
		{ "otpauth://totp/%1b[2J?secret=JBSWY3DPEHPK3PXP", "control" },
		{ "otpauth://totp/a%00b?secret=JBSWY3DPEHPK3PXP", "control" },
		{ "otpauth://totp/%zz?secret=JBSWY3DPEHPK3PXP", "hexadecimal" },
		{ OK "&issuer=a%0ab", "control" },
		{ OK "&issuer=a%00b", "control" },
	};
	static const struct otp_key none;
	struct otp_key key;
	const char *why;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&key, 0xa5, sizeof(key));
		why = NULL;
		if (!parse(&key, bad[i].uri, &why))
			fail_msg("took \"%s\"", bad[i].uri);
		if (!why || !strstr(why, bad[i].why))
			fail_msg("\"%s\" was refused because %s", bad[i].uri, why);
		assert_null(strstr(why, "JBSW"));
		assert_memory_equal(&key, &none, sizeof(key));
	}
	/* as much secret as the module takes, and a byte more */
	text = malloc(OTPAUTH_MAX + 2);
	i = sprintf(text, "otpauth://totp/x?secret=");
	memset(text + i, 'A', 205);
	text[i + 205] = 0;
	assert_int_equal(parse(&key, text, &why), 0);
	assert_int_equal(key.secret_len, OTP_SECRET_MAX);
	strcat(text, "AA");
	assert_int_equal(parse(&key, text, &why), -1);
	assert_non_null(strstr(why, "longer"));
	memset(text, 'A', OTPAUTH_MAX + 1);
	assert_int_equal(otpauth_parse(&key, text, OTPAUTH_MAX + 1, &why), -1);
	free(text);
}

static void base32_of_rfc_4648(void **state)
{
	static const char *const vectors[][2] = {
		{ "MY======", "f" }, { "MZXQ====", "fo" }, { "MZXW6===", "foo" }, { "MZXW6YQ=", "foob" },
		{ "MZXW6YTB", "fooba" }, { "MZXW6YTBOI======", "foobar" },
	};
	char out[16], bare[20], small[20];
	const char *why;
	size_t i, k;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t len = strlen(vectors[i][1]);

		snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(vectors[i][0], "="), vectors[i][0]);
		for (k = 0; k <= strlen(bare); k++)
			small[k] = bare[k] >= 'A' ? bare[k] + 'a' - 'A' : bare[k];
		assert_int_equal(base32_decode(out, sizeof(out), vectors[i][0], strlen(vectors[i][0]), &why), len);
		assert_memory_equal(out, vectors[i][1], len);
		assert_int_equal(base32_decode(out, len, bare, strlen(bare), &why), len);
		assert_memory_equal(out, vectors[i][1], len);
		assert_int_equal(base32_decode(out, len, small, strlen(small), &why), len);
		assert_memory_equal(out, vectors[i][1], len);
		assert_int_equal(base32_decode(out, len - 1, bare, strlen(bare), &why), -1);
	}
}

/* The first line that @command prints. */
static void ask(const char *command, const char *input, char out[64])
{
	char line[1024];
	FILE *f;

	snprintf(line, sizeof(line), "printf %%s '%s' | %s -", input, command);
	f = popen(line, "r");
	assert_non_null(f);
	if (!fgets(out, 64, f))
		out[0] = 0;
	assert_int_equal(pclose(f), 0);
	out[strcspn(out, "\n")] = 0;
}

static uint32_t seed = 4226;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * below >> 32;
}

struct terms {
	char secret[220];		/* base32 */
	unsigned int digits, period;
	int algorithm;
	uint32_t when;			/* time, or counter */
};

static const char *const hashes[] = { [OTP_SHA1] = "SHA1", [OTP_SHA256] = "SHA256", [OTP_SHA512] = "SHA512" };

static void draw_terms(struct terms *t, bool counted)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t bytes = 1 + draw(128), letters = (bytes * 8 + 4) / 5, i;

	for (i = 0; i < letters; i++)
		t->secret[i] = alphabet[draw(32)];
	/* oathtool is stricter than web pages: it wants spare bits that are zero. */
	if (bytes * 8 % 5)
		t->secret[letters - 1] = alphabet[draw(32) & ~((1U << (5 - bytes * 8 % 5)) - 1)];
	t->secret[letters] = 0;
	t->digits = 6 + draw(3);
	t->algorithm = counted ? OTP_SHA1 : OTP_SHA1 + draw(3);
	t->period = counted ? 0 : 1 + draw(300);
	t->when = draw(UINT32_MAX);
}

/* A URI of the same, spelled as one out of many might. */
static void spell(char *uri, size_t size, const struct terms *t)
{
	char secret[700], *to = secret;
	bool lower = draw(2), padded = draw(2), blanks = draw(2);
	size_t i, letters = strlen(t->secret);

	for (i = 0; i < letters; i++) {
		char c = t->secret[i];

		if (blanks && i && i % 4 == 0)
			to += sprintf(to, "%%20");
		if (lower && c >= 'A')
			c += 'a' - 'A';
		to += draw(16) ? sprintf(to, "%c", c) : sprintf(to, "%%%02X", c);
	}
	for (; padded && i % 8; i++)
		to += sprintf(to, "%s", draw(2) ? "=" : "%3d");
	if (t->period)
		snprintf(uri, size, "otpauth://totp/a:b?period=%u&algorithm=%s&secret=%s&digits=%u", t->period,
			 hashes[t->algorithm], secret, t->digits);
	else
		snprintf(uri, size, "otpauth://hotp/a:b?counter=%u&secret=%s&digits=%u", t->when, secret, t->digits);
}

static void oathtool(const struct terms *t, char out[64])
{
	char command[128];

	if (t->period)
		snprintf(command, sizeof(command), "oathtool --totp=%s -b -d %u -s %us -N @%u", hashes[t->algorithm],
			 t->digits, t->period, t->when);
	else
		snprintf(command, sizeof(command), "oathtool --hotp -b -d %u -c %u", t->digits, t->when);
	ask(command, t->secret, out);
}

static void a_parsed_uri_gives_oathtools_codes(void **state)
{
	char uri[OTPAUTH_MAX], theirs[64], ours[16];
	struct otp_key key;
	struct terms t;
	const char *why;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		draw_terms(&t, i % 4 == 0);
		spell(uri, sizeof(uri), &t);
		if (parse(&key, uri, &why))
			fail_msg("refused \"%s\": %s", uri, why);
		hotp(&key, key.period ? t.when / key.period : key.counter, ours);
		oathtool(&t, theirs);
		if (strcmp(ours, theirs))
			fail_msg("\"%s\" at %u: %s, and oathtool says %s", uri, t.when, ours, theirs);
	}
}

static const char pskc_head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n";
static const char pskc_tail[] = "</KeyContainer>\n";

static void one_package(char *xml, size_t size, const char *id, const struct terms *t, const char *secret64,
			const char *policy)
{
	size_t n = snprintf(xml, size, "<KeyPackage><Key Id=\"%s\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:%s\">"
			    "<Issuer>Issuer</Issuer><AlgorithmParameters><Suite>HMAC-%s</Suite>"
			    "<ResponseFormat Length=\"%u\" Encoding=\"DECIMAL\"/></AlgorithmParameters>"
			    "<Data><Secret><PlainValue>%s</PlainValue></Secret>", id, t->period ? "totp" : "hotp",
			    hashes[t->algorithm], t->digits, secret64);

	if (t->period)
		n += snprintf(xml + n, size - n, "<Time><PlainValue>0</PlainValue></Time>"
			      "<TimeInterval><PlainValue>%u</PlainValue></TimeInterval>", t->period);
	else
		n += snprintf(xml + n, size - n, "<Counter><PlainValue>%u</PlainValue></Counter>", t->when);
	snprintf(xml + n, size - n, "</Data>%s</Key></KeyPackage>", policy);
}

static void a_pskc_file_gives_oathtools_codes(void **state)
{
	char xml[8192], a[2048], b[2048], secret64[BASE64_SIZE(OTP_SECRET_MAX)], theirs[64], ours[16];
	uint8_t secret[OTP_SECRET_MAX];
	struct terms t, other;
	struct otp_key key;
	const char *why;
	ssize_t n;
	int i;

	for (i = 0; i < ROUNDS / 3; i++) {
		draw_terms(&t, i % 4 == 0);
		draw_terms(&other, i % 3 == 0);
		n = base32_decode(secret, sizeof(secret), t.secret, strlen(t.secret), &why);
		assert_true(n > 0);
		base64_encode(secret64, secret, n);
		one_package(a, sizeof(a), "the-one", &t, secret64, "");
		one_package(b, sizeof(b), "another", &other, "AAAA", "");
		snprintf(xml, sizeof(xml), "%s%s%s%s", pskc_head, i & 1 ? a : b, i & 1 ? b : a, pskc_tail);
		if (pskc_import(&key, xml, strlen(xml), "the-one", &why))
			fail_msg("refused %s: %s", xml, why);
		assert_string_equal(key.name, "the-one");
		hotp(&key, key.period ? t.when / key.period : key.counter, ours);
		oathtool(&t, theirs);
		if (strcmp(ours, theirs))
			fail_msg("%s at %u: %s, and oathtool says %s", xml, t.when, ours, theirs);
		/* which of the two has to be said */
		assert_int_equal(pskc_import(&key, xml, strlen(xml), NULL, &why), -1);
		assert_non_null(strstr(why, "--key-id"));
		assert_int_equal(pskc_import(&key, xml, strlen(xml), "no-such", &why), -1);
	}
}

/* libxml2 likes to quote what it could not read. */
static int quiet_begin(void)
{
	char path[] = "/tmp/voicepay-test-XXXXXX";
	int fd = mkstemp(path), before = dup(STDERR_FILENO);

	assert_true(fd >= 0 && before >= 0);
	unlink(path);
	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	close(fd);
	return before;
}

static void quiet_end(int before)
{
	struct stat st;

	assert_true(before >= 0);
	fflush(stderr);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	dup2(before, STDERR_FILENO);
	close(before);
	if (st.st_size)
		fail_msg("%ld bytes of a broken file were printed", (long)st.st_size);
}

static void pskc_files_that_are_refused(void **state)
{
	static const char *const policies[][2] = {
		{ "<Policy><PINPolicy MinLength=\"4\" PINUsageMode=\"Local\"/></Policy>", "PIN" },
		{ "<Policy><ExpiryDate>2006-05-31T00:00:00Z</ExpiryDate></Policy>", "dates" },
		{ "<Policy><StartDate>2006-05-01T00:00:00Z</StartDate></Policy>", "dates" },
		{ "<Policy><NumberOfTransactions>5</NumberOfTransactions></Policy>", "number of uses" },
		{ "<Policy><KeyUsage>Encrypt</KeyUsage></Policy>", "one-time" },
		/* libpskc would read through a NULL pointer. */
		{ "<Policy><StartDate MinLength=\"4\"/></Policy>", "without its value" },
		{ "<Policy><ExpiryDate><b/></ExpiryDate></Policy>", "without its value" },
		{ "<Policy><NumberOfTransactions></NumberOfTransactions></Policy>", "without its value" },
		{ "<Policy><KeyUsage><!-- OTP --></KeyUsage></Policy>", "without its value" },
	};
	static const char *const parts[][3] = {
		{ "Encoding=\"DECIMAL\"", "Encoding=\"HEXADECIMAL\"", "decimal" },
		{ "Length=\"6\"", "Length=\"9\"", "digits" },
		{ "Length=\"6\"", "Length=\"6\" CheckDigits=\"true\"", "check digit" },
		{ "<Suite>HMAC-SHA1<", "<Suite>HMAC-MD5<", "suite" },
		{ "pskc:totp", "pskc:ocra", "neither" },
		{ "<PlainValue>AAAA</PlainValue>", "<EncryptedValue/>", "encrypted" },
		{ "<Secret><PlainValue>AAAA</PlainValue></Secret>", "", "in the clear" },
		{ "<Time><PlainValue>0<", "<Time><PlainValue>7<", "1970" },
		{ "<Issuer>", "<Marvel>", "no PSKC file" },
	};
	struct terms t = { .digits = 6, .period = 30, .algorithm = OTP_SHA1 };
	static const struct otp_key none;
	char xml[4096], one[2048], *at;
	struct otp_key key;
	int before, taken = 0;
	const char *why;
	size_t i;

	one_package(one, sizeof(one), "k", &t, "AAAA", "<Policy><KeyUsage>OTP</KeyUsage></Policy>");
	snprintf(xml, sizeof(xml), "%s%s%s", pskc_head, one, pskc_tail);
	assert_int_equal(pskc_import(&key, xml, strlen(xml), NULL, &why), 0);
	/* cut anywhere, it is none, and none of it is told */
	before = quiet_begin();
	for (i = 0; i < strlen(xml) - 2; i += 7)
		taken += !pskc_import(&key, xml, i, NULL, &why);
	quiet_end(before);
	assert_int_equal(taken, 0);
	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		one_package(one, sizeof(one), "k", &t, "AAAA", policies[i][0]);
		snprintf(xml, sizeof(xml), "%s%s%s", pskc_head, one, pskc_tail);
		assert_int_equal(pskc_import(&key, xml, strlen(xml), NULL, &why), -1);
		if (!strstr(why, policies[i][1]))
			fail_msg("%s was refused because %s", policies[i][0], why);
	}
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		one_package(one, sizeof(one), "k", &t, "AAAA", "");
		at = strstr(one, parts[i][0]);
		assert_non_null(at);
		snprintf(xml, sizeof(xml), "%s%.*s%s%s%s", pskc_head, (int)(at - one), one, parts[i][1],
			 at + strlen(parts[i][0]), pskc_tail);
		memset(&key, 0xa5, sizeof(key));
		assert_int_equal(pskc_import(&key, xml, strlen(xml), NULL, &why), -1);
		if (!strstr(why, parts[i][2]))
			fail_msg("%s was refused because %s", parts[i][1], why);
		assert_memory_equal(&key, &none, sizeof(key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base32_of_rfc_4648),
		cmocka_unit_test(uris_as_they_are_met),
		cmocka_unit_test(uris_that_are_refused),
		cmocka_unit_test(a_parsed_uri_gives_oathtools_codes),
		cmocka_unit_test(a_pskc_file_gives_oathtools_codes),
		cmocka_unit_test(pskc_files_that_are_refused),
	};

	return cmocka_run_group_tests_name("otp", tests, NULL, NULL);
}
