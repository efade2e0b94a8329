/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TLS server that lies, cuts, drips, floods or falls silent, on a port of
 * the loopback device. Its TLS goes through memory, so that what is sent can
 * be changed at any byte.
 */
#ifndef VP_HOSTILE_SERVER_H
#define VP_HOSTILE_SERVER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>

enum end { END_NOT, END_FIN, END_RST, END_SILENCE };

/**
 * struct hostile - what it does; all 0 is a server that behaves
 * @cert, @key, @chain: its own
 * @staple: OCSP answer
 * @min, @max: protocol versions; @ciphers12, @suites, @groups, @sigalgs
 * @no_request: asks for no client certificate
 * @tickets: how many after the handshake
 * @early: data before it was asked
 * @raw: sent instead of TLS, @raw_len bytes
 * @repeat: the raw bytes again and again, without end
 * @after_hello: raw bytes only once a ClientHello has come
 * @flip_at: this byte of what it sends is changed (from 1)
 * @cut_at: and after this many, @end
 * @drip_ms: one byte in so many milliseconds
 */
struct hostile {
	X509 *cert;
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
	const unsigned char *staple;
	size_t staple_len;
	int min, max;
	const char *ciphers12, *suites, *groups, *sigalgs;
	bool no_request;
	int tickets;
	const char *early;
	const void *raw;
	size_t raw_len;
	bool repeat, after_hello;
	size_t flip_at, cut_at;
	enum end end;
	int drip_ms;
	/* results */
	int port;
	size_t sent;		/* bytes in all */
	size_t application;	/* bytes of application data that came: must be none */
	bool strange;		/* or, to one without TLS, anything but hello and alerts */
	bool complete;		/* the handshake ended well on this side */
	/* private */
	pthread_t thread;
	int listener;
};

void hostile_start(struct hostile *h);
/* The client is gone, or soon will be. */
void hostile_stop(struct hostile *h);

#endif
