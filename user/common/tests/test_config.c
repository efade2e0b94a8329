// SPDX-License-Identifier: GPL-2.0-or-later
/* voicepay.conf, pins and Base64: what is taken, and what is refused and how. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../base64.h"
#include "../config.h"

#define PIN_A "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define PIN_B "sha256//HxwdHh8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRo="
#define KEY64 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eFF"

static const char good[] =
	"; the gateway\n"
	"[gateway]\n"
	"host = Pay.Voicepay.Example\n"
	"port = 8443\n"
	"address =            ; optional\n"
	"key = " KEY64 "\n"
	"[tls]\n"
	"ca = /etc/voicepay/ca.pem\n"
	"cert = /etc/voicepay/device.pem\n"
	"key = /etc/voicepay/device.key\n"
	"pin = " PIN_A "   ; this year's\n"
	"pin = " PIN_B "\n"
	"crl = /etc/voicepay/a.crl\n"
	"crl = /etc/voicepay/b.crl\n"
	"crl-max-age = 24\n"
	"staple = required\n"
	"# the daemon\n"
	"[daemon]\n"
	"socket = /run/vp.sock\n"
	"allow-group = audio\n"
	"allow-group = voicepay\n"
	"allow-user = 1000\n"
	"timeout = 20\n"
	"warm-max = 0\n"
	"warm-age = 30\n"
	"[tls]\n"
	"resume = no\n";

static void everything_at_once(void **state)
{
	char error[CONFIG_ERROR] = "";
	struct config c;

	assert_int_equal(config_parse(&c, "x.conf", good, error), 0);
	assert_string_equal(c.host, "pay.voicepay.example");
	assert_false(c.host_is_ip);
	assert_string_equal(c.port, "8443");
	assert_string_equal(c.address, "");
	assert_true(c.has_gateway_key);
	assert_int_equal(c.gateway_key[1], 1);
	assert_int_equal(c.gateway_key[31], 0xff);
	assert_string_equal(c.key, "/etc/voicepay/device.key");
	assert_int_equal(c.pin_count, 2);
	assert_int_equal(c.pins[0].sha256[31], 31);
	assert_int_equal(c.pins[1].sha256[0], 31);
	assert_int_equal(c.crl_count, 2);
	assert_string_equal(c.crls[1], "/etc/voicepay/b.crl");
	assert_int_equal(c.crl_max_age, 24 * 3600);
	assert_true(c.staple_required);
	assert_int_equal(c.staple_max_age, 240 * 3600);
	assert_int_equal(c.group_count, 2);
	assert_string_equal(c.groups[1], "voicepay");
	assert_int_equal(c.user_count, 1);
	assert_int_equal(c.timeout, 20);
	assert_int_equal(c.max_handshakes, 8);
	assert_false(c.resume);
	assert_int_equal(c.warm_max, 0);
	assert_int_equal(c.warm_age, 30);
	assert_int_equal(c.warm_time, 60);
	assert_int_equal(config_need_tls(&c, error), 0);
}

static void keys_elsewhere(void **state)
{
	static const char *const uris[] = {
		"/etc/voicepay/device.key", "file:/etc/voicepay/device.key", "handle:0x81010001",
		"pkcs11:token=a;object=b", "pkcs11:id=%01;serial=5", "nxp:0x10",
	};
	char text[256], error[CONFIG_ERROR];
	struct config c;
	size_t i;

	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		snprintf(text, sizeof(text), "[tls]\nkey = %s\nkey-env = A_1=b=c\n", uris[i]);
		if (config_parse(&c, "x.conf", text, error))
			fail_msg("%s: %s", uris[i], error);
		assert_string_equal(c.key, uris[i]);
		assert_string_equal(c.key_env[0], "A_1=b=c");
		assert_string_equal(c.tpm, "device:/dev/tpmrm0");
	}
}

static void bad_lines_are_named(void **state)
{
	static const struct {
		const char *text, *expect;
	} bad[] = {
		{ "[gateway]\nhost = a.example\nhots = b\n", "x.conf:3: there is no key \"hots\"" },
		{ "host = a.example\n", "x.conf:1: there is no key \"host\" in a section []" },
		{ "[tls]\n\nhost = a.example\n", "x.conf:3: there is no key" },
		{ "[gateway]\nhost = a.example\nhost = b.example\n", "x.conf:3: [gateway] host is given twice" },
		{ "[gateway]\nhost = b\xc3\xbc" "cher.example\n", "xn--" },
		{ "[bundle]\nfile = bundle\n", "[bundle] file is \"bundle\", but must be the absolute path" },
		{ "[bundle]\nkey = 00\n", "Ed25519 public key as 64 hex digits" },
		{ "[tls]\ncrl = a.crl\n", "[tls] crl is \"a.crl\", but must be the absolute path" },
		{ "[tls]\ncrl-url = ftp://a.example/\n", "http:// or https:// address" },
		{ "[tls]\nocsp-query = required\n", "yes, or no" },
		{ "[tls]\nocsp-responder = https://a.example/\n", "http:// address" },
		{ "[tls]\nstaple = yes\n", "but must be required, or optional" },
		{ "[tls]\nstaple-max-age = 0\n", "hours, 1 to 8784" },
		{ "[tls]\ncrl-max-age = 8785\n", "hours, 1 to 8784" },
		{ "[gateway]\nhost = -a.example\n", "x.conf:2:" },
		{ "[gateway]\nhost = a..example\n", "x.conf:2:" },
		{ "[gateway]\nhost = a.example.\n", "x.conf:2:" },
		{ "[gateway]\nhost = *.example\n", "x.conf:2:" },
		{ "[gateway]\nhost = 1.2.3\n", "x.conf:2:" },
		{ "[gateway]\nhost =\n", "x.conf:2:" },
		{ "[gateway]\nport = 0\n", "1 to 65535" },
		{ "[gateway]\nport = 65536\n", "1 to 65535" },
		{ "[gateway]\nport = 44x\n", "1 to 65535" },
		{ "[gateway]\nport = -1\n", "1 to 65535" },
		{ "[gateway]\naddress = pay.example\n", "x.conf:2:" },
		{ "[gateway]\nkey = 0001\n", "64 hex" },
		{ "[gateway]\nkey = " "g" "00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eFF" "\n", "64 hex" },
		{ "[tls]\nca = ca.pem\n", "absolute path" },
		{ "[tls]\npin = md5/AAAA\n", "sha256/" },
		{ "[tls]\nkey = device.key\n", "or a URI without a PIN" },
		{ "[tls]\nkey = pkcs11:\n", "or a URI without a PIN" },
		{ "[tls]\nkey = pkcs11:object=a\n", "or a URI without a PIN" },
		{ "[tls]\nkey = pkcs11:token=a\n", "or a URI without a PIN" },
		{ "[tls]\nkey = pkcs11:token=;object=a\n", "or a URI without a PIN" },
		{ "[tls]\nkey = pkcs11:token=a;object=b;pin-value=1\n", "or a URI without a PIN" },
		{ "[tls]\nkey = pkcs11:token=a;object=b?pin-value=1\n", "or a URI without a PIN" },
		{ "[tls]\nkey = handle:0x81010001?pass\n", "or a URI without a PIN" },
		{ "[tls]\nkey = pkcs11:token=a b;object=b\n", "or a URI without a PIN" },
		{ "[tls]\nkey = file:device.key\n", "or a URI without a PIN" },
		{ "[tls]\nkey-provider = ../x\n", "name of an OpenSSL provider" },
		{ "[tls]\nkey-env = a=b\n", "NAME=VALUE" },
		{ "[tls]\nkey-pin-file = pin\n", "mode 0600" },
		{ "[tls]\npkcs11-module = lib.so\n", "PKCS#11 library" },
		{ "[daemon]\ntimeout = 0\n", "1 to 300" },
		{ "[daemon]\nmax-handshakes = 1000\n", "1 to 256" },
		{ "[daemon]\nwarm-max = 17\n", "0 to 16" },
		{ "[daemon]\nwarm-age = 0\n", "1 to 3600" },
		{ "[daemon]\nwarm-time = 3601\n", "1 to 3600" },
		{ "[tls]\nresume = true\n", "yes, or no" },
		{ "[daemon]\nallow-group =\n", "name of a group" },
		{ "[gateway\nhost = a.example\n", "x.conf:1:" },
		{ "[gateway]\nwhat is this\n", "x.conf:2: expected [section], key = value" },
		{ "[tls]\nca = /\033[2J\nca = /x\n", "x.conf:3:" },
		{ "[tls]\nca = \033[2J\n", "x.conf:2: [tls] ca is \"?[2J\"" },
	};
	char error[CONFIG_ERROR];
	struct config c;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = 0;
		assert_int_equal(config_parse(&c, "x.conf", bad[i].text, error), -1);
		if (!strstr(error, bad[i].expect))
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i, error, bad[i].expect);
	}
}

static void long_lines_and_long_values(void **state)
{
	char error[CONFIG_ERROR], text[1024];
	struct config c;

	snprintf(text, sizeof(text), "[tls]\nca = /%0400d\n", 1);
	assert_int_equal(config_parse(&c, "x.conf", text, error), -1);
	assert_non_null(strstr(error, "x.conf:2: the line is too long"));

	snprintf(text, sizeof(text), "[daemon]\nsocket = /%0107d\n", 1);
	assert_int_equal(config_parse(&c, "x.conf", text, error), -1);
	assert_non_null(strstr(error, "107 bytes"));

	/* a comment may not hide one either */
	snprintf(text, sizeof(text), "; %0300d pin = x\n[tls]\n", 1);
	assert_int_equal(config_parse(&c, "x.conf", text, error), -1);
}

