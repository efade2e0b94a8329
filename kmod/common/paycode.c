// SPDX-License-Identifier: GPL-2.0-or-later
/* The payment code PC1. Compiled into the module and into the gateway. */

#include "paycode.h"
#include "wire.h"

/*
 * The totally anti-symmetric quasigroup of order 10 from H. M. Damm, "Total
 * anti-symmetrische Quasigruppen" (2004). Its diagonal is zero, so that a
 * number followed by its check digit checks to zero. A row has room for sixteen,
 * so that an entry can say where the next one begins, and begins where its ASCII digits do.
 */
#define R(n)	((n) << 4)
static const __u8 damm_table['0' + 10 * 16] = {
	['0' + 0x00] = R(0), R(3), R(1), R(7), R(5), R(9), R(8), R(6), R(4), R(2),
	['0' + 0x10] = R(7), R(0), R(9), R(2), R(1), R(5), R(4), R(8), R(6), R(3),
	['0' + 0x20] = R(4), R(2), R(0), R(6), R(8), R(7), R(1), R(3), R(5), R(9),
	['0' + 0x30] = R(1), R(7), R(5), R(0), R(9), R(8), R(3), R(4), R(2), R(6),
	['0' + 0x40] = R(6), R(1), R(2), R(3), R(0), R(4), R(5), R(9), R(7), R(8),
	['0' + 0x50] = R(3), R(6), R(7), R(4), R(2), R(0), R(9), R(5), R(8), R(1),
	['0' + 0x60] = R(5), R(8), R(6), R(9), R(7), R(2), R(0), R(1), R(3), R(4),
	['0' + 0x70] = R(8), R(9), R(4), R(5), R(3), R(6), R(2), R(0), R(1), R(7),
	['0' + 0x80] = R(9), R(4), R(3), R(8), R(6), R(1), R(7), R(2), R(0), R(5),
	['0' + 0x90] = R(2), R(5), R(8), R(1), R(4), R(3), R(6), R(7), R(9), R(0),
};

#undef R

#if __SIZEOF_LONG__ < 8
__u32 paycode_reduce(__u64 head)
{
	__u32 r = 0;
	int shift;

	/*
	 * Two bits at a time keep r * 4 + 3 within 32 bits: such kernels have no
	 * 64-bit division.
	 */
	for (shift = 62; shift >= 0; shift -= 2)
		r = (r << 2 | ((__u32)(head >> shift) & 3)) % PAYCODE_MODULUS;
	return r;
}
#endif

__u32 paycode_truncate(const __u8 hmac[8])
{
	return paycode_reduce(vp_wire_get_be(hmac, 8));
}

/* In the width of a register: a load of the digit, and one of the table. */
static inline size_t damm_step(size_t row, __u8 digit)
{
	return damm_table[row + digit];
}

unsigned int paycode_damm(const __u8 *digits, size_t len)
{
	size_t row = 0, i;

	for (i = 0; i < len; i++)
		row = damm_step(row, digits[i]);
	return row >> 4;
}

/*
 * A number below 10^8 as its eight digits: halved into numbers of four digits, those of two,
 * of one, all of a kind at once, each in a part of a word of its own. The multiplications stand
 * for divisions by 100 and by 10, and are exact below 10^4 and 10^2.
 */
static inline __u8 *put_eight_digits(__u8 *p, __u32 n)
{
	__u64 v = (__u64)(n / 10000) << 32 | n % 10000, high;

	high = (v * 10486 >> 20) & 0x0000007f0000007fULL;
	v = high << 16 | (v - 100 * high);
	high = (v * 103 >> 10) & 0x000f000f000f000fULL;
	v = high << 8 | (v - 10 * high);
	return vp_wire_put_be(p, v + 0x3030303030303030ULL, 8);
}

void paycode_finish(__u8 out[PAYCODE_DIGITS], __u32 mac)
{
	__u8 *p = out + PAYCODE_HEAD_DIGITS;
	size_t row = 0, i;

	*p++ = '0' + mac / 100000000;
	p = put_eight_digits(p, mac % 100000000);
	/* paycode_damm(), of a length that the compiler knows */
#pragma GCC unroll 24
	for (i = 0; i < PAYCODE_DIGITS - 1; i++)
		row = damm_step(row, out[i]);
	*p = '0' + (row >> 4);
}

static __u8 *put_head(__u8 *p, const struct paycode *code)
{
	p = vp_wire_put(p, code->prefix, sizeof(code->prefix));
	p = vp_wire_put_be(p, '0' + code->mode, 1);
	p = vp_wire_put(p, code->alias, sizeof(code->alias));
	return vp_wire_put_be(p, '0' + code->q, 1);
}

size_t paycode_mac_input(__u8 out[PAYCODE_INPUT_MAX], const struct paycode *code,
			 __u64 step, const __u8 *bind, size_t bind_len)
{
	__u8 head[PAYCODE_HEAD_DIGITS];

	put_head(head, code);
	return paycode_head_input(out, head, step, bind, bind_len);
}

void paycode_format(__u8 out[PAYCODE_DIGITS], const struct paycode *code)
{
	put_head(out, code);
	paycode_finish(out, code->mac);
}

#ifdef VP_GATEWAY_SIDE
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
#endif
