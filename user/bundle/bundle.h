/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom to trust, in one signed and numbered file, so that it can be changed in
 * the field: CAs, pins and CRLs.
 *
 * The file: "VPB1", the length of the text (32 bits, big-endian), an Ed25519
 * signature (64 bytes) over "voicepay bundle 1\n" and the text, the text, end.
 * The text is one JSON object; Documentation/certificates.md has its members.
 */
#ifndef VP_BUNDLE_H
#define VP_BUNDLE_H

#include <openssl/x509.h>
#include <stdint.h>
#include <time.h>

#include "../common/pin.h"

#define BUNDLE_MAX	(16UL << 20)
#define BUNDLE_PINS	64
#define BUNDLE_KEY	32
#define BUNDLE_ERROR	512

/**
 * struct bundle - what one says
 * @version: higher is newer
 * @not_after: it does not count after that, 0: it does
 */
struct bundle {
	uint64_t version;
	time_t not_after;
	STACK_OF(X509) *cas;
	STACK_OF(X509_CRL) *crls;
	struct pin pins[BUNDLE_PINS];
	size_t pin_count;
};

/*
 * Reads one from memory and believes it if one of the Ed25519 public @keys
 * signed it. 0, or -1 with @error: a sentence that begins with @name.
 */
int bundle_parse(struct bundle *bundle, const char *name, const unsigned char *data, size_t len,
		 const uint8_t (*keys)[BUNDLE_KEY], size_t key_count, char error[BUNDLE_ERROR]);
void bundle_free(struct bundle *bundle);

/* What is to be signed; NULL with @error if it would not be taken. To be freed. */
char *bundle_text(const struct bundle *bundle, char error[BUNDLE_ERROR]);

/* Signs: the file in @len bytes, to be freed; NULL with @error. */
unsigned char *bundle_sign(const char *text, EVP_PKEY *key, size_t *len, char error[BUNDLE_ERROR]);

#endif