static void what_a_handshake_needs(void **state)
{
	static const char *const lines[] = { "host = ", "ca = ", "cert = ", "pin = " PIN_A, "pin = " PIN_B };
	char error[CONFIG_ERROR], text[sizeof(good)];
	struct config c;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcpy(text, good);
		*strstr(text, lines[i]) = ';';
		assert_int_equal(config_parse(&c, "x.conf", text, error), 0);
		assert_int_equal(config_need_tls(&c, error), -1);
	}

	/* the same pin twice is no backup, in whichever spelling */
	snprintf(text, sizeof(text), "[gateway]\nhost=a.example\n[tls]\nca=/a\ncert=/b\nkey=/c\n"
		 "pin=%s\npin=sha256//%s\n", PIN_A, &PIN_A[7]);
	assert_int_equal(config_parse(&c, "x.conf", text, error), 0);
	assert_int_equal(c.pin_count, 1);
	assert_int_equal(config_need_tls(&c, error), -1);
	assert_non_null(strstr(error, "at least two"));
}

static void addresses_as_hosts(void **state)
{
	char error[CONFIG_ERROR];
	struct config c;

	assert_int_equal(config_parse(&c, "x", "[gateway]\nhost = 192.0.2.1\n", error), 0);
	assert_true(c.host_is_ip);
	assert_int_equal(config_parse(&c, "x", "[gateway]\nhost = 2001:DB8::1\n", error), 0);
	assert_true(c.host_is_ip);
	assert_true(config_is_host_name("xn--bcher-kva.example"));
	assert_false(config_is_host_name("pay.example.123"));
}

