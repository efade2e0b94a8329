// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A channel whose session OpenSSL has made, and whose peer is OpenSSL: its
 * tickets, its KeyUpdates, its close_notify.
 *
 * ktap: nouml
 */

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "seal_pair.h"

static SSL_CTX *server_ctx, *client_ctx;
static const char *suite = "TLS_AES_256_GCM_SHA384";

/* What the client's keylog told. */
static struct voicepay_seal secrets;

static void keep(uint8_t *out, const char *hex)
{
	size_t n = 0;

	for (; hex[0] > ' ' && hex[1] > ' '; hex += 2)
		sscanf(hex, "%2hhx", &out[n++]);
	secrets.secret_len = n;
}

static void keylog(const SSL *ssl, const char *line)
{
	const char *secret = strrchr(line, ' ');

	if (!strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24))
		keep(secrets.tx_secret, secret + 1);
	if (!strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24))
		keep(secrets.rx_secret, secret + 1);
}

static void contexts(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"peer", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());

	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	if (!server_ctx || !client_ctx || SSL_CTX_use_certificate(server_ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(server_ctx, key) != 1)
		ktap_bail("OpenSSL");
	SSL_CTX_set_min_proto_version(client_ctx, TLS1_3_VERSION);
	SSL_CTX_set_options(client_ctx, SSL_OP_ENABLE_KTLS);
	SSL_CTX_set_keylog_callback(client_ctx, keylog);
	X509_free(cert);
	EVP_PKEY_free(key);
}

struct peer {
	int fd;
	pthread_t thread;
	void (*script)(SSL *ssl);
	int updates_seen, failed;
	char at[40];
};

static __thread struct peer *self;

#define PEER(x) do {								\
		if (!(x) && !self->failed++)					\
			snprintf(self->at, sizeof(self->at), "line %d", __LINE__);	\
	} while (0)

static void watch(int write_p, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
	struct peer *peer = arg;

	if (!write_p && type == SSL3_RT_HANDSHAKE && len && *(uint8_t *)buf == HS_KEY_UPDATE)
		peer->updates_seen++;
}

static void *serve(void *arg)
{
	struct peer *peer = arg;
	SSL *ssl = SSL_new(server_ctx);

	self = peer;
	SSL_set_fd(ssl, peer->fd);
	SSL_set_msg_callback(ssl, watch);
	SSL_set_msg_callback_arg(ssl, peer);
	PEER(SSL_accept(ssl) == 1);
	if (!peer->failed)
		peer->script(ssl);
	SSL_free(ssl);
	return NULL;
}

/* A handshake with a server that goes on with @script; the channel. */
static int handshake(struct peer *peer, void (*script)(SSL *ssl), uint8_t mark)
{
	SSL *ssl = SSL_new(client_ctx);
	int sv[2], fd = -1;
	BIO *bio;

	tcp_pair(AF_INET, sv);
	*peer = (struct peer){ .fd = sv[1], .script = script };
	SSL_CTX_set_ciphersuites(client_ctx, suite);
	SSL_set_ciphersuites(ssl, suite);
	memset(&secrets, 0, sizeof(secrets));
	bio = BIO_new_socket(sv[0], BIO_NOCLOSE);
	SSL_set_bio(ssl, bio, bio);
	pthread_create(&peer->thread, NULL, serve, peer);
	if (!EXPECT_EQ(SSL_connect(ssl), 1) || !EXPECT_TRUE(BIO_get_ktls_send(bio)) ||
	    !EXPECT_TRUE(BIO_get_ktls_recv(bio))) {
		shutdown(sv[0], SHUT_RDWR);
		goto out;
	}
	secrets.size = sizeof(secrets);
	secrets.sock_fd = sv[0];
	/* Not the true one, which OpenSSL keeps to itself: the tickets are true all the same. */
	memset(secrets.resumption_secret, 0x77, secrets.secret_len);
	memset(secrets.binding, mark, sizeof(secrets.binding));
	if (EXPECT_OK(ioctl(device, VOICEPAY_IOC_SEAL, &secrets)))
		fd = secrets.channel_fd;
out:
	SSL_set_quiet_shutdown(ssl, 1);
	SSL_free(ssl);
	return fd;
}

