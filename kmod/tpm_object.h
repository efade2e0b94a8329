/* SPDX-License-Identifier: GPL-2.0 */
/* The sealing key as an object of the TPM. */
#ifndef VP_TPM_OBJECT_H
#define VP_TPM_OBJECT_H

#include "sealer.h"
#include "tpm_cmd.h"

int vp_tpm_object_create(struct vp_tpm *tpm, u32 pcrs, const u8 key[VP_KEY_LEN],
			 u8 wrapped[VP_WRAPPED_MAX], size_t *len);
int vp_tpm_object_unseal(struct vp_tpm *tpm, u32 pcrs, u8 key[VP_KEY_LEN], const u8 *wrapped,
			 size_t len);

#endif /* VP_TPM_OBJECT_H */
