/* SPDX-License-Identifier: GPL-2.0 */
/* What a channel keeps of its TLS session beside what kernel TLS has. */
#ifndef VP_SESSION_H
#define VP_SESSION_H

#include "box.h"
#include "rights.h"
#include "tls13.h"

/* Tickets taken from one channel; then its resumption secret is of no more use. */
#define VP_TICKETS_CHANNEL	8

/**
 * enum vp_secret_kind - which of a session's secrets
 * @VP_SECRET_TX: traffic secret of what we send
 * @VP_SECRET_RX: of what the peer sends
 * @VP_SECRET_RESUMPTION: resumption master secret
 * @VP_SECRETS: their number
 */
enum vp_secret_kind {
	VP_SECRET_TX,
	VP_SECRET_RX,
	VP_SECRET_RESUMPTION,
	VP_SECRETS,
};

/**
 * struct vp_secret - a secret at rest
 * @box: opens it
 * @shut: the secret, encrypted
 */
struct vp_secret {
	struct vp_box box;
	u8 shut[VP_BOX_LEN(VOICEPAY_SECRET_MAX)];
};

/**
 * struct vp_step - from a direction's key to its next
 * @keys: the next
 * @next: what the one after that is made from
 */
struct vp_step {
	struct vp_traffic_keys keys;
	struct vp_secret next;
};

struct tls_crypto_info;
struct vp_newticket;
struct vp_session;

__visible int vp_session_take(const struct voicepay_seal *seal, const struct vp_caller *caller,
			      struct vp_session **session);
int vp_session_bind(struct vp_session *session, const struct tls_crypto_info *info);
void vp_session_free(struct vp_session *session);

/* Of NULL all are false. */
bool vp_session_rekeys(const struct vp_session *session);
bool vp_session_resumes(const struct vp_session *session);

const struct vp_suite *vp_session_suite(const struct vp_session *session);
int vp_session_step(const struct vp_session *session, enum vp_secret_kind kind,
		    struct vp_step *step);
void vp_session_stepped(struct vp_session *session, enum vp_secret_kind kind,
			struct vp_step *step);
void vp_session_step_drop(struct vp_step *step);

void vp_session_ticket(void *session, const struct vp_newticket *nt);

#endif /* VP_SESSION_H */
