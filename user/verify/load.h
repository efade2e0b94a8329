/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and CRLs of files, PEM or DER: all of a file or nothing. */
#ifndef VP_LOAD_H
#define VP_LOAD_H

#include <openssl/x509.h>
#include <stddef.h>

#define LOAD_ERROR	256

/*
 * Appends what @file holds to @to. 0, or -1 with @error: a sentence that
 * begins with the file's name. Nothing is appended then.
 */
int load_certificates(const char *file, STACK_OF(X509) *to, char error[LOAD_ERROR]);
int load_crls(const char *file, STACK_OF(X509_CRL) *to, char error[LOAD_ERROR]);

/* The same from memory; @name is for messages only. */
int parse_certificates(const char *name, const void *data, size_t len, STACK_OF(X509) *to,
		       char error[LOAD_ERROR]);
int parse_crls(const char *name, const void *data, size_t len, STACK_OF(X509_CRL) *to,
	       char error[LOAD_ERROR]);

/* All of a file, at most @max bytes, to be freed; NULL with @error. */
unsigned char *load_file(const char *file, size_t max, size_t *len, char error[LOAD_ERROR]);

#endif
