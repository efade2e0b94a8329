/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channels that were opened before an app needs one. They are opened by the
 * same handshake process as all others, which answers the daemon here instead
 * of an app; what the daemon holds is the channel's descriptor, and no key.
 */
#ifndef VP_WARM_H
#define VP_WARM_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "../common/config.h"
#include "../libvoicepay/protocol.h"
#include "stamp.h"

struct warm;

/*
 * @config stays the caller's, and may change: then warm_renew() is due. @settings
 * is of before it was read.
 */
struct warm *warm_new(const struct config *config, const char *helper, const struct stamp *settings);

/* The settings changed: what was opened under the old ones is closed. */
void warm_renew(struct warm *warm, const struct stamp *settings);

/* User @uid wants @channels ready from now on, for a while. Fills in the answer. */
void warm_ask(struct warm *warm, uid_t uid, unsigned int channels, struct vp_reply *reply);

/* A channel that is good in every way, and what is to be said of it; or -1. */
int warm_take(struct warm *warm, struct vp_reply *reply);

/* What to poll for: fills in at most CONFIG_WARM entries. */
size_t warm_poll(const struct warm *warm, struct pollfd *fds);
/* Something happened on @fd: true if it is one of those. */
bool warm_ready(struct warm *warm, int fd);

/* Milliseconds until warm_work() has something to do, -1 for never. */
int warm_wait(const struct warm *warm);
/* Closes what is too old, ends what takes too long, opens what is missing. */
void warm_work(struct warm *warm);

/* The process @pid has ended: true if it was one of those. */
bool warm_reap(struct warm *warm, pid_t pid);

void warm_stop(struct warm *warm);

#endif
