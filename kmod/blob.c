// SPDX-License-Identifier: GPL-2.0
/*
 * The form of a blob, and its encryption.
 *
 * Each blob has a key of its own, HKDF-SHA-256 over the sealing key with 32
 * fresh random bytes as salt, and ChaCha20-Poly1305 under it with nonce 0: no
 * count of nonces has to survive a power cut. The head is authenticated, and
 * whoever opens a blob makes the head anew from where he wants to put it, so
 * that a blob opens in its own place only, and under no weaker policy than it
 * was sealed under.
 */

#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "voicepay.h"
#include "blob.h"
#include "otp.h"
#include "policy.h"
#include "common/hkdf.h"

#define BLOB_MAGIC		"VPB1"
#define DEVICE_AT	12
#define MODULE_AT	32
#define SALT_AT		36
#define SALT_LEN	32
#define GRANT_ROOM	VP_GRANT_LEN(VP_ALIASES_MAX)
#define BLOB_LABEL		"voicepay sealed slot 1"

static void write_head(u8 head[VP_BLOB_HEAD_LEN], const struct vp_blob_place *place,
		       const u8 salt[SALT_LEN])
{
	memcpy(head, BLOB_MAGIC, 4);
	put_unaligned_be32(VP_BLOB_VERSION << 24 | VP_BLOB_LEN, head + 4);
	put_unaligned_be32(place->slot, head + 8);
	memcpy(head + DEVICE_AT, place->device, sizeof(place->device));
	put_unaligned_be32(place->sealer, head + MODULE_AT - 4);
	put_unaligned_be32(place->module, head + MODULE_AT);
	memcpy(head + SALT_AT, salt, SALT_LEN);
}

/**
 * struct field - a part of a blob
 * @at: where it is in struct vp_blob
 * @size: bytes of a number, which comes with its highest byte first; 1 for mere bytes
 * @n: how many there are
 */
struct field {
	u16 at;
	u8 size;
	u8 n;
};

#define NUMBER(f)	{ offsetof(struct vp_blob, f), sizeof_field(struct vp_blob, f), 1 }
#define BYTES(f)	{ offsetof(struct vp_blob, f), 1, sizeof_field(struct vp_blob, f) }

/* The body in its order; behind it the grant's length, and the grant. */
static const struct field fields[] = {
	NUMBER(counter), NUMBER(generation), NUMBER(now_ms), NUMBER(trusted_ms),
	NUMBER(mark), NUMBER(issued), NUMBER(hour), NUMBER(day),
	NUMBER(hour_used), NUMBER(day_used),
	BYTES(gateway),
	{ offsetof(struct vp_blob, policy), 4, VP_BLOB_POLICY },
	NUMBER(kind),
	BYTES(keys),
	NUMBER(pool.serial), NUMBER(pool.not_after), NUMBER(pool.count), NUMBER(pool.next),
	NUMBER(otp.algorithm), NUMBER(otp.digits), NUMBER(otp.period), NUMBER(otp.secret_len),
	NUMBER(otp_counter),
	BYTES(otp_secret),
};

/* Out of @blob, or into it; returns where @body goes on. */
static u8 *move_fields(u8 *body, struct vp_blob *blob, bool in)
{
	const bool as_it_is = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN);
	const struct field *f;
	u8 *value, *byte;
	int i, j;

	for (f = fields; f < fields + ARRAY_SIZE(fields); f++) {
		value = (u8 *)blob + f->at;
		for (i = 0; i < f->n; i++, value += f->size) {
			for (j = 0; j < f->size; j++, body++) {
				byte = value + (as_it_is ? j : f->size - 1 - j);
				if (in)
					*byte = *body;
				else
					*body = *byte;
			}
		}
	}
	return body;
}

static int write_body(u8 body[VP_BLOB_BODY_LEN], const struct vp_blob *blob)
{
	u8 *p;
	int len;

	BUILD_BUG_ON(VP_BLOB_BODY_LEN != 8 * 8 + 2 * 4 + VP_KEY_LEN + 4 * VP_BLOB_POLICY + 4 +
		     sizeof(struct vp_blob_keys) + 24 + 4 * 4 + 8 + VP_OTP_SECRET_MAX +
		     2 + GRANT_ROOM);
	BUILD_BUG_ON(sizeof(struct vp_blob_keys) > U8_MAX || VP_OTP_SECRET_MAX > U8_MAX);
	memset(body, 0, VP_BLOB_BODY_LEN);
	p = move_fields(body, (struct vp_blob *)blob, false);
	if (blob->kind != VOICEPAY_SLOT_PAYMENT)
		return 0;
	len = vp_agree_encode_grant(p + 2, &blob->grant);
	if (len < 0)
		return len;
	put_unaligned_be16(len, p);
	return 0;
}

/* A key has room for no more. */
static bool pool_fits(const struct vp_blob_pool *pool)
{
	return pool->serial < VP_POOL_SERIAL_END && pool->count <= VP_POOL_CODES_MAX &&
	       pool->next <= pool->count;
}

static int read_body(struct vp_blob *blob, u8 body[VP_BLOB_BODY_LEN])
{
	u8 *p = move_fields(body, blob, true);
	int len;

	if (blob->kind == VOICEPAY_SLOT_AUTHENTICATOR)
		return vp_otp_terms_ok(&blob->otp) ? 0 : -EBADMSG;
	if (blob->kind != VOICEPAY_SLOT_PAYMENT)
		return -EBADMSG;
	if (!pool_fits(&blob->pool))
		return -EBADMSG;
	len = get_unaligned_be16(p);
	/* Ours, as the tag says; but no length is believed that does not fit. */
	if (len > GRANT_ROOM)
		return -EBADMSG;
	return vp_agree_decode_grant(&blob->grant, p + 2, len);
}