static void files(void **state)
{
	char path[] = "/tmp/voicepay-conf-XXXXXX", far[257], error[CONFIG_ERROR];
	struct config c;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, good, strlen(good)), strlen(good));
	assert_int_equal(config_read(&c, path, error), 0);
	fchmod(fd, 0666);
	assert_int_equal(config_read(&c, path, error), -1);
	assert_non_null(strstr(error, "chmod"));
	fchmod(fd, 0600);
	assert_int_equal(write(fd, "\0pin", 4), 4);
	assert_int_equal(config_read(&c, path, error), -1);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, good, strlen(good), 0), strlen(good));
	memset(far, '/', sizeof(far));
	strcpy(far + 256 - strlen(path), path);
	assert_int_equal(config_read(&c, far, error), -1);
	assert_non_null(strstr(error, "255 bytes"));
	assert_int_equal(config_read(&c, far + 1, error), 0);
	assert_string_equal(c.path, far + 1);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	assert_int_equal(config_read(&c, path, error), -1);
	close(fd);
	unlink(path);
	assert_int_equal(config_read(&c, path, error), -1);
	assert_non_null(strstr(error, "voicepay.conf.example"));
	assert_int_equal(config_read(&c, "/dev/null", error), -1);
	assert_int_equal(config_read(&c, "/tmp", error), -1);
}

