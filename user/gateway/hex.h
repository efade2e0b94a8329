/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VPG_HEX_H
#define VPG_HEX_H

#include <stddef.h>
#include <linux/types.h>

/* @hex takes 2 * len + 1 characters. */
void hex_encode(char *hex, const __u8 *in, size_t len);
/* Exactly @len bytes from 2 * len digits at @hex, which need not end there. -1 if malformed. */
int hex_decode(__u8 *out, size_t len, const char *hex);

#endif /* VPG_HEX_H */
