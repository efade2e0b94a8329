/* SPDX-License-Identifier: GPL-2.0 */
/* One TPM 2.0 command at a time: built byte by byte, sent, and taken apart. */
#ifndef VP_TPM_CMD_H
#define VP_TPM_CMD_H

#include <linux/tpm.h>
#include <linux/types.h>

/* TPM 2.0 Library, part 2 */
#define VP_TPM_RH_OWNER		0x40000001
#define VP_TPM_RH_NULL		0x40000007
#define VP_TPM_ALG_SHA256	0x000b
#define VP_TPM_ALG_NULL		0x0010
#define VP_TPM_CC_NV_DEFINE_SPACE	0x12a
#define VP_TPM_CC_CREATE_PRIMARY	0x131
#define VP_TPM_CC_NV_INCREMENT		0x134
#define VP_TPM_CC_CERTIFY_CREATION	0x14a
#define VP_TPM_CC_NV_READ		0x14e
#define VP_TPM_CC_CREATE		0x153
#define VP_TPM_CC_LOAD			0x157
#define VP_TPM_CC_UNSEAL		0x15e
#define VP_TPM_CC_FLUSH_CONTEXT		0x165
#define VP_TPM_CC_NV_READ_PUBLIC	0x169
#define VP_TPM_CC_START_AUTH_SESSION	0x176
#define VP_TPM_CC_POLICY_PCR		0x17f
#define VP_TPM_CC_PCR_READ		0x17e
#define VP_TPM_CC_PCR_EXTEND		0x182
#define VP_TPM_CC_POLICY_GET_DIGEST	0x189

/**
 * struct vp_tpm - the TPM, held, and the command under way
 * @chip: the chip, which nobody else can use as long as this is held
 * @buf: what the TPM driver wants to be given
 * @data: a page in it: the command, then the response
 * @at: where the next byte is written or read
 * @end: behind the last byte of the response
 * @bad: something did not fit, or was not there
 * @rc: the TPM's own code for the last error
 */
struct vp_tpm {
	struct tpm_chip *chip;
	struct tpm_buf *buf;
	u8 *data;
	u32 at;
	u32 end;
	bool bad;
	u32 rc;
};

int vp_tpm_open(struct vp_tpm *tpm);
void vp_tpm_close(struct vp_tpm *tpm);

void vp_tpm_begin(struct vp_tpm *tpm, u32 code);
void vp_tpm_begin_auth(struct vp_tpm *tpm, u32 code);
void vp_tpm_put(struct vp_tpm *tpm, const void *data, u32 len);
void vp_tpm_put8(struct vp_tpm *tpm, u8 value);
void vp_tpm_put16(struct vp_tpm *tpm, u16 value);
void vp_tpm_put32(struct vp_tpm *tpm, u32 value);
void vp_tpm_put_sized(struct vp_tpm *tpm, const void *data, u16 len);
void vp_tpm_put_auth(struct vp_tpm *tpm, u32 session);
int vp_tpm_send(struct vp_tpm *tpm);
void vp_tpm_flush(struct vp_tpm *tpm, u32 handle);
int vp_tpm_tell(struct vp_tpm *tpm, int err, const char *what);

u32 vp_tpm_get32(struct vp_tpm *tpm);
const u8 *vp_tpm_get_sized(struct vp_tpm *tpm, u32 *len);
int vp_tpm_get_exactly(struct vp_tpm *tpm, void *out, u32 len);

#endif /* VP_TPM_CMD_H */
