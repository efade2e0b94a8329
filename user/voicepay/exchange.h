/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Message 1 of the module's handshake to the gateway, and message 2 back. */
#ifndef VP_EXCHANGE_H
#define VP_EXCHANGE_H

#include <linux/voicepay_netlink.h>

#include "http.h"

/**
 * struct exchange - what came of it
 * @outcome: HTTP_DONE: @reply is message 2. HTTP_UNKNOWN: the gateway may have made a
 *	key of it, and will make another one when asked anew.
 * @error, @message: if not HTTP_DONE
 */
struct exchange {
	enum http_outcome outcome;
	uint8_t reply[VOICEPAY_MESSAGE_MAX];
	size_t reply_len;
	char error[48];
	char message[400];
};

/*
 * Sends @message. If the answer is lost it is sent again, a few times: to the
 * same message the gateway gives the same answer.
 */
void exchange(struct exchange *x, const struct config *config, const uint8_t *message, size_t len);

#endif
