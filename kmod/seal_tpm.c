// SPDX-License-Identifier: GPL-2.0
/*
 * A TPM 2.0 keeps the sealing key, and the module talks to it itself.
 *
 * The key is an object under a storage key that the TPM derives anew each time
 * from its owner seed. Its policy asks that certain PCRs have the values they
 * had when it was made: those that say what was booted, and one, the gate, that
 * is still zero. Unsealing and extending the gate happen while the TPM is held,
 * so that nobody comes between, and a PCR of the static kind does not go back
 * before the next boot.
 *
 * A counter in the TPM's NV memory tells old blobs from new ones. A counter
 * deleted and made again starts above where any counter ever was (TPM 2.0
 * Library, part 1, "NV Counters"); an index of another kind in its place is
 * refused, as its value could be anything.
 */

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "voicepay.h"
#include "hmac.h"
#include "sealer.h"
#include "tpm_cmd.h"

/* TPM 2.0 Library, part 2 */
#define RH_OWNER		0x40000001
#define RH_NULL			0x40000007
#define CC_NV_DEFINE_SPACE	0x12a
#define CC_CREATE_PRIMARY	0x131
#define CC_NV_INCREMENT		0x134
#define CC_NV_READ		0x14e
#define CC_CREATE		0x153
#define CC_LOAD			0x157
#define CC_UNSEAL		0x15e
#define CC_FLUSH_CONTEXT	0x165
#define CC_NV_READ_PUBLIC	0x169
#define CC_START_AUTH_SESSION	0x176
#define CC_POLICY_PCR		0x17f
#define CC_PCR_READ		0x17e
#define CC_PCR_EXTEND		0x182
#define CC_POLICY_GET_DIGEST	0x189
#define SE_POLICY		0x01
#define SE_TRIAL		0x03
#define ALG_AES			0x0006
#define ALG_KEYEDHASH		0x0008
#define ALG_SHA256		0x000b
#define ALG_NULL		0x0010
#define ALG_ECC			0x0023
#define ALG_CFB			0x0043
#define ECC_NIST_P256		0x0003

/* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt */
#define STORAGE_KEY		0x00030472
/* fixedTPM, fixedParent, adminWithPolicy, noDA; no userWithAuth: the policy alone opens it */
#define SEALED_OBJECT		0x00000492

/* A counter that whoever can reach the TPM may read and count up, never down. */
#define NV_COUNTER		0x00000010
#define NV_TYPE			0x000000f0
#define NV_WRITTEN		0x20000000
#define NV_ATTRIBUTES		(NV_COUNTER | 0x02040004)	/* noDA, authRead, authWrite */
#define NV_INDEX		0x0180bf01			/* owner's range */

/* A wrapped key: this, the PCRs it is bound to (24 bits), the private and the public part. */
#define WRAPPED_MAGIC		"VPK1"
#define WRAPPED_HEAD		8

static unsigned int gate = 13;
module_param_named(tpm_gate, gate, uint, 0444);
MODULE_PARM_DESC(tpm_gate, "PCR that shuts the sealing key off until the next boot, 8 to 15");

static unsigned int bound[16] = { 7 };
static int n_bound = 1;
module_param_array_named(tpm_pcrs, bound, uint, &n_bound, 0444);
MODULE_PARM_DESC(tpm_pcrs, "PCRs that the sealing key is bound to besides, 0 to 15");

static u32 mask(void)
{
	u32 bits = BIT(gate);
	int i;

	for (i = 0; i < n_bound; i++)
		bits |= BIT(bound[i]);
	return bits;
}

static int check_parameters(void)
{
	int i;

	/* 16 and 23 can be reset by anybody, 17 to 22 cannot be extended from here. */
	if (gate < 8 || gate > 15) {
		pr_err_once("tpm_gate=%u: must be a PCR from 8 to 15\n", gate);
		return -ENODEV;
	}
	for (i = 0; i < n_bound; i++) {
		if (bound[i] > 15) {
			pr_err_once("tpm_pcrs: %u is not a PCR from 0 to 15\n", bound[i]);
			return -ENODEV;
		}
	}
	return 0;
}

