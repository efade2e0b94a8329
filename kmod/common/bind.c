// SPDX-License-Identifier: GPL-2.0-or-later
/* What a code is bound to, as bytes. Compiled into the module and into the gateway. */

#include "bind.h"
#include "prim.h"

#define LABEL		"PC1-BIND"
#define LABEL_LEN	8
#define BIND_AMOUNT	1
#define BIND_MERCHANT	2

#define ENCODED_MAX	(LABEL_LEN + 1 + PAYCODE_CURRENCY_LEN + 8 +			\
			 1 + PAYCODE_MERCHANT_MAX + 1 + PAYCODE_CHALLENGE_MAX)

static unsigned int fields_of(unsigned int mode)
{
	switch (mode) {
	case PAYCODE_AMOUNT:
		return BIND_AMOUNT;
	case PAYCODE_MERCHANT:
		return BIND_MERCHANT;
	case PAYCODE_BOUND:
		return BIND_AMOUNT | BIND_MERCHANT;
	default:
		return 0;
	}
}

static int is_upper(__u8 c)
{
	return c >= 'A' && c <= 'Z';
}

static int in_merchant(__u8 c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

static int in_challenge(__u8 c)
{
	return c >= 0x21 && c <= 0x7e;
}

/* Length of a string padded with NUL, or -EINVAL for a character that is not allowed. */
static int string_len(const __u8 *s, int room, int (*allowed)(__u8 c))
{
	int len = 0, i;

	while (len < room && s[len])
		len++;
	for (i = 0; i < room; i++)
		if (i < len ? !allowed(s[i]) : s[i])
			return -EINVAL;
	return len;
}

static int amount_ok(const struct paycode_terms *t, int wanted)
{
	int len = string_len(t->currency, PAYCODE_CURRENCY_LEN, is_upper);

	if (!wanted)
		return !t->amount && !len;
	return t->amount && t->amount <= PAYCODE_AMOUNT_MAX && len == PAYCODE_CURRENCY_LEN;
}

static int merchant_ok(const struct paycode_terms *t, int wanted)
{
	int merchant = string_len(t->merchant, PAYCODE_MERCHANT_MAX, in_merchant);
	int challenge = string_len(t->challenge, PAYCODE_CHALLENGE_MAX, in_challenge);

	return wanted ? merchant > 0 && challenge >= 0 : !merchant && !challenge;
}

int paycode_check_terms(const struct paycode_terms *terms, unsigned int mode)
{
	unsigned int fields = fields_of(mode);

	if (!amount_ok(terms, fields & BIND_AMOUNT) || !merchant_ok(terms, fields & BIND_MERCHANT))
		return -EINVAL;
	return 0;
}

static __u8 *put(__u8 *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

static __u8 *put_string(__u8 *p, const __u8 *s, int room, int (*allowed)(__u8 c))
{
	int len = string_len(s, room, allowed);

	*p++ = (__u8)len;
	return put(p, s, len);
}

/*
 * "PC1-BIND", u8 fields, currency, BE64 amount, u8 length and merchant, u8 length
 * and challenge. A field has one place or says its length, so two different terms
 * are never the same bytes.
 */
int paycode_bind(__u8 out[PAYCODE_BIND_MAX], const struct paycode_terms *terms,
		 unsigned int mode)
{
	__u8 encoded[ENCODED_MAX], *p = encoded;
	struct vp_piece piece = { encoded, 0 };
	int shift;

	if (!fields_of(mode) || paycode_check_terms(terms, mode))
		return -EINVAL;
	p = put(p, LABEL, LABEL_LEN);
	*p++ = (__u8)fields_of(mode);
	p = put(p, terms->currency, PAYCODE_CURRENCY_LEN);
	for (shift = 56; shift >= 0; shift -= 8)
		*p++ = (__u8)(terms->amount >> shift);
	p = put_string(p, terms->merchant, PAYCODE_MERCHANT_MAX, in_merchant);
	p = put_string(p, terms->challenge, PAYCODE_CHALLENGE_MAX, in_challenge);
	piece.len = p - encoded;
	return vp_prim_hash(out, &piece, 1);
}
