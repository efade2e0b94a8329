// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "listen.h"
#include "log.h"

#define BACKLOG	511

/* A socket file that nobody listens on is left over from a crash. */
static bool stale(const struct sockaddr_un *addr)
{
	struct stat sb;
	int fd, rc;

	if (lstat(addr->sun_path, &sb) || !S_ISSOCK(sb.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	rc = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? errno : 0;
	close(fd);
	return rc == ECONNREFUSED;
}

static int open_unix(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		log_error("%s is too long for a socket's path", path);
		return -1;
	}
	strcpy(addr.sun_path, path);
	if (stale(&addr))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* Who can write here can claim to be any peer: nginx's group and nobody else. */
	mask = umask(0117);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (rc || listen(fd, BACKLOG)) {
		log_error("cannot listen on %s: %m. Is another gateway running, does its directory exist?", path);
		close(fd);
		return -1;
	}
	return fd;
}

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage any;
};

static bool loopback(const union address *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
	return a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}

/* "127.0.0.1:PORT" or "[::1]:PORT". */
static socklen_t parse_address(const char *text, union address *a)
{
	char host[64], *end;
	const char *colon = strrchr(text, ':');
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
	size_t len = colon ? colon - text : 0;

	memset(a, 0, sizeof(*a));
	if (!len || len >= sizeof(host) || port < 1 || port > 65535 || *end)
		return 0;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		return sizeof(a->in);
	}
	if (*host != '[' || host[len - 1] != ']')
		return 0;
	host[len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &a->in6.sin6_addr) != 1)
		return 0;
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
	return sizeof(a->in6);
}

static int open_metrics(const char *where)
{
	union address a;
	socklen_t len;
	int fd, one = 1;

	if (*where == '/')
		return open_unix(where);
	len = parse_address(where, &a);
	if (!len || !loopback(&a)) {
		log_error("settings: metrics must be a socket's path, or a port on loopback as in 127.0.0.1:9464: what it tells is for this machine");
		return -1;
	}
	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) || bind(fd, &a.sa, len) ||
	    listen(fd, 16)) {
		log_error("cannot listen on %s: %m", where);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static bool passed_metrics_good(int fd)
{
	union address a = { 0 };
	socklen_t len = sizeof(a);

	return sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0 && !getsockname(fd, &a.sa, &len) &&
	       (a.sa.sa_family == AF_UNIX || loopback(&a));
}

static int take_passed(struct listening *l)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), ret = 0;

	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (!strcmp(names[i], "metrics") && l->metrics < 0 && passed_metrics_good(fd))
			l->metrics = fd;
		else if (strcmp(names[i], "metrics") && l->http < 0 && sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0)
			l->http = fd;
		else
			ret = -1;
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	if (ret)
		log_error("systemd must pass one listening unix stream socket, as whoever connects is believed to be nginx, and besides it at most one named \"metrics\", on a path or on loopback");
	l->http_passed = l->http >= 0;
	l->metrics_passed = l->metrics >= 0;
	return ret;
}

int listen_open(struct listening *l, const struct settings *set)
{
	*l = (struct listening){ .http = -1, .metrics = -1 };
	if (take_passed(l))
		return -1;
	if (l->http < 0)
		l->http = open_unix(set->socket);
	if (l->http >= 0 && l->metrics < 0 && *set->metrics) {
		l->metrics = open_metrics(set->metrics);
		if (l->metrics < 0) {
			close(l->http);
			listen_unlink(l, set);
			return -1;
		}
	}
	return l->http < 0 ? -1 : 0;
}

void listen_unlink(const struct listening *l, const struct settings *set)
{
	if (!l->http_passed)
		unlink(set->socket);
}
