// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that put into a slot what codes are made of. */

#include <netlink/attr.h>

#include "manage_call.h"

int manage_otp_put(struct manage *m, uint32_t slot, const struct manage_otp *otp)
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_OTP_PUT);
	struct manage_call call = { .m = m };

	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_OTP_SLOT, slot);
		nla_put(msg, VOICEPAY_A_OTP_SECRET, otp->secret_len, otp->secret);
		nla_put_u32(msg, VOICEPAY_A_OTP_ALGORITHM, otp->algorithm);
		nla_put_u32(msg, VOICEPAY_A_OTP_DIGITS, otp->digits);
		nla_put_u32(msg, VOICEPAY_A_OTP_PERIOD, otp->period);
		/* It is of counted ones only. */
		if (!otp->period)
			nla_put_u64(msg, VOICEPAY_A_OTP_COUNTER, otp->counter);
	}
	return manage_finish(&call, msg);
}

int manage_pool_put(struct manage *m, uint32_t slot, const uint8_t message[VOICEPAY_POOL_LEN])
{
	struct nl_msg *msg = manage_begin(m, VOICEPAY_CMD_POOL_PUT);
	struct manage_call call = { .m = m };

	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_POOL_SLOT, slot);
		nla_put(msg, VOICEPAY_A_POOL_MESSAGE, VOICEPAY_POOL_LEN, message);
	}
	return manage_finish(&call, msg);
}
