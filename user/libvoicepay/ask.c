// SPDX-License-Identifier: LGPL-2.1-or-later
/* One question to voicepayd, and its answer, in bounded time. */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <voicepay.h>
#include "ask.h"

#define DEFAULT_TIMEOUT_MS	30000

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int fail(struct vp_reply *reply, unsigned int check, int err, const char *message)
{
	memset(reply, 0, sizeof(*reply));
	reply->check = check;
	snprintf(reply->message, sizeof(reply->message), "%s", message);
	return -err;
}

static int fail_connect(struct vp_reply *reply, int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return fail(reply, VOICEPAY_CHECK_DAEMON, err,
			    "voicepayd is not running: start it (systemctl start voicepayd.socket)");
	case EACCES:
	case EPERM:
		return fail(reply, VOICEPAY_CHECK_PEER, EACCES,
			    "this user may not reach voicepayd: add it to the group voicepay and log in again");
	case EAGAIN:
		return fail(reply, VOICEPAY_CHECK_BUSY, err,
			    "voicepayd has too many callers waiting: try again in a moment");
	default:
		fail(reply, VOICEPAY_CHECK_DAEMON, err, "");
		snprintf(reply->message, sizeof(reply->message), "cannot reach voicepayd: %s",
			 strerror(err));
		return -err;
	}
}

static int connect_daemon(const char *path, struct vp_reply *reply)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock;

	if (strlen(path) >= sizeof(addr.sun_path))
		return fail(reply, VOICEPAY_CHECK_DAEMON, ENAMETOOLONG,
			    "the path of voicepayd's socket is too long: 107 bytes at most");
	strcpy(addr.sun_path, path);

	/* Non-blocking: a daemon that does not accept must not hold the app. */
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return fail_connect(reply, errno);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int err = errno;

		close(sock);
		return fail_connect(reply, err);
	}
	return sock;
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

int vp_ask(const char *path, struct vp_request *request, struct vp_reply *reply, int *fd)
{
	long long deadline;
	int sock, err;

	*fd = -1;
	request->magic = VP_REQUEST_MAGIC;
	if (!request->timeout_ms)
		request->timeout_ms = DEFAULT_TIMEOUT_MS;
	deadline = now_ms() + request->timeout_ms;
	sock = connect_daemon(path ? path : VP_DAEMON_SOCKET, reply);
	if (sock < 0)
		return sock;

	/*
	 * A refusal may be waiting already, and the daemon gone: then send()
	 * fails with EPIPE, and what can be read says more than that.
	 */
	if (send(sock, request, sizeof(*request), MSG_NOSIGNAL) < 0 && errno != EPIPE) {
		err = fail_connect(reply, errno);
		close(sock);
		return err;
	}

	err = wait_readable(sock, deadline);
	if (!err)
		err = vp_reply_receive(sock, reply, fd);
	close(sock);
	/* An answer to something else is none. */
	if (!err && reply->check == VOICEPAY_CHECK_OK && reply->op != request->op) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		err = -EPROTO;
	}
	if (err == -ETIMEDOUT)
		return fail(reply, VOICEPAY_CHECK_TIMEOUT, ETIMEDOUT,
			    "voicepayd did not answer in time: try again, and look at its log (journalctl -u voicepayd)");
	if (err)
		return fail(reply, VOICEPAY_CHECK_DAEMON, EPROTO,
			    "what answered on voicepayd's socket does not speak its protocol: are library and daemon of one version?");
	return -reply->error;
}
