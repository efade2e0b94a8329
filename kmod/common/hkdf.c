// SPDX-License-Identifier: GPL-2.0-or-later
/* HKDF with SHA-256 (RFC 5869). Compiled into the module and into the gateway. */

#include "hkdf.h"

/* Pieces of info that any caller here has, and the two that T(n) adds. */
#define INFO_MAX	4

int vp_hkdf_extract(__u8 prk[VP_HASH_LEN], const __u8 *salt, size_t salt_len,
		    const __u8 *ikm, size_t ikm_len)
{
	static const __u8 zeros[VP_HASH_LEN];
	const struct vp_piece piece = { ikm, ikm_len };

	if (!salt_len) {
		salt = zeros;
		salt_len = sizeof(zeros);
	}
	return vp_prim_hmac(prk, salt, salt_len, &piece, 1);
}

int vp_hkdf_expand(__u8 *okm, size_t len, const __u8 *prk, size_t prk_len,
		   const struct vp_piece *info, size_t n_info)
{
	struct vp_piece pieces[INFO_MAX + 2];
	__u8 t[VP_HASH_LEN], counter;
	size_t done = 0, i, take;
	int err = 0;

	if (n_info > INFO_MAX || len > 255 * VP_HASH_LEN)
		return -EINVAL;

	for (counter = 1; done < len; counter++) {
		pieces[0].data = t;
		pieces[0].len = counter == 1 ? 0 : sizeof(t);
		for (i = 0; i < n_info; i++)
			pieces[1 + i] = info[i];
		pieces[1 + n_info].data = &counter;
		pieces[1 + n_info].len = 1;

		err = vp_prim_hmac(t, prk, prk_len, pieces, n_info + 2);
		if (err)
			break;
		take = len - done < sizeof(t) ? len - done : sizeof(t);
		memcpy(okm + done, t, take);
		done += take;
	}
	vp_prim_wipe(t, sizeof(t));
	return err;
}
