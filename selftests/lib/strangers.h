/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that are somebody else: what a rogue app, a container or a daemon
 * that has lost its capabilities is to the module.
 */
#ifndef VP_TEST_STRANGERS_H
#define VP_TEST_STRANGERS_H

#include <sys/types.h>
#include <linux/types.h>

#include "enrol.h"

#define NOBODY	65534

/* Become somebody; _exit(9) if that fails. They are for children. */
void become_user(uid_t uid, gid_t group);	/* with this one group; -1: none */
void become_nobody(void);
void become_userns_root(void);			/* root's own child, unshare -U -r */
void become_nobodys_userns_root(void);
void become_container_net_admin(void);		/* user, net, pid and mount namespace */
void become_net_admin(void);			/* initial namespace, nobody with CAP_NET_ADMIN */
void become_root_net_admin(void);		/* user 0 with CAP_NET_ADMIN and nothing else */
void become_root_without_capabilities(void);

/* Runs @check in a child that has become somebody; its EXPECTs count here. */
void as_stranger(void (*become)(void), void (*check)(void));

/* A descriptor, from one process to another, through a socket pair. */
int pass_fd(int sock, int fd);
int take_fd(int sock);

/*
 * All that the interfaces tell about slots, as bytes: two that are the same
 * mean that nothing was issued, changed, made or deleted in between.
 */
struct snapshot {
	size_t len;
	__u8 bytes[65536];
};

void take_snapshot(struct genl *g, struct snapshot *s);

#endif /* VP_TEST_STRANGERS_H */
