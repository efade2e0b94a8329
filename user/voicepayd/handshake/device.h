/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who this device is: its TLS certificate and the key to it. */
#ifndef VP_DEVICE_H
#define VP_DEVICE_H

#include <openssl/ssl.h>

#include "../reply.h"

struct device {
	X509 *cert;
	STACK_OF(X509) *chain;		/* the CAs between it and the gateway's trust */
	EVP_PKEY *key;
};

/* The certificate alone, in date, for a key that is elsewhere. */
int device_load_cert(struct device *device, const char *cert_file, struct vp_reply *reply);

/* Loads both and checks that they are a pair, in date and well kept. */
int device_load(struct device *device, const char *cert_file, const char *key_file,
		struct vp_reply *reply);
void device_free(struct device *device);

#endif
