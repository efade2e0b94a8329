// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spy [PID]: a rogue app of the same user tries to look into another process: take a
 * descriptor of it, trace it, read its memory. Without PID, into a child of its own that
 * hides nothing, which shows that the tries are such as succeed.
 *
 * Prints a line a try: its name, and "succeeded" or the error.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *what, long rc)
{
	printf("%s %s\n", what, rc < 0 ? strerrorname_np(errno) : "succeeded");
}

static void open_at(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	tell(name, fd);
	if (fd >= 0)
		close(fd);
}

static void look_into(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), place, same;
	char path[64];
	struct iovec mine = { path, 1 }, its = { path, 1 };

	if (pidfd < 0) {
		perror("spy: no such process");
		exit(3);
	}
	/* One of them is the socket to the gateway. */
	for (int fd = 3; fd < 16; fd++) {
		int got = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

		snprintf(path, sizeof(path), "pidfd_getfd:%d", fd);
		tell(path, got);
		if (got >= 0)
			close(got);
	}
	open_at(pid, "fd");
	for (int fd = 3; fd < 8; fd++) {
		snprintf(path, sizeof(path), "fd/%d", fd);
		open_at(pid, path);
	}
	open_at(pid, "mem");
	open_at(pid, "maps");
	open_at(pid, "environ");
	open_at(pid, "auxv");
	place = process_vm_readv(pid, &mine, 1, &its, 1, 0);
	tell("process_vm_readv", place);
	same = syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, 1, 1);
	/* A kernel may have been built without it (CONFIG_KCMP): then nobody looks that way. */
	if (same >= 0 || errno != ENOSYS)
		tell("kcmp", same);
	tell("ptrace", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc > 1) {
		look_into(atoi(argv[1]));
		return 0;
	}
	child = fork();
	if (!child) {
		for (int fd = 3; fd < 16; fd++)
			dup2(STDOUT_FILENO, fd);
		pause();
		_exit(0);
	}
	usleep(200000);
	look_into(child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}
