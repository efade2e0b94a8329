// SPDX-License-Identifier: GPL-2.0-or-later
/* The payment code PC1. Compiled into the module and into the gateway. */

#include "paycode.h"

/*
 * The totally anti-symmetric quasigroup of order 10 from H. M. Damm, "Total
 * anti-symmetrische Quasigruppen" (2004). Its diagonal is zero, so that a
 * number followed by its check digit checks to zero.
 */
static const __u8 damm_table[10][10] = {
	{ 0, 3, 1, 7, 5, 9, 8, 6, 4, 2 },
	{ 7, 0, 9, 2, 1, 5, 4, 8, 6, 3 },
	{ 4, 2, 0, 6, 8, 7, 1, 3, 5, 9 },
	{ 1, 7, 5, 0, 9, 8, 3, 4, 2, 6 },
	{ 6, 1, 2, 3, 0, 4, 5, 9, 7, 8 },
	{ 3, 6, 7, 4, 2, 0, 9, 5, 8, 1 },
	{ 5, 8, 6, 9, 7, 2, 0, 1, 3, 4 },
	{ 8, 9, 4, 5, 3, 6, 2, 0, 1, 7 },
	{ 9, 4, 3, 8, 6, 1, 7, 2, 0, 5 },
	{ 2, 5, 8, 1, 4, 3, 6, 7, 9, 0 },
};

#define PAYCODE_MODULUS	1000000000U

static size_t put(__u8 *out, size_t at, const void *data, size_t len)
{
	memcpy(out + at, data, len);
	return at + len;
}

static size_t put_be(__u8 *out, size_t at, __u64 value, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[at + i] = (__u8)(value >> (8 * (len - 1 - i)));
	return at + len;
}

size_t paycode_mac_input(__u8 out[PAYCODE_INPUT_MAX], const struct paycode *code,
			 __u64 step, const __u8 *bind, size_t bind_len)
{
	size_t n = 0;

	n = put(out, n, "PC1", 3);
	n = put(out, n, code->prefix, sizeof(code->prefix));
	n = put_be(out, n, '0' + code->mode, 1);
	n = put(out, n, code->alias, sizeof(code->alias));
	n = put_be(out, n, step, 8);
	n = put_be(out, n, code->q, 1);
	n = put_be(out, n, bind_len, 2);
	if (bind_len)
		n = put(out, n, bind, bind_len);
	return n;
}

__u32 paycode_truncate(const __u8 hmac[8])
{
	__u32 r = 0;
	int i, shift;

	/*
	 * Two bits at a time keep r * 4 + 3 within 32 bits, so that 32-bit
	 * kernels, which have no 64-bit division, run the same code.
	 */
	for (i = 0; i < 8; i++)
		for (shift = 6; shift >= 0; shift -= 2)
			r = ((r << 2) | ((hmac[i] >> shift) & 3)) % PAYCODE_MODULUS;
	return r;
}

unsigned int paycode_damm(const __u8 *digits, size_t len)
{
	unsigned int interim = 0;
	size_t i;

	for (i = 0; i < len; i++)
		interim = damm_table[interim][digits[i] - '0'];
	return interim;
}

void paycode_format(__u8 out[PAYCODE_DIGITS], const struct paycode *code)
{
	__u32 mac = code->mac;
	size_t n = 0, i;

	n = put(out, n, code->prefix, sizeof(code->prefix));
	out[n++] = '0' + code->mode;
	n = put(out, n, code->alias, sizeof(code->alias));
	out[n++] = '0' + code->q;
	for (i = PAYCODE_MAC_DIGITS; i-- > 0; mac /= 10)
		out[n + i] = '0' + mac % 10;
	n += PAYCODE_MAC_DIGITS;
	out[n] = '0' + paycode_damm(out, n);
}

int paycode_parse(struct paycode *code, const char *digits, size_t len)
{
	const __u8 *d = (const __u8 *)digits;
	size_t i;

	if (len != PAYCODE_DIGITS)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (d[i] < '0' || d[i] > '9')
			return -EINVAL;
	if (paycode_damm(d, len) != 0)
		return -EBADMSG;

	memcpy(code->prefix, d, sizeof(code->prefix));
	d += sizeof(code->prefix);
	code->mode = *d++ - '0';
	memcpy(code->alias, d, sizeof(code->alias));
	d += sizeof(code->alias);
	code->q = *d++ - '0';
	code->mac = 0;
	for (i = 0; i < PAYCODE_MAC_DIGITS; i++)
		code->mac = code->mac * 10 + (d[i] - '0');
	return 0;
}
