// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "connect.h"
#include "tls.h"
#include "trust.h"

#define CIPHERSUITES	"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
/* What OpenSSL before 3.5 has not got is left out: the server may do without. */
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
#define GROUPS		"X25519MLKEM768:X25519:P-256"
#else
#define GROUPS		"X25519:P-256"
#endif
#define SIGALGS		"ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ed25519:" \
			"rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_pss_sha256:rsa_pss_pss_sha384:" \
			"rsa_pkcs1_sha256:rsa_pkcs1_sha384"

static const unsigned char alpn[] = "\x08http/1.1";

/* Instead of OpenSSL's own verification: ours, the same as without a connection. */
static int on_verify(X509_STORE_CTX *ctx, void *arg)
{
	struct tls *tls = arg;
	struct verify_policy policy = *tls->policy;
	struct verify_result result;
	unsigned char *staple = NULL;
	long len;
	bool good;

	/* It came with the certificate: nothing else of the server has been believed yet. */
	len = SSL_get_tlsext_status_ocsp_resp(tls->ssl, &staple);
	if (staple && len > 0) {
		policy.staple = staple;
		policy.staple_len = len;
	}
	good = verify_server(&policy, X509_STORE_CTX_get0_cert(ctx), X509_STORE_CTX_get0_untrusted(ctx),
			     &result);
	if (good) {
		context_clear(&tls->context);
		/* Without it the session is not continued later, and that is all. */
		(void)context_make(&tls->context, result.path, result.asked ?: policy.staple,
				   result.asked ? result.asked_len : policy.staple_len, result.asked);
		tls->checked = true;
	}
	verify_clear(&result);
	if (good) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	refuse_server(tls->reply, &result);
	/* Becomes the alert that the server sees. */
	switch (tls->reply->check) {
	case VOICEPAY_CHECK_CA:
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT);
		break;
	case VOICEPAY_CHECK_DATES:
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_HAS_EXPIRED);
		break;
	case VOICEPAY_CHECK_REVOCATION:
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
		break;
	default:
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);
	}
	return 0;
}

/* Called only if the server wants a certificate, and only after its own was good. */
static int on_certificate_request(SSL *ssl, void *arg)
{
	struct tls *tls = arg;

	tls->asked = true;
	return 1;
}

static bool set_profile(SSL_CTX *ctx)
{
	/* Whole chains are checked by user/verify; this guards what is not a certificate. */
	SSL_CTX_set_security_level(ctx, 2);
	/* No stranger's bytes to zlib or zstd either, which certificates could come packed with. */
	SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS | SSL_OP_NO_COMPRESSION |
			    SSL_OP_NO_RENEGOTIATION);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
	SSL_CTX_set_options(ctx, SSL_OP_NO_RX_CERTIFICATE_COMPRESSION |
			    SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
#endif
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Reading ahead would swallow records that belong to the kernel. */
	SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_quiet_shutdown(ctx, 1);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_ciphersuites(ctx, CIPHERSUITES) &&
	       SSL_CTX_set1_groups_list(ctx, GROUPS) &&
	       SSL_CTX_set1_sigalgs_list(ctx, SIGALGS) &&
	       !SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1);
}

