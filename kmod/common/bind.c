// SPDX-License-Identifier: GPL-2.0-or-later
/* What a code is bound to, as bytes. Compiled into the module and into the gateway. */

#include "bind.h"
#include "wire.h"

#define BIND_LABEL		"PC1-BIND"
#define BIND_LABEL_LEN	8
#define BIND_AMOUNT	1
#define BIND_MERCHANT	2

#define ENCODED_MAX	(BIND_LABEL_LEN + 1 + PAYCODE_CURRENCY_LEN + 8 +			\
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

static int amount_ok(const struct paycode_terms *t, int wanted)
{
	int len = vp_wire_string_len(t->currency, PAYCODE_CURRENCY_LEN, is_upper);

	if (!wanted)
		return !t->amount && !len;
	return t->amount && t->amount <= PAYCODE_AMOUNT_MAX && len == PAYCODE_CURRENCY_LEN;
}

static int merchant_ok(const struct paycode_terms *t, int wanted)
{
	int merchant = vp_wire_string_len(t->merchant, PAYCODE_MERCHANT_MAX, in_merchant);
	int challenge = vp_wire_string_len(t->challenge, PAYCODE_CHALLENGE_MAX, in_challenge);

	return wanted ? merchant > 0 && challenge >= 0 : !merchant && !challenge;
}

int paycode_check_terms(const struct paycode_terms *terms, unsigned int mode)
{
	unsigned int fields = fields_of(mode);

	if (!amount_ok(terms, fields & BIND_AMOUNT) || !merchant_ok(terms, fields & BIND_MERCHANT))
		return -EINVAL;
	return 0;
}

static __u8 *put_string(__u8 *p, const __u8 *s, int room, int (*allowed)(__u8 c))
{
	int len = vp_wire_string_len(s, room, allowed);

	*p++ = (__u8)len;
	return vp_wire_put(p, s, len);
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

	if (!fields_of(mode) || paycode_check_terms(terms, mode))
		return -EINVAL;
	p = vp_wire_put(p, BIND_LABEL, BIND_LABEL_LEN);
	*p++ = (__u8)fields_of(mode);
	p = vp_wire_put(p, terms->currency, PAYCODE_CURRENCY_LEN);
	p = vp_wire_put_be(p, terms->amount, 8);
	p = put_string(p, terms->merchant, PAYCODE_MERCHANT_MAX, in_merchant);
	p = put_string(p, terms->challenge, PAYCODE_CHALLENGE_MAX, in_challenge);
	piece.len = p - encoded;
	return vp_prim_hash(out, &piece, 1);
}
