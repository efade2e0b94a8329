/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key in a TPM or a token is not used by the handshake process itself, but
 * by a child of it: the PIN, the token's library and the system calls that this
 * needs are where a stranger's bytes never come, and traffic secrets are not
 * where such a library can see them.
 */
#ifndef VP_SIGNER_H
#define VP_SIGNER_H

#include "../../common/config.h"
#include "device.h"

/* What goes between the two, over a SOCK_SEQPACKET pair. */
#define SIGNER_TEXT_MAX		512
#define SIGNER_SIGNATURE_MAX	1024
/* A handshake signs once; a little more is for one that is begun anew. */
#define SIGNER_USES		4

struct signer_request {
	uint16_t len;
	char digest[14];	/* "": the algorithm has its own */
	unsigned char text[SIGNER_TEXT_MAX];
};

struct signer_answer {
	uint16_t len;		/* 0: it was not possible */
	unsigned char signature[SIGNER_SIGNATURE_MAX];
};

/*
 * Opens the key of the settings in a child, which ends with its descriptor,
 * and puts one that asks it into @device, whose certificate is there already.
 * While there are files. 0, or -1 after refuse().
 */
int signer_start(struct device *device, const struct config *config, int64_t deadline, struct vp_reply *reply);

/*
 * A key of @pub's algorithm that signs by asking @fd until @deadline. There is
 * one in a process, and @fd is its own. NULL if OpenSSL does not want it.
 */
EVP_PKEY *remote_key(EVP_PKEY *pub, int fd, int64_t deadline);

#endif
