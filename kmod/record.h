/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a TLS record that is not application data means for the channel.
 * Pure decisions: no socket, no lock, no allocation.
 */
#ifndef VP_RECORD_H
#define VP_RECORD_H

#include <linux/types.h>

#include "newticket.h"

/* Records without a byte of data between them, before the peer is taken for hostile. */
#define VP_RECORD_QUIET_MAX	256
/* KeyUpdates likewise: each costs us a new key. */
#define VP_RECORD_UPDATES_MAX	32

/* enum: RFC 8446, B.1 and B.2 */
#define VP_RECORD_CHANGE_CIPHER	20
#define VP_RECORD_ALERT		21
#define VP_RECORD_HANDSHAKE	22
#define VP_RECORD_DATA		23

/* enum: RFC 8446, B.3 */
#define VP_HS_KEY_UPDATE	24

#define VP_ALERT_WARNING	1
#define VP_ALERT_FATAL		2

#define VP_ALERT_CLOSE_NOTIFY	0
#define VP_ALERT_UNEXPECTED	10
#define VP_ALERT_BAD_MAC	20
#define VP_ALERT_ILLEGAL	47
#define VP_ALERT_DECODE		50
#define VP_ALERT_INTERNAL	80
#define VP_ALERT_NONE		255

/**
 * enum vp_record_verdict - what the receiver does next
 * @VP_RECORD_CONTINUE: absorbed; look at the next record
 * @VP_RECORD_REKEY: the next record is under the peer's next key
 * @VP_RECORD_EOF: the peer closed in good order; sticky
 * @VP_RECORD_FAIL: the channel is broken; sticky
 */
enum vp_record_verdict {
	VP_RECORD_CONTINUE,
	VP_RECORD_REKEY,
	VP_RECORD_EOF,
	VP_RECORD_FAIL,
};

/**
 * struct vp_record_answer - a verdict with its reasons
 * @verdict: what to do
 * @err: for FAIL, the positive errno that the reader gets
 * @alert: for FAIL, the alert that the peer is owed, or VP_ALERT_NONE
 * @requested: for REKEY, whether our own key is to change, too
 */
struct vp_record_answer {
	enum vp_record_verdict verdict;
	int err;
	u8 alert;
	bool requested;
};

/**
 * struct vp_record - the receive direction's memory between records
 * @tls13: the session is TLS 1.3, else 1.2
 * @rekeys: a KeyUpdate can be followed
 * @ticket: called with each ticket that is whole; may be NULL
 * @owner: for @ticket
 * @update: a KeyUpdate has come, which must end its record
 * @requested: it wants one in return
 * @type: type of the control record being read, 0 between records
 * @have: bytes in @head
 * @head: header of the handshake message, or the alert, being gathered
 * @left: bytes of the handshake message still to come
 * @seen: bytes of the current record
 * @quiet: records without data since the last byte of data
 * @updates: KeyUpdates among them
 * @newticket: the ticket that is being read, or was last
 */
struct vp_record {
	bool tls13;
	bool rekeys;
	void (*ticket)(void *owner, const struct vp_newticket *nt);
	void *owner;
	bool update;
	bool requested;
	u8 type;
	u8 have;
	u8 head[4];
	u32 left;
	u32 seen;
	u32 quiet;
	u32 updates;
	struct vp_newticket newticket;
};

void vp_record_init(struct vp_record *r, bool tls13, bool rekeys);

/*
 * Takes the next @len bytes of a control record of @type; @end says that the
 * record ends with them.
 */
struct vp_record_answer vp_record_control(struct vp_record *r, u8 type, const u8 *data,
					  size_t len, bool end);

/* Application data follows: @empty if the record holds none. */
struct vp_record_answer vp_record_data(struct vp_record *r, bool empty);

/* A byte of data was read: the peer is not only talking to itself. */
static inline void vp_record_progress(struct vp_record *r)
{
	r->quiet = 0;
	r->updates = 0;
}

/* In the middle of a handshake message, where application data is forbidden. */
static inline bool vp_record_busy(const struct vp_record *r)
{
	return r->have || r->left;
}

#endif /* VP_RECORD_H */
