/* SPDX-License-Identifier: GPL-2.0 */
/* Issues payment codes. */
#ifndef VP_CODE_H
#define VP_CODE_H

#include "common/bind.h"
#include "common/paycode.h"

struct vp_caller;

/**
 * struct vp_code - a payment code
 * @mode: in: V; 0 for plain with the strongest MAC there is; out: the V it has
 * @fresh: in: not the same code as last time
 * @terms: in: what it is to be bound to; NULL or zero unless the mode binds
 * @digits: where the digits go, ASCII, not terminated
 * @valid_ms: out: until its step ends; 0 for one from the pool
 */
struct vp_code {
	u32 mode;
	bool fresh;
	const struct paycode_terms *terms;
	u8 *digits;	/* of PAYCODE_DIGITS */
	u32 valid_ms;
};

int vp_code_issue(u32 id, const struct vp_caller *caller, struct vp_code *code);

#endif /* VP_CODE_H */
