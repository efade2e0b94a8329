/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_LISTEN_H
#define VP_LISTEN_H

#include <stdbool.h>

#include "../common/config.h"

struct listener {
	int fd;
	bool own;		/* we made it, so we remove it */
	char path[108];
};

/* The socket that systemd passed, else one of our own. 0, or -1 with @error. */
int listen_open(struct listener *listener, const struct config *config,
		char error[CONFIG_ERROR]);
void listen_close(struct listener *listener);

#endif
