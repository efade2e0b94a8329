// SPDX-License-Identifier: GPL-2.0
/*
 * The sealing key as an object under a storage key that the TPM derives anew
 * each time from its owner seed. The object's policy asks that certain PCRs have
 * the values they had when it was made.
 *
 * Attack: root computes that policy and wraps a key that he knows, to be used
 * after the next boot. What he cannot have is the TPM's word that the object was
 * made while those PCRs had those values, as one of them is the gate, which is
 * shut while he is there. So that word, the creation data and the ticket under
 * it, is kept with the object and asked for before the key is used.
 */

#include <linux/string.h>

#include "voicepay.h"
#include "tpm_object.h"
#include "tpm_pcr.h"

#define ALG_AES			0x0006
#define ALG_KEYEDHASH		0x0008
#define ALG_ECC			0x0023
#define ALG_CFB			0x0043
#define ECC_NIST_P256		0x0003
#define ST_CREATION		0x8021

/* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt */
#define STORAGE_KEY		0x00030472
/* fixedTPM, fixedParent, adminWithPolicy, noDA; no userWithAuth: the policy alone opens it */
#define SEALED_OBJECT		0x00000492

/*
 * A wrapped key: this, the PCRs it is bound to (32 bits), the private part, the
 * public part, the creation data, and the ticket.
 */
#define WRAPPED_MAGIC			"VPK2"
#define HEAD_LEN		8
/* The public part but for what identifies the object. */
#define TEMPLATE_LEN		44
/* The creation data up to the PCRs' digest. */
#define MADE_UNDER_LEN		(VP_TPM_PCRS_LEN + 2 + VP_HASH_LEN)
/* Told to the TPM when the object is made, and part of the creation data. */
#define PURPOSE			"voicepay sealing key"

/* Bytes of a wrapped key, which may say anything. */
struct wrapped {
	const u8 *p;
	size_t left;
};

static const u8 *wrapped_take(struct wrapped *c, size_t len)
{
	const u8 *p = c->p;

	if (!p || len > c->left) {
		c->p = NULL;
		return NULL;
	}
	c->p += len;
	c->left -= len;
	return p;
}

/* With its size before it (TPM2B), which is not counted in @len. */
static const u8 *wrapped_take_sized(struct wrapped *c, size_t *len)
{
	const u8 *p = wrapped_take(c, 2);

	*len = p ? get_unaligned_be16(p) : 0;
	return wrapped_take(c, *len);
}

/* What the sealed object's public part must be. */
static void write_template(u8 out[TEMPLATE_LEN], const u8 policy[VP_HASH_LEN])
{
	put_unaligned_be16(ALG_KEYEDHASH, out);
	put_unaligned_be16(VP_TPM_ALG_SHA256, out + 2);
	put_unaligned_be32(SEALED_OBJECT, out + 4);
	put_unaligned_be16(VP_HASH_LEN, out + 8);
	memcpy(out + 10, policy, VP_HASH_LEN);
	put_unaligned_be16(VP_TPM_ALG_NULL, out + 10 + VP_HASH_LEN);
}

/* What the TPM says of the PCRs when the object is made. */
static int write_made_under(struct vp_tpm *tpm, u8 out[MADE_UNDER_LEN], u32 pcrs)
{
	vp_tpm_pcrs(out, pcrs);
	put_unaligned_be16(VP_HASH_LEN, out + VP_TPM_PCRS_LEN);
	return vp_tpm_pcr_digest(tpm, pcrs, out + VP_TPM_PCRS_LEN + 2);
}

/* The storage key's public part. */
static const __be16 storage_key[] = {
	cpu_to_be16(ALG_ECC), cpu_to_be16(VP_TPM_ALG_SHA256),
	cpu_to_be16(STORAGE_KEY >> 16), cpu_to_be16(STORAGE_KEY & 0xffff),
	0,						/* no policy */
	cpu_to_be16(ALG_AES), cpu_to_be16(128), cpu_to_be16(ALG_CFB),
	cpu_to_be16(VP_TPM_ALG_NULL),			/* scheme */
	cpu_to_be16(ECC_NIST_P256),
	cpu_to_be16(VP_TPM_ALG_NULL),			/* kdf */
	0, 0,						/* unique: x, y */
};

/* The storage key: the same in every boot, until the TPM is cleared. */
static int create_primary(struct vp_tpm *tpm, u32 *handle)
{
	int err;

	vp_tpm_begin_auth(tpm, VP_TPM_CC_CREATE_PRIMARY);
	vp_tpm_put32(tpm, VP_TPM_RH_OWNER);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 4);		/* sensitive: no password, no data */
	vp_tpm_put32(tpm, 0);
	vp_tpm_put_sized(tpm, storage_key, sizeof(storage_key));
	vp_tpm_put16(tpm, 0);		/* outside info */
	vp_tpm_put32(tpm, 0);		/* creation PCRs */
	err = vp_tpm_send(tpm);
	if (!err)
		*handle = vp_tpm_get32(tpm);
	return err;
}

