/* SPDX-License-Identifier: GPL-2.0 */
/* The channel socket: owns a kernel TLS socket and gives nothing of it away. */
#ifndef VP_CHANNEL_H
#define VP_CHANNEL_H

#include <linux/types.h>

__visible int vp_channel_init(void);
__visible void vp_channel_exit(void);

/* VOICEPAY_FEATURE_* bits that depend on what this kernel's TLS can do */
__visible u64 vp_channel_features(void);

struct vp_session;

/*
 * Takes @sockfd over from the calling process and installs a channel socket in
 * its place; @session, which may be NULL, is the channel's from then on, or
 * freed. Returns the new descriptor, close-on-exec, or -errno.
 */
__visible int vp_channel_seal(int sockfd, struct vp_session *session);

#endif /* VP_CHANNEL_H */
