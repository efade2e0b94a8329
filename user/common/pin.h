/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pins: SHA-256 of a certificate's SubjectPublicKeyInfo. A pin outlives the
 * certificate, as a renewal can keep the key.
 */
#ifndef VP_PIN_H
#define VP_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIN_BYTES	32

struct pin {
	uint8_t sha256[PIN_BYTES];
};

/* "sha256/BASE64", or curl's "sha256//BASE64". 0, or -1 if it is neither. */
int pin_parse(const char *text, struct pin *pin);

bool pin_in(const struct pin *pin, const struct pin *set, size_t count);

#endif
