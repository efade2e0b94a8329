// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever is not understood is an error: a misspelt "pin" must not come to
 * mean "no pin".
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "keyuri.h"

#define FILE_MAX	65536
#define LINE_MAX_LEN	190	/* libinih's buffer is 200 */

struct parser {
	struct config *config;
	const char *text;
	unsigned int line;
	unsigned int failed_line;
	char what[CONFIG_ERROR - 300];
	uint64_t seen;		/* a bit for each entry of keys[] */
};

struct key {
	const char *section;
	const char *name;
	/* 0, or -1: the value is not what @expects says. */
	int (*set)(struct config *config, const char *value);
	const char *expects;
	bool repeated;
};

bool config_is_host_name(const char *name)
{
	size_t len = strlen(name), label = 0, i;
	bool letters = false;

	if (!len || len > 253)
		return false;
	for (i = 0; i < len; i++) {
		unsigned char c = name[i];

		if (c == '.') {
			if (!label || name[i - 1] == '-')
				return false;
			label = 0;
			letters = false;
			continue;
		}
		if (!isascii(c) || !(isalnum(c) || c == '-') || (c == '-' && !label) || ++label > 63)
			return false;
		if (!isdigit(c))
			letters = true;
	}
	/* A last label of digits would make it look like an address. */
	return label && name[len - 1] != '-' && letters;
}

static bool is_address(const char *value)
{
	struct in6_addr buf;

	return inet_pton(AF_INET, value, &buf) == 1 || inet_pton(AF_INET6, value, &buf) == 1;
}

static int set_text(char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return -1;
	strcpy(to, value);
	return 0;
}

static int set_path(char *to, size_t size, const char *value)
{
	return value[0] == '/' ? set_text(to, size, value) : -1;
}

static int set_number(unsigned int *to, const char *value, unsigned int min, unsigned int max)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)value[0]))
		return -1;
	n = strtoul(value, &end, 10);
	if (*end || n < min || n > max)
		return -1;
	*to = n;
	return 0;
}

static int set_host(struct config *c, const char *value)
{
	char *p;

	c->host_is_ip = is_address(value);
	if (!c->host_is_ip && !config_is_host_name(value))
		return -1;
	if (set_text(c->host, sizeof(c->host), value))
		return -1;
	for (p = c->host; *p; p++)
		*p = tolower((unsigned char)*p);
	return 0;
}

static int set_port(struct config *c, const char *value)
{
	unsigned int port;

	if (set_number(&port, value, 1, 65535))
		return -1;
	snprintf(c->port, sizeof(c->port), "%u", port);
	return 0;
}

static int set_address(struct config *c, const char *value)
{
	if (*value && !is_address(value))
		return -1;
	return set_text(c->address, sizeof(c->address), value);
}

static int set_key32(uint8_t key[32], const char *value)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (strlen(value) != 64)
		return -1;
	for (i = 0; i < 64; i++) {
		const char *at = strchr(digits, tolower((unsigned char)value[i]));

		if (!at)
			return -1;
		key[i / 2] = key[i / 2] << 4 | (at - digits);
	}
	return 0;
}

static int set_gateway_key(struct config *c, const char *value)
{
	c->has_gateway_key = true;
	return set_key32(c->gateway_key, value);
}

static int set_bundle(struct config *c, const char *value)
{
	/* Room for what the names of its companions have more. */
	return strlen(value) + 16 < CONFIG_FILE ? set_path(c->bundle, sizeof(c->bundle), value) : -1;
}

static int add_bundle_key(struct config *c, const char *value)
{
	if (c->bundle_key_count == CONFIG_BUNDLE_KEYS)
		return -1;
	return set_key32(c->bundle_keys[c->bundle_key_count++], value);
}

static int set_ca(struct config *c, const char *value)
{
	return set_path(c->ca, sizeof(c->ca), value);
}

static int set_cert(struct config *c, const char *value)
{
	return set_path(c->cert, sizeof(c->cert), value);
}

static int set_key(struct config *c, const char *value)
{
	if (value[0] != '/' && !keyuri_good(value))
		return -1;
	return set_text(c->key, sizeof(c->key), value);
}

/* It becomes part of the name of a library that is loaded. */
static int set_key_provider(struct config *c, const char *value)
{
	if (!keyuri_provider_good(value))
		return -1;
	return set_text(c->key_provider, sizeof(c->key_provider), value);
}

static int set_key_pin_file(struct config *c, const char *value)
{
	return set_path(c->key_pin_file, sizeof(c->key_pin_file), value);
}

static int set_key_pin_state(struct config *c, const char *value)
{
	return set_path(c->key_pin_state, sizeof(c->key_pin_state), value);
}

static int set_pkcs11_module(struct config *c, const char *value)
{
	return set_path(c->pkcs11_module, sizeof(c->pkcs11_module), value);
}

