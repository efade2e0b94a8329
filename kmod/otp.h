/* SPDX-License-Identifier: GPL-2.0 */
/* Authenticator slots: one-time passwords by RFC 4226 and RFC 6238. */
#ifndef VP_OTP_H
#define VP_OTP_H

#include "key.h"

struct vp_caller;
struct vp_slot;

#define VP_OTP_DIGITS_MIN	6
#define VP_OTP_DIGITS_MAX	8

/**
 * struct vp_otp - a one-time password
 * @n_digits: how many
 * @digits: ASCII, not terminated
 * @valid_ms: until its time step ends, saturated; 0 if it has none
 * @counter: counter or time step
 */
struct vp_otp {
	u32 n_digits;
	u8 digits[VP_OTP_DIGITS_MAX];
	u32 valid_ms;
	u64 counter;
};

bool vp_otp_terms_ok(const struct vp_otp_terms *terms);
int vp_otp_compute(const struct vp_key *key, u64 counter, u8 digits[VP_OTP_DIGITS_MAX]);
int vp_otp_issue(struct vp_slot *slot, const struct vp_caller *caller, struct vp_otp *otp);

/* With vp_manage_lock held. */
int vp_otp_put(struct vp_slot *slot, const struct vp_otp_terms *terms, const u8 *secret,
	       u64 counter);

#endif /* VP_OTP_H */
