// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "bind.h"
#include "fields.h"

#define BAD(c, ...) (snprintf((c)->detail, sizeof((c)->detail), __VA_ARGS__), RF_BAD_REQUEST)

/* Letters, digits and "._-": what can stand in a path, a file name and a receipt. */
bool fields_id_good(const char *s)
{
	size_t len = strlen(s);

	return len >= 1 && len <= STORE_ORDER_MAX &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static bool ref_good(const char *s)
{
	return strlen(s) == STORE_REF_LEN && strspn(s, "0123456789abcdef") == STORE_REF_LEN;
}

/* 1 to 64 characters of UTF-8 (jansson has checked it), no control characters. */
static bool name_good(const char *s)
{
	size_t chars = 0;

	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
		chars += (*s & 0xc0) != 0x80;
	}
	return chars >= 1 && chars <= 64;
}

static bool challenge_good(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (s[n] < 0x21 || s[n] > 0x7e)
			return false;
	return n <= PAYCODE_CHALLENGE_MAX;
}

static enum refusal read_auth(struct call *c, const char *name, struct authorisation *auth, const json_t *value)
{
	long long slot, epoch, time;
	const char *mac;
	size_t mac_len;

	/* Strict: neither more nor less, and none of another type. */
	if (json_unpack_ex((json_t *)value, NULL, JSON_STRICT, "{s:I, s:I, s:I, s:s%}", "slot", &slot, "epoch", &epoch,
			   "time", &time, "mac", &mac, &mac_len) ||
	    slot < 0 || slot > 255 || epoch < 0 || time < 0 ||
	    base64_decode(auth->mac, sizeof(auth->mac), mac, mac_len) != sizeof(auth->mac))
		return BAD(c, "\"%s\" must be {\"slot\", \"epoch\", \"time\", \"mac\"} as the device's kernel gave them.", name);
	auth->slot = slot;
	auth->epoch = epoch;
	auth->time = time;
	return RF_OK;
}

static enum refusal read_field(struct call *c, const struct field *f, const json_t *value)
{
	const char *s = json_string_value(value);

	/* Each type has its own place to go to, which whoever made the table has named. */
	assert(f->type == F_AUTH ? f->auth != NULL : f->text || f->amount);
	if (f->type == F_AUTH)
		return read_auth(c, f->name, f->auth, value);
	if (f->type == F_AMOUNT) {
		if (!json_is_integer(value))
			return BAD(c, "\"%s\" must be a whole number of minor units, such as 1200 for 12.00, and not in quotes.", f->name);
		assert(f->amount);
		*f->amount = json_integer_value(value);
		if (*f->amount < 1 || *f->amount > STORE_AMOUNT_MAX)
			return BAD(c, "\"%s\" must be between 1 and %lld minor units.", f->name, STORE_AMOUNT_MAX);
		return RF_OK;
	}
	if (f->type == F_SLOT) {
		assert(f->amount);
		*f->amount = json_integer_value(value);
		if (!json_is_integer(value) || *f->amount < 0 || *f->amount > 255)
			return BAD(c, "\"%s\" must be a whole number from 0 to 255.", f->name);
		return RF_OK;
	}
	if (!s)
		return BAD(c, "\"%s\" must be a string.", f->name);
	if (f->type == F_COUNT) {
		assert(f->amount);
		if (!*s || strlen(s) > 18 || strspn(s, "0123456789") != strlen(s))
			return BAD(c, "\"%s\" must be a number of at most 18 digits.", f->name);
		*f->amount = strtoll(s, NULL, 10);
		return RF_OK;
	}
	if (f->type == F_ORDER && !fields_id_good(s))
		return BAD(c, "\"%s\" must be 1 to %d letters, digits, dots, dashes or underscores.", f->name, STORE_ORDER_MAX);
	if (f->type == F_REF && !ref_good(s))
		return BAD(c, "\"%s\" must be the %d hex digits that the gateway gave.", f->name, STORE_REF_LEN);
	if (f->type == F_NAME && !name_good(s))
		return BAD(c, "\"%s\" must be 1 to 64 characters without control characters.", f->name);
	if (f->type == F_CHALLENGE && !challenge_good(s))
		return BAD(c, "\"%s\" must be 0 to %d printable characters of ASCII without spaces.", f->name, PAYCODE_CHALLENGE_MAX);
	if (f->type == F_CURRENCY &&
	    (strlen(s) != STORE_CURRENCY_LEN || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != STORE_CURRENCY_LEN))
		return BAD(c, "\"%s\" must be a currency's three letters, such as CNY.", f->name);
	*f->text = s;
	return RF_OK;
}

enum refusal fields_read(struct call *c, const json_t *body, const struct field *fields)
{
	const char *name;
	json_t *value;

	if (!json_is_object(body))
		return BAD(c, "The body must be a JSON object.");
	for (const struct field *f = fields; f->name; f++) {
		enum refusal r;

		value = json_object_get(body, f->name);
		if (!value && f->optional)
			continue;
		if (!value && f->type == F_AUTH)
			return RF_AUTHORISATION_MISSING;
		if (!value)
			return BAD(c, "\"%s\" is missing: this call does nothing without it.", f->name);
		r = read_field(c, f, value);
		if (r != RF_OK)
			return r;
	}
	json_object_foreach((json_t *)body, name, value) {
		const struct field *f = fields;

		while (f->name && strcmp(f->name, name))
			f++;
		if (!f->name)
			return BAD(c, "There is a field that this call does not know: see the API description for its fields.");
	}
	return RF_OK;
}

enum refusal fields_bad(struct call *c, const char *why)
{
	return BAD(c, "%s", why);
}

enum refusal fields_number(struct call *c, enum field_type type, const char *text, const char *what)
{
	const struct field f = { what, type, &text, NULL };
	json_t *value = json_string(text);	/* NULL unless UTF-8 */
	enum refusal r = read_field(c, &f, value);

	json_decref(value);
	return r;
}
