// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "listen.h"

#define BACKLOG	64

/* A daemon that was killed leaves its socket behind; a living one answers. */
static int remove_stale(const struct sockaddr_un *addr, char error[CONFIG_ERROR])
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0 || connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		err = errno;
	if (fd >= 0)
		close(fd);
	if (err == ENOENT)
		return 0;
	if (err == ECONNREFUSED && !unlink(addr->sun_path))
		return 0;
	snprintf(error, CONFIG_ERROR, "%s: %s", addr->sun_path,
		 err == 0 || err == EAGAIN ? "another voicepayd is listening there: stop it first" :
		 strerror(errno));
	return -1;
}

static int open_own(struct listener *l, const struct config *config, char error[CONFIG_ERROR])
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[sizeof(addr.sun_path)], *slash;

	strcpy(addr.sun_path, config->socket);
	strcpy(l->path, config->socket);
	strcpy(dir, config->socket);
	slash = strrchr(dir, '/');
	if (slash && slash > dir) {
		*slash = 0;
		mkdir(dir, 0755);	/* if it cannot be, bind() says so */
	}
	if (remove_stale(&addr, error))
		return -1;

	l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/*
	 * Anybody may connect; peer.c decides by who they are, and can tell
	 * those it turns away why.
	 */
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    chmod(config->socket, 0666) || listen(l->fd, BACKLOG)) {
		snprintf(error, CONFIG_ERROR, "%s: %s", config->socket, strerror(errno));
		if (l->fd >= 0)
			close(l->fd);
		return -1;
	}
	l->own = true;
	return 0;
}

int listen_open(struct listener *l, const struct config *config, char error[CONFIG_ERROR])
{
	int n = sd_listen_fds(1);

	memset(l, 0, sizeof(*l));
	if (n == 0)
		return open_own(l, config, error);
	l->fd = SD_LISTEN_FDS_START;
	if (n != 1 || sd_is_socket_unix(l->fd, SOCK_SEQPACKET, 1, NULL, 0) <= 0) {
		snprintf(error, CONFIG_ERROR,
			 "systemd passed %d sockets, but must pass one with ListenSequentialPacket=", n);
		return -1;
	}
	return 0;
}

void listen_close(struct listener *l)
{
	close(l->fd);
	if (l->own)
		unlink(l->path);
}
