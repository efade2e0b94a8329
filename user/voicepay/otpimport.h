/* SPDX-License-Identifier: GPL-2.0-or-later */
/* voicepay otp add: from a file into the kernel, and nowhere else. */
#ifndef VP_OTPIMPORT_H
#define VP_OTPIMPORT_H

#include <stdint.h>

struct otp_source {
	const char *uri;		/* a file with an otpauth:// URI, or "-" */
	const char *pskc;		/* or a PSKC file */
	const char *key_id;		/* and which of its keys, or NULL */
};

/* @slot: a slot to be made, or an empty one; -1: the lowest free. An exit status. */
int otp_import(const struct otp_source *source, int64_t slot);

#endif