static void the_example_is_good(void **state)
{
	char path[512], error[CONFIG_ERROR] = "";
	const char *top = getenv("VOICEPAY_TOP");
	struct config c;

	snprintf(path, sizeof(path), "%s/user/voicepayd/voicepay.conf", top ? top : ".");
	if (config_read(&c, path, error) || config_need_tls(&c, error))
		fail_msg("%s", error);
}

static void pins_in_both_spellings(void **state)
{
	static const char *const bad[] = {
		"", "sha256/", "sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"SHA256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",	/* no padding */
		"sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",	/* spare bits set */
		"sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",	/* 31 bytes */
		"sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",	/* 33 bytes */
		"sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= ",
		"sha256///AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"sha256/AAECAwQFBgcICQoLDA0O DxAREhMUFRYXGBkaGxwdHh8=",
		"sha256/AAECAwQFBgcICQoLDA0O-xAREhMUFRYXGBkaGxwdHh8=",
	};
	struct pin a, b;
	size_t i;

	assert_int_equal(pin_parse(PIN_A, &a), 0);
	assert_int_equal(pin_parse("sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	for (i = 0; i < PIN_BYTES; i++)
		assert_int_equal(a.sha256[i], i);
	assert_true(pin_in(&a, &b, 1));
	assert_int_equal(pin_parse(PIN_B, &b), 0);
	assert_false(pin_in(&a, &b, 1));
	assert_false(pin_in(&a, &b, 0));
	/* a pin whose own Base64 begins with a slash */
	assert_int_equal(pin_parse("sha256//AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", &b), 0);
	assert_int_equal(b.sha256[0], 0xfc);
	assert_int_equal(pin_parse("sha256///AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", &a), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!pin_parse(bad[i], &a))
			fail_msg("took \"%s\"", bad[i]);
}

static void base64_of_rfc4648(void **state)
{
	static const char *const vectors[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	static const char *const bad[] = {
		"=", "==", "====", "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "Zm9v\n", "Zm9 ",
		"Zg=a", "-m9v",
	};
	char text[16], back[16];
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t len = strlen(vectors[i][0]);

		base64_encode(text, vectors[i][0], len);
		assert_string_equal(text, vectors[i][1]);
		assert_int_equal(base64_decode(back, len, text, strlen(text)), len);
		assert_memory_equal(back, vectors[i][0], len);
		if (len)
			assert_int_equal(base64_decode(back, len - 1, text, strlen(text)), -1);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (base64_decode(back, sizeof(back), bad[i], strlen(bad[i])) >= 0)
			fail_msg("took \"%s\"", bad[i]);
	assert_int_equal(base64url_decode(back, sizeof(back), "-_8", 3), 2);
	assert_int_equal(base64url_decode(back, sizeof(back), "-_8=", 4), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_at_once),
		cmocka_unit_test(keys_elsewhere),
		cmocka_unit_test(bad_lines_are_named),
		cmocka_unit_test(long_lines_and_long_values),
		cmocka_unit_test(what_a_handshake_needs),
		cmocka_unit_test(addresses_as_hosts),
		cmocka_unit_test(files),
		cmocka_unit_test(the_example_is_good),
		cmocka_unit_test(pins_in_both_spellings),
		cmocka_unit_test(base64_of_rfc4648),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
