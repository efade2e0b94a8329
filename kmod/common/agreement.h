/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What device and gateway say to each other inside the Noise messages, and
 * the keys that both derive when they are done. Every constant and layout of
 * the enrolment that leaves the machine is in this file.
 *
 * All integers are big endian. Unknown versions, lengths that do not fit,
 * values out of range and trailing bytes are refused with -EPROTO, so that two
 * implementations can never read one message differently.
 */
#ifndef VP_AGREEMENT_H
#define VP_AGREEMENT_H

#include "prim.h"
#include "noise.h"
#include "paycode.h"

#define VP_AGREE_PROLOGUE	"voicepay-1"
#define VP_AGREE_PROLOGUE_LEN	10

#define VP_DEVICE_ID_LEN	16
#define VP_NONCE_LEN		16
#define VP_TICKET_ID_LEN	8
#define VP_TICKET_SECRET_LEN	16
#define VP_TICKET_LEN		(VP_TICKET_ID_LEN + VP_TICKET_SECRET_LEN)

#define VP_ALIAS_DIGITS		10
#define VP_ALIASES_MAX		16

/* Why the device speaks. */
enum vp_agree_kind {
	VP_AGREE_ENROL	= 1,	/* with a ticket: first time, or after expiry */
	VP_AGREE_ROTATE	= 2,	/* with the current pre-shared key */
};

/* Payload of message 1: VP_REQUEST_LEN bytes. */
struct vp_agree_request {
	__u8  kind;			/* enum vp_agree_kind */
	__u16 modes;			/* PAYCODE_MODE() bits it can issue; 0: only plain */
	__u8  device[VP_DEVICE_ID_LEN];	/* from the TLS certificate's public key */
	__u32 slot;
	__u64 epoch;			/* of the key that the slot holds; 0: none */
	__u64 ordinal;			/* step * 10 + Q of the last code issued; 0: none */
	__u8  nonce[VP_NONCE_LEN];	/* names this request; a retry repeats it */
	__u8  ticket_id[VP_TICKET_ID_LEN];	/* zero for VP_AGREE_ROTATE */
};

#define VP_REQUEST_LEN	(1 + 1 + 2 + VP_DEVICE_ID_LEN + 4 + 8 + 8 + VP_NONCE_LEN + VP_TICKET_ID_LEN)
#define VP_MSG1_LEN	(VP_REQUEST_LEN + VP_NOISE_MSG1_OVERHEAD)

/*
 * Payload of message 2: VP_GRANT_LEN(aliases) bytes, or in version 1, for who
 * asked without modes, VP_GRANT1_LEN(aliases).
 */
struct vp_agree_grant {
	__u8  prefix[2];		/* PP, ASCII digits */
	__u16 modes;			/* PAYCODE_MODE() bits; 0 is written as version 1 */
	__u64 epoch;			/* of the new key; above the request's */
	__u64 time_ms;			/* gateway's time, milliseconds since 1970 */
	__u64 not_before;		/* seconds since 1970 */
	__u64 rotate_after;
	__u64 not_after;
	__u32 per_hour;			/* budgets of codes; 0: unlimited */
	__u32 per_day;
	__u32 per_key;
	__u32 n_aliases;		/* 1 to VP_ALIASES_MAX */
	__u8  alias[VP_ALIASES_MAX][VP_ALIAS_DIGITS];	/* ASCII digits */
};

#define VP_GRANT1_LEN(n) (1 + 1 + 2 + 8 + 8 + 8 + 8 + 8 + 4 + 4 + 4 + VP_ALIAS_DIGITS * (n))
#define VP_GRANT_LEN(n)	(VP_GRANT1_LEN(n) + 2)
#define VP_MSG2_MAX	(VP_GRANT_LEN(VP_ALIASES_MAX) + VP_NOISE_MSG2_OVERHEAD)

/* Keys of a slot and an epoch, on both sides. */
struct vp_root_keys {
	__u8 code[VP_KEY_LEN];		/* K of PC1 */
	__u8 auth[VP_KEY_LEN];		/* authorises voice orders */
	__u8 psk[VP_KEY_LEN];		/* the next handshake's pre-shared key */
	__u8 code512[VP_KEY512_LEN];	/* K of PC1 where it uses HMAC-SHA-512 */
};

void vp_agree_encode_request(__u8 out[VP_REQUEST_LEN], const struct vp_agree_request *req);
int vp_agree_decode_request(struct vp_agree_request *req, const __u8 *in, size_t len);

/*
 * Returns the length written, at most VP_GRANT_LEN(VP_ALIASES_MAX), or -EPROTO.
 * What is decoded always has modes: version 1 grants the plain one.
 */
int vp_agree_encode_grant(__u8 *out, const struct vp_agree_grant *grant);
int vp_agree_decode_grant(struct vp_agree_grant *grant, const __u8 *in, size_t len);

/* The pre-shared key of a first enrolment: HKDF over the ticket's secret, bound to its id. */
int vp_agree_ticket_psk(__u8 psk[VP_KEY_LEN], const __u8 ticket[VP_TICKET_LEN]);

/* The root keys of a handshake that is VP_NOISE_DONE: HKDF-Expand(ck, label || h) each. */
int vp_agree_root_keys(struct vp_root_keys *keys, const struct vp_noise *hs);

#endif /* VP_AGREEMENT_H */
