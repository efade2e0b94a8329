/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hears of it when a slot's key comes, goes or changes. */
#ifndef VP_STORE_WATCH_H
#define VP_STORE_WATCH_H

#include <stdbool.h>

struct nl_sock;

/* NULL if the module's events cannot be heard; then there is looking from time to time. */
struct nl_sock *watch_open(void);
void watch_close(struct nl_sock *sock);

/* What is there to be read, without waiting. Says whether the slots are to be looked at. */
bool watch_read(struct nl_sock *sock);

#endif
