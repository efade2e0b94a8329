// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lossy FRONT BACK COUNT: passes HTTP requests from the unix socket FRONT to the
 * unix socket BACK, one a connection, and loses answers to enrolments: as long as
 * the number in the file COUNT is above zero it is lowered by one, and what BACK
 * has answered to a POST /v1/enrol is dropped.
 */

#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct message {
	char data[65536];
	size_t len;
};

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(2, "%s is too long for a socket's path", path);
	strcpy(sun.sun_path, path);
	return sun;
}

static int unix_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	return fd;
}

/* Headers, and as much of a body as they say. */
static bool is_whole(const struct message *m)
{
	const char *end = memmem(m->data, m->len, "\r\n\r\n", 4), *line = m->data;

	while (end && line < end) {
		if (!strncasecmp(line, "content-length:", 15))
			return m->data + m->len - (end + 4) >= strtol(line + 15, NULL, 10);
		line = (const char *)memmem(line, end + 2 - line, "\r\n", 2) + 2;
	}
	return end;
}

static void receive(int fd, struct message *m)
{
	ssize_t n = 1;

	for (m->len = 0; n > 0 && !is_whole(m) && m->len < sizeof(m->data) - 1; m->len += n > 0 ? n : 0) {
		n = recv(fd, m->data + m->len, sizeof(m->data) - 1 - m->len, 0);
		m->data[m->len + (n > 0 ? n : 0)] = 0;
	}
}

static void pass_on(int fd, const struct message *m)
{
	size_t done = 0;
	ssize_t n;

	for (; done < m->len; done += n) {
		n = send(fd, m->data + done, m->len - done, MSG_NOSIGNAL);
		if (n < 0)
			return;
	}
}

static bool is_lost(const char *path, const struct message *request)
{
	long left = 0;
	FILE *f;

	if (strncmp(request->data, "POST /v1/enrol ", 15))
		return false;
	f = fopen(path, "r+");
	if (!f || fscanf(f, "%ld", &left) != 1)
		errx(1, "%s holds no number", path);
	if (left > 0) {
		if (fseek(f, 0, SEEK_SET) || ftruncate(fileno(f), 0) || fprintf(f, "%ld\n", left - 1) < 0)
			err(1, "%s", path);
	}
	fclose(f);
	return left > 0;
}

static void serve(int front, const char *back_path, const char *count)
{
	static struct message request, answer;
	struct sockaddr_un sun = address(back_path);
	int back = unix_socket();

	receive(front, &request);
	if (!request.len)
		return;
	if (connect(back, (struct sockaddr *)&sun, sizeof(sun)))
		err(1, "%s", back_path);
	pass_on(back, &request);
	receive(back, &answer);
	if (!is_lost(count, &request))
		pass_on(front, &answer);
}

int main(int argc, char **argv)
{
	struct sockaddr_un sun;
	int listener, front;

	if (argc != 4)
		errx(2, "usage: lossy FRONT BACK COUNT");
	signal(SIGCHLD, SIG_IGN);
	sun = address(argv[1]);
	listener = unix_socket();
	unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) || chmod(argv[1], 0666) ||
	    listen(listener, 16))
		err(1, "%s", argv[1]);
	for (;;) {
		front = accept(listener, NULL, NULL);
		if (front < 0)
			err(1, "accept");
		if (!fork()) {
			close(listener);
			serve(front, argv[2], argv[3]);
			exit(0);
		}
		close(front);
	}
}
