// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * held_handshake: stands in for voicepay-handshake as voicepayd's helper. It
 * becomes that very program, under a tracer that stops it once the keys of both
 * directions have gone into kernel TLS, before it has wiped anything or handed
 * the socket over: the moment at which its memory holds the most.
 *
 * The tracer writes the process's number to PLACE/held and lets it go when
 * PLACE/go is there, or after some seconds. PLACE is /run/held_handshake.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/tls.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define PROGRAM	"/usr/libexec/voicepay/voicepay-handshake"
#define PLACE	"/run/held_handshake"
#define HELD_MAX_MS 60000

static void say(pid_t pid)
{
	int fd = open(PLACE "/held.new", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	dprintf(fd, "%d\n", pid);
	close(fd);
	rename(PLACE "/held.new", PLACE "/held");
}

static void hold(pid_t pid)
{
	say(pid);
	for (int ms = 0; ms < HELD_MAX_MS && access(PLACE "/go", F_OK); ms += 20)
		usleep(20000);
	unlink(PLACE "/held");
}

/* The process is at a call's entry or exit: has it just given TLS a key? */
static int gave(pid_t pid)
{
	static int option;	/* of the call that it is in */
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return 0;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		option = info.entry.nr == SYS_setsockopt && info.entry.args[1] == SOL_TLS ?
			 (int)info.entry.args[2] : 0;
		return 0;
	}
	return info.op == PTRACE_SYSCALL_INFO_EXIT && !info.exit.is_error ? option : 0;
}

static void trace(pid_t pid)
{
	bool tx = false, rx = false;
	int status, option, sig;

	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			option = gave(pid);
			tx |= option == TLS_TX;
			rx |= option == TLS_RX;
			if (tx && rx) {
				hold(pid);
				ptrace(PTRACE_DETACH, pid, NULL, 0);
				return;
			}
			sig = 0;
		} else if (status >> 16 || sig == SIGTRAP) {
			sig = 0;	/* of exec, or of seizing: not a signal */
		}
		ptrace(PTRACE_SYSCALL, pid, NULL, sig);
	}
}

int main(int argc, char **argv)
{
	pid_t pid = getpid();
	int ready[2];
	char c;

	if (pipe2(ready, O_CLOEXEC))
		return 127;
	switch (fork()) {
	case -1:
		return 127;
	case 0:
		/* A grandchild: voicepayd's child has no children of its own to wait for. */
		if (fork())
			_exit(0);
		setsid();
		if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) || ptrace(PTRACE_INTERRUPT, pid, NULL, 0))
			_exit(1);
		/* The app's connection is not this process's to keep open. */
		close(3);
		if (write(ready[1], "", 1) == 1)
			trace(pid);
		_exit(0);
	}
	close(ready[1]);
	wait(NULL);
	if (read(ready[0], &c, 1) != 1)
		return 127;
	execv(PROGRAM, argv);
	return 127;
}