static int set_tpm(struct config *c, const char *value)
{
	return *value ? set_text(c->tpm, sizeof(c->tpm), value) : -1;
}

static int add_key_env(struct config *c, const char *value)
{
	const char *eq = strchr(value, '=');

	if (c->key_env_count == CONFIG_KEY_ENV || !eq || eq == value ||
	    strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != (size_t)(eq - value))
		return -1;
	return set_text(c->key_env[c->key_env_count++], CONFIG_FILE, value);
}

static int set_pin(struct config *c, const char *value)
{
	struct pin pin;

	if (c->pin_count == CONFIG_PINS || pin_parse(value, &pin))
		return -1;
	/* One written twice is one: it would pass for a backup. */
	if (!pin_in(&pin, c->pins, c->pin_count))
		c->pins[c->pin_count++] = pin;
	return 0;
}

static int add_crl(struct config *c, const char *value)
{
	if (c->crl_count == CONFIG_CRLS)
		return -1;
	return set_path(c->crls[c->crl_count++], CONFIG_FILE, value);
}

static int add_crl_url(struct config *c, const char *value)
{
	if (c->crl_url_count == CONFIG_CRLS ||
	    (strncmp(value, "http://", 7) && strncmp(value, "https://", 8)))
		return -1;
	return set_text(c->crl_urls[c->crl_url_count++], CONFIG_FILE, value);
}

static int set_hours(unsigned long *seconds, const char *value)
{
	unsigned int hours;

	if (set_number(&hours, value, 1, 8784))
		return -1;
	*seconds = hours * 3600UL;
	return 0;
}

static int set_crl_max_age(struct config *c, const char *value)
{
	return set_hours(&c->crl_max_age, value);
}

static int set_staple(struct config *c, const char *value)
{
	c->staple_required = !strcmp(value, "required");
	return c->staple_required || !strcmp(value, "optional") ? 0 : -1;
}

static int set_ocsp_query(struct config *c, const char *value)
{
	c->ocsp_query = !strcmp(value, "yes");
	return c->ocsp_query || !strcmp(value, "no") ? 0 : -1;
}

static int set_ocsp_responder(struct config *c, const char *value)
{
	return strncmp(value, "http://", 7) || !value[7] ? -1 :
	       set_text(c->ocsp_responder, sizeof(c->ocsp_responder), value);
}

static int set_staple_max_age(struct config *c, const char *value)
{
	return set_hours(&c->staple_max_age, value);
}

static int set_resume(struct config *c, const char *value)
{
	c->resume = !strcmp(value, "yes");
	return c->resume || !strcmp(value, "no") ? 0 : -1;
}

static int set_socket(struct config *c, const char *value)
{
	return set_path(c->socket, sizeof(c->socket), value);
}

static int set_device(struct config *c, const char *value)
{
	return set_path(c->device, sizeof(c->device), value);
}

static int set_user(struct config *c, const char *value)
{
	return *value ? set_text(c->user, sizeof(c->user), value) : -1;
}

static int add_name(char (*list)[CONFIG_NAME], size_t *count, const char *value)
{
	if (*count == CONFIG_ALLOWED || !*value)
		return -1;
	return set_text(list[(*count)++], CONFIG_NAME, value);
}

static int add_group(struct config *c, const char *value)
{
	return add_name(c->groups, &c->group_count, value);
}

static int add_user(struct config *c, const char *value)
{
	return add_name(c->users, &c->user_count, value);
}

static int set_max_handshakes(struct config *c, const char *value)
{
	return set_number(&c->max_handshakes, value, 1, 256);
}

static int set_timeout(struct config *c, const char *value)
{
	return set_number(&c->timeout, value, 1, 300);
}

static int set_warm_max(struct config *c, const char *value)
{
	return set_number(&c->warm_max, value, 0, CONFIG_WARM);
}

static int set_warm_age(struct config *c, const char *value)
{
	return set_number(&c->warm_age, value, 1, 3600);
}

static int set_warm_time(struct config *c, const char *value)
{
	return set_number(&c->warm_time, value, 1, 3600);
}

