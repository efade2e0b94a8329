/* SPDX-License-Identifier: GPL-2.0 */
/* The TPM's record of what was booted, and policies that ask for it. */
#ifndef VP_TPM_PCR_H
#define VP_TPM_PCR_H

#include "common/prim.h"
#include "tpm_cmd.h"

/* Bytes of a selection of PCRs in the SHA-256 bank. */
#define VP_TPM_PCRS_LEN		10

void vp_tpm_pcrs(u8 out[VP_TPM_PCRS_LEN], u32 pcrs);

int vp_tpm_pcr_read(struct vp_tpm *tpm, u32 pcr, u8 value[VP_HASH_LEN]);
int vp_tpm_pcr_digest(struct vp_tpm *tpm, u32 pcrs, u8 digest[VP_HASH_LEN]);
int vp_tpm_pcr_extend(struct vp_tpm *tpm, u32 pcr, const char why[64]);

int vp_tpm_session(struct vp_tpm *tpm, u32 pcrs, u32 *session);
int vp_tpm_policy(struct vp_tpm *tpm, u32 pcrs, u8 digest[VP_HASH_LEN]);

#endif /* VP_TPM_PCR_H */