int tls_no_system_config(struct vp_reply *reply)
{
	/* It could loosen the profile of every context, or load code beside the device's key. */
	if (!OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return refuse(reply, VOICEPAY_CHECK_HELPER, "OpenSSL does not start");
	return 0;
}

int tls_can_hand_over(struct vp_reply *reply)
{
	/* Else every handshake would end in a channel that cannot be made, and nobody would know why. */
	if (OpenSSL_version_num() < 0x30200000L)
		return refuse(reply, VOICEPAY_CHECK_KTLS,
			      "this OpenSSL (%s) cannot hand TLS 1.3 over to the kernel: 3.2 or later is needed, 3.5 for X25519MLKEM768",
			      OpenSSL_version(OPENSSL_VERSION_STRING));
	return 0;
}

static const char *group_name(SSL *ssl)
{
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
	return SSL_get0_group_name(ssl) ?: "unknown";
#else
	return OBJ_nid2sn(SSL_get_negotiated_group(ssl)) ?: "unknown";
#endif
}

int tls_prepare(struct tls *tls)
{
	const struct verify_policy *policy = tls->policy;
	const struct device *device = tls->device;

	tls->asked = tls->checked = tls->offered = tls->heard = false;
	tls->ssl = NULL;
	memset(&tls->context, 0, sizeof(tls->context));
	tls->ctx = SSL_CTX_new_ex(NULL, secrets_properties(), TLS_client_method());
	secrets_watch(&tls->secrets);
	if (!tls->ctx || !set_profile(tls->ctx))
		goto fail;

	SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(tls->ctx, on_verify, tls);
	SSL_CTX_set_cert_cb(tls->ctx, on_certificate_request, tls);
	if (SSL_CTX_use_cert_and_key(tls->ctx, device->cert, device->key, device->chain, 1) != 1) {
		ERR_clear_error();
		refuse(tls->reply, VOICEPAY_CHECK_DEVICE,
		       "OpenSSL does not take the device's certificate: its key must be P-256, P-384, Ed25519 or RSA of 2048 bits and more");
		goto out;
	}

	tls->ssl = SSL_new(tls->ctx);
	if (!tls->ssl)
		goto fail;
	/* An address must not go into SNI (RFC 6066 section 3). */
	if (!policy->host_is_ip && !SSL_set_tlsext_host_name(tls->ssl, policy->host))
		goto fail;
	/* Always asked for: whether it must come is for the certificate and the settings to say. */
	if (!SSL_set_tlsext_status_type(tls->ssl, TLSEXT_STATUSTYPE_ocsp))
		goto fail;
	return 0;
fail:
	refuse(tls->reply, VOICEPAY_CHECK_TLS, "OpenSSL cannot offer the TLS profile: %s",
	       ERR_reason_error_string(ERR_peek_error()) ?: "out of memory");
out:
	ERR_clear_error();
	tls_free(tls);
	return -1;
}

static enum voicepay_check check_of(unsigned long err)
{
	if (ERR_GET_LIB(err) != ERR_LIB_SSL)
		return VOICEPAY_CHECK_TLS;
	switch (ERR_GET_REASON(err)) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
	case SSL_R_WRONG_CIPHER_RETURNED:
	case SSL_R_BAD_KEY_SHARE:
	case SSL_R_NO_SUITABLE_GROUPS:
	case SSL_R_WRONG_CURVE:
	case SSL_R_WRONG_SIGNATURE_TYPE:
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_CA_MD_TOO_WEAK:
		return VOICEPAY_CHECK_PROFILE;
	case SSL_R_BAD_SIGNATURE:
	case SSL_R_DIGEST_CHECK_FAILED:
		return VOICEPAY_CHECK_SIGNATURE;
	default:
		return VOICEPAY_CHECK_TLS;
	}
}