static const struct key keys[] = {
	{ "gateway", "host", set_host,
	  "the gateway's name in ASCII (an international one in its xn-- form), or an IP address" },
	{ "gateway", "port", set_port, "a port, 1 to 65535" },
	{ "gateway", "address", set_address, "an IP address to connect to instead of resolving host" },
	{ "gateway", "key", set_gateway_key, "the gateway's X25519 public key as 64 hex digits" },
	{ "tls", "ca", set_ca, "the absolute path of a PEM file with the trusted CA certificates" },
	{ "tls", "cert", set_cert, "the absolute path of a PEM file with the device's certificate" },
	{ "tls", "key", set_key,
	  "the absolute path of a PEM file with the device's private key, or a URI without a PIN: pkcs11:token=..;object=.., handle:0x.., or with key-provider file:/.." },
	{ "tls", "key-provider", set_key_provider, "the name of an OpenSSL provider, as tpm2 or pkcs11" },
	{ "tls", "key-pin-file", set_key_pin_file, "the absolute path of a file of mode 0600 with the key's PIN" },
	{ "tls", "key-pin-state", set_key_pin_state, "the absolute path of a file that voicepayd may write" },
	{ "tls", "key-env", add_key_env, "NAME=VALUE for the key's library, at most 4 times", true },
	{ "tls", "pkcs11-module", set_pkcs11_module, "the absolute path of a PKCS#11 library" },
	{ "tls", "tpm", set_tpm, "how to reach the TPM: device:/dev/tpmrm0 (a TCTI)" },
	{ "tls", "pin", set_pin, "sha256/ and 44 characters of Base64, at most 16 times", true },
	{ "tls", "crl", add_crl,
	  "the absolute path of a file with CRLs, PEM or DER, at most 8 times", true },
	{ "tls", "crl-url", add_crl_url,
	  "the http:// or https:// address of a CRL, at most 8 times", true },
	{ "tls", "crl-max-age", set_crl_max_age, "hours, 1 to 8784" },
	{ "tls", "staple", set_staple, "required, or optional" },
	{ "tls", "ocsp-query", set_ocsp_query, "yes, or no" },
	{ "tls", "ocsp-responder", set_ocsp_responder, "the http:// address of an OCSP responder" },
	{ "tls", "staple-max-age", set_staple_max_age, "hours, 1 to 8784" },
	{ "tls", "resume", set_resume, "yes, or no" },
	{ "bundle", "file", set_bundle, "the absolute path where the installed bundle lies" },
	{ "bundle", "key", add_bundle_key,
	  "an Ed25519 public key as 64 hex digits, at most 4 times", true },
	{ "daemon", "socket", set_socket, "an absolute path of at most 107 bytes" },
	{ "daemon", "device", set_device, "the absolute path of the voicepay device" },
	{ "daemon", "user", set_user, "the name of the user that a handshake runs as" },
	{ "daemon", "allow-group", add_group, "the name of a group, at most 16 times", true },
	{ "daemon", "allow-user", add_user, "the name or number of a user, at most 16 times", true },
	{ "daemon", "max-handshakes", set_max_handshakes, "a number, 1 to 256" },
	{ "daemon", "timeout", set_timeout, "seconds, 1 to 300" },
	{ "daemon", "warm-max", set_warm_max, "a number, 0 to 16" },
	{ "daemon", "warm-age", set_warm_age, "seconds, 1 to 3600" },
	{ "daemon", "warm-time", set_warm_time, "seconds, 1 to 3600" },
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static int complain(struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int complain(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->failed_line) {
		p->failed_line = p->line;
		va_start(ap, fmt);
		vsnprintf(p->what, sizeof(p->what), fmt, ap);
		va_end(ap);
	}
	return 0;
}

/* Text of the file in a message: short, and nothing that steers a terminal. */
static const char *quote(char buf[48], const char *s)
{
	size_t i;

	for (i = 0; i < 40 && s[i]; i++)
		buf[i] = isprint((unsigned char)s[i]) ? s[i] : '?';
	strcpy(buf + i, s[i] ? "..." : "");
	return buf;
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	char a[48], b[48];
	size_t i;

	for (i = 0; i < NKEYS; i++) {
		const struct key *k = &keys[i];

		if (strcmp(k->section, section) || strcmp(k->name, name))
			continue;
		if (!k->repeated && p->seen & 1ULL << i)
			return complain(p, "[%s] %s is given twice: keep one", section, name);
		p->seen |= 1ULL << i;
		if (k->set(p->config, value))
			return complain(p, "[%s] %s is \"%s\", but must be %s", section, name,
					quote(a, value), k->expects);
		return 1;
	}
	return complain(p, "there is no key \"%s\" in a section [%s]: see voicepay.conf(5)",
			quote(a, name), quote(b, section));
}

/* For libinih: one line at a time, counted. */
static char *read_line(char *buf, int size, void *stream)
{
	struct parser *p = stream;
	size_t len = strcspn(p->text, "\n");

	if (!*p->text)
		return NULL;
	p->line++;
	if (len > LINE_MAX_LEN || (int)len + 2 > size) {
		complain(p, "the line is too long: %d characters at most", LINE_MAX_LEN);
		buf[0] = 0;
	} else {
		memcpy(buf, p->text, len);
		buf[len] = 0;
	}
	p->text += len + (p->text[len] == '\n');
	return buf;
}

static void set_defaults(struct config *c, const char *path)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->path, sizeof(c->path), "%s", path);
	strcpy(c->port, "443");
	strcpy(c->socket, "/run/voicepay/voicepayd.sock");
	strcpy(c->device, "/dev/voicepay");
	strcpy(c->tpm, "device:/dev/tpmrm0");
	strcpy(c->key_pin_state, "/var/lib/voicepay/pin/state");
	/* BR 4.9.10: an answer is good for ten days at most. */
	c->staple_max_age = 10 * 24 * 3600;
	c->max_handshakes = 8;
	c->timeout = 15;
	c->resume = true;
	c->warm_max = 2;
	/* Less than the gateway's nginx waits for a request's first line. */
	c->warm_age = 25;
	c->warm_time = 60;
}

