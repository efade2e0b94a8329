/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How values become bytes in voicepay: numbers big-endian, strings padded with NUL. */
#ifndef VP_WIRE_H
#define VP_WIRE_H

#ifdef __KERNEL__
#include <asm/byteorder.h>
#else
#include <endian.h>
#endif

#include "prim.h"

static inline __u64 vp_wire_be64(__u64 value)
{
#ifdef __KERNEL__
	return (__force __u64)cpu_to_be64(value);
#else
	return htobe64(value);
#endif
}

/* Both return the place behind what they wrote. */
static inline __u8 *vp_wire_put(__u8 *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

/* With a constant @len that a register has, one store; so the way back. */
static inline __u8 *vp_wire_put_be(__u8 *p, __u64 value, size_t len)
{
	size_t i;

	if (__builtin_constant_p(len) && len == 8) {
		value = vp_wire_be64(value);
		return vp_wire_put(p, &value, 8);
	}
	for (i = 0; i < len; i++)
		p[i] = (__u8)(value >> (8 * (len - 1 - i)));
	return p + len;
}

static inline __u64 vp_wire_get_be(const __u8 *p, size_t len)
{
	__u64 value = 0;
	size_t i;

	if (__builtin_constant_p(len) && len == 8) {
		memcpy(&value, p, 8);
		return vp_wire_be64(value);
	}
	for (i = 0; i < len; i++)
		value = value << 8 | p[i];
	return value;
}

/*
 * Length of a string in @room bytes, or -EINVAL if something follows its end, or it has
 * a character that is not @allowed (NULL: all are).
 */
static inline int vp_wire_string_len(const __u8 *s, int room, int (*allowed)(__u8 c))
{
	int len = 0, i;

	while (len < room && s[len])
		len++;
	for (i = 0; i < room; i++)
		if (i < len ? allowed && !allowed(s[i]) : s[i])
			return -EINVAL;
	return len;
}

#endif /* VP_WIRE_H */
