/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a TLS record that is not application data means for the channel.
 * Pure decisions: no socket, no lock, no allocation.
 */
#ifndef VP_RECORD_H
#define VP_RECORD_H

#include <linux/types.h>

/* Records without a byte of data between them, before the peer is taken for hostile. */
#define VP_RECORD_QUIET_MAX	256
/* Largest post-handshake message; a ticket is at most 131 kB by its format. */
#define VP_RECORD_MESSAGE_MAX	0x40000

/* enum: RFC 8446, B.1 and B.2 */
#define VP_RECORD_CHANGE_CIPHER	20
#define VP_RECORD_ALERT		21
#define VP_RECORD_HANDSHAKE	22
#define VP_RECORD_DATA		23

#define VP_ALERT_WARNING	1
#define VP_ALERT_FATAL		2

#define VP_ALERT_CLOSE_NOTIFY	0
#define VP_ALERT_UNEXPECTED	10
#define VP_ALERT_BAD_MAC	20
#define VP_ALERT_DECODE		50
#define VP_ALERT_INTERNAL	80
#define VP_ALERT_NONE		255

/**
 * enum vp_record_verdict - what the receiver does next
 * @VP_RECORD_CONTINUE: absorbed; look at the next record
 * @VP_RECORD_EOF: the peer closed in good order; sticky
 * @VP_RECORD_FAIL: the channel is broken; sticky
 */
enum vp_record_verdict {
	VP_RECORD_CONTINUE,
	VP_RECORD_EOF,
	VP_RECORD_FAIL,
};

/**
 * struct vp_record_answer - a verdict with its reasons
 * @verdict: what to do
 * @err: for FAIL, the positive errno that the reader gets
 * @alert: for FAIL, the alert that the peer is owed, or VP_ALERT_NONE
 */
struct vp_record_answer {
	enum vp_record_verdict verdict;
	int err;
	u8 alert;
};

/**
 * struct vp_record - the receive direction's memory between records
 * @tls13: the session is TLS 1.3, else 1.2
 * @type: type of the control record being read, 0 between records
 * @have: bytes in @head
 * @head: header of the handshake message, or the alert, being gathered
 * @left: bytes of the handshake message still to skip
 * @seen: bytes of the current record
 * @quiet: records without data since the last byte of data
 */
struct vp_record {
	bool tls13;
	u8 type;
	u8 have;
	u8 head[4];
	u32 left;
	u32 seen;
	u32 quiet;
};

void vp_record_init(struct vp_record *r, bool tls13);

/*
 * Takes the next @len bytes of a control record of @type; @end says that the
 * record ends with them.
 */
struct vp_record_answer vp_record_control(struct vp_record *r, u8 type, const u8 *data,
					  size_t len, bool end);

/* Application data follows: @empty if the record holds none. */
struct vp_record_answer vp_record_data(struct vp_record *r, bool empty);

/* In the middle of a handshake message, where application data is forbidden. */
static inline bool vp_record_busy(const struct vp_record *r)
{
	return r->have || r->left;
}

#endif /* VP_RECORD_H */
