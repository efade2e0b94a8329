/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_HANDOVER_H
#define VP_HANDOVER_H

#include "../reply.h"

/* Opens the voicepay device, or -1 after refuse(). */
int handover_open(const char *device, struct vp_reply *reply);

/* Gives @sock into the kernel's keeping: the channel, or -1 after refuse(). */
int handover_seal(int device, int sock, struct vp_reply *reply);

#endif
