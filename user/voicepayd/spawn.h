/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the handshake process. */
#ifndef VP_SPAWN_H
#define VP_SPAWN_H

#include <sys/types.h>

/* The app's connection, in the handshake process. */
#define SPAWN_FD	3
/* Exit status if the program could not be run. */
#define SPAWN_NO_EXEC	127

/*
 * Runs @program with the app's connection @conn; it may take @timeout_ms.
 * Returns its process id, or -errno.
 */
pid_t spawn_handshake(const char *program, const char *config, unsigned int timeout_ms, int conn);

#endif
