/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PIN of a key, and what became of it. */
#ifndef VP_PINFILE_H
#define VP_PINFILE_H

#include <sys/stat.h>

#include "devkey.h"

#define PIN_MAX		128

/*
 * Reads [tls] key-pin-file: one line, in a file that is its owner's alone, which
 * @st is about. 0, or -1 with @error.
 */
int pin_read(const char *file, char pin[PIN_MAX], struct stat *st, char error[DEVKEY_ERROR]);

/**
 * struct attempt - one use of a PIN
 *
 * What is remembered is which file, of which time, was refused for which key;
 * nothing about the PIN itself.
 */
struct attempt {
	int fd;			/* of the state file, locked */
	unsigned char id[32];
	int deathsig;		/* what the end of the parent was to be to us */
};

/*
 * Waits for others that are at it, and refuses if this very PIN, out of @pin_file
 * (all zero: there is none), was refused before, or if a refusal could not be written down. 0, or -1 with @error.
 * From then on the end of the parent does not end this process.
 */
int attempt_begin(struct attempt *a, const struct config *config, const struct stat *pin_file, char error[DEVKEY_ERROR]);

/*
 * Lets the others go on, who will know if it was @refused. The end of the parent
 * counts again; whether that came in between is for the caller to look at.
 */
void attempt_end(struct attempt *a, bool refused);

#endif
