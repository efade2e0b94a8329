/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job is one app's request, from its connection to its answer. It waits for
 * the request, then for the handshake process; whatever happens to that one,
 * the app gets an answer, and in bounded time. A channel that is warm already it
 * gets at once.
 */
#ifndef VP_JOBS_H
#define VP_JOBS_H

#include <poll.h>
#include <stdint.h>

#include "../common/config.h"
#include "stamp.h"

struct jobs;

/* @settings: what config's file was before it was read. */
struct jobs *jobs_new(const struct config *config, const char *helper, const struct stamp *settings);

/* Settings were read anew. */
void jobs_configure(struct jobs *jobs, const struct config *config, const struct stamp *settings);

/* Takes over the accepted connection @conn. */
void jobs_accept(struct jobs *jobs, int conn);

/* What to poll for: fills in at most jobs_max() entries. */
size_t jobs_max(const struct jobs *jobs);
size_t jobs_poll(struct jobs *jobs, struct pollfd *fds);

/* Milliseconds until jobs_expire() has something to do, -1 for never. */
int jobs_wait(const struct jobs *jobs);

void jobs_ready(struct jobs *jobs, const struct pollfd *fds, size_t count);
void jobs_reap(struct jobs *jobs);
void jobs_expire(struct jobs *jobs);

/* Ends all of them, each with an answer. */
void jobs_stop(struct jobs *jobs);

#endif
