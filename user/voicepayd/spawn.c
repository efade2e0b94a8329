// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "spawn.h"

pid_t spawn_handshake(const char *program, const char *config, unsigned int timeout_ms, int conn,
		      bool full)
{
	char timeout[16];
	char *argv[] = { (char *)program, "--config", (char *)config, "--timeout", timeout,
			 full ? "--full" : NULL, NULL };
	/*
	 * Nothing of the caller's environment: no OPENSSL_CONF, SSLKEYLOGFILE or
	 * LD_PRELOAD. A resolver that is down must not use up all of the time.
	 */
	char *envp[] = { "RES_OPTIONS=timeout:2 attempts:2", "LC_ALL=C", NULL };
	pid_t parent = getpid(), pid;
	sigset_t none;
	int null;

	snprintf(timeout, sizeof(timeout), "%u", timeout_ms);
	pid = fork();
	if (pid)
		return pid < 0 ? -errno : pid;

	/* If the daemon ends, its handshakes do. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(SPAWN_NO_EXEC);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		_exit(SPAWN_NO_EXEC);
	/* dup2() of a descriptor onto itself would leave it close-on-exec. */
	if (conn == SPAWN_FD ? fcntl(conn, F_SETFD, 0) : dup2(conn, SPAWN_FD) < 0)
		_exit(SPAWN_NO_EXEC);
	close_range(SPAWN_FD + 1, ~0U, 0);
	execve(program, argv, envp);
	_exit(SPAWN_NO_EXEC);
}
