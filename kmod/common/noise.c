// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The handshake Noise_IKpsk2_25519_ChaChaPoly_SHA256, after sections 5 and 9 of
 * The Noise Protocol Framework, revision 34, whose names this file uses.
 * Compiled into the module and into the gateway.
 */

#include "noise.h"
#include "hkdf.h"

static const char name_ik[] = "Noise_IK_25519_ChaChaPoly_SHA256";
static const char name_ikpsk2[] = "Noise_IKpsk2_25519_ChaChaPoly_SHA256";

/* HKDF(ck, ikm) of section 4.3 with two or three outputs; the info is empty. */
static int noise_hkdf(__u8 *out, size_t outputs, const __u8 ck[VP_HASH_LEN],
		      const __u8 *ikm, size_t ikm_len)
{
	__u8 prk[VP_HASH_LEN];
	int err;

	err = vp_hkdf_extract(prk, ck, VP_HASH_LEN, ikm, ikm_len);
	if (!err)
		err = vp_hkdf_expand(out, outputs * VP_HASH_LEN, prk, sizeof(prk), NULL, 0);
	vp_prim_wipe(prk, sizeof(prk));
	return err;
}

static int mix_hash(struct vp_noise *hs, const __u8 *data, size_t len)
{
	const struct vp_piece pieces[] = { { hs->h, VP_HASH_LEN }, { data, len } };

	return vp_prim_hash(hs->h, pieces, 2);
}

static int mix_key(struct vp_noise *hs, const __u8 *ikm, size_t len)
{
	__u8 out[2 * VP_HASH_LEN];
	int err;

	err = noise_hkdf(out, 2, hs->ck, ikm, len);
	if (!err) {
		memcpy(hs->ck, out, VP_HASH_LEN);
		memcpy(hs->k, out + VP_HASH_LEN, VP_KEY_LEN);
		hs->n = 0;
	}
	vp_prim_wipe(out, sizeof(out));
	return err;
}

/* The token psk: MixKeyAndHash, section 9.1. */
static int mix_psk(struct vp_noise *hs, const __u8 psk[VP_KEY_LEN])
{
	__u8 out[3 * VP_HASH_LEN];
	int err;

	err = noise_hkdf(out, 3, hs->ck, psk, VP_KEY_LEN);
	if (!err) {
		memcpy(hs->ck, out, VP_HASH_LEN);
		memcpy(hs->k, out + 2 * VP_HASH_LEN, VP_KEY_LEN);
		hs->n = 0;
		err = mix_hash(hs, out + VP_HASH_LEN, VP_HASH_LEN);
	}
	vp_prim_wipe(out, sizeof(out));
	return err;
}

/* The tokens ee, es, se and ss. */
static int mix_dh(struct vp_noise *hs, const __u8 priv[VP_KEY_LEN], const __u8 pub[VP_KEY_LEN])
{
	__u8 shared[VP_KEY_LEN];
	int err;

	err = vp_prim_dh(shared, priv, pub);
	if (!err)
		err = mix_key(hs, shared, sizeof(shared));
	vp_prim_wipe(shared, sizeof(shared));
	return err;
}

/* The token e, whichever side wrote it. Section 9.2: with a psk, e is a key too. */
static int mix_e(struct vp_noise *hs, const __u8 e_pub[VP_KEY_LEN])
{
	int err;

	err = mix_hash(hs, e_pub, VP_KEY_LEN);
	if (!err && hs->with_psk)
		err = mix_key(hs, e_pub, VP_KEY_LEN);
	return err;
}

static int encrypt_and_hash(struct vp_noise *hs, __u8 *out, const __u8 *in, size_t len)
{
	int err;

	err = vp_prim_seal(out, hs->k, hs->n, hs->h, VP_HASH_LEN, in, len);
	if (err)
		return err;
	hs->n++;
	return mix_hash(hs, out, len + VP_TAG_LEN);
}

