/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to one gateway, kept open; as little as a load generator can do with. */
#ifndef CLUSTER_LINE_H
#define CLUSTER_LINE_H

#include <stddef.h>

struct line {
	const char *where;	/* "/path" or "ADDRESS:PORT" */
	int fd;			/* -1: not connected */
};

#define LINE_SECONDS	2	/* without an answer, and the question is asked elsewhere */

/* POSTs JSON with a header line of the peer's; the status, and the body in @answer. -1: no answer. */
int line_post(struct line *l, const char *path, const char *header, const char *body, char *answer, size_t size);

#endif /* CLUSTER_LINE_H */
