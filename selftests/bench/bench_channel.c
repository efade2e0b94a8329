// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_channel ROUNDS: what the calls on a channel cost, beside the same on a bare kTLS
 * socket, and on one with OpenSSL in userspace: 64 bytes there and back, 1 MiB sent,
 * received and from a file. TLS 1.3 with AES-256-GCM in all. Only the calls at the one
 * end are measured; the other end is of the same kind in each, and looks at every byte.
 */

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "bench.h"
#include "seal_pair.h"

#define PIECE	32768
#define TOTAL	(1 << 20)
#define SMALL	64
#define TIMES	500

enum kind { KTLS, CHANNEL, OPENSSL, KINDS };
static const char *const names[KINDS] = { "ktls", "channel", "openssl" };

struct end {
	int fd;
	SSL *ssl;
};

static struct end here[KINDS], there[KINDS];
static unsigned char pattern[TOTAL], got[TOTAL];
static int file;

static void put(const struct end *e, const void *data, size_t len)
{
	if (e->ssl ? SSL_write(e->ssl, data, len) != (int)len : send(e->fd, data, len, 0) != (ssize_t)len)
		bench_die("cannot send");
}

static void take(const struct end *e, void *data, size_t len)
{
	while (len) {
		ssize_t n = e->ssl ? SSL_read(e->ssl, data, len) : recv(e->fd, data, len, 0);

		if (n <= 0)
			bench_die("cannot receive");
		data = (char *)data + n;
		len -= n;
	}
}

static void send_file(const struct end *e, off_t at, size_t len)
{
	static unsigned char buf[PIECE];

	if (e->ssl) {
		if (pread(file, buf, len, at) != (ssize_t)len)
			bench_die("cannot read");
		put(e, buf, len);
	} else if (sendfile(e->fd, file, &at, len) != (ssize_t)len) {
		bench_die("cannot send the file: %m");
	}
}

static void compare_got(size_t at, size_t len)
{
	if (memcmp(got, pattern + at, len))
		bench_die("what arrived is not what was sent");
}

static double ping_pong(enum kind k, double *whole)
{
	double calls = 0, begun = bench_now();

	for (int i = 0; i < TIMES; i++) {
		double t = bench_now();

		put(&here[k], pattern + i, SMALL);
		calls += bench_now() - t;
		take(&there[k], got, SMALL);
		put(&there[k], got, SMALL);
		t = bench_now();
		take(&here[k], got, SMALL);
		calls += bench_now() - t;
		compare_got(i, SMALL);
	}
	*whole = (bench_now() - begun) / TIMES;
	return calls / TIMES;
}

static double sending(enum kind k, bool from_file)
{
	double calls = 0, t;

	for (size_t at = 0; at < TOTAL; at += PIECE) {
		t = bench_now();
		if (from_file)
			send_file(&here[k], at, PIECE);
		else
			put(&here[k], pattern + at, PIECE);
		calls += bench_now() - t;
		take(&there[k], got, PIECE);
		compare_got(at, PIECE);
	}
	return calls;
}

static double receiving(enum kind k)
{
	double calls = 0, t;

	for (size_t at = 0; at < TOTAL; at += PIECE) {
		put(&there[k], pattern + at, PIECE);
		t = bench_now();
		take(&here[k], got, PIECE);
		calls += bench_now() - t;
		compare_got(at, PIECE);
	}
	return calls;
}

/* A certificate that nobody looks at. */
static SSL_CTX *context(bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384");
	SSL_CTX_set_num_tickets(ctx, 0);
	if (server) {
		EVP_PKEY *key = EVP_EC_gen("P-256");
		X509 *cert = X509_new();

		X509_set_pubkey(cert, key);
		X509_gmtime_adj(X509_getm_notBefore(cert), 0);
		X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
		if (!X509_sign(cert, key, EVP_sha256()) || SSL_CTX_use_certificate(ctx, cert) != 1 ||
		    SSL_CTX_use_PrivateKey(ctx, key) != 1)
			bench_die("no certificate");
	}
	return ctx;
}

static void openssl_pair(void)
{
	int sv[2], done = 0;

	tcp_pair(AF_INET, sv);
	here[OPENSSL] = (struct end){ sv[0], SSL_new(context(false)) };
	there[OPENSSL] = (struct end){ sv[1], SSL_new(context(true)) };
	SSL_set_fd(here[OPENSSL].ssl, sv[0]);
	SSL_set_fd(there[OPENSSL].ssl, sv[1]);
	SSL_set_connect_state(here[OPENSSL].ssl);
	SSL_set_accept_state(there[OPENSSL].ssl);
	for (int i = 0; i < 2; i++)
		fcntl(sv[i], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 1000 && done != 2; i++)
		done = (SSL_do_handshake(here[OPENSSL].ssl) == 1) + (SSL_do_handshake(there[OPENSSL].ssl) == 1);
	for (int i = 0; i < 2; i++)
		fcntl(sv[i], F_SETFL, 0);
	if (done != 2 || strcmp(SSL_get_cipher(here[OPENSSL].ssl), "TLS_AES_256_GCM_SHA384") ||
	    BIO_get_ktls_send(SSL_get_wbio(here[OPENSSL].ssl)))
		bench_die("no TLS in userspace");
}

static void set_up(void)
{
	struct pair p;

	device_open();
	tls_cipher = TLS_CIPHER_AES_GCM_256;
	p = tls_pair();
	here[KTLS].fd = p.channel;
	there[KTLS].fd = p.peer;
	p = sealed_pair();
	here[CHANNEL].fd = p.channel;
	there[CHANNEL].fd = p.peer;
	openssl_pair();
	for (size_t i = 0; i < TOTAL; i++)
		pattern[i] = i * 2654435761U >> 24;
	file = memfd_create("bench", MFD_CLOEXEC);
	if (write(file, pattern, TOTAL) != TOTAL)
		bench_die("no file: %m");
	/* No round waits for an acknowledgement, and a piece has room. */
	for (int k = 0; k < KINDS; k++) {
		int one = 1, room = 4 << 20;

		setsockopt(here[k].fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(there[k].fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(here[k].fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		setsockopt(there[k].fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	}
}

static void measure(enum kind k, bool say)
{
	double pong, whole, out, in, from_file;

	pong = ping_pong(k, &whole);
	out = sending(k, false);
	in = receiving(k);
	from_file = sending(k, true);
	if (!say)
		return;
	bench_sample(pong, "pong.%s", names[k]);
	bench_sample(whole, "pong-whole.%s", names[k]);
	bench_sample(out, "send.%s", names[k]);
	bench_sample(in, "receive.%s", names[k]);
	bench_sample(from_file, "sendfile.%s", names[k]);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5;

	set_up();
	/* The first round fills caches and windows. */
	for (int r = -1; r < rounds; r++)
		for (int i = 0; i < KINDS; i++)
			measure((i + r + 1) % KINDS, r >= 0);
	return 0;
}
