/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An authenticator's key and terms, from wherever it was imported. */
#ifndef VP_OTPKEY_H
#define VP_OTPKEY_H

#include <stddef.h>
#include <stdint.h>

/* What the module takes as a key. */
#define OTP_SECRET_MAX	128

enum otp_algorithm {
	OTP_SHA1	= 1,
	OTP_SHA256	= 2,
	OTP_SHA512	= 3,
};

struct otp_key {
	uint8_t secret[OTP_SECRET_MAX];		/* wipe it */
	size_t secret_len;
	enum otp_algorithm algorithm;
	unsigned int digits;		/* 6 to 8 */
	uint32_t period;		/* seconds; 0: counted (HOTP) */
	uint64_t counter;		/* the next one, of HOTP */
	char name[128];			/* for the user to see; no control characters, "" if none */
};

#endif
