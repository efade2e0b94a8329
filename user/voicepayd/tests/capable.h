/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What depends on which OpenSSL there is. */
#ifndef VP_CAPABLE_H
#define VP_CAPABLE_H

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>

/* The group that both sides choose if they have it. */
#if OPENSSL_VERSION_PREREQ(3, 5)
#define BEST_GROUP	"X25519MLKEM768"
#else
#define BEST_GROUP	"X25519"
#endif

/* Where it cannot, the handshake process refuses before it looks at anything: there is nothing to test, and it is said. */
static inline bool can_hand_over(void)
{
#if OPENSSL_VERSION_PREREQ(3, 2)
	return true;
#else
	printf("1..0 # SKIP OpenSSL %s cannot hand TLS 1.3 over to the kernel\n",
	       OpenSSL_version(OPENSSL_VERSION_STRING));
	return false;
#endif
}

#endif /* VP_CAPABLE_H */