int config_parse(struct config *config, const char *path, const char *text,
		 char error[CONFIG_ERROR])
{
	struct parser p = { .config = config, .text = text };
	int bad;

	set_defaults(config, path);
	bad = ini_parse_stream(read_line, &p, on_key, &p);
	/* libinih goes on after a line that it cannot read: the first one counts. */
	if (bad && (!p.failed_line || (unsigned int)bad < p.failed_line)) {
		p.failed_line = bad > 0 ? bad : 1;
		snprintf(p.what, sizeof(p.what),
			 "expected [section], key = value, or a comment that begins with ; or #");
	}
	if (p.failed_line) {
		snprintf(error, CONFIG_ERROR, "%s:%u: %s", config->path, p.failed_line, p.what);
		return -1;
	}
	return 0;
}

int config_read(struct config *config, const char *path, char error[CONFIG_ERROR])
{
	char *text = NULL;
	struct stat st;
	size_t len = 0;
	int fd, ret = -1;

	set_defaults(config, path);
	/* voicepayd hands it on from there: cut short it would name another file. */
	if (strlen(path) >= sizeof(config->path)) {
		snprintf(error, CONFIG_ERROR, "%s...: the path is too long: %zu bytes at most", config->path,
			 sizeof(config->path) - 1);
		return -1;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		snprintf(error, CONFIG_ERROR, "%s: %s%s", path, strerror(errno),
			 errno == ENOENT ? ": copy voicepay.conf.example there (it is beside it, or /usr/share/doc/voicepay/examples/voicepay.conf) and fill it in" : "");
		return -1;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size >= FILE_MAX) {
		snprintf(error, CONFIG_ERROR, "%s: must be a file of less than %d bytes", path,
			 FILE_MAX);
		goto out;
	}
	/* Whoever may write here chooses the gateway and its pins. */
	if (st.st_mode & S_IWOTH) {
		snprintf(error, CONFIG_ERROR, "%s: anybody may write to it: chmod o-w it", path);
		goto out;
	}
	text = malloc(FILE_MAX + 1);
	while (text && len < FILE_MAX) {
		ssize_t n = read(fd, text + len, FILE_MAX - len);

		if (n < 0) {
			snprintf(error, CONFIG_ERROR, "%s: %s", path, strerror(errno));
			goto out;
		}
		if (!n)
			break;
		len += n;
	}
	if (!text) {
		snprintf(error, CONFIG_ERROR, "%s: out of memory", path);
		goto out;
	}
	text[len] = 0;
	if (memchr(text, 0, len)) {
		snprintf(error, CONFIG_ERROR, "%s: is not a text file", path);
		goto out;
	}
	ret = config_parse(config, path, text, error);
out:
	free(text);
	close(fd);
	return ret;
}

int config_need_tls(const struct config *c, char error[CONFIG_ERROR])
{
	static const char fmt[] = "%s: [%s] %s is missing: it must be %s";
	const struct {
		const char *value, *section, *name;
	} needed[] = {
		{ c->host, "gateway", "host" },
		{ c->ca, "tls", "ca" },
		{ c->cert, "tls", "cert" },
		{ c->key, "tls", "key" },
	};
	size_t i, k;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (*needed[i].value)
			continue;
		for (k = 0; strcmp(keys[k].section, needed[i].section) ||
			    strcmp(keys[k].name, needed[i].name); k++)
			;
		snprintf(error, CONFIG_ERROR, fmt, c->path, needed[i].section, needed[i].name,
			 keys[k].expects);
		return -1;
	}
	if (*c->bundle && !c->bundle_key_count) {
		snprintf(error, CONFIG_ERROR, "%s: [bundle] key is missing: it says who may sign bundles",
			 c->path);
		return -1;
	}
	if (c->pin_count < 2) {
		snprintf(error, CONFIG_ERROR,
			 "%s: [tls] pin: %s: at least two different ones are needed, the second for the day the first key is lost",
			 c->path, c->pin_count ? "there is only one" : "there is none");
		return -1;
	}
	return 0;
}
