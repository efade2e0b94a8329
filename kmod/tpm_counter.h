/* SPDX-License-Identifier: GPL-2.0 */
/* A counter that never goes down. */
#ifndef VP_TPM_COUNTER_H
#define VP_TPM_COUNTER_H

#include <linux/types.h>

int vp_tpm_counter_read(u64 *value);
int vp_tpm_counter_increment(u64 *value);

#endif /* VP_TPM_COUNTER_H */
