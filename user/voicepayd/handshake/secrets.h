/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The secrets of a session that the kernel needs to carry it on. */
#ifndef VP_SECRETS_H
#define VP_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_MAX	48	/* SHA-384 */

/**
 * struct secrets - of one session, RFC 8446 section 7.1
 * @len: of each; 0 as long as they are not all there
 * @tx: client_application_traffic_secret_0
 * @rx: server_application_traffic_secret_0
 * @resumption: resumption_master_secret
 */
struct secrets {
	size_t len;
	unsigned char tx[SECRET_MAX];
	unsigned char rx[SECRET_MAX];
	unsigned char resumption[SECRET_MAX];
};

/*
 * To be given to SSL_CTX_new_ex(): with it OpenSSL's key schedule can be watched.
 * NULL if that is not possible; then there are no secrets, and nothing else changes.
 */
const char *secrets_properties(void);

/* From now on they go to @secrets, NULL: nowhere. One handshake at a time. */
void secrets_watch(struct secrets *secrets);

/* All three came, and of one length. */
bool secrets_complete(struct secrets *secrets);

#endif