static int decrypt_and_hash(struct vp_noise *hs, __u8 *out, const __u8 *in, size_t len)
{
	int err;

	err = vp_prim_open(out, hs->k, hs->n, hs->h, VP_HASH_LEN, in, len);
	if (err)
		return err;
	hs->n++;
	return mix_hash(hs, in, len);
}

static int noise_init(struct vp_noise *hs, int with_psk,
		      const void *prologue, size_t prologue_len,
		      const __u8 s[VP_KEY_LEN], const __u8 s_pub[VP_KEY_LEN],
		      const __u8 responder_static[VP_KEY_LEN])
{
	const char *name = with_psk ? name_ikpsk2 : name_ik;
	size_t name_len = with_psk ? sizeof(name_ikpsk2) - 1 : sizeof(name_ik) - 1;
	const struct vp_piece piece = { name, name_len };
	int err = 0;

	memset(hs, 0, sizeof(*hs));
	hs->with_psk = with_psk;
	memcpy(hs->s, s, VP_KEY_LEN);
	memcpy(hs->s_pub, s_pub, VP_KEY_LEN);

	/* A name that fits into a hash is used as it is (section 5.2). */
	if (name_len <= VP_HASH_LEN)
		memcpy(hs->h, name, name_len);
	else
		err = vp_prim_hash(hs->h, &piece, 1);
	memcpy(hs->ck, hs->h, VP_HASH_LEN);
	if (!err)
		err = mix_hash(hs, prologue, prologue_len);
	if (!err)
		err = mix_hash(hs, responder_static, VP_KEY_LEN);	/* <- s */
	if (err)
		vp_noise_wipe(hs);
	else
		hs->state = VP_NOISE_STARTED;
	return err;
}

int vp_noise_init_initiator(struct vp_noise *hs, int with_psk,
			    const void *prologue, size_t prologue_len,
			    const __u8 s[VP_KEY_LEN], const __u8 s_pub[VP_KEY_LEN],
			    const __u8 rs[VP_KEY_LEN])
{
	int err;

	err = noise_init(hs, with_psk, prologue, prologue_len, s, s_pub, rs);
	if (!err)
		memcpy(hs->rs, rs, VP_KEY_LEN);
	return err;
}

#ifdef VP_GATEWAY_SIDE
int vp_noise_init_responder(struct vp_noise *hs, int with_psk,
			    const void *prologue, size_t prologue_len,
			    const __u8 s[VP_KEY_LEN], const __u8 s_pub[VP_KEY_LEN])
{
	return noise_init(hs, with_psk, prologue, prologue_len, s, s_pub, s_pub);
}
#endif

int vp_noise_write_msg1(struct vp_noise *hs, __u8 *msg,
			const __u8 *payload, size_t payload_len)
{
	__u8 *s_field = msg + VP_KEY_LEN;
	__u8 *payload_field = s_field + VP_KEY_LEN + VP_TAG_LEN;
	int err;

	if (hs->state != VP_NOISE_STARTED) {
		err = -EPROTO;
		goto out;
	}
	err = vp_prim_keypair(hs->e, hs->e_pub);
	if (err)
		goto out;
	memcpy(msg, hs->e_pub, VP_KEY_LEN);
	err = mix_e(hs, hs->e_pub);				/* e */
	if (err)
		goto out;
	err = mix_dh(hs, hs->e, hs->rs);			/* es */
	if (err)
		goto out;
	err = encrypt_and_hash(hs, s_field, hs->s_pub, VP_KEY_LEN);	/* s */
	if (err)
		goto out;
	err = mix_dh(hs, hs->s, hs->rs);			/* ss */
	if (err)
		goto out;
	err = encrypt_and_hash(hs, payload_field, payload, payload_len);
	if (err)
		goto out;
	hs->state = VP_NOISE_CREATED_MSG1;
	return 0;
out:
	vp_noise_wipe(hs);
	return err;
}

