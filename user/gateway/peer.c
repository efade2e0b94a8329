// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "hex.h"
#include "peer.h"

/* A certificate with post-quantum keys is some 20 kB; nothing honest is longer. */
#define PEM_MAX	65536

static int from_bio(struct peer *peer, BIO *bio)
{
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL;
	int len = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : -1;
	struct vp_piece piece = { der, len };
	int ret = -EINVAL;

	if (len > 0)
		ret = vp_prim_hash(peer->spki, &piece, 1);
	if (!ret)
		memcpy(peer->device, peer->spki, sizeof(peer->device));
	OPENSSL_free(der);
	X509_free(cert);
	return ret;
}

int peer_from_header(struct peer *peer, const char *escaped)
{
	size_t len = strnlen(escaped, PEM_MAX + 1), n = 0;
	BIO *bio;
	char *pem;
	int ret;

	if (!len || len > PEM_MAX)
		return -EINVAL;
	pem = malloc(len);
	if (!pem)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		__u8 c = escaped[i];

		if (c == '%') {
			/* hex_decode stops at the first character that is none, so at the NUL. */
			if (hex_decode(&c, 1, escaped + i + 1)) {
				free(pem);
				return -EINVAL;
			}
			i += 2;
		}
		pem[n++] = c;
	}
	bio = BIO_new_mem_buf(pem, n);
	ret = from_bio(peer, bio);
	BIO_free(bio);
	free(pem);
	return ret;
}

int peer_from_file(struct peer *peer, const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	int ret = from_bio(peer, bio);

	BIO_free(bio);
	return ret;
}
