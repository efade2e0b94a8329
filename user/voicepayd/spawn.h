/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the handshake process. */
#ifndef VP_SPAWN_H
#define VP_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* The app's connection, in the handshake process. */
#define SPAWN_FD	3
/* Exit status if the program could not be run. */
#define SPAWN_NO_EXEC	127
/* Exit status, without an answer: the server stumbled over an old session. With @full it will not. */
#define SPAWN_AGAIN	75

/*
 * Runs @program with the app's connection @conn; it may take @timeout_ms. @full:
 * it is not to continue an older session.
 * Returns its process id, or -errno.
 */
pid_t spawn_handshake(const char *program, const char *config, unsigned int timeout_ms, int conn,
		      bool full);

#endif