static int blob_key(u8 out[VP_KEY_LEN], const u8 key[VP_KEY_LEN], const u8 salt[SALT_LEN])
{
	const struct vp_piece label = { BLOB_LABEL, sizeof(BLOB_LABEL) - 1 };
	u8 prk[VP_HASH_LEN];
	int err;

	err = vp_hkdf_extract(prk, salt, SALT_LEN, key, VP_KEY_LEN);
	if (!err)
		err = vp_hkdf_expand(out, VP_KEY_LEN, prk, sizeof(prk), &label, 1);
	memzero_explicit(prk, sizeof(prk));
	return err;
}

/**
 * vp_blob_seal() - encrypt
 * @out: the blob
 * @key: the sealing key
 * @place: where it belongs
 * @blob: what it holds
 *
 * Return: 0 or a negative errno, and then @out is wiped.
 */
int vp_blob_seal(u8 out[VP_BLOB_LEN], const u8 key[VP_KEY_LEN],
		 const struct vp_blob_place *place, const struct vp_blob *blob)
{
	u8 salt[SALT_LEN], own[VP_KEY_LEN], *body;
	int err;

	body = kmalloc(VP_BLOB_BODY_LEN, GFP_KERNEL);
	if (!body)
		return -ENOMEM;
	get_random_bytes_wait(salt, sizeof(salt));
	write_head(out, place, salt);
	err = write_body(body, blob);
	if (!err)
		err = blob_key(own, key, salt);
	if (!err)
		err = vp_prim_seal(out + VP_BLOB_HEAD_LEN, own, 0, out, VP_BLOB_HEAD_LEN, body,
				   VP_BLOB_BODY_LEN);
	memzero_explicit(own, sizeof(own));
	kfree_sensitive(body);
	if (err)
		memzero_explicit(out, VP_BLOB_LEN);
	return err;
}

/* What can be said of a blob without the key; the tag has the last word. */
static int check_head(const u8 *in, size_t len, const struct vp_blob_place *place)
{
	if (len < 8 || memcmp(in, BLOB_MAGIC, 4))
		return -EBADMSG;
	if (in[4] != VP_BLOB_VERSION)
		return -EPROTONOSUPPORT;
	if (len != VP_BLOB_LEN ||
	    get_unaligned_be32(in + 4) != (VP_BLOB_VERSION << 24 | VP_BLOB_LEN))
		return -EBADMSG;	/* torn */
	if (get_unaligned_be32(in + 8) != place->slot)
		return -EXDEV;
	if (memcmp(in + DEVICE_AT, place->device, sizeof(place->device)))
		return -ENODEV;
	return 0;
}

/**
 * vp_blob_open() - decrypt
 * @blob: what it holds; the caller wipes it, on every path
 * @key: the sealing key
 * @place: where it is to be put
 * @in: the blob
 * @len: its length
 *
 * Return: 0; -EPROTONOSUPPORT if it has another version; -EXDEV if it says that
 * it is another slot's, -ENODEV another device's; -EBADMSG if it is torn,
 * altered, or sealed with another key or under another policy of the sealer;
 * -EKEYREJECTED if this module's policy is weaker than the one that it was
 * sealed under; -ENOMEM.
 */
int vp_blob_open(struct vp_blob *blob, const u8 key[VP_KEY_LEN],
		 const struct vp_blob_place *place, const u8 *in, size_t len)
{
	u8 head[VP_BLOB_HEAD_LEN], own[VP_KEY_LEN], *body;
	struct vp_blob_place sealed = *place;
	int err;

	err = check_head(in, len, place);
	if (err)
		return err;
	sealed.module = get_unaligned_be32(in + MODULE_AT);
	write_head(head, &sealed, in + SALT_AT);
	if (memcmp(in, head, sizeof(head)))
		return -EBADMSG;	/* the sealer's policy; the tag would say no more */
	body = kmalloc(VP_BLOB_BODY_LEN, GFP_KERNEL);
	if (!body)
		return -ENOMEM;
	err = blob_key(own, key, in + SALT_AT);
	if (!err)
		err = vp_prim_open(body, own, 0, head, sizeof(head), in + VP_BLOB_HEAD_LEN,
				   len - VP_BLOB_HEAD_LEN);
	/* Only now: the policy is as good as the tag. */
	if (!err && vp_policy_is_weaker(place->module, sealed.module))
		err = -EKEYREJECTED;
	if (!err)
		err = read_body(blob, body);
	memzero_explicit(own, sizeof(own));
	kfree_sensitive(body);
	return err;
}

/**
 * vp_blob_device() - which device a blob says that it belongs to
 * @in: the blob
 * @len: its length
 * @device: out; to be believed only once the blob has opened in that place
 *
 * Return: 0, or -EBADMSG.
 */
int vp_blob_device(const u8 *in, size_t len, u8 device[VP_DEVICE_ID_LEN])
{
	if (len < VP_BLOB_HEAD_LEN || memcmp(in, BLOB_MAGIC, 4))
		return -EBADMSG;
	memcpy(device, in + DEVICE_AT, VP_DEVICE_ID_LEN);
	return 0;
}
