/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the device's kernel says yes to: the bytes of an order, or of another
 * request, over which it computes a MAC with the slot's authorisation key. The
 * gateway makes the same bytes from the request that it got, and so knows that
 * this device's kernel has seen it, and not only somebody with a stolen session.
 */
#ifndef VP_AUTHORISE_H
#define VP_AUTHORISE_H

#include "agreement.h"

/* What is authorised; 1 to 7, the same numbers as VOICEPAY_PURPOSE_*. */
enum vp_purpose {
	VP_PURPOSE_VOICE_PAY	= 1,	/* order: order_id */
	VP_PURPOSE_PAY_ORDER	= 2,	/* order: pay_id of a scanned order */
	VP_PURPOSE_CONFIRM	= 3,	/* order: confirm_id */
	VP_PURPOSE_DENY		= 4,	/* order: confirm_id */
	VP_PURPOSE_ONLINE_CODE	= 5,
	VP_PURPOSE_POOL		= 6,
	VP_PURPOSE_LIMITS	= 7,	/* order: "per_payment" or "per_day" */
};

#define VP_ORDER_MAX	64
#define VP_PAYEE_MAX	256

/* Strings are padded with NUL; one that fills its field has none. */
struct vp_authorise {
	__u32 purpose;
	__u8  device[VP_DEVICE_ID_LEN];
	__u32 slot;
	__u64 epoch;			/* of the key that authorises */
	__u64 time;			/* seconds since 1970 */
	__u8  currency[3];		/* A-Z, or three NUL */
	__u64 amount;
	__u8  order[VP_ORDER_MAX];
	__u8  payee[VP_PAYEE_MAX];
};

#define VP_AUTHORISE_LABEL	"voicepay-1 order"
#define VP_AUTHORISE_MAX	(16 + 1 + VP_DEVICE_ID_LEN + 4 + 8 + 8 + 3 + 8 +		\
				 2 + VP_ORDER_MAX + 2 + VP_PAYEE_MAX)

/*
 * Writes the bytes that the MAC, HMAC-SHA-256 under the authorisation key, goes
 * over. Returns their number, or -EINVAL: another purpose, a currency that is
 * neither three letters nor nothing, bytes after a string's end.
 */
int vp_authorise_encode(__u8 out[VP_AUTHORISE_MAX], const struct vp_authorise *a);

#endif /* VP_AUTHORISE_H */