#ifdef VP_GATEWAY_SIDE
int vp_noise_read_msg1(struct vp_noise *hs, const __u8 *msg, size_t msg_len, __u8 *payload)
{
	const __u8 *s_field = msg + VP_KEY_LEN;
	const __u8 *payload_field = s_field + VP_KEY_LEN + VP_TAG_LEN;
	int err;

	if (hs->state != VP_NOISE_STARTED || msg_len < VP_NOISE_MSG1_OVERHEAD) {
		err = -EPROTO;
		goto out;
	}
	memcpy(hs->re, msg, VP_KEY_LEN);
	err = mix_e(hs, hs->re);				/* e */
	if (err)
		goto out;
	err = mix_dh(hs, hs->s, hs->re);			/* es */
	if (err)
		goto out;
	err = decrypt_and_hash(hs, hs->rs, s_field, VP_KEY_LEN + VP_TAG_LEN);	/* s */
	if (err)
		goto out;
	err = mix_dh(hs, hs->s, hs->rs);			/* ss */
	if (err)
		goto out;
	err = decrypt_and_hash(hs, payload, payload_field,
			       msg_len - VP_NOISE_MSG1_OVERHEAD + VP_TAG_LEN);
	if (err)
		goto out;
	hs->state = VP_NOISE_CONSUMED_MSG1;
	return 0;
out:
	vp_noise_wipe(hs);
	return err;
}

int vp_noise_write_msg2(struct vp_noise *hs, const __u8 psk[VP_KEY_LEN], __u8 *msg,
			const __u8 *payload, size_t payload_len)
{
	int err;

	if (hs->state != VP_NOISE_CONSUMED_MSG1 || !psk == !!hs->with_psk) {
		err = -EPROTO;
		goto out;
	}
	err = vp_prim_keypair(hs->e, hs->e_pub);
	if (err)
		goto out;
	memcpy(msg, hs->e_pub, VP_KEY_LEN);
	err = mix_e(hs, hs->e_pub);				/* e */
	if (err)
		goto out;
	err = mix_dh(hs, hs->e, hs->re);			/* ee */
	if (err)
		goto out;
	err = mix_dh(hs, hs->e, hs->rs);			/* se */
	if (err)
		goto out;
	if (psk) {
		err = mix_psk(hs, psk);				/* psk */
		if (err)
			goto out;
	}
	err = encrypt_and_hash(hs, msg + VP_KEY_LEN, payload, payload_len);
	if (err)
		goto out;
	hs->state = VP_NOISE_DONE;
	return 0;
out:
	vp_noise_wipe(hs);
	return err;
}
#endif

int vp_noise_read_msg2(struct vp_noise *hs, const __u8 psk[VP_KEY_LEN],
		       const __u8 *msg, size_t msg_len, __u8 *payload)
{
	int err;

	if (hs->state != VP_NOISE_CREATED_MSG1 || msg_len < VP_NOISE_MSG2_OVERHEAD ||
	    !psk == !!hs->with_psk) {
		err = -EPROTO;
		goto out;
	}
	memcpy(hs->re, msg, VP_KEY_LEN);
	err = mix_e(hs, hs->re);				/* e */
	if (err)
		goto out;
	err = mix_dh(hs, hs->e, hs->re);			/* ee */
	if (err)
		goto out;
	err = mix_dh(hs, hs->s, hs->re);			/* se */
	if (err)
		goto out;
	if (psk) {
		err = mix_psk(hs, psk);				/* psk */
		if (err)
			goto out;
	}
	err = decrypt_and_hash(hs, payload, msg + VP_KEY_LEN, msg_len - VP_KEY_LEN);
	if (err)
		goto out;
	hs->state = VP_NOISE_DONE;
	return 0;
out:
	vp_noise_wipe(hs);
	return err;
}

void vp_noise_wipe(struct vp_noise *hs)
{
	vp_prim_wipe(hs, sizeof(*hs));
}
