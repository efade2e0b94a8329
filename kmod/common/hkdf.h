/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HKDF with SHA-256 (RFC 5869). */
#ifndef VP_HKDF_H
#define VP_HKDF_H

#include "prim.h"

/* HKDF-Extract: @prk from @salt (a zero-length salt counts as 32 zero bytes) and @ikm. */
int vp_hkdf_extract(__u8 prk[VP_HASH_LEN], const __u8 *salt, size_t salt_len,
		    const __u8 *ikm, size_t ikm_len);

/* HKDF-Expand: @len bytes, at most 255 * 32, from @prk and the pieces of info. */
int vp_hkdf_expand(__u8 *okm, size_t len, const __u8 *prk, size_t prk_len,
		   const struct vp_piece *info, size_t n_info);

#endif /* VP_HKDF_H */
