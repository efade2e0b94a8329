// SPDX-License-Identifier: GPL-2.0
/*
 * What a channel keeps of its TLS session beside what kernel TLS has: what
 * VOICEPAY_IOC_SEAL was given with the socket.
 */

#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tls.h>
#include <linux/uaccess.h>

#include "voicepay.h"
#include "session.h"

/**
 * struct vp_session - see above
 * @secret_len: bytes of each secret
 * @context_len: bytes at @context
 * @context: what is kept with each ticket
 */
struct vp_session {
	u32 secret_len;
	u32 context_len;
	u8 context[];
};

static bool is_zero(const u8 *data, size_t len)
{
	return !memchr_inv(data, 0, len);
}

/* Given, or not; and nothing behind its end. */
static int check_secret(const u8 secret[VOICEPAY_SECRET_MAX], u32 len, bool *given)
{
	*given = !is_zero(secret, len);
	return is_zero(secret + len, VOICEPAY_SECRET_MAX - len) ? 0 : -EINVAL;
}

static int check(const struct voicepay_seal *seal)
{
	bool tx, rx, resumption;

	if (seal->secret_len && seal->secret_len != 32 && seal->secret_len != 48)
		return -EINVAL;
	if (check_secret(seal->tx_secret, seal->secret_len, &tx) ||
	    check_secret(seal->rx_secret, seal->secret_len, &rx) ||
	    check_secret(seal->resumption_secret, seal->secret_len, &resumption))
		return -EINVAL;
	/* A channel that followed one direction's KeyUpdate could not answer it. */
	if (tx != rx)
		return -EINVAL;
	if (seal->context_len > VOICEPAY_TICKET_CONTEXT_MAX)
		return -EINVAL;
	if (!seal->context_len && seal->context)
		return -EINVAL;
	if (!seal->secret_len && (seal->context_len || !is_zero(seal->binding,
								sizeof(seal->binding))))
		return -EINVAL;
	return 0;
}

/**
 * vp_session_take() - check and copy what came with a socket
 * @seal: the request
 * @session: out: the copy; NULL if there was nothing. For vp_session_free()
 *
 * Return: 0, -EINVAL, -EFAULT or -ENOMEM.
 */
int vp_session_take(const struct voicepay_seal *seal, struct vp_session **session)
{
	struct vp_session *s;
	int err;

	*session = NULL;
	err = check(seal);
	if (err || !seal->secret_len)
		return err;
	s = kzalloc(struct_size(s, context, seal->context_len), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	s->secret_len = seal->secret_len;
	s->context_len = seal->context_len;
	if (copy_from_user(s->context, u64_to_user_ptr(seal->context), seal->context_len)) {
		vp_session_free(s);
		return -EFAULT;
	}
	*session = s;
	return 0;
}

/**
 * vp_session_bind() - can these be the secrets of that connection?
 * @session: or NULL
 * @info: what kernel TLS was given
 *
 * Return: 0 or -EINVAL.
 */
int vp_session_bind(struct vp_session *session, const struct tls_crypto_info *info)
{
	if (!session)
		return 0;
	if (info->version != TLS_1_3_VERSION)
		return -EINVAL;
	switch (info->cipher_type) {
	case TLS_CIPHER_AES_GCM_128:
	case TLS_CIPHER_CHACHA20_POLY1305:
		return session->secret_len == 32 ? 0 : -EINVAL;
	case TLS_CIPHER_AES_GCM_256:
		return session->secret_len == 48 ? 0 : -EINVAL;
	}
	return -EINVAL;
}

void vp_session_free(struct vp_session *session)
{
	kfree_sensitive(session);
}
