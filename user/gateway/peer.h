/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at the other end: the public key of the TLS client certificate that nginx has verified. */
#ifndef VPG_PEER_H
#define VPG_PEER_H

#include "agreement.h"

struct peer {
	__u8 spki[VP_HASH_LEN];		/* SHA-256 of the DER SubjectPublicKeyInfo */
	__u8 device[VP_DEVICE_ID_LEN];	/* its first bytes: the device id */
};

/* From the percent-escaped PEM that nginx's $ssl_client_escaped_cert holds. */
int peer_from_header(struct peer *peer, const char *escaped);
/* From a certificate file, PEM. */
int peer_from_file(struct peer *peer, const char *path);

#endif /* VPG_PEER_H */
