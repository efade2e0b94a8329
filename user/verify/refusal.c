// SPDX-License-Identifier: GPL-2.0-or-later
/* How a refusal is worded: which certificate, and nothing that steers a terminal. */

#include <openssl/bio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

const char *verify_quote(char *buf, size_t size, const void *text, size_t len)
{
	const unsigned char *p = text;
	size_t i;

	for (i = 0; i < len && i + 4 < size; i++)
		buf[i] = p[i] > 0x20 && p[i] < 0x7f ? p[i] : '?';
	strcpy(buf + i, i < len ? "..." : "");
	return buf;
}

static void name_subject(X509 *cert, char *buf, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len, i;

	*buf = 0;
	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
				      XN_FLAG_RFC2253 & ~ASN1_STRFLGS_UTF8_CONVERT) >= 0) {
		len = BIO_get_mem_data(bio, &text);
		for (i = 0; i < len && i + 1 < (long)size; i++)
			buf[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
		buf[i] = 0;
		if (i < len)
			memcpy(buf + i - 3, "...", 3);
	}
	BIO_free(bio);
	if (!*buf)
		snprintf(buf, size, "no subject");
}

int verify_refuse(struct verify_result *r, enum voicepay_check check, int index, X509 *cert,
		  const char *fmt, ...)
{
	va_list ap;

	if (r->check != VOICEPAY_CHECK_OK)
		return -1;
	r->check = check;
	r->index = index;
	r->subject[0] = 0;
	if (cert)
		name_subject(cert, r->subject, sizeof(r->subject));
	va_start(ap, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
	return -1;
}