static int create(struct vp_tpm *tpm, u32 parent, u32 pcrs, const u8 key[VP_KEY_LEN],
		  const u8 policy[VP_HASH_LEN])
{
	u8 template[TEMPLATE_LEN], selection[VP_TPM_PCRS_LEN];

	write_template(template, policy);
	vp_tpm_pcrs(selection, pcrs);
	vp_tpm_begin_auth(tpm, VP_TPM_CC_CREATE);
	vp_tpm_put32(tpm, parent);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 4 + VP_KEY_LEN);	/* no password, but data */
	vp_tpm_put16(tpm, 0);
	vp_tpm_put_sized(tpm, key, VP_KEY_LEN);
	vp_tpm_put16(tpm, sizeof(template) + 2);
	vp_tpm_put(tpm, template, sizeof(template));
	vp_tpm_put16(tpm, 0);			/* unique */
	vp_tpm_put_sized(tpm, PURPOSE, sizeof(PURPOSE) - 1);
	vp_tpm_put(tpm, selection, sizeof(selection));
	return vp_tpm_send(tpm);
}

/* Writes down what create() brought. */
static int keep(struct vp_tpm *tpm, u32 pcrs, u8 wrapped[VP_WRAPPED_MAX], size_t *len)
{
	u32 start, parts, ticket, sub;

	vp_tpm_get32(tpm);			/* length of the parameters */
	start = tpm->at;
	if (!vp_tpm_get_sized(tpm, &sub) || !vp_tpm_get_sized(tpm, &sub) ||
	    !vp_tpm_get_sized(tpm, &sub))
		return -EPROTO;
	parts = tpm->at - start;
	if (!vp_tpm_get_sized(tpm, &sub))	/* hash of the creation data: easily made */
		return -EPROTO;
	ticket = tpm->at;
	tpm->at += 6;				/* its tag, its hierarchy */
	if (!vp_tpm_get_sized(tpm, &sub) ||
	    HEAD_LEN + parts + (tpm->at - ticket) > VP_WRAPPED_MAX)
		return -EPROTO;
	memcpy(wrapped, WRAPPED_MAGIC, 4);
	put_unaligned_be32(pcrs, wrapped + 4);
	memcpy(wrapped + HEAD_LEN, tpm->data + start, parts);
	memcpy(wrapped + HEAD_LEN + parts, tpm->data + ticket, tpm->at - ticket);
	*len = HEAD_LEN + parts + tpm->at - ticket;
	return 0;
}

/**
 * vp_tpm_object_create() - wrap a key
 * @tpm: the TPM
 * @pcrs: the PCRs it is to be bound to, as they are now
 * @key: the key
 * @wrapped: out
 * @len: out
 *
 * Return: 0 or a negative errno, -EREMOTEIO if the TPM refused.
 */
int vp_tpm_object_create(struct vp_tpm *tpm, u32 pcrs, const u8 key[VP_KEY_LEN],
			 u8 wrapped[VP_WRAPPED_MAX], size_t *len)
{
	u8 policy[VP_HASH_LEN];
	u32 parent;
	int err;

	err = vp_tpm_policy(tpm, pcrs, policy);
	if (!err)
		err = create_primary(tpm, &parent);
	if (err)
		return err;
	err = create(tpm, parent, pcrs, key, policy);
	if (!err)
		err = keep(tpm, pcrs, wrapped, len);
	vp_tpm_flush(tpm, parent);
	return err;
}

/**
 * struct parts - what a wrapped key is made of
 * @sensitive: private and public part, as TPM2_Load() takes them
 * @sensitive_len: their length
 * @public: the public part
 * @public_len: its length
 * @creation: the creation data
 * @creation_len: its length
 * @ticket: the TPM's word for it
 * @ticket_len: its length
 */
struct parts {
	const u8 *sensitive;
	size_t sensitive_len;
	const u8 *public;
	size_t public_len;
	const u8 *creation;
	size_t creation_len;
	const u8 *ticket;
	size_t ticket_len;
};

static int take_apart(struct parts *parts, u32 pcrs, const u8 *wrapped, size_t len)
{
	struct wrapped c = { wrapped, len };
	const u8 *head = wrapped_take(&c, HEAD_LEN);
	size_t sub;

	/* A key wrapped without the gate, or for other PCRs, is not what is asked for. */
	if (!head || memcmp(head, WRAPPED_MAGIC, 4) || get_unaligned_be32(head + 4) != pcrs)
		return -EKEYREJECTED;
	parts->sensitive = c.p;
	wrapped_take_sized(&c, &sub);
	parts->public = wrapped_take_sized(&c, &parts->public_len);
	parts->sensitive_len = len - HEAD_LEN - c.left;
	parts->creation = wrapped_take_sized(&c, &parts->creation_len);
	parts->ticket = c.p;
	parts->ticket_len = c.left;
	head = wrapped_take(&c, 6);
	wrapped_take_sized(&c, &sub);
	if (!c.p || c.left || get_unaligned_be16(head) != ST_CREATION ||
	    get_unaligned_be32(head + 2) != VP_TPM_RH_OWNER)
		return -EKEYREJECTED;
	return 0;
}

