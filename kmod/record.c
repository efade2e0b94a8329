// SPDX-License-Identifier: GPL-2.0
/* What each TLS control record means: RFC 8446 and, for TLS 1.2, RFC 5246. */

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "record.h"

/* Handshake messages that can come after the handshake, RFC 8446, B.3 */
#define HS_HELLO_REQUEST	0
#define HS_NEW_SESSION_TICKET	4

#define ALERT_USER_CANCELED	90

static struct vp_record_answer carry_on(void)
{
	return (struct vp_record_answer){ .verdict = VP_RECORD_CONTINUE, .alert = VP_ALERT_NONE };
}

static struct vp_record_answer end_of_file(void)
{
	return (struct vp_record_answer){ .verdict = VP_RECORD_EOF, .alert = VP_ALERT_NONE };
}

static struct vp_record_answer fail(int err, u8 alert)
{
	return (struct vp_record_answer){ .verdict = VP_RECORD_FAIL, .err = err, .alert = alert };
}

void vp_record_init(struct vp_record *r, bool tls13, bool rekeys)
{
	memset(r, 0, sizeof(*r));
	r->tls13 = tls13;
	r->rekeys = rekeys;
}

/* An alert fills a record of its own, so @r->head holds all of it. */
static struct vp_record_answer alert_answer(struct vp_record *r)
{
	u8 level = r->head[0], description = r->head[1];

	if (r->have != 2 || r->seen != 2)
		return fail(EPROTO, VP_ALERT_DECODE);
	r->have = 0;

	if (description == VP_ALERT_CLOSE_NOTIFY)
		return end_of_file();
	/* In 1.3 the level means nothing: all but these two end the session. */
	if (description == ALERT_USER_CANCELED)
		return carry_on();
	if (!r->tls13 && level == VP_ALERT_WARNING)
		return carry_on();
	return fail(ECONNABORTED, VP_ALERT_NONE);
}

static struct vp_record_answer message_answer(struct vp_record *r)
{
	u32 len = r->head[1] << 16 | r->head[2] << 8 | r->head[3];

	switch (r->head[0]) {
	case HS_NEW_SESSION_TICKET:
		/* Under 1.2 it belongs into the handshake, which is over. */
		if (!r->tls13)
			break;
		if (!len || len > VP_NEWTICKET_MAX)
			return fail(EPROTO, VP_ALERT_DECODE);
		r->left = len;
		vp_newticket_begin(&r->newticket);
		return carry_on();
	case VP_HS_KEY_UPDATE:
		if (!r->tls13)
			break;
		if (len != 1)
			return fail(EPROTO, VP_ALERT_DECODE);
		if (!r->rekeys)
			return fail(EKEYEXPIRED, VP_ALERT_INTERNAL);
		if (++r->updates > VP_RECORD_UPDATES_MAX)
			return fail(EPROTO, VP_ALERT_UNEXPECTED);
		r->left = 1;
		return carry_on();
	case HS_HELLO_REQUEST:	/* renegotiation: never */
	default:
		break;
	}
	return fail(EPROTO, VP_ALERT_UNEXPECTED);
}

/* @n bytes, no more than are left, of the body of the message that head[] tells of. */
static struct vp_record_answer body_bytes(struct vp_record *r, const u8 *data, size_t n)
{
	u8 alert;

	r->left -= n;
	if (!r->left)
		r->have = 0;
	if (r->head[0] == VP_HS_KEY_UPDATE) {
		if (data[0] > 1)
			return fail(EPROTO, VP_ALERT_ILLEGAL);
		r->update = true;
		r->requested = data[0];
		return carry_on();
	}
	alert = vp_newticket_bytes(&r->newticket, data, n);
	if (alert == VP_ALERT_NONE && !r->left)
		alert = vp_newticket_end(&r->newticket);
	if (alert != VP_ALERT_NONE)
		return fail(EPROTO, alert);
	if (!r->left && r->ticket)
		r->ticket(r->owner, &r->newticket);
	return carry_on();
}

static struct vp_record_answer handshake_bytes(struct vp_record *r, const u8 *data, size_t len)
{
	struct vp_record_answer answer;
	size_t n;

	while (len) {
		/* What follows a KeyUpdate must be under the new key. */
		if (r->update)
			return fail(EPROTO, VP_ALERT_UNEXPECTED);
		answer = carry_on();
		if (r->left) {
			n = min_t(size_t, len, r->left);
			answer = body_bytes(r, data, n);
		} else {
			n = min_t(size_t, len, sizeof(r->head) - r->have);
			memcpy(r->head + r->have, data, n);
			r->have += n;
			if (r->have == sizeof(r->head))
				answer = message_answer(r);
		}
		if (answer.verdict != VP_RECORD_CONTINUE)
			return answer;
		data += n;
		len -= n;
	}
	return carry_on();
}

static struct vp_record_answer alert_bytes(struct vp_record *r, const u8 *data, size_t len)
{
	if (len + r->have > 2)
		return fail(EPROTO, VP_ALERT_DECODE);
	memcpy(r->head + r->have, data, len);
	r->have += len;
	return carry_on();
}

struct vp_record_answer vp_record_control(struct vp_record *r, u8 type, const u8 *data,
					  size_t len, bool end)
{
	struct vp_record_answer answer;

	if (!r->type) {
		/* A message may span records, but only records of its own type. */
		if (vp_record_busy(r) && type != VP_RECORD_HANDSHAKE)
			return fail(EPROTO, VP_ALERT_UNEXPECTED);
		r->type = type;
		r->seen = 0;
	} else if (r->type != type) {
		return fail(EPROTO, VP_ALERT_UNEXPECTED);
	}
	r->seen += len;

	switch (type) {
	case VP_RECORD_ALERT:
		answer = alert_bytes(r, data, len);
		if (end && answer.verdict == VP_RECORD_CONTINUE)
			answer = alert_answer(r);
		break;
	case VP_RECORD_HANDSHAKE:
		answer = handshake_bytes(r, data, len);
		break;
	default:	/* change_cipher_spec is for the handshake alone */
		answer = fail(EPROTO, VP_ALERT_UNEXPECTED);
	}
	if (answer.verdict != VP_RECORD_CONTINUE || !end)
		return answer;

	r->type = 0;
	if (!r->seen)	/* only data may be empty */
		return fail(EPROTO, VP_ALERT_UNEXPECTED);
	if (++r->quiet > VP_RECORD_QUIET_MAX)
		return fail(EPROTO, VP_ALERT_UNEXPECTED);
	if (r->update) {
		r->update = false;
		return (struct vp_record_answer){
			.verdict = VP_RECORD_REKEY, .alert = VP_ALERT_NONE,
			.requested = r->requested,
		};
	}
	return answer;
}

struct vp_record_answer vp_record_data(struct vp_record *r, bool empty)
{
	if (r->type || vp_record_busy(r))
		return fail(EPROTO, VP_ALERT_UNEXPECTED);
	if (!empty)
		vp_record_progress(r);
	else if (++r->quiet > VP_RECORD_QUIET_MAX)
		return fail(EPROTO, VP_ALERT_UNEXPECTED);
	return carry_on();
}
