// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "line.h"

#define CONNECT_MS	1000

static int finish(int fd, const struct sockaddr *sa, socklen_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0;
	socklen_t size = sizeof(err);

	if (!connect(fd, sa, len))
		return 0;
	if (errno != EINPROGRESS || poll(&p, 1, CONNECT_MS) != 1)
		return -1;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) || err ? -1 : 0;
}

static int dial(const char *where)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd, one = 1, rc;

	fd = socket(*where == '/' ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (*where == '/') {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", where);
		rc = finish(fd, (struct sockaddr *)&un, sizeof(un));
	} else {
		char host[32];

		snprintf(host, sizeof(host), "%.*s", (int)strcspn(where, ":"), where);
		in.sin_port = htons(atoi(where + strlen(host) + 1));
		rc = inet_pton(AF_INET, host, &in.sin_addr) == 1 ? finish(fd, (struct sockaddr *)&in, sizeof(in)) : -1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (rc) {
		close(fd);
		return -1;
	}
	return fd;
}

/* One answer with a Content-Length. */
static int hear(int fd, char *answer, size_t size, int *ends)
{
	char text[8192];
	size_t n = 0, want = 0;
	char *body = NULL, *p;
	int status;

	while (!body || n - (body - text) < want) {
		struct pollfd pf = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (n >= sizeof(text) - 1 || poll(&pf, 1, LINE_SECONDS * 1000) != 1)
			return -1;
		got = recv(fd, text + n, sizeof(text) - 1 - n, 0);
		if (got <= 0)
			return -1;
		n += got;
		text[n] = '\0';
		if (body || !(body = strstr(text, "\r\n\r\n")))
			continue;
		body += 4;
		p = strcasestr(text, "\r\nContent-Length: ");
		if (!p || p > body)
			return -1;
		want = strtoul(p + 18, NULL, 10);
		p = strcasestr(text, "\r\nConnection: close");
		*ends = p && p < body;
	}
	if (sscanf(text, "HTTP/1.1 %d", &status) != 1 || want >= size)
		return -1;
	memcpy(answer, body, want);
	answer[want] = '\0';
	return status;
}

int line_post(struct line *l, const char *path, const char *header, const char *body, char *answer, size_t size)
{
	char req[4096];
	int n, status, ends = 0;

	if (l->fd < 0)
		l->fd = dial(l->where);
	if (l->fd < 0)
		return -1;
	n = snprintf(req, sizeof(req), "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		     path, header, strlen(body), body);
	status = n < (int)sizeof(req) && send(l->fd, req, n, MSG_NOSIGNAL) == n ? hear(l->fd, answer, size, &ends) : -1;
	if (status < 0 || ends) {
		close(l->fd);
		l->fd = -1;
	}
	return status;
}
