// SPDX-License-Identifier: GPL-2.0-or-later
/* TCP to the gateway, in bounded time. */

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connect.h"

/* A gateway that vanished is noticed, in a payment or between two. */
#define USER_TIMEOUT_MS	20000

int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - clock_ms();
		int n;

		if (left <= 0)
			return -1;
		n = poll(&pfd, 1, left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -1;
	}
}

void connect_load_ktls(void)
{
	/*
	 * The kernel loads the module for a caller with CAP_NET_ADMIN only.
	 * That the socket is not connected it sees afterwards.
	 */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls"));
		close(fd);
	}
}

static void set_options(int fd)
{
	unsigned int user_timeout = USER_TIMEOUT_MS;
	int on = 1;

	/* None of them decides whether the channel is safe: no harm if one fails. */
	setsockopt(fd, SOL_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof(user_timeout));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* 0 and a socket in @out, or an errno value. */
static int try_address(const struct addrinfo *ai, int64_t deadline, int *out)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;
	socklen_t len = sizeof(err);

	if (fd < 0)
		return errno;
	set_options(fd);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen)) {
		err = errno;
		if (err == EINPROGRESS) {
			err = ETIMEDOUT;
			if (!wait_for(fd, POLLOUT, deadline))
				getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
		}
	}
	if (err) {
		close(fd);
		return err;
	}
	*out = fd;
	return 0;
}

int connect_gateway(const struct config *config, int64_t deadline, struct vp_reply *reply)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG,
	};
	const char *where = config->address[0] ? config->address : config->host;
	struct addrinfo *list, *ai;
	int err, fd = -1, left = 0;

	if (config->address[0] || config->host_is_ip)
		hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
	err = getaddrinfo(where, config->port, &hints, &list);
	if (err) {
		refuse(reply, VOICEPAY_CHECK_RESOLVE,
		       "the gateway's name %.100s does not resolve (%s): is this device online?", where,
		       err == EAI_SYSTEM ? strerror(errno) : gai_strerror(err));
		return -1;
	}

	for (ai = list; ai; ai = ai->ai_next)
		left++;
	err = 0;
	/* An address that does not answer leaves its share of time to the others. */
	for (ai = list; ai && fd < 0; ai = ai->ai_next, left--) {
		int64_t now = clock_ms();

		err = try_address(ai, now + (deadline - now) / left, &fd);
	}
	freeaddrinfo(list);
	if (fd < 0)
		refuse(reply, err == ETIMEDOUT ? VOICEPAY_CHECK_TIMEOUT : VOICEPAY_CHECK_CONNECT,
		       "no connection to the gateway %.100s, port %s (%s): is this device online?", where,
		       config->port, strerror(err));
	return fd;
}
