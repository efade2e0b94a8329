/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_HANDOVER_H
#define VP_HANDOVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "../reply.h"
#include "resume.h"

/* Opens the voicepay device for the user that the handshake runs as, or -1 after refuse(). */
int handover_open(const char *device, uid_t uid, struct vp_reply *reply);

/* Takes a ticket out of the module's store; false if there is none for @binding. */
bool handover_ticket(int device, const unsigned char binding[BINDING_LEN], struct ticket *ticket);

/*
 * Gives @sock into the kernel's keeping, with what @seal has of secrets: the
 * channel, or -1 after refuse().
 */
int handover_seal(int device, int sock, struct voicepay_seal *seal, struct vp_reply *reply);

#endif
