// SPDX-License-Identifier: GPL-2.0-or-later
/* step.h's other half, for the gateway that the kill test runs. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "step.h"

/* VOICEPAY_KILL_AT=N: the Nth crossing of any step is the process's last. */
void step(const char *name)
{
	static atomic_int crossed;
	const char *at = getenv("VOICEPAY_KILL_AT");

	if (at && atomic_fetch_add(&crossed, 1) + 1 == atoi(at)) {
		dprintf(STDERR_FILENO, "killed at step %s: %s\n", at, name);
		kill(getpid(), SIGKILL);
	}
}
