// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets of voicepayd's socket: whatever comes in is checked here. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <voicepay.h>
#include "protocol.h"

/* A terminal, or a log, must not be steered by what a reply says. */
static void make_text(char *s, size_t size)
{
	s[size - 1] = 0;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
}

int vp_request_check(const void *packet, size_t len, struct vp_request *request)
{
	if (len != sizeof(*request))
		return -EPROTO;
	memcpy(request, packet, sizeof(*request));
	if (request->magic != VP_REQUEST_MAGIC || request->flags)
		return -EPROTO;
	if (request->op == VP_OP_CHANNEL)
		return request->channels ? -EPROTO : 0;
	return request->op == VP_OP_WARM ? 0 : -EPROTO;
}

int vp_reply_check(const void *packet, size_t len, unsigned int fds, struct vp_reply *reply)
{
	int ok, channel;

	if (len != sizeof(*reply))
		return -EPROTO;
	memcpy(reply, packet, sizeof(*reply));
	ok = reply->check == VOICEPAY_CHECK_OK;
	if (reply->magic != VP_REPLY_MAGIC || reply->error < 0 || reply->error > 4095 ||
	    ok != !reply->error || reply->op > VP_OP_WARM || (ok && !reply->op))
		return -EPROTO;
	channel = ok && reply->op == VP_OP_CHANNEL;
	if (fds != (channel ? 1 : 0) ||
	    reply->flags & ~(channel ? VP_REPLY_RESUMED | VP_REPLY_WARM : 0))
		return -EPROTO;
	make_text(reply->message, sizeof(reply->message));
	make_text(reply->protocol, sizeof(reply->protocol));
	make_text(reply->cipher, sizeof(reply->cipher));
	make_text(reply->group, sizeof(reply->group));
	make_text(reply->host, sizeof(reply->host));
	return 0;
}

/* One packet and at most one descriptor; anything beyond is closed again. */
int vp_reply_receive(int sock, struct vp_reply *reply, int *fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(8 * sizeof(int))];
	} control;
	char packet[sizeof(*reply) + 1];
	struct iovec iov = { .iov_base = packet, .iov_len = sizeof(packet) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf, .msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	unsigned int fds = 0;
	ssize_t n;
	int err;

	*fd = -1;
	n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	/*
	 * A daemon that turns us away does not read the request first; its
	 * closing then shows as a reset, once, before the answer that it left.
	 */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		size_t i, count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (i = 0; i < count; i++) {
			int got;

			memcpy(&got, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
			if (fds++ == 0)
				*fd = got;
			else
				close(got);
		}
	}
	if (msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC))
		err = -EPROTO;
	else
		err = vp_reply_check(packet, n, fds, reply);
	if (err && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

int vp_reply_send(int sock, const struct vp_reply *reply, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)reply, .iov_len = sizeof(*reply) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	do {
		/* An app that does not read must not hold anybody up. */
		n = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}
