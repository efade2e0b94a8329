// SPDX-License-Identifier: GPL-2.0
/*
 * Platform configuration registers: read, extended, and asked for by policies.
 * Sets of them are bits, PCR 0 the lowest; all are of the SHA-256 bank.
 */

#include <linux/bits.h>

#include "voicepay.h"
#include "tpm_pcr.h"

#define SE_POLICY		0x01
#define SE_TRIAL		0x03
#define PCRS_MAX		16

/* As TPML_PCR_SELECTION. */
void vp_tpm_pcrs(u8 out[VP_TPM_PCRS_LEN], u32 pcrs)
{
	put_unaligned_be32(1, out);
	put_unaligned_be16(VP_TPM_ALG_SHA256, out + 4);
	out[6] = 3;
	out[7] = pcrs;
	out[8] = pcrs >> 8;
	out[9] = pcrs >> 16;
}

static void put_pcrs(struct vp_tpm *tpm, u32 pcrs)
{
	u8 selection[VP_TPM_PCRS_LEN];

	vp_tpm_pcrs(selection, pcrs);
	vp_tpm_put(tpm, selection, sizeof(selection));
}

/**
 * vp_tpm_pcr_read() - what a PCR holds
 * @tpm: the TPM
 * @pcr: its number
 * @value: out
 *
 * Return: 0; -EOPNOTSUPP if the TPM has no SHA-256 bank; or vp_tpm_send()'s error.
 */
int vp_tpm_pcr_read(struct vp_tpm *tpm, u32 pcr, u8 value[VP_HASH_LEN])
{
	int err;

	vp_tpm_begin(tpm, VP_TPM_CC_PCR_READ);
	put_pcrs(tpm, BIT(pcr));
	err = vp_tpm_send(tpm);
	if (err)
		return err;
	vp_tpm_get32(tpm);		/* counts changes */
	tpm->at += VP_TPM_PCRS_LEN;
	if (vp_tpm_get32(tpm) != 1)	/* how many digests */
		return -EOPNOTSUPP;
	return vp_tpm_get_exactly(tpm, value, VP_HASH_LEN);
}

/**
 * vp_tpm_pcr_digest() - what a set of PCRs holds, as one hash
 * @tpm: the TPM
 * @pcrs: the set, 0 to 15
 * @digest: out: as the TPM writes it into creation data and policies
 *
 * Return: as vp_tpm_pcr_read().
 */
int vp_tpm_pcr_digest(struct vp_tpm *tpm, u32 pcrs, u8 digest[VP_HASH_LEN])
{
	u8 values[PCRS_MAX * VP_HASH_LEN];
	struct vp_piece all = { values, 0 };
	int err = 0, i;

	for (i = 0; i < PCRS_MAX && !err; i++) {
		if (!(pcrs & BIT(i)))
			continue;
		err = vp_tpm_pcr_read(tpm, i, values + all.len);
		all.len += VP_HASH_LEN;
	}
	return err ?: vp_prim_hash(digest, &all, 1);
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

/**
 * vp_tpm_pcr_extend() - extend a PCR, for good in this boot
 * @tpm: the TPM
 * @pcr: its number
 * @why: as much of it as a bank's digests are long
 *
 * In all banks: a policy names one, an auditor may look at another.
 *
 * Return: 0 or vp_tpm_send()'s error.
 */
int vp_tpm_pcr_extend(struct vp_tpm *tpm, u32 pcr, const char why[64])
{
	u32 i, n = 0;

	for (i = 0; i < tpm->chip->nr_allocated_banks; i++)
		n += !!digest_size(tpm->chip->allocated_banks[i].alg_id);
	vp_tpm_begin_auth(tpm, VP_TPM_CC_PCR_EXTEND);
	vp_tpm_put32(tpm, pcr);
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

static int start(struct vp_tpm *tpm, u8 type, u32 pcrs, u32 *session)
{
	static const u8 nonce[16];	/* nothing is encrypted or signed with it */
	int err;

	vp_tpm_begin(tpm, VP_TPM_CC_START_AUTH_SESSION);
	vp_tpm_put32(tpm, VP_TPM_RH_NULL);
	vp_tpm_put32(tpm, VP_TPM_RH_NULL);
	vp_tpm_put_sized(tpm, nonce, sizeof(nonce));
	vp_tpm_put16(tpm, 0);
	vp_tpm_put8(tpm, type);
	vp_tpm_put16(tpm, VP_TPM_ALG_NULL);
	vp_tpm_put16(tpm, VP_TPM_ALG_SHA256);
	err = vp_tpm_send(tpm);
	if (err)
		return err;
	*session = vp_tpm_get32(tpm);

	vp_tpm_begin(tpm, VP_TPM_CC_POLICY_PCR);
	vp_tpm_put32(tpm, *session);
	vp_tpm_put16(tpm, 0);
	put_pcrs(tpm, pcrs);
	err = vp_tpm_send(tpm);
	if (err)
		vp_tpm_flush(tpm, *session);
	return err;
}

/**
 * vp_tpm_session() - a session that has seen PCRs as they are now
 * @tpm: the TPM
 * @pcrs: which
 * @session: out: its handle; it ends with the command that it authorises
 *
 * Return: 0 or vp_tpm_send()'s error.
 */
int vp_tpm_session(struct vp_tpm *tpm, u32 pcrs, u32 *session)
{
	return start(tpm, SE_POLICY, pcrs, session);
}

/**
 * vp_tpm_policy() - the policy that such a session fulfils
 * @tpm: the TPM
 * @pcrs: which PCRs
 * @digest: out
 *
 * Return: 0 or vp_tpm_send()'s error.
 */
int vp_tpm_policy(struct vp_tpm *tpm, u32 pcrs, u8 digest[VP_HASH_LEN])
{
	u32 session;
	int err;

	err = start(tpm, SE_TRIAL, pcrs, &session);
	if (err)
		return err;
	vp_tpm_begin(tpm, VP_TPM_CC_POLICY_GET_DIGEST);
	vp_tpm_put32(tpm, session);
	err = vp_tpm_send(tpm);
	if (!err)
		err = vp_tpm_get_exactly(tpm, digest, VP_HASH_LEN);
	vp_tpm_flush(tpm, session);
	return err;
}
