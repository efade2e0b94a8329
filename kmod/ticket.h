/* SPDX-License-Identifier: GPL-2.0 */
/* The store of tickets: what resumes a session, for one handshake each. */
#ifndef VP_TICKET_H
#define VP_TICKET_H

#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "tls13.h"

/* Kept in all, for one user, and for one binding of his; the oldest make way. */
#define VP_TICKETS_MAX		64
#define VP_TICKETS_USER		16
#define VP_TICKETS_BINDING	4
/* Seconds, whatever the server says (RFC 8446, 4.6.1). */
#define VP_TICKET_LIFETIME_MAX	604800

struct file;

/**
 * struct vp_ticket_origin - where tickets come from; one for all of a channel
 * @users: the channel and its tickets
 * @owner: who sealed the channel
 * @suite: the session's
 * @binding: what its tickets are bound to
 * @context_len: bytes at @context
 * @context: kept with them
 */
struct vp_ticket_origin {
	refcount_t users;
	kuid_t owner;
	const struct vp_suite *suite;
	u8 binding[VOICEPAY_BINDING_LEN];
	u32 context_len;
	u8 context[];
};

struct vp_newticket;

void vp_ticket_origin_put(struct vp_ticket_origin *origin);
int vp_ticket_put(struct vp_ticket_origin *origin, const struct vp_newticket *nt, unsigned int era,
		  const u8 psk[VOICEPAY_SECRET_MAX]);
__visible int vp_ticket_take(struct voicepay_ticket *request, kuid_t owner);
void vp_ticket_wipe(void);
__visible void vp_ticket_exit(void);

#endif /* VP_TICKET_H */
