/* SPDX-License-Identifier: GPL-2.0 */
/* Issues payment codes. */
#ifndef VP_CODE_H
#define VP_CODE_H

#include "common/paycode.h"

struct vp_caller;
struct vp_slot;

struct vp_code {
	u8 digits[PAYCODE_DIGITS];	/* ASCII, not terminated */
	u32 valid_ms;			/* until its step ends */
};

int vp_code_issue(struct vp_slot *slot, const struct vp_caller *caller, u32 mode, bool fresh,
		  struct vp_code *out);

#endif /* VP_CODE_H */
