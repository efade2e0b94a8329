/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Noise_IKpsk2_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework,
 * revision 34), both roles, handshake only. IK is here too, for its published
 * vectors exercise every step but the last psk token.
 *
 *	<- s
 *	...
 *	-> e, es, s, ss
 *	<- e, ee, se, psk
 *
 * The caller keeps the structure in memory fit for secrets, calls the
 * functions in order, and ends with vp_noise_wipe() whatever happened. An
 * error ends the handshake: the state is wiped already.
 */
#ifndef VP_NOISE_H
#define VP_NOISE_H

#include "prim.h"

/* What a message is longer than its payload: e, encrypted s with tag, tag. */
#define VP_NOISE_MSG1_OVERHEAD	(VP_KEY_LEN + VP_KEY_LEN + VP_TAG_LEN + VP_TAG_LEN)
/* e, tag */
#define VP_NOISE_MSG2_OVERHEAD	(VP_KEY_LEN + VP_TAG_LEN)

enum vp_noise_state {
	VP_NOISE_ZEROED = 0,
	VP_NOISE_STARTED,		/* initialised, no message yet */
	VP_NOISE_CREATED_MSG1,		/* initiator awaits message 2 */
	VP_NOISE_CONSUMED_MSG1,		/* responder owes message 2 */
	VP_NOISE_DONE,			/* ck and h are final */
};

struct vp_noise {
	enum vp_noise_state state;
	int with_psk;			/* IKpsk2 rather than IK */
	__u8 ck[VP_HASH_LEN];		/* chaining key */
	__u8 h[VP_HASH_LEN];		/* handshake hash */
	__u8 k[VP_KEY_LEN];		/* cipher key */
	__u64 n;			/* its nonce */
	__u8 s[VP_KEY_LEN];		/* own static private key */
	__u8 s_pub[VP_KEY_LEN];
	__u8 e[VP_KEY_LEN];		/* own ephemeral private key */
	__u8 e_pub[VP_KEY_LEN];
	__u8 rs[VP_KEY_LEN];		/* the other side's static public key */
	__u8 re[VP_KEY_LEN];		/* its ephemeral public key */
};

/*
 * Start as initiator, who knows the responder's static key @rs, or as
 * responder. @s and @s_pub are the own static pair. @with_psk chooses IKpsk2.
 */
int vp_noise_init_initiator(struct vp_noise *hs, int with_psk,
			    const void *prologue, size_t prologue_len,
			    const __u8 s[VP_KEY_LEN], const __u8 s_pub[VP_KEY_LEN],
			    const __u8 rs[VP_KEY_LEN]);
int vp_noise_init_responder(struct vp_noise *hs, int with_psk,
			    const void *prologue, size_t prologue_len,
			    const __u8 s[VP_KEY_LEN], const __u8 s_pub[VP_KEY_LEN]);

/*
 * Initiator: write message 1, payload_len + VP_NOISE_MSG1_OVERHEAD bytes, to
 * @msg. The ephemeral pair comes from vp_prim_keypair(), which tests of the
 * published vectors replace.
 */
int vp_noise_write_msg1(struct vp_noise *hs, __u8 *msg,
			const __u8 *payload, size_t payload_len);

/*
 * Responder: read message 1 of @msg_len bytes; @payload takes msg_len -
 * VP_NOISE_MSG1_OVERHEAD bytes. Afterwards hs->rs is the initiator's static
 * key, proven to be known to who wrote the message (or who replays it).
 * -EBADMSG if it was not meant for this responder or was altered.
 */
int vp_noise_read_msg1(struct vp_noise *hs, const __u8 *msg, size_t msg_len,
		       __u8 *payload);

/*
 * Responder: write message 2, payload_len + VP_NOISE_MSG2_OVERHEAD bytes. @psk
 * is NULL for IK.
 */
int vp_noise_write_msg2(struct vp_noise *hs, const __u8 psk[VP_KEY_LEN], __u8 *msg,
			const __u8 *payload, size_t payload_len);

/*
 * Initiator: read message 2 of @msg_len bytes; @payload takes msg_len -
 * VP_NOISE_MSG2_OVERHEAD bytes. -EBADMSG if it is not from the responder, was
 * altered, answers another message 1, or the pre-shared keys differ.
 */
int vp_noise_read_msg2(struct vp_noise *hs, const __u8 psk[VP_KEY_LEN],
		       const __u8 *msg, size_t msg_len, __u8 *payload);

void vp_noise_wipe(struct vp_noise *hs);

#endif /* VP_NOISE_H */
