// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shake HELPER CONFIG: one handshake, as voicepayd has it made, for test
 * scripts. Prints the check and the message of the answer.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libvoicepay/protocol.h"
#include "../spawn.h"
#include <voicepay.h>

int main(int argc, char **argv)
{
	char *args[] = { argv[1], "--config", argv[2], "--timeout", "15000", NULL };
	char libs[4200], *envp[] = { libs, "LC_ALL=C", NULL };
	struct vp_reply reply;
	char packet[sizeof(reply) + 1];
	int pair[2], conn, status;
	ssize_t n;
	pid_t pid;

	if (argc != 3 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return 2;
	snprintf(libs, sizeof(libs), "LD_LIBRARY_PATH=%s", getenv("LD_LIBRARY_PATH") ?: "");
	pid = fork();
	if (!pid) {
		conn = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);
		dup2(conn, SPAWN_FD);
		execve(argv[1], args, envp);
		_exit(SPAWN_NO_EXEC);
	}
	close(pair[1]);
	n = recv(pair[0], packet, sizeof(packet), 0);
	waitpid(pid, &status, 0);
	if (n < 0 || vp_reply_check(packet, n, 0, &reply)) {
		printf("no answer: %#x\n", status);
		return 1;
	}
	printf("%s: %s\n", voicepay_check_name(reply.check), reply.message);
	return 0;
}
