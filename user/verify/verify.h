/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this certificate the gateway's? One answer for the handshake and for
 * "voicepay verify-server". Needs no connection and reads no file.
 *
 * The rules are RFC 5280's and the CA/Browser Forum's for servers;
 * Documentation/certificates.md lists them, and says where and why this
 * project departs from them.
 */
#ifndef VP_VERIFY_H
#define VP_VERIFY_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <voicepay.h>
#include "../common/pin.h"

/* CA certificates between the server's and the trusted one. */
#define VERIFY_MAX_DEPTH	8
/* More certificates than that are a server's attempt to keep us busy. */
#define VERIFY_MAX_SENT		100
/* Of a responder that is asked. */
#define VERIFY_ANSWER_MAX	16384

/**
 * struct verify_policy - what a server must satisfy, all of it
 * @trusted: CAs; no others count
 * @host: DNS name in ASCII, or an address if @host_is_ip
 * @any_host: the name is not asked for; never in a handshake
 * @pins: one key of the verified chain must be among them
 * @any_key: pins are not asked for; never in a handshake
 * @max_depth: limit of CA certificates in between; negative: VERIFY_MAX_DEPTH
 * @at: the time that counts, 0 for now
 * @crls: if there are any, each certificate below the trusted one must be
 *	covered by one, or, the server's own, by the staple
 * @crl_max_age: seconds since thisUpdate, 0: nextUpdate alone counts
 * @staple: an OCSP response in DER, or NULL
 * @staple_required: refuse a server without a good one, even if its
 *	certificate does not say so
 * @staple_max_age: seconds since thisUpdate, 0: nextUpdate alone counts
 * @ask: POSTs an OCSP request, for a server of whom neither staple nor CRL
 *	says what became of its certificate; length of the answer, or -1.
 *	NULL: nobody is asked
 * @responder: whom to ask; NULL: whom the certificate names
 */
struct verify_policy {
	const STACK_OF(X509) *trusted;
	const char *host;
	bool host_is_ip;
	bool any_host;
	const struct pin *pins;
	size_t pin_count;
	bool any_key;
	int max_depth;
	time_t at;
	const STACK_OF(X509_CRL) *crls;
	unsigned long crl_max_age;
	const unsigned char *staple;
	size_t staple_len;
	bool staple_required;
	unsigned long staple_max_age;
	int (*ask)(void *arg, const char *url, const unsigned char *request, size_t len,
		   unsigned char answer[VERIFY_ANSWER_MAX]);
	void *ask_arg;
	const char *responder;
};

/**
 * struct verify_result - the answer
 * @check: VOICEPAY_CHECK_OK, or what failed
 * @index: of the certificate that failed, 0 for the server's own, counted
 *	towards the trusted one; -1 if the refusal is about none
 * @subject: of that certificate, fit for a terminal
 * @reason: what is wrong with it, as the end of a sentence that the
 *	certificate begins
 * @path: if accepted, the chain from the server's to the trusted one
 * @asked: if accepted on an answer that was asked for, that answer
 */
struct verify_result {
	enum voicepay_check check;
	int index;
	char subject[96];
	char reason[256];
	STACK_OF(X509) *path;
	unsigned char *asked;
	size_t asked_len;
};

/*
 * Checks @leaf with the help of the certificates that came with it. True if
 * the server is accepted. @result is filled in either way; give it to
 * verify_clear() in the end.
 */
bool verify_server(const struct verify_policy *policy, X509 *leaf,
		   const STACK_OF(X509) *sent, struct verify_result *result);
void verify_clear(struct verify_result *result);

/* SHA-256 over the certificate's DER SubjectPublicKeyInfo. 0 or -1. */
int verify_spki(X509 *cert, struct pin *pin);

#endif
