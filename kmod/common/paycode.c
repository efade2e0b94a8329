// SPDX-License-Identifier: GPL-2.0-or-later
/* The payment code PC1. Compiled into the module and into the gateway. */

#include "paycode.h"
#include "wire.h"

/*
 * The totally anti-symmetric quasigroup of order 10 from H. M. Damm, "Total
 * anti-symmetrische Quasigruppen" (2004). Its diagonal is zero, so that a
 * number followed by its check digit checks to zero. A row has room for sixteen,
 * so that an entry can say where the next one begins.
 */
#define R(n)	((n) << 4)
static const __u8 damm_table[10 * 16] = {
	[0x00] = R(0), R(3), R(1), R(7), R(5), R(9), R(8), R(6), R(4), R(2),
	[0x10] = R(7), R(0), R(9), R(2), R(1), R(5), R(4), R(8), R(6), R(3),
	[0x20] = R(4), R(2), R(0), R(6), R(8), R(7), R(1), R(3), R(5), R(9),
	[0x30] = R(1), R(7), R(5), R(0), R(9), R(8), R(3), R(4), R(2), R(6),
	[0x40] = R(6), R(1), R(2), R(3), R(0), R(4), R(5), R(9), R(7), R(8),
	[0x50] = R(3), R(6), R(7), R(4), R(2), R(0), R(9), R(5), R(8), R(1),
	[0x60] = R(5), R(8), R(6), R(9), R(7), R(2), R(0), R(1), R(3), R(4),
	[0x70] = R(8), R(9), R(4), R(5), R(3), R(6), R(2), R(0), R(1), R(7),
	[0x80] = R(9), R(4), R(3), R(8), R(6), R(1), R(7), R(2), R(0), R(5),
	[0x90] = R(2), R(5), R(8), R(1), R(4), R(3), R(6), R(7), R(9), R(0),
};

#undef R

#define PAYCODE_MODULUS	1000000000U

size_t paycode_mac_input(__u8 out[PAYCODE_INPUT_MAX], const struct paycode *code,
			 __u64 step, const __u8 *bind, size_t bind_len)
{
	__u8 *p = out;

	p = vp_wire_put(p, "PC1", 3);
	p = vp_wire_put(p, code->prefix, sizeof(code->prefix));
	p = vp_wire_put_be(p, '0' + code->mode, 1);
	p = vp_wire_put(p, code->alias, sizeof(code->alias));
	p = vp_wire_put_be(p, step, 8);
	p = vp_wire_put_be(p, code->q, 1);
	p = vp_wire_put_be(p, bind_len, 2);
	if (bind_len)
		p = vp_wire_put(p, bind, bind_len);
	return p - out;
}

#if __SIZEOF_LONG__ == 8
/* By a constant: a multiplication. */
__u32 paycode_truncate(const __u8 hmac[8])
{
	return vp_wire_get_be(hmac, 8) % PAYCODE_MODULUS;
}
#else
__u32 paycode_truncate(const __u8 hmac[8])
{
	__u32 r = 0;
	int i, shift;

	/*
	 * Two bits at a time keep r * 4 + 3 within 32 bits: such kernels have no
	 * 64-bit division.
	 */
	for (i = 0; i < 8; i++)
		for (shift = 6; shift >= 0; shift -= 2)
			r = ((r << 2) | ((hmac[i] >> shift) & 3)) % PAYCODE_MODULUS;
	return r;
}
#endif

unsigned int paycode_damm(const __u8 *digits, size_t len)
{
	const __u8 *table = damm_table;
	unsigned int row = 0;
	size_t i;

	for (i = 0; i + 4 <= len; i += 4) {
		row = table[row + digits[i] - '0'];
		row = table[row + digits[i + 1] - '0'];
		row = table[row + digits[i + 2] - '0'];
		row = table[row + digits[i + 3] - '0'];
	}
	for (; i < len; i++)
		row = table[row + digits[i] - '0'];
	return row >> 4;
}

void paycode_format(__u8 out[PAYCODE_DIGITS], const struct paycode *code)
{
	__u32 mac = code->mac;
	__u8 *p = out;
	size_t i;

	p = vp_wire_put(p, code->prefix, sizeof(code->prefix));
	*p++ = '0' + code->mode;
	p = vp_wire_put(p, code->alias, sizeof(code->alias));
	*p++ = '0' + code->q;
	for (i = PAYCODE_MAC_DIGITS; i-- > 0; mac /= 10)
		p[i] = '0' + mac % 10;
	p += PAYCODE_MAC_DIGITS;
	*p = '0' + paycode_damm(out, p - out);
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
