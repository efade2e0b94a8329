// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a NewSessionTicket: fixed fields into head[], the nonce and the
 * ticket where they belong, extensions only looked at. Each answer is the alert
 * that the peer is owed, or VP_ALERT_NONE.
 */

#include <linux/minmax.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "newticket.h"
#include "record.h"

#define EXT_EARLY_DATA	42

static void expect(struct vp_newticket *nt, enum vp_newticket_field field, u32 want)
{
	nt->field = field;
	nt->want = want;
	nt->have = 0;
}

/* An extension's head is there. */
static u8 extension(struct vp_newticket *nt)
{
	u16 type = get_unaligned_be16(nt->head), len = get_unaligned_be16(nt->head + 2);
	u8 i;

	nt->left -= 4;
	if (len > nt->left)
		return VP_ALERT_DECODE;
	if (type == EXT_EARLY_DATA && len != 4)		/* a maximum, which is of no use here */
		return VP_ALERT_DECODE;
	for (i = 0; i < nt->n_types; i++)
		if (nt->types[i] == type)
			return VP_ALERT_ILLEGAL;
	if (nt->n_types == VP_NEWTICKET_EXTENSIONS)
		return VP_ALERT_ILLEGAL;
	nt->types[nt->n_types++] = type;
	nt->left -= len;
	expect(nt, VP_NT_EXT, len);
	return VP_ALERT_NONE;
}

static u8 next_extension(struct vp_newticket *nt)
{
	if (!nt->left) {
		expect(nt, VP_NT_END, 0);
		return VP_ALERT_NONE;
	}
	if (nt->left < 4)
		return VP_ALERT_DECODE;
	expect(nt, VP_NT_EXT_HEAD, 4);
	return VP_ALERT_NONE;
}

/* A field is whole; what comes next? */
static u8 advance(struct vp_newticket *nt)
{
	switch (nt->field) {
	case VP_NT_LIFETIME:
		nt->lifetime = get_unaligned_be32(nt->head);
		expect(nt, VP_NT_AGE_ADD, 4);
		break;
	case VP_NT_AGE_ADD:
		nt->age_add = get_unaligned_be32(nt->head);
		expect(nt, VP_NT_NONCE_LEN, 1);
		break;
	case VP_NT_NONCE_LEN:
		nt->nonce_len = nt->head[0];
		expect(nt, VP_NT_NONCE, nt->nonce_len);
		break;
	case VP_NT_NONCE:
		expect(nt, VP_NT_TICKET_LEN, 2);
		break;
	case VP_NT_TICKET_LEN:
		nt->ticket_len = get_unaligned_be16(nt->head);
		if (!nt->ticket_len)
			return VP_ALERT_DECODE;
		expect(nt, VP_NT_TICKET, nt->ticket_len);
		break;
	case VP_NT_TICKET:
		expect(nt, VP_NT_EXTS_LEN, 2);
		break;
	case VP_NT_EXTS_LEN:
		nt->left = get_unaligned_be16(nt->head);
		if (nt->left > 65534)
			return VP_ALERT_DECODE;
		return next_extension(nt);
	case VP_NT_EXT_HEAD:
		return extension(nt);
	case VP_NT_EXT:
		return next_extension(nt);
	case VP_NT_END:
		break;
	}
	return VP_ALERT_NONE;
}

static void store(struct vp_newticket *nt, const u8 *data, u32 n)
{
	switch (nt->field) {
	case VP_NT_NONCE:
		if (nt->nonce)
			memcpy(nt->nonce + nt->have, data, n);
		break;
	case VP_NT_TICKET:
		if (vp_newticket_kept(nt))
			memcpy(nt->ticket + nt->have, data, n);
		break;
	case VP_NT_EXT:
	case VP_NT_END:
		break;
	default:
		memcpy(nt->head + nt->have, data, n);
	}
	nt->have += n;
}

/* A new message; the places for ticket and nonce stay as they were given. */
void vp_newticket_begin(struct vp_newticket *nt)
{
	nt->n_types = 0;
	expect(nt, VP_NT_LIFETIME, 4);
}

/* The next bytes of its body. */
u8 vp_newticket_bytes(struct vp_newticket *nt, const u8 *data, size_t len)
{
	u8 alert;
	u32 n;

	while (len) {
		if (nt->field == VP_NT_END)
			return VP_ALERT_DECODE;
		n = min_t(size_t, len, nt->want - nt->have);
		store(nt, data, n);
		data += n;
		len -= n;
		/* More than once if a field is empty. */
		while (nt->have == nt->want && nt->field != VP_NT_END) {
			alert = advance(nt);
			if (alert != VP_ALERT_NONE)
				return alert;
		}
	}
	return VP_ALERT_NONE;
}

/* The message is over; is the ticket? */
u8 vp_newticket_end(const struct vp_newticket *nt)
{
	return nt->field == VP_NT_END ? VP_ALERT_NONE : VP_ALERT_DECODE;
}
