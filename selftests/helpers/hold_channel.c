// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hold_channel SOCKET: an app. Gets a channel from voicepayd, sends a line, prints the
 * answer, and keeps the channel until its standard input ends.
 *
 * Exit code 0: all went well; 1: the channel did not carry; 3: no channel.
 */

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <voicepay.h>

int main(int argc, char **argv)
{
	struct voicepay_channel how = { .size = sizeof(how) };
	char line[64] = "hello\n";
	ssize_t n;
	int fd;

	fd = voicepay_channel_open(argc > 1 ? argv[1] : NULL, 0, &how);
	if (fd < 0) {
		fprintf(stderr, "hold_channel: no channel: %s\n", how.message);
		return 3;
	}
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return 1;
	do {
		n = recv(fd, line, sizeof(line), 0);
		if (n <= 0)
			return 1;
		printf("%.*s", (int)n, line);
	} while (line[n - 1] != '\n');
	fflush(stdout);
	while (read(STDIN_FILENO, line, sizeof(line)) > 0)
		;
	return 0;
}
