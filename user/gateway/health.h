/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this process may be sent requests, and who is told: GET /healthz (it
 * is alive), GET /readyz (and able to serve), GET /metrics, on a socket that
 * nginx does not know.
 */
#ifndef VPG_HEALTH_H
#define VPG_HEALTH_H

#include <stdbool.h>

#include "gateway.h"

/* From now on not ready. */
void health_draining(void);
/* As of the last look. */
void health_ledger(bool adds_up);
/* False: rows are being sealed under a master key that this process has not. */
void health_keys(bool has_all);

struct health;

/* Serves on @listen_fd, which it closes at its end, by one thread of its own. NULL: cannot. */
struct health *health_start(const struct gateway *gw, int listen_fd);
void health_stop(struct health *h);

#endif /* VPG_HEALTH_H */
