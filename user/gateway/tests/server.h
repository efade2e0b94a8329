/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gateway as a process of its own, to be killed and started again: the test
 * program is both, and its main() calls server_main() first. Clients speak HTTP to
 * it as nginx does.
 */
#ifndef VPG_TEST_SERVER_H
#define VPG_TEST_SERVER_H

#include <curl/curl.h>

#include "fixture.h"

struct server {
	struct world *w;
	char socket[96], conf[96];
	char device_cert[4096], shop_cert[4096];	/* headers */
	pid_t pid;
};

/* A world with a till; what @more says goes into the settings. */
void server_set_up(struct server *s, void **state, const char *more);
/* With @kill_at it ends itself at that step, if it is a build for that. */
void server_start(struct server *s, int kill_at);
/* True if it had ended by SIGKILL on its own. */
bool server_stop(struct server *s, int sig);

/* Status and answer, or -1: the gateway is gone. @body NULL: a GET. */
int server_post(const struct server *s, const char *cert, const char *path, const char *body, json_t **answer);
/* The same over a connection that stays. */
int server_post_over(CURL *curl, const struct server *s, const char *cert, const char *path, const char *body,
		     json_t **answer);

/* Enrols @dev in a slot of the device, in the database: the server need not run. */
void server_enrol(struct server *s, const struct peer *peer, struct test_device *dev, __u32 slot);

/* True if this process is to be the gateway; it has been it then, and @ret is its exit code. */
bool server_main(int argc, char **argv, int *ret);

#endif /* VPG_TEST_SERVER_H */
