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

#define VP_REQUEST_MAGIC	0x31715056u	/* "VPq1" */
#define VP_REPLY_MAGIC		0x31725056u	/* "VPr1" */

enum vp_op {
	VP_OP_CHANNEL = 1,
};

/**
 * struct vp_request - app to voicepayd
 * @magic: VP_REQUEST_MAGIC; names the version too
 * @op: enum vp_op
 * @flags: 0
 * @timeout_ms: how long the app is going to wait
 */
struct vp_request {
	uint32_t magic;
	uint32_t op;
	uint32_t flags;
	uint32_t timeout_ms;
};

/**
 * struct vp_reply - voicepayd, or the handshake process for it, to the app
 * @magic: VP_REPLY_MAGIC
 * @check: enum voicepay_check; if it is VOICEPAY_CHECK_OK then exactly one
 *	descriptor, the channel, comes with the packet, else none does
 * @error: errno value for the app, 0 with VOICEPAY_CHECK_OK
 * @flags: 0
 */
struct vp_reply {
	uint32_t magic;
	uint32_t check;
	int32_t  error;
	uint32_t flags;
	char message[256];
	char protocol[16];
	char cipher[40];
	char group[40];
	char host[256];
};

/* Both return 0 if the packet of @len bytes is well-formed, else -EPROTO. */
int vp_request_check(const void *packet, size_t len, struct vp_request *request);
int vp_reply_check(const void *packet, size_t len, unsigned int fds, struct vp_reply *reply);

/* Sends @reply, with @fd unless that is negative. 0 or -errno. */
int vp_reply_send(int sock, const struct vp_reply *reply, int fd);

#endif
