/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's word for a request to the gateway. */
#ifndef VP_AUTHORISE_CALL_H
#define VP_AUTHORISE_CALL_H

#include <jansson.h>
#include <stdint.h>
#include <voicepay.h>

/* What is authorised; what a purpose has no use for is 0 or NULL. */
struct authorise_order {
	unsigned int slot;
	unsigned int purpose;		/* VOICEPAY_PURPOSE_* */
	int64_t amount;
	const char *currency;
	const char *order;
	const char *payee;
};

/*
 * The "authorisation" member of a request. It is good for two minutes, so it is
 * made when the request is. 0, or a negative errno value of the call, of which
 * voicepay_explain() knows what to do.
 */
int authorise(int dev, const struct authorise_order *order, json_t **authorisation);

/*
 * The same for a command that makes one request: opens the device, and tells
 * what fails. NULL with @status, an exit status.
 */
json_t *authorise_or_tell(const struct authorise_order *order, int *status);

#endif