static void flush(struct vp_tpm *tpm, u32 handle)
{
	u32 rc = tpm->rc;	/* of what went wrong before */

	vp_tpm_begin(tpm, VP_TPM_NO_SESSIONS, CC_FLUSH_CONTEXT);
	vp_tpm_put32(tpm, handle);
	vp_tpm_send(tpm);
	tpm->rc = rc;
}

static void put_pcrs(struct vp_tpm *tpm, u32 pcrs)
{
	vp_tpm_put32(tpm, 1);
	vp_tpm_put16(tpm, ALG_SHA256);
	vp_tpm_put8(tpm, 3);
	vp_tpm_put8(tpm, pcrs);
	vp_tpm_put8(tpm, pcrs >> 8);
	vp_tpm_put8(tpm, pcrs >> 16);
}

/* A session that has seen the PCRs as they are now. */
static int start_session(struct vp_tpm *tpm, u8 type, u32 pcrs, u32 *session)
{
	static const u8 nonce[16];	/* nothing is encrypted or signed with it */
	int err;

	vp_tpm_begin(tpm, VP_TPM_NO_SESSIONS, CC_START_AUTH_SESSION);
	vp_tpm_put32(tpm, RH_NULL);
	vp_tpm_put32(tpm, RH_NULL);
	vp_tpm_put16(tpm, sizeof(nonce));
	vp_tpm_put(tpm, nonce, sizeof(nonce));
	vp_tpm_put16(tpm, 0);
	vp_tpm_put8(tpm, type);
	vp_tpm_put16(tpm, ALG_NULL);
	vp_tpm_put16(tpm, ALG_SHA256);
	err = vp_tpm_send(tpm);
	if (err)
		return err;
	*session = vp_tpm_get32(tpm);

	vp_tpm_begin(tpm, VP_TPM_NO_SESSIONS, CC_POLICY_PCR);
	vp_tpm_put32(tpm, *session);
	vp_tpm_put16(tpm, 0);
	put_pcrs(tpm, pcrs);
	err = vp_tpm_send(tpm);
	if (err)
		flush(tpm, *session);
	return err;
}

/* What the sealed object's policy must be, for the PCRs as they are now. */
static int policy_digest(struct vp_tpm *tpm, u32 pcrs, u8 digest[VP_HASH_LEN])
{
	u32 session, len;
	const u8 *p;
	int err;

	err = start_session(tpm, SE_TRIAL, pcrs, &session);
	if (err)
		return err;
	vp_tpm_begin(tpm, VP_TPM_NO_SESSIONS, CC_POLICY_GET_DIGEST);
	vp_tpm_put32(tpm, session);
	err = vp_tpm_send(tpm);
	if (!err) {
		p = vp_tpm_get_sized(tpm, &len);
		if (p && len == VP_HASH_LEN)
			memcpy(digest, p, VP_HASH_LEN);
		else
			err = -EPROTO;
	}
	flush(tpm, session);
	return err;
}

/* The storage key: the same in every boot, until the TPM is cleared. */
static int create_primary(struct vp_tpm *tpm, u32 *handle)
{
	int err;

	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_CREATE_PRIMARY);
	vp_tpm_put32(tpm, RH_OWNER);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 4);		/* sensitive: no password, no data */
	vp_tpm_put32(tpm, 0);
	vp_tpm_put16(tpm, 26);		/* public */
	vp_tpm_put16(tpm, ALG_ECC);
	vp_tpm_put16(tpm, ALG_SHA256);
	vp_tpm_put32(tpm, STORAGE_KEY);
	vp_tpm_put16(tpm, 0);		/* no policy */
	vp_tpm_put16(tpm, ALG_AES);
	vp_tpm_put16(tpm, 128);
	vp_tpm_put16(tpm, ALG_CFB);
	vp_tpm_put16(tpm, ALG_NULL);	/* scheme */
	vp_tpm_put16(tpm, ECC_NIST_P256);
	vp_tpm_put16(tpm, ALG_NULL);	/* kdf */
	vp_tpm_put32(tpm, 0);		/* unique: x, y */
	vp_tpm_put16(tpm, 0);		/* outside info */
	vp_tpm_put32(tpm, 0);		/* creation PCRs */
	err = vp_tpm_send(tpm);
	if (!err)
		*handle = vp_tpm_get32(tpm);
	return err;
}

