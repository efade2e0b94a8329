/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may have a channel. */
#ifndef VP_PEER_H
#define VP_PEER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "../common/config.h"

/*
 * Asks the kernel who is at the other end of @sock, which fills in @cred, and
 * the configuration whether they may have a channel.
 */
bool peer_allowed(const struct config *config, int sock, struct ucred *cred);

#endif
