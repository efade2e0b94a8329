// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets of voicepayd's socket: whatever comes in is checked here. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

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
	if (request->magic != VP_REQUEST_MAGIC || request->op != VP_OP_CHANNEL || request->flags)
		return -EPROTO;
	return 0;
}

int vp_reply_check(const void *packet, size_t len, unsigned int fds, struct vp_reply *reply)
{
	int ok;

	if (len != sizeof(*reply))
		return -EPROTO;
	memcpy(reply, packet, sizeof(*reply));
	ok = reply->check == VOICEPAY_CHECK_OK;
	if (reply->magic != VP_REPLY_MAGIC || reply->flags || reply->error < 0 ||
	    reply->error > 4095 || ok != !reply->error || fds != (ok ? 1 : 0))
		return -EPROTO;
	make_text(reply->message, sizeof(reply->message));
	make_text(reply->protocol, sizeof(reply->protocol));
	make_text(reply->cipher, sizeof(reply->cipher));
	make_text(reply->group, sizeof(reply->group));
	make_text(reply->host, sizeof(reply->host));
	return 0;
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