static int wrap(struct vp_tpm *tpm, u32 parent, const u8 key[VP_KEY_LEN],
		const u8 policy[VP_HASH_LEN], u8 wrapped[VP_WRAPPED_MAX], size_t *len)
{
	u32 start, sub;
	int err;

	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_CREATE);
	vp_tpm_put32(tpm, parent);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 4 + VP_KEY_LEN);
	vp_tpm_put16(tpm, 0);
	vp_tpm_put16(tpm, VP_KEY_LEN);
	vp_tpm_put(tpm, key, VP_KEY_LEN);
	vp_tpm_put16(tpm, 14 + VP_HASH_LEN);
	vp_tpm_put16(tpm, ALG_KEYEDHASH);
	vp_tpm_put16(tpm, ALG_SHA256);
	vp_tpm_put32(tpm, SEALED_OBJECT);
	vp_tpm_put16(tpm, VP_HASH_LEN);
	vp_tpm_put(tpm, policy, VP_HASH_LEN);
	vp_tpm_put16(tpm, ALG_NULL);
	vp_tpm_put16(tpm, 0);
	vp_tpm_put16(tpm, 0);		/* outside info */
	vp_tpm_put32(tpm, 0);		/* creation PCRs */
	err = vp_tpm_send(tpm);
	if (err)
		return err;

	vp_tpm_get32(tpm);		/* length of the parameters */
	start = tpm->at;
	if (!vp_tpm_get_sized(tpm, &sub) || !vp_tpm_get_sized(tpm, &sub) ||
	    tpm->at - start > VP_WRAPPED_MAX - WRAPPED_HEAD)
		return -EPROTO;
	memcpy(wrapped, WRAPPED_MAGIC, 4);
	put_unaligned_be32(mask(), wrapped + 4);
	memcpy(wrapped + WRAPPED_HEAD, tpm->data + start, tpm->at - start);
	*len = WRAPPED_HEAD + tpm->at - start;
	return 0;
}

static int load(struct vp_tpm *tpm, u32 parent, const u8 *parts, size_t len, u32 *handle)
{
	int err;

	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_LOAD);
	vp_tpm_put32(tpm, parent);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put(tpm, parts, len);
	err = vp_tpm_send(tpm);
	if (!err)
		*handle = vp_tpm_get32(tpm);
	return err;
}

static int unwrap(struct vp_tpm *tpm, u32 object, u32 pcrs, u8 key[VP_KEY_LEN])
{
	u32 session, len;
	const u8 *p;
	int err;

	err = start_session(tpm, SE_POLICY, pcrs, &session);
	if (err)
		return err;
	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_UNSEAL);
	vp_tpm_put32(tpm, object);
	vp_tpm_put_auth(tpm, session);
	err = vp_tpm_send(tpm);
	if (err) {
		flush(tpm, session);
		return err;
	}
	vp_tpm_get32(tpm);
	p = vp_tpm_get_sized(tpm, &len);
	if (!p || len != VP_KEY_LEN)
		return -EPROTO;
	memcpy(key, p, VP_KEY_LEN);
	return 0;
}

/* Is the gate as it is at boot? A key made behind it could be had by whoever extends it. */
static int gate_open(struct vp_tpm *tpm)
{
	u32 len;
	const u8 *p;
	int err;

	vp_tpm_begin(tpm, VP_TPM_NO_SESSIONS, CC_PCR_READ);
	put_pcrs(tpm, BIT(gate));
	err = vp_tpm_send(tpm);
	if (err)
		return err;
	/* counter, selection (count, algorithm, size, bits), number of digests */
	vp_tpm_get32(tpm);
	vp_tpm_get32(tpm);
	vp_tpm_get32(tpm);
	tpm->at += 2;
	if (vp_tpm_get32(tpm) != 1)
		return -EOPNOTSUPP;	/* no SHA-256 bank */
	p = vp_tpm_get_sized(tpm, &len);
	if (!p || len != VP_HASH_LEN)
		return -EPROTO;
	return memchr_inv(p, 0, len) ? -EKEYREVOKED : 0;
}

