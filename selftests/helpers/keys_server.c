// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keys_server PORT CERT KEY CA SECRETS: a TLS 1.3 server at 127.0.0.1:PORT that wants a
 * client certificate, answers each line with "got " and the line, and, as any server
 * could, writes all secrets of the last session to SECRETS, a name and hex in each
 * line: the handshake's and the traffic secrets, what keys and IVs follow from them (RFC
 * 8446 section 7.3), the exporter's and the resumption master secret, and the PSK of
 * each of its two tickets.
 *
 * The resumption master secret comes the way in which the handshake process gets it; that
 * it is the right one shows the tickets' PSK, which OpenSSL tells, too.
 */

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "secrets.h"

#define HASH_MAX	48
#define TICKETS		2

static FILE *out;
static const EVP_MD *md;
static void fail(const char *what)
{
	fprintf(stderr, "keys_server: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(3);
}

static void put(const char *name, const void *secret, size_t len)
{
	fprintf(out, "%s ", name);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", ((const unsigned char *)secret)[i]);
	fprintf(out, "\n");
}

/* HKDF-Expand-Label of RFC 8446 section 7.1 */
static void expand(const unsigned char *secret, const char *label, const void *context, size_t context_len,
		   void *to, size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	unsigned char info[512];
	size_t n = 0, label_len = strlen(label);
	OSSL_PARAM params[5];

	info[n++] = len >> 8;
	info[n++] = len;
	info[n++] = 6 + label_len;
	memcpy(info + n, "tls13 ", 6);
	memcpy(info + n + 6, label, label_len);
	n += 6 + label_len;
	info[n++] = context_len;
	if (context_len)
		memcpy(info + n, context, context_len);
	n += context_len;
	params[0] = OSSL_PARAM_construct_int("mode", &mode);
	params[1] = OSSL_PARAM_construct_utf8_string("digest", (char *)EVP_MD_get0_name(md), 0);
	params[2] = OSSL_PARAM_construct_octet_string("key", (void *)secret, EVP_MD_get_size(md));
	params[3] = OSSL_PARAM_construct_octet_string("info", info, n);
	params[4] = OSSL_PARAM_construct_end();
	if (EVP_KDF_derive(ctx, to, len, params) != 1)
		fail("HKDF");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void put_traffic(SSL *ssl, const char *name, const unsigned char *secret)
{
	unsigned char key[32], iv[12];
	char text[64];
	size_t key_len = EVP_CIPHER_get_key_length(EVP_get_cipherbynid(SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl))));

	put(name, secret, EVP_MD_get_size(md));
	expand(secret, "key", NULL, 0, key, key_len);
	expand(secret, "iv", NULL, 0, iv, sizeof(iv));
	snprintf(text, sizeof(text), "%.40s:key", name);
	put(text, key, key_len);
	snprintf(text, sizeof(text), "%.40s:iv", name);
	put(text, iv, sizeof(iv));
	/* As kernel TLS is given it: without the salt. */
	snprintf(text, sizeof(text), "%.40s:iv-rest", name);
	put(text, iv + 4, sizeof(iv) - 4);
}

/* NAME CLIENT-RANDOM SECRET, in hex */
static void on_keylog(const SSL *ssl, const char *line)
{
	unsigned char secret[HASH_MAX];
	const char *hex = strrchr(line, ' ') + 1;
	size_t len = strlen(hex) / 2;
	char name[64];

	md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	if (sscanf(line, "%63s", name) != 1 || len != (size_t)EVP_MD_get_size(md))
		fail("a line of the key log");
	for (size_t i = 0; i < len; i++)
		sscanf(hex + 2 * i, "%2hhx", &secret[i]);
	if (strstr(name, "TRAFFIC_SECRET")) {
		put_traffic((SSL *)ssl, name, secret);
	} else {
		put(name, secret, len);
	}
}

static unsigned int tickets;
static unsigned char psk_of_ticket[TICKETS][HASH_MAX];

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	if (tickets < TICKETS)
		SSL_SESSION_get_master_key(session, psk_of_ticket[tickets], HASH_MAX);
	tickets++;
	return 0;
}

static void put_tickets(SSL *ssl, const unsigned char *resumption)
{
	unsigned char nonce[8] = { 0 }, psk[HASH_MAX];
	size_t len = EVP_MD_get_size(md);
	char name[32];

	for (int i = 0; i < TICKETS; i++) {
		if (!SSL_new_session_ticket(ssl) || SSL_do_handshake(ssl) != 1)
			fail("a ticket");
		nonce[7] = i;
		expand(resumption, "resumption", nonce, sizeof(nonce), psk, len);
		snprintf(name, sizeof(name), "TICKET_PSK_%d", i);
		put(name, psk, len);
		if (tickets <= (unsigned int)i || memcmp(psk, psk_of_ticket[i], len))
			fail("the resumption master secret is not what the ticket's PSK came from");
	}
}

static void serve(SSL_CTX *ctx, int fd, const char *file)
{
	struct secrets secrets;
	SSL *ssl = SSL_new(ctx);
	char line[256], new[256];
	int n;

	snprintf(new, sizeof(new), "%s.new", file);
	out = fopen(new, "w");
	tickets = 0;
	secrets_watch(&secrets);
	if (!out || !ssl || !SSL_set_fd(ssl, fd))
		fail("no session");
	if (SSL_accept(ssl) != 1)
		goto out;
	if (!SSL_session_reused(ssl)) {
		if (!secrets_complete(&secrets))
			fail("no resumption master secret");
		put("RESUMPTION_MASTER_SECRET", secrets.resumption, secrets.len);
		put_tickets(ssl, secrets.resumption);
	}
	fclose(out);
	out = NULL;
	rename(new, file);
	while ((n = SSL_read(ssl, line, sizeof(line))) > 0) {
		SSL_write(ssl, "got ", 4);
		SSL_write(ssl, line, n);
	}
	SSL_shutdown(ssl);
out:
	if (out)
		fclose(out);
	SSL_free(ssl);
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd, one = 1, conn;
	SSL_CTX *ctx;

	if (argc != 6)
		fail("usage: keys_server PORT CERT KEY CA SECRETS");
	signal(SIGPIPE, SIG_IGN);
	ctx = SSL_CTX_new_ex(NULL, secrets_properties(), TLS_server_method());
	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, argv[2]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, argv[3], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_load_verify_locations(ctx, argv[4], NULL) != 1)
		fail("certificates");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"keys", 4);
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_keylog_callback(ctx, on_keylog);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	addr.sin_port = htons(atoi(argv[1]));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8))
		fail("the port is taken");
	while ((conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		serve(ctx, conn, argv[5]);
	return 3;
}
