/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates of the device: what is asked for, and what may be installed. */
#ifndef VP_REQUEST_H
#define VP_REQUEST_H

#include <openssl/x509.h>
#include <time.h>

#include "devkey.h"

/* A request (PKCS#10, PEM) for @key, signed with it; to be freed. NULL with @error. */
char *request_make(const struct devkey *key, char error[DEVKEY_ERROR]);

/* First 16 bytes of SHA-256 of the key as it stands in a certificate, in hex. */
#define DEVICE_ID_HEX	33
int device_id_of(X509 *cert, char id[DEVICE_ID_HEX]);

/**
 * struct certfile - a device's certificate and those that came with it
 */
struct certfile {
	X509 *cert;
	STACK_OF(X509) *chain;
	time_t from, until;
};

/* PEM, the device's own first, and nothing else. 0, or -1 with @error. */
int certfile_parse(struct certfile *f, const char *text, size_t len, char error[DEVKEY_ERROR]);
/* The same from a file. 1 if there is none. */
int certfile_read(struct certfile *f, const char *path, char error[DEVKEY_ERROR]);
void certfile_free(struct certfile *f);

/*
 * Fit to be shown to a gateway at @now: in date, for a client, no CA's, signed
 * by the next one if there is one. NULL, or what is wrong with it.
 */
const char *certfile_problem(const struct certfile *f, time_t now);

/* A third or less of its life is left. */
bool certfile_due(const struct certfile *f, time_t now);

/* Both are for the same key, encoded alike. */
bool certfile_same_key(const struct certfile *a, const struct certfile *b);

#endif