static u32 digest_size(u16 alg)
{
	switch (alg) {
	case 0x0004: return 20;
	case 0x000b: case 0x0012: case 0x0027: return 32;
	case 0x000c: case 0x0028: return 48;
	case 0x000d: case 0x0029: return 64;
	default: return 0;
	}
}

/* Extends the gate in all banks: the policy names one, an auditor may look at another. */
static int shut_gate(struct vp_tpm *tpm)
{
	static const char why[64] = "voicepay: the sealing key is with the kernel";
	u32 i, n = 0;

	for (i = 0; i < tpm->chip->nr_allocated_banks; i++)
		n += !!digest_size(tpm->chip->allocated_banks[i].alg_id);
	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_PCR_EXTEND);
	vp_tpm_put32(tpm, gate);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put32(tpm, n);
	for (i = 0; i < tpm->chip->nr_allocated_banks; i++) {
		u16 alg = tpm->chip->allocated_banks[i].alg_id;

		if (!digest_size(alg))
			continue;
		vp_tpm_put16(tpm, alg);
		vp_tpm_put(tpm, why, digest_size(alg));
	}
	return vp_tpm_send(tpm);
}

static int tell(struct vp_tpm *tpm, int err, const char *what)
{
	if (err == -EREMOTEIO)
		pr_warn("the TPM refused to %s (0x%x)\n", what, tpm->rc);
	else if (err)
		pr_warn("the TPM could not %s (error %d)\n", what, err);
	return err == -EREMOTEIO ? -EKEYREJECTED : err;
}

static int tpm_init(void)
{
	struct tpm_chip *chip;
	int err = check_parameters();

	if (err)
		return err;
	chip = tpm_default_chip();
	if (!chip)
		return -ENODEV;
	err = tpm_is_tpm2(chip) > 0 ? 0 : -ENODEV;
	put_device(&chip->dev);
	return err;
}

static int create_under(struct vp_tpm *tpm, const u8 key[VP_KEY_LEN],
			u8 wrapped[VP_WRAPPED_MAX], size_t *len)
{
	u8 policy[VP_HASH_LEN];
	u32 parent;
	int err;

	err = policy_digest(tpm, mask(), policy);
	if (!err)
		err = create_primary(tpm, &parent);
	if (err)
		return err;
	err = wrap(tpm, parent, key, policy, wrapped, len);
	flush(tpm, parent);
	return err;
}

static int tpm_create(const u8 key[VP_KEY_LEN], u8 wrapped[VP_WRAPPED_MAX], size_t *len)
{
	struct vp_tpm tpm;
	int err, shut;

	err = vp_tpm_open(&tpm);
	if (err)
		return tell(&tpm, err, "be reached");
	err = gate_open(&tpm);
	if (err == -EKEYREVOKED) {
		vp_tpm_close(&tpm);
		return err;
	}
	if (!err)
		err = create_under(&tpm, key, wrapped, len);
	err = tell(&tpm, err, "wrap a new sealing key");
	shut = tell(&tpm, shut_gate(&tpm), "extend the gate's PCR");
	vp_tpm_close(&tpm);
	return err ?: shut;
}

static int unseal_under(struct vp_tpm *tpm, u8 key[VP_KEY_LEN], const u8 *wrapped, size_t len)
{
	u32 parent, object;
	int err;

	err = create_primary(tpm, &parent);
	if (err)
		return err;
	err = load(tpm, parent, wrapped + WRAPPED_HEAD, len - WRAPPED_HEAD, &object);
	if (!err) {
		err = unwrap(tpm, object, get_unaligned_be32(wrapped + 4), key);
		flush(tpm, object);
	}
	flush(tpm, parent);
	return err;
}

static int tpm_unseal(u8 key[VP_KEY_LEN], const u8 *wrapped, size_t len)
{
	struct vp_tpm tpm;
	int err, shut;

	err = vp_tpm_open(&tpm);
	if (err)
		return tell(&tpm, err, "be reached");
	/* A key wrapped without the gate, or for other PCRs, is not what is asked for. */
	if (len <= WRAPPED_HEAD || memcmp(wrapped, WRAPPED_MAGIC, 4) ||
	    get_unaligned_be32(wrapped + 4) != mask())
		err = -EKEYREJECTED;
	else
		err = tell(&tpm, unseal_under(&tpm, key, wrapped, len), "unwrap the sealing key");
	shut = tell(&tpm, shut_gate(&tpm), "extend the gate's PCR");
	vp_tpm_close(&tpm);
	if (err || shut)
		memzero_explicit(key, VP_KEY_LEN);
	return err ?: shut;
}

