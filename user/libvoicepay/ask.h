/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VP_ASK_H
#define VP_ASK_H

#include "protocol.h"

/*
 * Asks the voicepayd whose socket is @path, NULL for the usual one, in
 * @request->timeout_ms, 0 for 30,000. @reply is filled in whatever comes of it:
 * if voicepayd does not answer, its check and message say why. 0, and in @fd
 * the descriptor that came or -1; or a negative errno.
 */
int vp_ask(const char *path, struct vp_request *request, struct vp_reply *reply, int *fd);

#endif
