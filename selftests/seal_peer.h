/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer of a channel that speaks TLS 1.3's record layer by hand, from traffic
 * secrets on, so that it can change keys whatever the kernel can, and send what
 * kernel TLS never would. For one thread in each direction.
 */
#ifndef VOICEPAY_SEAL_PEER_H
#define VOICEPAY_SEAL_PEER_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "seal_pair.h"

enum { SECRET_UP = 0x31, SECRET_DOWN = 0x42, SECRET_RESUMPTION = 0x53 };

/* A direction of the peer's. */
struct flow {
	uint8_t secret[VOICEPAY_SECRET_MAX];
	uint8_t key[32], iv[12];
	uint64_t seq;
};

struct duo {
	int channel, peer;
	struct flow tx, rx;	/* the peer's */
};

static inline bool sha384_used(void)
{
	return tls_cipher == TLS_CIPHER_AES_GCM_256;
}

static inline size_t secret_len(void)
{
	return sha384_used() ? 48 : 32;
}

static inline size_t key_len(void)
{
	return tls_cipher == TLS_CIPHER_AES_GCM_128 ? 16 : 32;
}

/* HKDF-Expand-Label, RFC 8446, 7.1, for up to one block. */
static inline void expand_label(const uint8_t *secret, const char *label, const uint8_t *context,
				size_t context_len, uint8_t *out, size_t len)
{
	uint8_t info[4 + 255 + 255 + 1], block[EVP_MAX_MD_SIZE];
	size_t label_len = strlen(label), n = 0;
	unsigned int block_len;

	info[n++] = 0;
	info[n++] = len;
	info[n++] = 6 + label_len;
	memcpy(info + n, "tls13 ", 6);
	memcpy(info + n + 6, label, label_len);
	n += 6 + label_len;
	info[n++] = context_len;
	if (context_len)
		memcpy(info + n, context, context_len);
	n += context_len;
	info[n++] = 1;
	HMAC(sha384_used() ? EVP_sha384() : EVP_sha256(), secret, secret_len(), info, n, block,
	     &block_len);
	memcpy(out, block, len);
}

static inline void flow_keys(struct flow *f)
{
	expand_label(f->secret, "key", NULL, 0, f->key, key_len());
	expand_label(f->secret, "iv", NULL, 0, f->iv, sizeof(f->iv));
	f->seq = 0;
}

static inline void flow_start(struct flow *f, uint8_t seed)
{
	memset(f, 0, sizeof(*f));
	memset(f->secret, seed, secret_len());
	flow_keys(f);
}

/* What a KeyUpdate does to a direction. */
static inline void flow_step(struct flow *f)
{
	uint8_t next[VOICEPAY_SECRET_MAX] = {};

	expand_label(f->secret, "traffic upd", NULL, 0, next, secret_len());
	memcpy(f->secret, next, sizeof(next));
	flow_keys(f);
}

static inline void engage_flow(int fd, int direction, const struct flow *f)
{
	union {
		struct tls_crypto_info head;
		struct tls12_crypto_info_aes_gcm_128 gcm128;
		struct tls12_crypto_info_aes_gcm_256 gcm256;
		struct tls12_crypto_info_chacha20_poly1305 chacha;
	} info = { .head = { .version = TLS_1_3_VERSION, .cipher_type = tls_cipher } };
	size_t len;

	switch (tls_cipher) {
	case TLS_CIPHER_AES_GCM_128:
		memcpy(info.gcm128.key, f->key, 16);
		memcpy(info.gcm128.salt, f->iv, 4);
		memcpy(info.gcm128.iv, f->iv + 4, 8);
		len = sizeof(info.gcm128);
		break;
	case TLS_CIPHER_AES_GCM_256:
		memcpy(info.gcm256.key, f->key, 32);
		memcpy(info.gcm256.salt, f->iv, 4);
		memcpy(info.gcm256.iv, f->iv + 4, 8);
		len = sizeof(info.gcm256);
		break;
	default:
		memcpy(info.chacha.key, f->key, 32);
		memcpy(info.chacha.iv, f->iv, 12);
		len = sizeof(info.chacha);
	}
	if (setsockopt(fd, SOL_TLS, direction, &info, len))
		ktap_bail("kernel TLS");
}

/* A request to seal @fd with all secrets, as a duo has them. */
static inline struct voicepay_seal seal_request(int fd)
{
	struct voicepay_seal seal = {
		.size = sizeof(seal), .sock_fd = fd, .secret_len = secret_len(),
	};

	memset(seal.tx_secret, SECRET_UP, secret_len());
	memset(seal.rx_secret, SECRET_DOWN, secret_len());
	memset(seal.resumption_secret, SECRET_RESUMPTION, secret_len());
	return seal;
}

