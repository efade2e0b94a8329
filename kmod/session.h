/* SPDX-License-Identifier: GPL-2.0 */
/* What a channel keeps of its TLS session beside what kernel TLS has. */
#ifndef VP_SESSION_H
#define VP_SESSION_H

#include <linux/types.h>
#include <uapi/linux/voicepay.h>

struct tls_crypto_info;
struct vp_session;

int vp_session_take(const struct voicepay_seal *seal, struct vp_session **session);
int vp_session_bind(struct vp_session *session, const struct tls_crypto_info *info);
void vp_session_free(struct vp_session *session);

#endif /* VP_SESSION_H */
