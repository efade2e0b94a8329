/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer that a request gets, filled in where it becomes known. */
#ifndef VP_REPLY_H
#define VP_REPLY_H

#include <voicepay.h>
#include "../libvoicepay/protocol.h"

void reply_init(struct vp_reply *reply);

/*
 * Notes which check failed and a sentence about it. The first refusal stands:
 * what follows from it must not hide it. Returns -1, for "return refuse(...)".
 */
int refuse(struct vp_reply *reply, enum voicepay_check check, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
