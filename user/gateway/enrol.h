/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agrees on a key with a device: message 1 in, message 2 out, the key in the store. */
#ifndef VPG_ENROL_H
#define VPG_ENROL_H

#include "gateway.h"

/*
 * Every reason to refuse gives RF_ENROL_REFUSED and leaves the store as it was;
 * which it was is in the log. @msg2 takes VP_MSG2_MAX bytes.
 */
enum refusal enrol_device(struct call *c, const __u8 *msg1, size_t len, __u8 *msg2, size_t *msg2_len);

/* Draws a ticket for a user and books it; @ticket is id and secret. */
enum store_result enrol_ticket(struct gateway *gw, struct store *st, long long party,
			       __u64 expires, __u8 ticket[VP_TICKET_LEN]);

#endif /* VPG_ENROL_H */
