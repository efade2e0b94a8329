// SPDX-License-Identifier: LGPL-2.1-or-later
/* Asks voicepayd for a channel. */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "export.h"
#include "protocol.h"

#define DEFAULT_TIMEOUT_MS	30000

/* The structure as its first version was; apps cannot have less. */
#define CHANNEL_SIZE_1	(offsetof(struct voicepay_channel, host) + 256)

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int fail(struct voicepay_channel *ch, unsigned int check, int err, const char *message)
{
	ch->check = check;
	snprintf(ch->message, sizeof(ch->message), "%s", message);
	return -err;
}

static int fail_connect(struct voicepay_channel *ch, int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return fail(ch, VOICEPAY_CHECK_DAEMON, err,
			    "voicepayd is not running: start it (systemctl start voicepayd.socket)");
	case EACCES:
	case EPERM:
		return fail(ch, VOICEPAY_CHECK_PEER, EACCES,
			    "this user may not reach voicepayd: add it to the group voicepay and log in again");
	case EAGAIN:
		return fail(ch, VOICEPAY_CHECK_BUSY, err,
			    "voicepayd has too many callers waiting: try again in a moment");
	default:
		ch->check = VOICEPAY_CHECK_DAEMON;
		snprintf(ch->message, sizeof(ch->message), "cannot reach voicepayd: %s",
			 strerror(err));
		return -err;
	}
}

static int connect_daemon(const char *path, struct voicepay_channel *ch)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock;

	if (strlen(path) >= sizeof(addr.sun_path))
		return fail(ch, VOICEPAY_CHECK_DAEMON, ENAMETOOLONG,
			    "the path of voicepayd's socket is too long: 107 bytes at most");
	strcpy(addr.sun_path, path);

	/* Non-blocking: a daemon that does not accept must not hold the app. */
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return fail_connect(ch, errno);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int err = errno;

		close(sock);
		return fail_connect(ch, err);
	}
	return sock;
}

/* One packet and at most one descriptor; anything beyond is closed again. */
static int receive(int sock, struct vp_reply *reply, int *fd)
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

static int wait_readable(int sock, long long deadline)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };

	for (;;) {
		long long left = deadline - now_ms();
		int n;

		if (left <= 0)
			return -ETIMEDOUT;
		n = poll(&pfd, 1, left > INT_MAX ? INT_MAX : left);	/* negative: for ever */
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

VP_EXPORT int voicepay_channel_open(const char *path, unsigned int timeout_ms,
				    struct voicepay_channel *ch)
{
	struct vp_request request = {
		.magic = VP_REQUEST_MAGIC,
		.op = VP_OP_CHANNEL,
		.timeout_ms = timeout_ms ? timeout_ms : DEFAULT_TIMEOUT_MS,
	};
	long long deadline = now_ms() + request.timeout_ms;
	struct vp_reply reply;
	int sock, fd, err;
	__u32 size;

	if (!ch || ch->size < CHANNEL_SIZE_1)
		return -EINVAL;
	size = ch->size;
	memset(ch, 0, size);
	ch->size = size;

	sock = connect_daemon(path ? path : VP_DAEMON_SOCKET, ch);
	if (sock < 0)
		return sock;

	/*
	 * A refusal may be waiting already, and the daemon gone: then send()
	 * fails with EPIPE, and what can be read says more than that.
	 */
	if (send(sock, &request, sizeof(request), MSG_NOSIGNAL) < 0 && errno != EPIPE) {
		err = fail_connect(ch, errno);
		close(sock);
		return err;
	}

	err = wait_readable(sock, deadline);
	if (!err)
		err = receive(sock, &reply, &fd);
	close(sock);
	if (err == -ETIMEDOUT)
		return fail(ch, VOICEPAY_CHECK_TIMEOUT, ETIMEDOUT,
			    "voicepayd did not answer in time: try again, and look at its log (journalctl -u voicepayd)");
	if (err)
		return fail(ch, VOICEPAY_CHECK_DAEMON, EPROTO,
			    "what answered on voicepayd's socket does not speak its protocol: are library and daemon of one version?");

	ch->check = reply.check;
	memcpy(ch->message, reply.message, sizeof(ch->message));
	if (reply.check != VOICEPAY_CHECK_OK)
		return -reply.error;
	memcpy(ch->protocol, reply.protocol, sizeof(ch->protocol));
	memcpy(ch->cipher, reply.cipher, sizeof(ch->cipher));
	memcpy(ch->group, reply.group, sizeof(ch->group));
	memcpy(ch->host, reply.host, sizeof(ch->host));
	return fd;
}
