/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_CONNECT_H
#define VP_CONNECT_H

#include <stdint.h>

#include "../../common/config.h"
#include "../reply.h"

/* Milliseconds of a clock that nobody sets. */
int64_t clock_ms(void);

/*
 * Waits until @fd is ready for @events. 0, or -1 if @deadline, of clock_ms(),
 * passed first.
 */
int wait_for(int fd, short events, int64_t deadline);

/* A non-blocking TCP connection to the gateway, or -1 after refuse(). */
int connect_gateway(const struct config *config, int64_t deadline, struct vp_reply *reply);

/* Has the kernel load its "tls" module, if this process may. */
void connect_load_ktls(void);

#endif
