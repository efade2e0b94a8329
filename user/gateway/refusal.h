/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every way in which the gateway says no: the code that programs read, the
 * HTTP status, and the sentence that tells a person what to do next.
 */
#ifndef VPG_REFUSAL_H
#define VPG_REFUSAL_H

enum refusal {
	RF_OK = 0,
	RF_BAD_REQUEST,
	RF_WRONG_TYPE,
	RF_TOO_LARGE,
	RF_NO_SUCH_CALL,
	RF_WRONG_METHOD,
	RF_PEER_UNKNOWN,
	RF_PEER_REVOKED,
	RF_NO_CERTIFICATES,
	RF_OTHER_KEY,
	RF_ENROL_REFUSED,
	RF_CODE_MISREAD,
	RF_CODE_UNSUPPORTED,
	RF_CODE_EXPIRED,
	RF_CODE_USED,
	RF_TOO_MANY_WRONG,
	RF_NOT_ENOUGH,
	RF_OVER_LIMIT,
	RF_WRONG_CURRENCY,
	RF_ORDER_CONFLICT,
	RF_ORDER_UNKNOWN,
	RF_ORDER_REVOKED,
	RF_ORDER_UNPAID,
	RF_ORDER_REFUNDED,
	RF_REFUND_TOO_MUCH,
	RF_NOT_CONFIRMED,
	RF_DENIED,
	RF_CONFIRM_OVER,
	RF_ORDER_PAID,
	RF_ORDER_CLOSED,
	RF_OVER_DAY_LIMIT,
	RF_TOKEN_INVALID,
	RF_TOKEN_USED,
	RF_PAYEE_UNKNOWN,
	RF_AUTHORISATION_MISSING,
	RF_AUTHORISATION_WRONG,
	RF_AUTHORISATION_STALE,
	RF_BUSY,
	RF_FAILED,
	RF_COUNT,
	RF_AGAIN	/* to be run again from its start, which route_request() does; told to nobody */
};

const char *refusal_code(enum refusal r);
int refusal_status(enum refusal r);
const char *refusal_message(enum refusal r);

/* The refusal with this code; RF_FAILED for one that is not known. */
enum refusal refusal_by_code(const char *code);

#endif /* VPG_REFUSAL_H */
