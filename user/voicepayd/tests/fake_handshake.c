// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for voicepay-handshake in tests of the daemon. What it does is the
 * first word of its "settings"; the second is a socket whose connection it hands
 * over for a channel.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../reply.h"
#include "../spawn.h"

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	return fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? fd : -1;
}

int main(int argc, char **argv)
{
	bool full = argc == 6 && !strcmp(argv[5], "--full");
	char how[16] = "", path[128] = "";
	struct vp_reply reply;
	FILE *f = argc > 2 ? fopen(argv[2], "r") : NULL;
	int fd = -1;

	if (!f)
		return 1;
	if (fscanf(f, "%15s %127s", how, path) != 2)
		*how = '\0';
	fclose(f);
	if (!*how)
		return 1;
	reply_init(&reply);
	reply.op = VP_OP_CHANNEL;
	snprintf(reply.message, sizeof(reply.message), "%s", full ? "full" : "any");
	if (!strcmp(how, "hang"))
		sleep(60);
	if (!strcmp(how, "die"))
		return 1;
	if (!strcmp(how, "always-again") || (!strcmp(how, "again") && !full))
		return SPAWN_AGAIN;
	if (!strcmp(how, "refuse"))
		refuse(&reply, VOICEPAY_CHECK_HOST, "not the gateway");
	else
		fd = connect_to(path);
	return !!vp_reply_send(SPAWN_FD, &reply, fd);
}
