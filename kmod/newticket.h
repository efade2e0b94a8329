/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A NewSessionTicket of TLS 1.3 (RFC 8446, 4.6.1), read strictly and as it
 * comes: a message may be spread over records, and a record over reads. No
 * socket, no lock, no allocation.
 */
#ifndef VP_NEWTICKET_H
#define VP_NEWTICKET_H

#include <linux/types.h>

/* Largest body that the format allows. */
#define VP_NEWTICKET_MAX	(4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65534)
/* Likewise its longest nonce. */
#define VP_NEWTICKET_NONCE_MAX	255
/* More extensions than that nobody sends; one is known. */
#define VP_NEWTICKET_EXTENSIONS	16

/**
 * enum vp_newticket_field - what is being read
 * @VP_NT_LIFETIME: seconds
 * @VP_NT_AGE_ADD: a number
 * @VP_NT_NONCE_LEN: length of
 * @VP_NT_NONCE: this
 * @VP_NT_TICKET_LEN: length of
 * @VP_NT_TICKET: this
 * @VP_NT_EXTS_LEN: length of all extensions
 * @VP_NT_EXT_HEAD: type and length of one
 * @VP_NT_EXT: its content
 * @VP_NT_END: nothing more may come
 */
enum vp_newticket_field {
	VP_NT_LIFETIME,
	VP_NT_AGE_ADD,
	VP_NT_NONCE_LEN,
	VP_NT_NONCE,
	VP_NT_TICKET_LEN,
	VP_NT_TICKET,
	VP_NT_EXTS_LEN,
	VP_NT_EXT_HEAD,
	VP_NT_EXT,
	VP_NT_END,
};

/**
 * struct vp_newticket - a ticket that is being read, or was
 * @field: see above
 * @want: bytes of it
 * @have: bytes of it that have come
 * @head: a field of fixed length
 * @lifetime: as the server says; may be more than allowed
 * @age_add: likewise
 * @left: bytes of extensions to come
 * @room: how much of a ticket there is room for
 * @ticket: where it goes, or NULL
 * @nonce: where its nonce goes, VP_NEWTICKET_NONCE_MAX bytes, or NULL
 * @ticket_len: bytes of the ticket
 * @types: of the extensions so far
 * @n_types: their number
 * @nonce_len: bytes of the nonce, what its PSK is made with
 *
 * Each channel has one all its life, though few have a ticket in it at any
 * time: so what is long lies elsewhere, and whoever wants it kept gives @ticket,
 * @room and @nonce. Without one of them a ticket is read as strictly, and not kept.
 */
struct vp_newticket {
	enum vp_newticket_field field;
	u32 want;
	u32 have;
	u8 head[4];
	u32 lifetime;
	u32 age_add;
	u32 left;
	u32 room;
	u8 *ticket;
	u8 *nonce;
	u16 ticket_len;
	u16 types[VP_NEWTICKET_EXTENSIONS];
	u8 n_types;
	u8 nonce_len;
};

void vp_newticket_begin(struct vp_newticket *nt);
u8 vp_newticket_bytes(struct vp_newticket *nt, const u8 *data, size_t len);
u8 vp_newticket_end(const struct vp_newticket *nt);

/* Whether the ticket, which has come to its end, was kept whole. */
static inline bool vp_newticket_kept(const struct vp_newticket *nt)
{
	return nt->ticket && nt->nonce && nt->ticket_len <= nt->room;
}

#endif /* VP_NEWTICKET_H */
