/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session that is to be continued later rests on. The kernel keeps it with
 * the tickets, and it comes back with one: bytes, to be read as a stranger's.
 */
#ifndef VP_CONTEXT_H
#define VP_CONTEXT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../common/config.h"
#include "../../verify/verify.h"

#define CONTEXT_MAX	16384
#define BINDING_LEN	32

/**
 * struct context - the server, as it was at the full handshake
 * @begun_ms: when that was, of CLOCK_BOOTTIME, which nobody sets
 * @chain: its certificate and the CAs above, but the trusted one
 * @staple: the OCSP answer that came with it, or NULL
 * @asked: no, it came from a responder that was asked
 */
struct context {
	int64_t begun_ms;
	STACK_OF(X509) *chain;
	unsigned char *staple;
	size_t staple_len;
	bool asked;
};

int64_t boot_ms(void);

/* Fills in @context from a chain that was accepted. 0, or -1: out of memory. */
int context_make(struct context *context, const STACK_OF(X509) *path, const unsigned char *staple,
		 size_t staple_len, bool asked);
void context_clear(struct context *context);

/* Its length, or 0 if it does not fit. */
size_t context_encode(const struct context *context, unsigned char out[CONTEXT_MAX]);
/* 0, or -1 if it is not exactly what context_encode() makes. */
int context_decode(struct context *context, const unsigned char *in, size_t len);

/*
 * The same for two handshakes if, and only if, they are with the same gateway,
 * by the same device, and believe the same keys and CAs. 0 or -1.
 */
int binding_make(unsigned char binding[BINDING_LEN], const struct config *config,
		 const struct verify_policy *policy, X509 *device);

#endif
