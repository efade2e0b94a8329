/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_INWARD_H
#define VP_INWARD_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * An address, of IPv4 or IPv6, of this machine itself, of its link, of those that
 * a cloud or a carrier has for its own, or by which one of these is reached.
 */
bool is_inward(const struct sockaddr *address);

#endif
