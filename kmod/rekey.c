// SPDX-License-Identifier: GPL-2.0
/*
 * KeyUpdate (RFC 8446, 4.6.3) under a channel: kernel TLS gets its next key.
 *
 * Since 6.14 kernel TLS takes one by setsockopt(). From inside the kernel that
 * call runs into a bounds check of its own (a memcpy() over the end of struct
 * tls_crypto_info, reported as a bug once a boot, and fatal with panic_on_warn),
 * and before 6.14 there is no call. So what that call does is done here: the
 * cipher gets its key, the context its IV and sequence number, under the
 * socket's lock. That is possible because the channel serialises everything
 * that reads, and everything that writes: no record is under way in the
 * direction whose key changes. Only where kernel TLS encrypts by itself; a
 * network card would have to be told.
 *
 * Kernel TLS stops decrypting when a handshake record's first byte is that of a
 * KeyUpdate, and waits for a key. The rest of a ticket can begin with any byte,
 * so that is for kmod/record.c to say, and the stop is lifted here.
 */

#include <crypto/aead.h>
#include <net/tls.h>

#include "voicepay.h"
#include "channel_sock.h"
#include "session.h"

/* May keys be exchanged on this socket? With its lock held. */
bool vp_rekey_possible(const struct sock *sk)
{
	const struct tls_context *ctx = tls_get_ctx(sk);

	return ctx->tx_conf == TLS_SW && ctx->rx_conf == TLS_SW;
}

/* What getsockopt(TLS_TX) reads: nobody can any more, but the old key must not stay there. */
static int fill_info(union tls_crypto_context *info, const struct vp_traffic_keys *keys)
{
	switch (info->info.cipher_type) {
	case TLS_CIPHER_AES_GCM_128:
		memcpy(info->aes_gcm_128.key, keys->key, sizeof(info->aes_gcm_128.key));
		memcpy(info->aes_gcm_128.salt, keys->iv, 4);
		memcpy(info->aes_gcm_128.iv, keys->iv + 4, 8);
		memset(info->aes_gcm_128.rec_seq, 0, sizeof(info->aes_gcm_128.rec_seq));
		return 0;
	case TLS_CIPHER_AES_GCM_256:
		memcpy(info->aes_gcm_256.key, keys->key, sizeof(info->aes_gcm_256.key));
		memcpy(info->aes_gcm_256.salt, keys->iv, 4);
		memcpy(info->aes_gcm_256.iv, keys->iv + 4, 8);
		memset(info->aes_gcm_256.rec_seq, 0, sizeof(info->aes_gcm_256.rec_seq));
		return 0;
	case TLS_CIPHER_CHACHA20_POLY1305:
		memcpy(info->chacha20_poly1305.key, keys->key,
		       sizeof(info->chacha20_poly1305.key));
		memcpy(info->chacha20_poly1305.iv, keys->iv, sizeof(info->chacha20_poly1305.iv));
		memset(info->chacha20_poly1305.rec_seq, 0,
		       sizeof(info->chacha20_poly1305.rec_seq));
		return 0;
	}
	return -EINVAL;
}

/* The socket's lock is held. If this fails, no key may be in use any more. */
static int install(struct tls_context *ctx, const struct vp_suite *suite,
		   enum vp_secret_kind kind, const struct vp_traffic_keys *keys)
{
	bool tx = kind == VP_SECRET_TX;
	union tls_crypto_context *info = tx ? &ctx->crypto_send : &ctx->crypto_recv;
	struct cipher_context *cipher = tx ? &ctx->tx : &ctx->rx;
	struct crypto_aead *aead = tx ? tls_sw_ctx_tx(ctx)->aead_send :
					tls_sw_ctx_rx(ctx)->aead_recv;
	int err;

	if (info->info.cipher_type != suite->cipher)
		return -EINVAL;
	err = crypto_aead_setkey(aead, keys->key, suite->key_len);
	if (err)
		return err;
	/* Salt and IV, where a cipher has them apart, are the IV's two parts. */
	memcpy(cipher->iv, keys->iv, VP_TLS13_IV_LEN);
	memset(cipher->rec_seq, 0, sizeof(__be64));
	return fill_info(info, keys);
}