/* Connected, and kernel TLS on the one end; not sealed. */
static inline struct duo tls_duo(void)
{
	struct duo d;
	int sv[2];

	tcp_pair(AF_INET, sv);
	d.channel = sv[0];
	d.peer = sv[1];
	flow_start(&d.rx, SECRET_UP);
	flow_start(&d.tx, SECRET_DOWN);
	if (tls_ulp(d.channel))
		ktap_bail("kernel TLS");
	engage_flow(d.channel, TLS_TX, &d.rx);
	engage_flow(d.channel, TLS_RX, &d.tx);
	return d;
}

static inline struct duo sealed_duo_as(struct voicepay_seal *seal)
{
	struct duo d = tls_duo();

	seal->sock_fd = d.channel;
	if (ioctl(device, VOICEPAY_IOC_SEAL, seal))
		ktap_bail("VOICEPAY_IOC_SEAL");
	d.channel = seal->channel_fd;
	/* What never comes is a failure, not the end of all tests behind it. */
	recv_timeout(d.channel, 20000);
	recv_timeout(d.peer, 20000);
	return d;
}

static inline struct duo sealed_duo(void)
{
	struct voicepay_seal seal = seal_request(-1);

	return sealed_duo_as(&seal);
}

static inline void duo_close(struct duo *d)
{
	if (d->channel >= 0)
		close(d->channel);
	if (d->peer >= 0)
		close(d->peer);
}

static inline const EVP_CIPHER *flow_cipher(void)
{
	switch (tls_cipher) {
	case TLS_CIPHER_AES_GCM_128:
		return EVP_aes_128_gcm();
	case TLS_CIPHER_AES_GCM_256:
		return EVP_aes_256_gcm();
	default:
		return EVP_chacha20_poly1305();
	}
}

static inline EVP_CIPHER_CTX *flow_context(struct flow *f, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12];

	memcpy(nonce, f->iv, sizeof(nonce));
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= f->seq >> (8 * i);
	f->seq++;
	if (!ctx || !EVP_CipherInit_ex(ctx, flow_cipher(), NULL, f->key, nonce, encrypt))
		ktap_bail("libcrypto");
	return ctx;
}

/* Encrypts a record into @out, which has room for 22 bytes more than @len; its length. */
static inline size_t make_record(struct flow *f, uint8_t *out, uint8_t type, const void *data,
				 size_t len)
{
	EVP_CIPHER_CTX *ctx = flow_context(f, 1);
	int n;

	memcpy(out, (uint8_t[]){ 23, 3, 3, (len + 17) >> 8, len + 17 }, 5);
	EVP_CipherUpdate(ctx, NULL, &n, out, 5);
	EVP_CipherUpdate(ctx, out + 5, &n, data, len);
	EVP_CipherUpdate(ctx, out + 5 + len, &n, &type, 1);
	EVP_CipherFinal_ex(ctx, out + 6 + len, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + 6 + len);
	EVP_CIPHER_CTX_free(ctx);
	return len + 22;
}

/* The peer sends a record; false if the connection is gone. */
static inline bool peer_send(struct duo *d, uint8_t type, const void *data, size_t len)
{
	static __thread uint8_t out[16384 + 22];
	size_t n = make_record(&d->tx, out, type, data, len), done = 0;

	while (done < n) {
		ssize_t r = send(d->peer, out + done, n - done, MSG_NOSIGNAL);

		if (r <= 0)
			return false;
		done += r;
	}
	return true;
}

static inline bool recv_exactly(int fd, void *buf, size_t len)
{
	return recv(fd, buf, len, MSG_WAITALL) == (ssize_t)len;
}

/*
 * The peer's next record: the length of its content, and its type; -1 with type
 * 0 at the end of the stream, and -1 with type 255 if it does not decrypt.
 */
static inline ssize_t peer_recv(struct duo *d, uint8_t *type, void *data, size_t room)
{
	static __thread uint8_t in[16384 + 256 + 5], plain[16384 + 256];
	EVP_CIPHER_CTX *ctx;
	size_t len;
	int n, ok;

	*type = 0;
	if (!recv_exactly(d->peer, in, 5))
		return -1;
	*type = 255;
	len = in[3] << 8 | in[4];
	if (in[0] != 23 || len < 17 || len > 16384 + 256 || !recv_exactly(d->peer, in + 5, len))
		return -1;
	ctx = flow_context(&d->rx, 0);
	EVP_CipherUpdate(ctx, NULL, &n, in, 5);
	EVP_CipherUpdate(ctx, plain, &n, in + 5, len - 16);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, in + 5 + len - 16);
	ok = EVP_CipherFinal_ex(ctx, plain + n, &n);
	EVP_CIPHER_CTX_free(ctx);
	if (ok <= 0)
		return -1;
	len -= 17;
	*type = plain[len];
	memcpy(data, plain, len < room ? len : room);
	return len;
}

/* A KeyUpdate of the peer's; what it sends after that is under its next key. */
static inline bool peer_update(struct duo *d, bool requested)
{
	uint8_t message[] = { HS_KEY_UPDATE, 0, 0, 1, requested };
	bool ok = peer_send(d, HANDSHAKE, message, sizeof(message));

	flow_step(&d->tx);
	return ok;
}

#endif /* VOICEPAY_SEAL_PEER_H */
