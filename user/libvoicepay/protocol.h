/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes over voicepayd's socket: one request, one reply, each one packet
 * of SOCK_SEQPACKET. Both ends are on one machine, so integers are the host's;
 * the structures have no padding and are the same for 32-bit apps.
 */
#ifndef VP_PROTOCOL_H
#define VP_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VP_DAEMON_SOCKET	"/run/voicepay/voicepayd.sock"

#define VP_REQUEST_MAGIC	0x32715056u	/* "VPq2" */
#define VP_REPLY_MAGIC		0x32725056u	/* "VPr2" */

enum vp_op {
	VP_OP_CHANNEL = 1,
	VP_OP_WARM = 2,
};

/**
 * struct vp_request - app to voicepayd
 * @magic: VP_REQUEST_MAGIC; names the version too
 * @op: enum vp_op
 * @flags: 0
 * @timeout_ms: how long the app is going to wait
 * @channels: VP_OP_WARM: how many it would have kept ready, 0 to be told only; else 0
 */
struct vp_request {
	uint32_t magic;
	uint32_t op;
	uint32_t flags;
	uint32_t timeout_ms;
	uint32_t channels;
};

/* Flags of a reply, both with VP_OP_CHANNEL only. */
#define VP_REPLY_RESUMED	1u	/* the TLS session is a continued one */
#define VP_REPLY_WARM		2u	/* the channel was open already */

/**
 * struct vp_reply - voicepayd, or the handshake process for it, to the app
 * @magic: VP_REPLY_MAGIC
 * @check: enum voicepay_check; if it is VOICEPAY_CHECK_OK, and @op is
 *	VP_OP_CHANNEL, then exactly one descriptor, the channel, comes with the
 *	packet, else none does
 * @error: errno value for the app, 0 with VOICEPAY_CHECK_OK
 * @op: what it answers; a refusal may have 0
 * @flags: VP_REPLY_*
 * @ready: VP_OP_WARM: channels that wait for an app
 * @coming: VP_OP_WARM: those that are being opened
 * @seconds: VP_OP_WARM: for so long they are replaced
 */
struct vp_reply {
	uint32_t magic;
	uint32_t check;
	int32_t  error;
	uint32_t op;
	uint32_t flags;
	uint32_t ready;
	uint32_t coming;
	uint32_t seconds;
	char message[256];
	char protocol[16];
	char cipher[40];
	char group[40];
	char host[256];
};

/* Both return 0 if the packet of @len bytes is well-formed, else -EPROTO. */
int vp_request_check(const void *packet, size_t len, struct vp_request *request);
int vp_reply_check(const void *packet, size_t len, unsigned int fds, struct vp_reply *reply);

/* The same for a reply that @sock has; *@fd is its descriptor, or -1. Negative errno if there is none. */
int vp_reply_receive(int sock, struct vp_reply *reply, int *fd);

/* Sends @reply, with @fd unless that is negative. 0 or -errno. */
int vp_reply_send(int sock, const struct vp_reply *reply, int fd);

#endif