static int refuse_handshake(struct tls *tls, int ssl_error, int sys_error)
{
	unsigned long err = ERR_peek_error();
	const char *reason = err ? ERR_reason_error_string(err) : NULL;

	/* user/verify has said it already, and better. */
	if (tls->reply->check != VOICEPAY_CHECK_OK)
		return -1;
	if (!err || ERR_GET_REASON(err) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return refuse(tls->reply, VOICEPAY_CHECK_TLS,
			      "the server ended the connection in the middle of the handshake%s%s: is it the gateway's TLS port?",
			      ssl_error == SSL_ERROR_SYSCALL && sys_error ? ": " : "",
			      ssl_error == SSL_ERROR_SYSCALL && sys_error ? strerror(sys_error) : "");
	switch (check_of(err)) {
	case VOICEPAY_CHECK_PROFILE:
		return refuse(tls->reply, VOICEPAY_CHECK_PROFILE,
			      "the server offers no TLS that is good enough (%s): it must speak TLS 1.3 with AES-GCM or ChaCha20-Poly1305 and X25519MLKEM768, X25519 or P-256",
			      reason ?: "handshake failure");
	case VOICEPAY_CHECK_SIGNATURE:
		return refuse(tls->reply, VOICEPAY_CHECK_SIGNATURE,
			      "the server does not hold the key of its certificate (%s): this is an impostor, so do not pay",
			      reason ?: "bad signature");
	default:
		return refuse(tls->reply, VOICEPAY_CHECK_TLS, "the TLS handshake failed: %s",
			      reason ?: "protocol error");
	}
}

void tls_offer(struct tls *tls, SSL_SESSION *session, struct context *context)
{
	/* With fresh Diffie-Hellman only, which is OpenSSL's default, and without early data. */
	tls->offered = SSL_set_session(tls->ssl, session);
	SSL_SESSION_free(session);
	ERR_clear_error();
	tls->context = *context;
}

bool tls_offer_to_blame(const struct tls *tls)
{
	switch (tls->reply->check) {
	case VOICEPAY_CHECK_TLS:
	case VOICEPAY_CHECK_PROFILE:
		return tls->offered;
	case VOICEPAY_CHECK_TIMEOUT:
		return tls->offered && !tls->heard;
	default:
		return false;
	}
}

/* All of this holds by now; it is looked at again because so much rests on it. */
static int look_again(struct tls *tls)
{
	SSL *ssl = tls->ssl;

	if (SSL_version(ssl) != TLS1_3_VERSION)
		return refuse(tls->reply, VOICEPAY_CHECK_PROFILE, "the handshake did not end in TLS 1.3");
	if (SSL_session_reused(ssl)) {
		/* Its certificates were checked before it was offered. */
		if (!tls->offered || !tls->context.chain)
			return refuse(tls->reply, VOICEPAY_CHECK_CA, "the server continued a session that was not offered");
		if (!SSL_get_negotiated_group(ssl))
			return refuse(tls->reply, VOICEPAY_CHECK_PROFILE,
				      "the server continued a session without a new key exchange");
		tls->reply->flags |= VP_REPLY_RESUMED;
		return 0;
	}
	if (!tls->checked || SSL_get_verify_result(ssl) != X509_V_OK || !SSL_get0_peer_certificate(ssl))
		return refuse(tls->reply, VOICEPAY_CHECK_CA, "the server's certificate was not checked");
	/* A gateway that takes anybody would take somebody else's order for ours. */
	if (!tls->asked)
		return refuse(tls->reply, VOICEPAY_CHECK_MUTUAL,
			      "the server did not ask for this device's certificate: the gateway must require client certificates");
	return 0;
}

int tls_handshake(struct tls *tls, int fd, int64_t deadline)
{
	SSL *ssl = tls->ssl;
	int64_t now = clock_ms(), silence = deadline;

	/*
	 * A server that stumbles over the session has not used up all of the time.
	 * One that answers is slow, and would be as slow without it.
	 */
	if (tls->offered)
		silence = now + (deadline - now) / 2;
	if (!SSL_set_fd(ssl, fd))
		return refuse(tls->reply, VOICEPAY_CHECK_TLS, "out of memory");

	for (;;) {
		int ret, why, sys;

		ERR_clear_error();
		errno = 0;
		ret = SSL_connect(ssl);
		if (ret == 1)
			break;
		sys = errno;
		why = SSL_get_error(ssl, ret);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return refuse_handshake(tls, why, sys);
		tls->heard = BIO_number_read(SSL_get_rbio(ssl)) > 0;
		if (wait_for(fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, tls->heard ? deadline : silence))
			return refuse(tls->reply, VOICEPAY_CHECK_TIMEOUT,
				      "the gateway did not complete the handshake in time: try again");
	}

	if (look_again(tls))
		return -1;
	snprintf(tls->reply->protocol, sizeof(tls->reply->protocol), "%s", SSL_get_version(ssl));
	snprintf(tls->reply->cipher, sizeof(tls->reply->cipher), "%s", SSL_get_cipher_name(ssl));
	snprintf(tls->reply->group, sizeof(tls->reply->group), "%s",
		 group_name(ssl));
	snprintf(tls->reply->host, sizeof(tls->reply->host), "%s", tls->policy->host);
	return 0;
}

int tls_engaged(struct tls *tls)
{
	/* Where the kernel lacks something OpenSSL stays in userspace without a word. */
	int tx = BIO_get_ktls_send(SSL_get_wbio(tls->ssl));
	int rx = BIO_get_ktls_recv(SSL_get_rbio(tls->ssl));

	if (!tx || !rx)
		return refuse(tls->reply, VOICEPAY_CHECK_KTLS,
			      "kernel TLS did not engage for %s (%s): load the modules tls and the cipher's (modprobe tls), or use a kernel that has them",
			      SSL_get_cipher_name(tls->ssl),
			      tx ? "receiving" : rx ? "sending" : "neither sending nor receiving");
	/* Data in OpenSSL's hands would be lost to the channel. */
	if (SSL_pending(tls->ssl) || SSL_has_pending(tls->ssl))
		return refuse(tls->reply, VOICEPAY_CHECK_KTLS,
			      "the server sent data before it was asked: this is not how the gateway behaves");
	return 0;
}

void tls_free(struct tls *tls)
{
	secrets_watch(NULL);
	/* No SSL_shutdown(): the connection lives on, and its BIO does not own the socket. */
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->ctx);
	tls->ssl = NULL;
	tls->ctx = NULL;
}