static void finish(struct peer *peer, int fd)
{
	close(fd);
	pthread_join(peer->thread, NULL);
	close(peer->fd);
	EXPECT_EQ(peer->failed, 0);
	if (peer->failed)
		ktap_diag("the peer failed at %s", peer->at);
}

static void expect_text(int fd, const char *text)
{
	char buf[50] = {};

	EXPECT_EQ(recv(fd, buf, strlen(text), MSG_WAITALL), strlen(text));
	EXPECT_STREQ(buf, text);
}

static void peer_reads(SSL *ssl, const char *text)
{
	char buf[50] = {};

	PEER(SSL_read(ssl, buf, sizeof(buf)) == (int)strlen(text));
	PEER(!strcmp(buf, text));
}

static void peer_writes(SSL *ssl, const char *text)
{
	PEER(SSL_write(ssl, text, strlen(text)) == (int)strlen(text));
}

static void changes_keys(SSL *ssl)
{
	char c;

	peer_reads(ssl, "hello");
	peer_writes(ssl, "first");
	PEER(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
	peer_writes(ssl, "second");
	peer_reads(ssl, "answer");
	PEER(self->updates_seen == 1);
	PEER(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
	peer_writes(ssl, "third");
	peer_reads(ssl, "same key");
	PEER(self->updates_seen == 1);
	for (int i = 0; i < 5; i++) {
		PEER(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
		peer_writes(ssl, "ping");
		peer_reads(ssl, "pong");
	}
	PEER(self->updates_seen == 6);
	/* the channel's close_notify, under the newest key */
	PEER(SSL_read(ssl, &c, 1) == 0);
	PEER(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN);
}

static void key_updates(void)
{
	static const char *const suites[] = {
		"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
	};

	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		struct peer peer;
		int fd;

		suite = suites[i];
		fd = handshake(&peer, changes_keys, 1);
		if (fd < 0) {
			pthread_join(peer.thread, NULL);
			continue;
		}
		EXPECT_EQ(send(fd, "hello", 5, 0), 5);
		expect_text(fd, "firstsecond");
		EXPECT_EQ(send(fd, "answer", 6, 0), 6);
		expect_text(fd, "third");
		EXPECT_EQ(send(fd, "same key", 8, 0), 8);
		for (int j = 0; j < 5; j++) {
			expect_text(fd, "ping");
			EXPECT_EQ(send(fd, "pong", 4, 0), 4);
		}
		finish(&peer, fd);
	}
}

static void sends_tickets(SSL *ssl)
{
	char c;

	peer_reads(ssl, "hello");
	PEER(SSL_new_session_ticket(ssl) == 1);		/* one more than it sends by itself */
	peer_writes(ssl, "and a ticket");
	SSL_shutdown(ssl);
	PEER(SSL_read(ssl, &c, 1) <= 0);
}

static void tickets(void)
{
	uint8_t ticket[VOICEPAY_TICKET_MAX];
	struct peer peer;
	int fd = handshake(&peer, sends_tickets, 2), n = 0;
	char c;

	ASSERT_OK(fd);
	EXPECT_EQ(send(fd, "hello", 5, 0), 5);
	expect_text(fd, "and a ticket");
	EXPECT_EQ(recv(fd, &c, 1, 0), 0);
	finish(&peer, fd);
	for (;; n++) {
		struct voicepay_ticket t = {
			.size = sizeof(t), .ticket = (uintptr_t)ticket, .ticket_len = sizeof(ticket),
		};

		memset(t.binding, 2, sizeof(t.binding));
		if (ioctl(device, VOICEPAY_IOC_TICKET, &t))
			break;
		EXPECT_EQ(t.lifetime, 7200);
		EXPECT_EQ(t.cipher_suite, 0x1302);
		EXPECT_GT(t.ticket_len, 100);
	}
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(n, 3);
}

int main(void)
{
	/* Before 3.2 it has no way to hand over what it receives under TLS 1.3. */
	if (OpenSSL_version_num() < 0x30200000L)
		ktap_skip_all("this OpenSSL cannot hand TLS 1.3 over to the kernel");
	device_open();
	contexts();
	ktap_plan(2);
	suite = "TLS_AES_256_GCM_SHA384";
	KTAP_TEST(tickets, "OpenSSL's tickets are kept");
	KTAP_TEST(key_updates, "OpenSSL's KeyUpdates are followed, and answered");
	return ktap_end();
}
