// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "refusal.h"

static const struct {
	const char *code;
	int status;
	const char *message;
} table[RF_COUNT] = {
	[RF_OK] = { "SUCCESS", 200, "Done." },
	[RF_BAD_REQUEST] = { "BAD_REQUEST", 400,
		"The request cannot be read. Send JSON as the API description says." },
	[RF_WRONG_TYPE] = { "WRONG_TYPE", 415,
		"The body must be JSON: send it with Content-Type: application/json." },
	[RF_TOO_LARGE] = { "TOO_LARGE", 413,
		"The body is too long. Send the fields of this call and nothing else." },
	[RF_NO_SUCH_CALL] = { "NO_SUCH_CALL", 404,
		"There is no such call. Check the path against the API description." },
	[RF_WRONG_METHOD] = { "WRONG_METHOD", 405,
		"This path is called with the other method: see the API description." },
	[RF_PEER_UNKNOWN] = { "PEER_UNKNOWN", 403,
		"This certificate is not known here. A device must enrol first; a merchant must be registered by the operator." },
	[RF_PEER_REVOKED] = { "PEER_REVOKED", 403,
		"This certificate's key has been revoked. It is not let in any more; ask the operator about it." },
	[RF_NO_CERTIFICATES] = { "NO_CERTIFICATES", 404,
		"This gateway makes no certificates. Send the request to its operator, and install what comes back." },
	[RF_OTHER_KEY] = { "OTHER_KEY", 403,
		"A renewal is for the key that this device has shown. For another key a request goes to the operator." },
	[RF_ENROL_REFUSED] = { "ENROL_REFUSED", 403,
		"Enrolment refused. Get a new ticket, check that the device has this gateway's public key and its own certificate, and try again." },
	[RF_CODE_MISREAD] = { "CODE_MISREAD", 422,
		"The code was not read right. Scan it again; nothing was charged." },
	[RF_CODE_UNSUPPORTED] = { "CODE_UNSUPPORTED", 422,
		"This kind of code is not accepted here. Ask the customer for an ordinary payment code; nothing was charged." },
	[RF_CODE_EXPIRED] = { "CODE_EXPIRED", 410,
		"The code is no longer good. Ask the customer for a new one; nothing was charged." },
	[RF_CODE_USED] = { "CODE_USED", 409,
		"This code, or a later one of the same device, has been used. Ask the customer for a new one; this order was not charged." },
	[RF_TOO_MANY_WRONG] = { "TOO_MANY_WRONG", 429,
		"Too many wrong codes. Wait ten minutes, then scan a new code." },
	[RF_NOT_ENOUGH] = { "NOT_ENOUGH", 402,
		"The customer's balance does not cover this. Ask for another way to pay; nothing was charged." },
	[RF_OVER_LIMIT] = { "OVER_LIMIT", 403,
		"The amount is above what one payment may be. Nothing was charged." },
	[RF_WRONG_CURRENCY] = { "WRONG_CURRENCY", 422,
		"This currency is not accepted here. Nothing was charged." },
	[RF_ORDER_CONFLICT] = { "ORDER_CONFLICT", 409,
		"This order number stands for an order with other contents. Use a new number for a new order; query this one to see what it was." },
	[RF_ORDER_UNKNOWN] = { "ORDER_UNKNOWN", 404,
		"No order with this number was charged. It is safe to charge it now." },
	[RF_ORDER_REVOKED] = { "ORDER_REVOKED", 409,
		"This order has been reversed and is not charged any more. Use a new number for a new sale." },
	[RF_ORDER_UNPAID] = { "ORDER_UNPAID", 409,
		"This order was not paid, so there is nothing to give back." },
	[RF_ORDER_REFUNDED] = { "ORDER_REFUNDED", 409,
		"Part of this order has been refunded, so it cannot be reversed. Refund the rest." },
	[RF_REFUND_TOO_MUCH] = { "REFUND_TOO_MUCH", 409,
		"That is more than is left of what was paid. Query the order to see how much was refunded; nothing was given back." },
	[RF_NOT_CONFIRMED] = { "NOT_CONFIRMED", 402,
		"The customer did not confirm in time. Ask for another code; nothing was charged." },
	[RF_DENIED] = { "DENIED", 402,
		"The customer has refused this payment. Nothing was charged." },
	[RF_CONFIRM_OVER] = { "CONFIRM_OVER", 410,
		"This payment waits for no answer of this device any more. Ask the merchant what became of it." },
	[RF_ORDER_PAID] = { "ORDER_PAID", 409,
		"This order has been paid by another device. Nothing was paid now." },
	[RF_ORDER_CLOSED] = { "ORDER_CLOSED", 410,
		"This order was not paid in time. Ask the merchant for a new one; nothing was paid." },
	[RF_OVER_DAY_LIMIT] = { "OVER_DAY_LIMIT", 403,
		"This is more than the payer may still spend today. Ask for another way to pay; nothing was charged." },
	[RF_TOKEN_INVALID] = { "TOKEN_INVALID", 403,
		"The voice order is not authorised. Ask the user to say it again; nothing was paid." },
	[RF_TOKEN_USED] = { "TOKEN_USED", 409,
		"This voice authorisation has paid another order. Ask the user to say it again; nothing was paid." },
	[RF_PAYEE_UNKNOWN] = { "PAYEE_UNKNOWN", 404,
		"There is no such payee. Check the name with the user; nothing was paid." },
	[RF_AUTHORISATION_MISSING] = { "AUTHORISATION_MISSING", 403,
		"This needs the authorisation of the device's kernel: update voicepay and its module. Nothing was done." },
	[RF_AUTHORISATION_WRONG] = { "AUTHORISATION_WRONG", 403,
		"This is not what the device's kernel authorised, or its key has ended. Ask the user again, or enrol the device anew; nothing was done." },
	[RF_AUTHORISATION_STALE] = { "AUTHORISATION_STALE", 409,
		"This authorisation is too old, from another time, or used up. Have the device make a new one and set its clock by GET /v1/time; nothing was done." },
	[RF_BUSY] = { "BUSY", 503,
		"The gateway is busy. Send the same request again in a moment, with the same order number." },
	[RF_FAILED] = { "FAILED", 500,
		"The gateway failed. Send the same request again with the same order number; it will not be charged twice." },
};

const char *refusal_code(enum refusal r)
{
	return table[r < RF_COUNT ? r : RF_FAILED].code;
}

int refusal_status(enum refusal r)
{
	return table[r < RF_COUNT ? r : RF_FAILED].status;
}

const char *refusal_message(enum refusal r)
{
	return table[r < RF_COUNT ? r : RF_FAILED].message;
}

enum refusal refusal_by_code(const char *code)
{
	for (int r = 0; r < RF_COUNT; r++)
		if (!strcmp(table[r].code, code))
			return r;
	return RF_FAILED;
}
