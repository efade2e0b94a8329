// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base32.h"
#include "otpauth.h"

/* Parameters that there may be one each of. */
enum parameter {
	SECRET,
	ALGORITHM,
	DIGITS,
	PERIOD,
	COUNTER,
	ISSUER,
	IMAGE,
	PARAMETERS
};

static const char *const names[PARAMETERS] = {
	[SECRET] = "secret",
	[ALGORITHM] = "algorithm",
	[DIGITS] = "digits",
	[PERIOD] = "period",
	[COUNTER] = "counter",
	[ISSUER] = "issuer",
	[IMAGE] = "image",	/* a picture for the app's list: of no consequence */
};

struct text {
	const char *at;
	size_t len;
};

struct parts {
	bool counted;
	struct text label;
	struct text value[PARAMETERS];
	bool given[PARAMETERS];
};

static bool is(struct text t, const char *word)
{
	return t.len == strlen(word) && !strncasecmp(t.at, word, t.len);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * One character of @t, percent-encoded or not, and steps over it. -1 at the
 * end, -2 if a % is not followed by two hexadecimal digits.
 */
static int next(struct text *t)
{
	int high, low, c;

	if (!t->len)
		return -1;
	c = (unsigned char)*t->at;
	if (c == '%') {
		if (t->len < 3)
			return -2;
		high = hex(t->at[1]);
		low = hex(t->at[2]);
		if (high < 0 || low < 0)
			return -2;
		t->at += 3;
		t->len -= 3;
		return high << 4 | low;
	}
	t->at++;
	t->len--;
	return c;
}

/* The decoded text into @out, NUL-terminated. Its length, or -1. */
static int decode(char *out, size_t size, struct text t)
{
	size_t n = 0;
	int c;

	while ((c = next(&t)) >= 0) {
		if (n + 1 >= size)
			return -1;
		out[n++] = c;
	}
	out[n] = 0;
	return c == -1 ? (int)n : -1;
}

/* Splits at the first @c; what is after it is @rest, which is empty without it. */
static struct text split(struct text t, char c, struct text *rest)
{
	const char *at = memchr(t.at, c, t.len);
	struct text head = { t.at, at ? (size_t)(at - t.at) : t.len };

	rest->at = t.at + head.len + (at ? 1 : 0);
	rest->len = at ? t.len - head.len - 1 : 0;
	return head;
}

static int take_parameter(struct parts *parts, struct text one, const char **why)
{
	struct text value, name = split(one, '=', &value);
	int i;

	for (i = 0; i < PARAMETERS && !is(name, names[i]); i++)
		;
	if (i == PARAMETERS || name.len == one.len) {
		*why = "it has a parameter that is not one of secret, algorithm, digits, period, counter, issuer and image: a key that needs it would show wrong codes";
		return -1;
	}
	if (parts->given[i]) {
		*why = "it has a parameter twice";
		return -1;
	}
	parts->given[i] = true;
	parts->value[i] = value;
	return 0;
}

static int take_apart(struct parts *parts, struct text uri, const char **why)
{
	static const char scheme[] = "otpauth://";
	struct text type, query, one;

	memset(parts, 0, sizeof(*parts));
	if (uri.len < sizeof(scheme) - 1 || strncasecmp(uri.at, scheme, sizeof(scheme) - 1)) {
		*why = "it does not begin with otpauth://";
		return -1;
	}
	uri.at += sizeof(scheme) - 1;
	uri.len -= sizeof(scheme) - 1;
	if (memchr(uri.at, '#', uri.len)) {
		*why = "it has a # in it, which must be written %23";
		return -1;
	}
	uri = split(uri, '?', &query);
	type = split(uri, '/', &parts->label);
	parts->counted = is(type, "hotp");
	if (!parts->counted && !is(type, "totp")) {
		*why = "its type is neither totp nor hotp";
		return -1;
	}
	while (query.len) {
		one = split(query, '&', &query);
		if (take_parameter(parts, one, why))
			return -1;
	}
	return 0;
}

/* Digits only: no sign, no blank, nothing that strtoul() would be kind to. */
static int number(struct text t, uint64_t max, uint64_t *n)
{
	*n = 0;
	if (!t.len)
		return -1;
	for (; t.len; t.at++, t.len--) {
		unsigned int digit = (unsigned char)*t.at - '0';

		if (digit > 9 || digit > max || *n > (max - digit) / 10)
			return -1;
		*n = *n * 10 + digit;
	}
	return 0;
}

static int take_secret(struct otp_key *key, struct text t, const char **why)
{
	/* Decoded once more: the percent signs first, into a buffer that is wiped. */
	char letters[2 * OTP_SECRET_MAX + 64];
	int i, n = decode(letters, sizeof(letters), t);
	ssize_t len = -1;

	for (i = 0; i < n; i++)
		if (letters[i] == '+')
			letters[i] = ' ';	/* as forms write blanks */
	if (n < 0)
		*why = "its secret is too long, or has a % that is not followed by two hexadecimal digits";
	else
		len = base32_decode(key->secret, sizeof(key->secret), letters, n, why);
	explicit_bzero(letters, sizeof(letters));
	if (len < 0)
		return -1;
	key->secret_len = len;
	return 0;
}

static int take_terms(struct otp_key *key, const struct parts *parts, const char **why)
{
	uint64_t n;

	key->algorithm = OTP_SHA1;
	if (parts->given[ALGORITHM]) {
		struct text t = parts->value[ALGORITHM];

		if (is(t, "SHA1"))
			key->algorithm = OTP_SHA1;
		else if (is(t, "SHA256"))
			key->algorithm = OTP_SHA256;
		else if (is(t, "SHA512"))
			key->algorithm = OTP_SHA512;
		else {
			*why = "its algorithm is not SHA1, SHA256 or SHA512";
			return -1;
		}
	}
	n = 6;
	if (parts->given[DIGITS] && (number(parts->value[DIGITS], 8, &n) || n < 6)) {
		*why = "its digits are not 6, 7 or 8";
		return -1;
	}
	key->digits = n;
	if (parts->counted) {
		if (parts->given[PERIOD]) {
			*why = "it has a period, though its codes are counted (hotp)";
			return -1;
		}
		if (!parts->given[COUNTER] || number(parts->value[COUNTER], UINT64_MAX, &n)) {
			*why = "its codes are counted (hotp), and its counter is missing or no number";
			return -1;
		}
		key->counter = n;
		return 0;
	}
	if (parts->given[COUNTER]) {
		*why = "it has a counter, though its codes go by time (totp)";
		return -1;
	}
	n = 30;
	if (parts->given[PERIOD] && (number(parts->value[PERIOD], UINT32_MAX, &n) || !n)) {
		*why = "its period is not a number of seconds";
		return -1;
	}
	key->period = n;
	return 0;
}

/* What goes to a terminal must not be able to steer it. */
static bool printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static int take_name(struct otp_key *key, const struct parts *parts, const char **why)
{
	char issuer[sizeof(key->name)] = "", label[sizeof(key->name)] = "";
	int n = decode(label, sizeof(label), parts->label), m = 0;

	if (parts->given[ISSUER])
		m = decode(issuer, sizeof(issuer), parts->value[ISSUER]);
	if (n < 0 || m < 0) {
		*why = "its name or issuer is too long, or has a % that is not followed by two hexadecimal digits";
		return -1;
	}
	if (!printable(label) || !printable(issuer) || strlen(label) != (size_t)n ||
	    strlen(issuer) != (size_t)m) {
		*why = "its name or issuer has control characters";
		return -1;
	}
	/* "Issuer:name" says it already. */
	if (*issuer && !strchr(label, ':') && (size_t)m + 1 + n < sizeof(key->name)) {
		strcpy(key->name, issuer);
		strcat(key->name, ":");
		strcat(key->name, label);
	} else {
		strcpy(key->name, label);
	}
	return 0;
}

int otpauth_parse(struct otp_key *key, const char *uri, size_t len, const char **why)
{
	struct parts parts;

	memset(key, 0, sizeof(*key));
	if (len > OTPAUTH_MAX) {
		*why = "it is too long";
		return -1;
	}
	if (take_apart(&parts, (struct text){ uri, len }, why))
		return -1;
	if (!parts.given[SECRET]) {
		*why = "it has no secret";
		return -1;
	}
	if (take_terms(key, &parts, why) || take_name(key, &parts, why) ||
	    take_secret(key, parts.value[SECRET], why)) {
		explicit_bzero(key, sizeof(*key));
		return -1;
	}
	return 0;
}