#ifdef TLS_HANDSHAKE_KEYUPDATE
/* Is kernel TLS waiting for a key, or what it takes for the need of one? */
bool vp_rekey_stopped(const struct vp_channel *ch)
{
	return READ_ONCE(tls_sw_ctx_rx(tls_get_ctx(ch->inner->sk))->key_update_pending);
}

static void go_on(struct sock *sk)
{
	struct tls_sw_context_rx *rx = tls_sw_ctx_rx(tls_get_ctx(sk));

	if (!rx->key_update_pending)
		return;
	WRITE_ONCE(rx->key_update_pending, false);
	rx->saved_data_ready(sk);	/* for who polled meanwhile */
}
#else
static void go_on(struct sock *sk)
{
}
#endif

/**
 * vp_rekey_no_stop() - what kernel TLS took for a KeyUpdate was none, or is dealt with
 * @ch: the channel, whose rx_lock is held
 */
void vp_rekey_no_stop(struct vp_channel *ch)
{
	struct sock *sk = ch->inner->sk;

	lockdep_assert_held(&ch->rx_lock);
	if (!vp_rekey_stopped(ch))
		return;
	lock_sock(sk);
	go_on(sk);
	release_sock(sk);
}

/**
 * vp_rekey_rx() - what comes next is under the peer's next key
 * @ch: the channel, whose rx_lock is held
 *
 * Return: 0 or a negative errno, and then nothing more can be read.
 */
int vp_rekey_rx(struct vp_channel *ch)
{
	struct sock *sk = ch->inner->sk;
	struct vp_step step;
	int err;

	lockdep_assert_held(&ch->rx_lock);
	err = vp_session_step(ch->session, VP_SECRET_RX, &step);
	if (err)
		return err;
	lock_sock(sk);
	err = install(tls_get_ctx(sk), vp_session_suite(ch->session), VP_SECRET_RX, &step.keys);
	if (!err)
		go_on(sk);
	release_sock(sk);
	if (!err)
		vp_session_stepped(ch->session, VP_SECRET_RX, &step);
	else
		vp_session_step_drop(&step);
	return err;
}

/*
 * Are records still with an engine that encrypts beside us? Kernel TLS waits for
 * them only if the record that it sends goes that way itself, which one
 * that is being reconfigured need not. At rest it counts one.
 */
static bool encrypting(const struct vp_channel *ch)
{
	return atomic_read(&tls_sw_ctx_tx(tls_get_ctx(ch->inner->sk))->encrypt_pending) > 1;
}

/**
 * vp_rekey_tx() - send a KeyUpdate, and what comes after it under our next key
 * @ch: the channel, whose tx_lock is held, so that nobody sends in between
 *
 * All that can fail for want of something comes before the record is sent; what
 * fails after it leaves a channel that cannot send any more.
 *
 * Return: 0; -EAGAIN, -ENOMEM or the like if the record was not taken, and then
 * all is as it was; -EKEYEXPIRED if our key cannot be exchanged; -ENOTRECOVERABLE
 * if that was found out too late.
 */
int vp_rekey_tx(struct vp_channel *ch)
{
	static const u8 key_update[] = { VP_HS_KEY_UPDATE, 0, 0, 1, 0 };
	struct sock *sk = ch->inner->sk;
	u8 message[sizeof(key_update)];
	struct vp_step step;
	int err, ret;

	lockdep_assert_held(&ch->tx_lock);
	if (encrypting(ch))
		return -EAGAIN;
	err = vp_session_step(ch->session, VP_SECRET_TX, &step);
	if (err)
		return err == -ENOMEM ? err : -EKEYEXPIRED;
	memcpy(message, key_update, sizeof(message));
	ret = vp_channel_send_record(ch, VP_RECORD_HANDSHAKE, message, sizeof(message));
	if (ret < 0) {
		vp_session_step_drop(&step);
		return ret;
	}
	/* A part of it would be no KeyUpdate to the peer. */
	if (ret != sizeof(message)) {
		vp_session_step_drop(&step);
		return -ENOTRECOVERABLE;
	}
	lock_sock(sk);
	err = install(tls_get_ctx(sk), vp_session_suite(ch->session), VP_SECRET_TX, &step.keys);
	release_sock(sk);
	if (err) {
		vp_session_step_drop(&step);
		return -ENOTRECOVERABLE;
	}
	vp_session_stepped(ch->session, VP_SECRET_TX, &step);
	return 0;
}
