// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

#define FILE_MAX	(64UL << 20)

struct kind {
	const char *what, *label;
	bool (*add)(void *to, const unsigned char *der, long len);
};

static bool add_certificate(void *to, const unsigned char *der, long len)
{
	const unsigned char *p = der;
	X509 *cert = d2i_X509(NULL, &p, len);

	if (cert && p == der + len && sk_X509_push(to, cert))
		return true;
	X509_free(cert);
	return false;
}

static bool add_crl(void *to, const unsigned char *der, long len)
{
	const unsigned char *p = der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, len);

	if (crl && p == der + len && sk_X509_CRL_push(to, crl))
		return true;
	X509_CRL_free(crl);
	return false;
}

static const struct kind certificates = { "certificate", PEM_STRING_X509, add_certificate };
static const struct kind crls = { "CRL", PEM_STRING_X509_CRL, add_crl };

unsigned char *load_file(const char *file, size_t max, size_t *len, char error[LOAD_ERROR])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	unsigned char *data = NULL;
	struct stat st;
	ssize_t n = 0;

	*len = 0;
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(error, LOAD_ERROR, "%.160s: %s", file, strerror(errno));
	} else if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode)) {
		snprintf(error, LOAD_ERROR, "%.160s: is not a file", file);
	} else if ((size_t)st.st_size > max) {
		snprintf(error, LOAD_ERROR, "%.160s: is larger than %zu bytes", file, max);
	} else {
		size_t room = st.st_size ? (size_t)st.st_size + 1 : 65536;

		data = malloc(room);
		while (data && *len < max && (n = read(fd, data + *len, room - *len)) > 0) {
			*len += n;
			if (*len == room) {
				unsigned char *more = realloc(data, room *= 2);

				if (!more) {
					free(data);
					data = NULL;
				} else {
					data = more;
				}
			}
		}
		if (n < 0 || !data || *len >= max) {
			snprintf(error, LOAD_ERROR, "%.160s: %s", file,
				 n < 0 ? strerror(errno) : !data ? "out of memory" : "is too large");
			free(data);
			data = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return data;
}

static bool is_text(const unsigned char *data, size_t len)
{
	return memmem(data, len, "-----BEGIN ", 11);
}

static int parse(const char *name, const void *data, size_t len, const struct kind *kind, void *to,
		 char error[LOAD_ERROR])
{
	unsigned int count = 0;
	bool damaged = false;
	char *label = NULL, *header = NULL;
	unsigned char *der = NULL;
	long der_len;
	BIO *bio;

	ERR_clear_error();
	if (!is_text(data, len)) {
		if (len && kind->add(to, data, len))
			return 0;
		ERR_clear_error();
		snprintf(error, LOAD_ERROR, "%.160s: holds no %s", name, kind->what);
		return -1;
	}
	bio = BIO_new_mem_buf(data, len);
	while (bio && !damaged && PEM_read_bio(bio, &label, &header, &der, &der_len) == 1) {
		/* Something else in between, a key say, is not ours to judge. */
		if (!strcmp(label, kind->label)) {
			damaged = !kind->add(to, der, der_len);
			count++;
		}
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	/* The end shows as "no start line"; a damaged one must not end the list unseen. */
	if (!damaged)
		damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
	BIO_free(bio);
	ERR_clear_error();
	if (count && !damaged)
		return 0;
	snprintf(error, LOAD_ERROR, "%.160s: %s %s%s", name, damaged ? "a" : "holds no", kind->what,
		 damaged ? " in it is damaged" : "");
	return -1;
}

int parse_certificates(const char *name, const void *data, size_t len, STACK_OF(X509) *to,
		       char error[LOAD_ERROR])
{
	int before = sk_X509_num(to);

	if (!parse(name, data, len, &certificates, to, error))
		return 0;
	while (sk_X509_num(to) > before)
		X509_free(sk_X509_pop(to));
	return -1;
}

int parse_crls(const char *name, const void *data, size_t len, STACK_OF(X509_CRL) *to,
	       char error[LOAD_ERROR])
{
	int before = sk_X509_CRL_num(to);

	if (!parse(name, data, len, &crls, to, error))
		return 0;
	while (sk_X509_CRL_num(to) > before)
		X509_CRL_free(sk_X509_CRL_pop(to));
	return -1;
}

int load_certificates(const char *file, STACK_OF(X509) *to, char error[LOAD_ERROR])
{
	size_t len;
	unsigned char *data = load_file(file, FILE_MAX, &len, error);
	int ret = data ? parse_certificates(file, data, len, to, error) : -1;

	free(data);
	return ret;
}

int load_crls(const char *file, STACK_OF(X509_CRL) *to, char error[LOAD_ERROR])
{
	size_t len;
	unsigned char *data = load_file(file, FILE_MAX, &len, error);
	int ret = data ? parse_crls(file, data, len, to, error) : -1;

	free(data);
	return ret;
}