/*
 * Is it, by what it says of itself, an object of this module's, made under PCRs
 * as they are now, the gate among them? Whether that is true certify() asks.
 */
static int check_claims(struct vp_tpm *tpm, u32 pcrs, const struct parts *parts)
{
	u8 template[TEMPLATE_LEN], made_under[MADE_UNDER_LEN], policy[VP_HASH_LEN];
	struct wrapped c = { parts->creation, parts->creation_len };
	const u8 *purpose;
	size_t len;
	int err;

	err = vp_tpm_policy(tpm, pcrs, policy);
	if (!err)
		err = write_made_under(tpm, made_under, pcrs);
	if (err)
		return err;
	write_template(template, policy);
	if (parts->public_len < sizeof(template) ||
	    memcmp(parts->public, template, sizeof(template)))
		return -EKEYREJECTED;
	if (c.left < sizeof(made_under) ||
	    memcmp(wrapped_take(&c, sizeof(made_under)), made_under, sizeof(made_under)))
		return -EKEYREJECTED;
	wrapped_take(&c, 3);			/* locality, algorithm of the parent's name */
	wrapped_take_sized(&c, &len);		/* the parent's name */
	wrapped_take_sized(&c, &len);		/* its qualified name */
	purpose = wrapped_take_sized(&c, &len);
	if (!purpose || c.left || len != sizeof(PURPOSE) - 1 || memcmp(purpose, PURPOSE, len))
		return -EKEYREJECTED;
	return 0;
}

static int load(struct vp_tpm *tpm, u32 parent, const struct parts *parts, u32 *handle)
{
	int err;

	vp_tpm_begin_auth(tpm, VP_TPM_CC_LOAD);
	vp_tpm_put32(tpm, parent);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put(tpm, parts->sensitive, parts->sensitive_len);
	err = vp_tpm_send(tpm);
	if (!err)
		*handle = vp_tpm_get32(tpm);
	return err;
}

/* The TPM compares the object's name and the hash with the ticket, or refuses. */
static int certify(struct vp_tpm *tpm, u32 object, const struct parts *parts)
{
	const struct vp_piece piece = { parts->creation, parts->creation_len };
	u8 hash[VP_HASH_LEN];
	int err;

	err = vp_prim_hash(hash, &piece, 1);
	if (err)
		return err;
	vp_tpm_begin_auth(tpm, VP_TPM_CC_CERTIFY_CREATION);
	vp_tpm_put32(tpm, VP_TPM_RH_NULL);	/* nobody signs */
	vp_tpm_put32(tpm, object);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 0);			/* qualifying data */
	vp_tpm_put_sized(tpm, hash, sizeof(hash));
	vp_tpm_put16(tpm, VP_TPM_ALG_NULL);	/* signature scheme */
	vp_tpm_put(tpm, parts->ticket, parts->ticket_len);
	return vp_tpm_send(tpm);
}

static int unseal(struct vp_tpm *tpm, u32 object, u32 pcrs, u8 key[VP_KEY_LEN])
{
	u32 session;
	int err;

	err = vp_tpm_session(tpm, pcrs, &session);
	if (err)
		return err;
	vp_tpm_begin_auth(tpm, VP_TPM_CC_UNSEAL);
	vp_tpm_put32(tpm, object);
	vp_tpm_put_auth(tpm, session);
	err = vp_tpm_send(tpm);
	if (err) {
		vp_tpm_flush(tpm, session);
		return err;
	}
	vp_tpm_get32(tpm);
	return vp_tpm_get_exactly(tpm, key, VP_KEY_LEN);
}

/**
 * vp_tpm_object_unseal() - unwrap a key
 * @tpm: the TPM
 * @pcrs: the PCRs it must be bound to, and must have been made under
 * @key: out; undefined on an error
 * @wrapped: what vp_tpm_object_create() gave
 * @len: its length
 *
 * Return: 0; -EKEYREJECTED if it is not what vp_tpm_object_create() made under
 * PCRs as they are now; -EREMOTEIO if the TPM refused; or another negative errno.
 */
int vp_tpm_object_unseal(struct vp_tpm *tpm, u32 pcrs, u8 key[VP_KEY_LEN], const u8 *wrapped,
			 size_t len)
{
	struct parts parts;
	u32 parent, object;
	int err;

	err = take_apart(&parts, pcrs, wrapped, len);
	if (!err)
		err = check_claims(tpm, pcrs, &parts);
	if (!err)
		err = create_primary(tpm, &parent);
	if (err)
		return err;
	err = load(tpm, parent, &parts, &object);
	if (!err) {
		err = certify(tpm, object, &parts);
		if (!err)
			err = unseal(tpm, object, pcrs, key);
		vp_tpm_flush(tpm, object);
	}
	vp_tpm_flush(tpm, parent);
	return err;
}
