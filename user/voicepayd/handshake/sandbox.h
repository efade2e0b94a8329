/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the handshake process gives up, and when. */
#ifndef VP_SANDBOX_H
#define VP_SANDBOX_H

#include <sys/types.h>

#include "../reply.h"

/* At once: no core, no tracer, no new privileges, and gone with the daemon. */
int sandbox_begin(struct vp_reply *reply);

/* Whom sandbox_drop_root() is going to make of this process. */
uid_t sandbox_uid(const char *user);

/*
 * Once files and devices are open: another user, if this one is root. @user
 * may be ""; then it is "voicepay", or the overflow user where there is none.
 */
int sandbox_drop_root(const char *user, struct vp_reply *reply);

/*
 * The same for the process that uses a TPM or a token, which such groups may
 * be needed for as that user is in.
 */
int sandbox_drop_root_in_groups(const char *user, struct vp_reply *reply);

/* Before a name is looked up: no other program, no file changed, no other process. */
int sandbox_names(struct vp_reply *reply);

/* Once connected: only the system calls of a handshake and of the hand-over. */
int sandbox_close(struct vp_reply *reply);

/* The same for the process that asks an OCSP responder, once connected to it. */
int sandbox_close_asker(struct vp_reply *reply);

/*
 * Once the key is open: what a token's library may need to sign. It reads files
 * and talks to local daemons, but starts nothing, and knows no network.
 */
int sandbox_close_signer(struct vp_reply *reply);

#endif
