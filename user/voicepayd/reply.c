// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reply.h"

void reply_init(struct vp_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->magic = VP_REPLY_MAGIC;
}

static int errno_of(enum voicepay_check check)
{
	switch (check) {
	case VOICEPAY_CHECK_PEER:
		return EACCES;
	case VOICEPAY_CHECK_BUSY:
		return EAGAIN;
	case VOICEPAY_CHECK_TIMEOUT:
		return ETIMEDOUT;
	default:
		return EPROTO;
	}
}

int refuse(struct vp_reply *reply, enum voicepay_check check, const char *fmt, ...)
{
	va_list ap;

	if (reply->check == VOICEPAY_CHECK_OK) {
		reply->check = check;
		reply->error = errno_of(check);
		reply->flags = 0;
		va_start(ap, fmt);
		vsnprintf(reply->message, sizeof(reply->message), fmt, ap);
		va_end(ap);
	}
	return -1;
}