/* -ENOENT if there is no index; -EEXIST if there is something else. */
static int counter_there(struct vp_tpm *tpm, bool *written)
{
	const u8 *p;
	u32 len, attributes;
	int err;

	vp_tpm_begin(tpm, VP_TPM_NO_SESSIONS, CC_NV_READ_PUBLIC);
	vp_tpm_put32(tpm, NV_INDEX);
	err = vp_tpm_send(tpm);
	if (err)
		return err == -EREMOTEIO ? -ENOENT : err;
	p = vp_tpm_get_sized(tpm, &len);
	if (!p || len < 10)
		return -EPROTO;
	attributes = get_unaligned_be32(p + 6);
	*written = attributes & NV_WRITTEN;
	return (attributes & NV_TYPE) == NV_COUNTER ? 0 : -EEXIST;
}

static int define_counter(struct vp_tpm *tpm)
{
	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_NV_DEFINE_SPACE);
	vp_tpm_put32(tpm, RH_OWNER);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 0);		/* no password */
	vp_tpm_put16(tpm, 14);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put16(tpm, ALG_SHA256);
	vp_tpm_put32(tpm, NV_ATTRIBUTES);
	vp_tpm_put16(tpm, 0);		/* no policy */
	vp_tpm_put16(tpm, 8);
	return vp_tpm_send(tpm);
}

static int count(struct vp_tpm *tpm)
{
	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_NV_INCREMENT);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put_auth(tpm, 0);
	return vp_tpm_send(tpm);
}

static int read_counter(struct vp_tpm *tpm, u64 *value)
{
	const u8 *p;
	u32 len;
	int err;

	vp_tpm_begin(tpm, VP_TPM_SESSIONS, CC_NV_READ);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put32(tpm, NV_INDEX);
	vp_tpm_put_auth(tpm, 0);
	vp_tpm_put16(tpm, 8);
	vp_tpm_put16(tpm, 0);
	err = vp_tpm_send(tpm);
	if (err)
		return err;
	vp_tpm_get32(tpm);
	p = vp_tpm_get_sized(tpm, &len);
	if (!p || len != 8)
		return -EPROTO;
	*value = get_unaligned_be64(p);
	return 0;
}

static int tpm_counter_read(u64 *value)
{
	bool written = false;
	struct vp_tpm tpm;
	int err;

	err = vp_tpm_open(&tpm);
	if (err)
		return err;
	err = counter_there(&tpm, &written);
	if (err == -ENOENT)
		err = define_counter(&tpm);
	if (!err && !written)
		err = count(&tpm);	/* which gives it its first value */
	if (!err)
		err = read_counter(&tpm, value);
	tell(&tpm, err, "give a counter");
	vp_tpm_close(&tpm);
	return err;
}

static int tpm_counter_increment(u64 *value)
{
	struct vp_tpm tpm;
	u64 before = *value;
	bool written;
	int err;

	err = vp_tpm_open(&tpm);
	if (err)
		return err;
	err = counter_there(&tpm, &written);
	if (!err)
		err = count(&tpm);
	if (!err)
		err = read_counter(&tpm, value);
	if (!err && *value <= before)
		err = -EPROTO;
	tell(&tpm, err, "count up");
	vp_tpm_close(&tpm);
	return err;
}

static u32 tpm_policy(void)
{
	return gate << 24 | mask();
}

static void tpm_exit(void)
{
}

const struct vp_sealer_ops vp_sealer_tpm = {
	.name			= "tpm2",
	.init			= tpm_init,
	.create			= tpm_create,
	.unseal			= tpm_unseal,
	.counter_read		= tpm_counter_read,
	.counter_increment	= tpm_counter_increment,
	.policy			= tpm_policy,
	.exit			= tpm_exit,
};
