// SPDX-License-Identifier: GPL-2.0-or-later

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostile_server.h"

#define PATIENCE_MS	20000

static int take_any(int ok, X509_STORE_CTX *ctx)
{
	return 1;
}

static int staple(SSL *ssl, void *arg)
{
	const struct hostile *h = arg;
	unsigned char *copy;

	if (!h->staple)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(h->staple, h->staple_len);
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, h->staple_len);
	return SSL_TLSEXT_ERR_OK;
}

/* To the client, with what this server does to it on the way. False: no more. */
static bool send_bytes(struct hostile *h, int fd, const unsigned char *data, size_t len)
{
	size_t i, n;

	for (i = 0; data && i < len; i += n) {
		unsigned char byte;
		const unsigned char *p = data + i;

		n = len - i;
		if (h->drip_ms) {
			poll(NULL, 0, h->drip_ms);
			n = 1;
		}
		if (h->cut_at && h->sent + n > h->cut_at)
			n = h->cut_at - h->sent;
		if (h->flip_at > h->sent && h->flip_at <= h->sent + n) {
			/* up to it, or it alone */
			if (h->flip_at > h->sent + 1) {
				n = h->flip_at - h->sent - 1;
			} else {
				n = 1;
				byte = *p ^ 0x40;
				p = &byte;
			}
		}
		if (n && send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
			return false;
		h->sent += n;
		if (h->cut_at && h->sent >= h->cut_at)
			return false;
	}
	return true;
}

static void finish(struct hostile *h, int fd)
{
	struct linger now = { 1, 0 };
	unsigned char buf[4096];

	if (h->end == END_RST) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	} else if (h->end == END_SILENCE) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		/* Until the client has had enough. */
		while (poll(&pfd, 1, PATIENCE_MS) > 0 && recv(fd, buf, sizeof(buf), 0) > 0)
			;
	} else {
		shutdown(fd, SHUT_WR);
		while (recv(fd, buf, sizeof(buf), 0) > 0)
			;
	}
	close(fd);
}

/* A server without TLS must have seen nothing but a hello, and perhaps an alert. */
static void look_at_records(struct hostile *h, const unsigned char *p, size_t len)
{
	while (len >= 5) {
		size_t n = 5 + (p[3] << 8 | p[4]);

		if (p[0] != 22 && p[0] != 21 && p[0] != 20)
			h->strange = true;
		if (n > len)
			break;
		p += n;
		len -= n;
	}
}

static void serve_raw(struct hostile *h, int fd)
{
	static unsigned char seen[1 << 16];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	ssize_t n;

	if (h->after_hello) {
		n = recv(fd, seen, sizeof(seen), 0);
		have = n > 0 ? n : 0;
	}
	do {
		if (!send_bytes(h, fd, h->raw, h->raw_len))
			break;
		/* the client may have left */
	} while (h->repeat && !(poll(&pfd, 1, 0) > 0 && recv(fd, seen + have, 1, MSG_PEEK) <= 0));
	while (h->end == END_SILENCE && have < sizeof(seen) && poll(&pfd, 1, PATIENCE_MS) > 0 &&
	       (n = recv(fd, seen + have, sizeof(seen) - have, 0)) > 0)
		have += n;
	look_at_records(h, seen, have);
	finish(h, fd);
}

static SSL *make_ssl(struct hostile *h, SSL_CTX **out)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	/* What it is not to be stopped by is its own strictness. */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, h->min);
	SSL_CTX_set_max_proto_version(ctx, h->max);
	SSL_CTX_use_certificate(ctx, h->cert);
	SSL_CTX_use_PrivateKey(ctx, h->key);
	if (h->chain)
		SSL_CTX_set1_chain(ctx, h->chain);
	if (h->ciphers12)
		SSL_CTX_set_cipher_list(ctx, h->ciphers12);
	if (h->suites)
		SSL_CTX_set_ciphersuites(ctx, h->suites);
	if (h->groups)
		SSL_CTX_set1_groups_list(ctx, h->groups);
	if (h->sigalgs)
		SSL_CTX_set1_sigalgs_list(ctx, h->sigalgs);
	if (!h->no_request)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	SSL_CTX_set_num_tickets(ctx, h->tickets);
	SSL_CTX_set_tlsext_status_cb(ctx, staple);
	SSL_CTX_set_tlsext_status_arg(ctx, h);
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
	SSL_set_accept_state(ssl);
	*out = ctx;
	return ssl;
}

static bool flush(struct hostile *h, SSL *ssl, int fd)
{
	unsigned char *p;
	long n = BIO_get_mem_data(SSL_get_wbio(ssl), &p);
	bool more = n <= 0 || send_bytes(h, fd, p, n);

	(void)BIO_reset(SSL_get_wbio(ssl));
	return more;
}

static void serve_tls(struct hostile *h, int fd)
{
	unsigned char buf[16384];
	SSL_CTX *ctx;
	SSL *ssl = make_ssl(h, &ctx);
	ssize_t n;

	for (;;) {
		if (!h->complete && SSL_do_handshake(ssl) == 1) {
			h->complete = true;
			if (h->early)
				SSL_write(ssl, h->early, strlen(h->early));
		}
		while (h->complete && (n = SSL_read(ssl, buf, sizeof(buf))) > 0)
			h->application += n;
		ERR_clear_error();
		if (!flush(h, ssl, fd))
			break;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n <= 0)
			break;
		BIO_write(SSL_get_rbio(ssl), buf, n);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	finish(h, fd);
}

static void *serve(void *arg)
{
	struct hostile *h = arg;
	struct timeval patience = { PATIENCE_MS / 1000, 0 };
	int fd = accept(h->listener, NULL, NULL);

	if (fd < 0)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (h->raw || h->end == END_SILENCE || (h->end && !h->cut_at))
		serve_raw(h, fd);
	else
		serve_tls(h, fd);
	ERR_clear_error();
	return NULL;
}

void hostile_start(struct hostile *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (h->listener < 0 || bind(h->listener, (struct sockaddr *)&a, sizeof(a)) || listen(h->listener, 4) ||
	    getsockname(h->listener, (struct sockaddr *)&a, &len) || pthread_create(&h->thread, NULL, serve, h)) {
		perror("hostile server");
		abort();
	}
	h->port = ntohs(a.sin_port);
}

void hostile_stop(struct hostile *h)
{
	shutdown(h->listener, SHUT_RDWR);
	pthread_join(h->thread, NULL);
	close(h->listener);
}
