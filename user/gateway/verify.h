/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this code that key's, now, and not before? Knows no clock and no database. */
#ifndef VPG_VERIFY_H
#define VPG_VERIFY_H

#include "paycode.h"
#include "prim.h"

enum verdict {
	VERDICT_GOOD,
	VERDICT_WRONG,	/* not from this key, or not from this time */
	VERDICT_USED,	/* right, but its ordinal does not exceed the watermark */
};

/*
 * Tries the step that is now and its two neighbours: always three HMACs, and
 * the time taken does not depend on the outcome. Sets @ordinal unless WRONG.
 */
enum verdict verify_code(const struct paycode *code, const __u8 key[VP_KEY_LEN],
			 __u64 step, __u64 watermark, __u64 *ordinal);

#endif /* VPG_VERIFY_H */
