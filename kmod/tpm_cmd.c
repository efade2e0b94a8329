// SPDX-License-Identifier: GPL-2.0
/*
 * TPM 2.0 commands from bytes.
 *
 * The kernel's own helpers for building commands changed their shape twice
 * between 6.1 and 7.3, and lack what sealing needs. What stayed is
 * tpm_transmit_cmd() and that a buffer's data is the command. All is big endian.
 */

#include <linux/slab.h>

#include "voicepay.h"
#include "tpm_cmd.h"

#define HEAD		10	/* tag, length, code */
#define ROOM		PAGE_SIZE
#define PASSWORD	0x40000009
#define NO_SESSIONS	0x8001
#define SESSIONS	0x8002

#ifdef VP_TPM_BUF_INLINE

static int buf_alloc(struct vp_tpm *tpm)
{
	tpm->buf = kzalloc(sizeof(*tpm->buf) + ROOM, GFP_KERNEL);
	if (!tpm->buf)
		return -ENOMEM;
	tpm_buf_init(tpm->buf, ROOM);
	tpm->data = tpm->buf->data;
	return 0;
}

#else

static int buf_alloc(struct vp_tpm *tpm)
{
	tpm->buf = kzalloc(sizeof(*tpm->buf) + ROOM, GFP_KERNEL);
	if (!tpm->buf)
		return -ENOMEM;
	tpm->data = (u8 *)(tpm->buf + 1);
	tpm->buf->data = tpm->data;
	return 0;
}

#endif

/**
 * vp_tpm_open() - take the TPM for a sequence of commands
 * @tpm: filled in
 *
 * Return: 0, for vp_tpm_close(); -ENODEV if there is no TPM 2.0; -ENOMEM; or
 * the driver's error.
 */
int vp_tpm_open(struct vp_tpm *tpm)
{
	int err;

	memset(tpm, 0, sizeof(*tpm));
	tpm->chip = tpm_default_chip();
	if (!tpm->chip)
		return -ENODEV;
	err = tpm_is_tpm2(tpm->chip) > 0 ? buf_alloc(tpm) : -ENODEV;
	if (!err)
		err = tpm_try_get_ops(tpm->chip);
	if (err) {
		kfree(tpm->buf);
		put_device(&tpm->chip->dev);
	}
	return err;
}

void vp_tpm_close(struct vp_tpm *tpm)
{
	tpm_put_ops(tpm->chip);
	put_device(&tpm->chip->dev);
	kfree_sensitive(tpm->buf);	/* an unsealed key may have gone through it */
}

void vp_tpm_put(struct vp_tpm *tpm, const void *data, u32 len)
{
	/* The TPM's own buffer is no larger than this, whatever ours could hold. */
	if (len > ROOM / 2 || tpm->at > ROOM / 2) {
		tpm->bad = true;
		return;
	}
	memcpy(tpm->data + tpm->at, data, len);
	tpm->at += len;
}

void vp_tpm_put8(struct vp_tpm *tpm, u8 value)
{
	vp_tpm_put(tpm, &value, sizeof(value));
}

void vp_tpm_put16(struct vp_tpm *tpm, u16 value)
{
	__be16 be = cpu_to_be16(value);

	vp_tpm_put(tpm, &be, sizeof(be));
}

void vp_tpm_put32(struct vp_tpm *tpm, u32 value)
{
	__be32 be = cpu_to_be32(value);

	vp_tpm_put(tpm, &be, sizeof(be));
}

/* With its size before it (TPM2B). */
void vp_tpm_put_sized(struct vp_tpm *tpm, const void *data, u16 len)
{
	vp_tpm_put16(tpm, len);
	vp_tpm_put(tpm, data, len);
}

/* The authorisation area: one session, or 0 for an empty password. */
void vp_tpm_put_auth(struct vp_tpm *tpm, u32 session)
{
	vp_tpm_put32(tpm, 9);
	vp_tpm_put32(tpm, session ?: PASSWORD);
	vp_tpm_put16(tpm, 0);		/* nonce */
	vp_tpm_put8(tpm, 0);		/* a policy session ends with the command */
	vp_tpm_put16(tpm, 0);		/* hmac or password */
}

static void begin(struct vp_tpm *tpm, u16 tag, u32 code)
{
	memzero_explicit(tpm->data, ROOM);
	tpm->at = 0;
	tpm->bad = false;
	vp_tpm_put16(tpm, tag);
	vp_tpm_put32(tpm, 0);		/* the length, when it is known */
	vp_tpm_put32(tpm, code);
}

void vp_tpm_begin(struct vp_tpm *tpm, u32 code)
{
	begin(tpm, NO_SESSIONS, code);
}

/* A command with vp_tpm_put_auth() behind its handles. */
void vp_tpm_begin_auth(struct vp_tpm *tpm, u32 code)
{
	begin(tpm, SESSIONS, code);
}

/**
 * vp_tpm_send() - send the command, receive the response
 * @tpm: the command
 *
 * The response is then read from behind its header.
 *
 * Return: 0; -EREMOTEIO if the TPM refused, and then @tpm->rc says why; another
 * negative errno if it could not be asked.
 */
int vp_tpm_send(struct vp_tpm *tpm)
{
	ssize_t ret;

	if (tpm->bad)
		return -EMSGSIZE;
	put_unaligned_be32(tpm->at, tpm->data + 2);
	/* No description: a refusal can be quite in order, and the caller tells. */
	ret = tpm_transmit_cmd(tpm->chip, tpm->buf, 0, NULL);
	tpm->rc = max_t(ssize_t, ret, 0);
	if (ret)
		return ret > 0 ? -EREMOTEIO : ret;
	tpm->at = HEAD;
	tpm->end = get_unaligned_be32(tpm->data + 2);
	if (tpm->end > ROOM)
		return -EPROTO;
	return 0;
}

static const u8 *response_bytes(struct vp_tpm *tpm, u32 len)
{
	const u8 *p = tpm->data + tpm->at;

	if (len > tpm->end || tpm->at > tpm->end - len) {
		tpm->bad = true;
		return NULL;
	}
	tpm->at += len;
	return p;
}

u32 vp_tpm_get32(struct vp_tpm *tpm)
{
	const u8 *p = response_bytes(tpm, 4);

	return p ? get_unaligned_be32(p) : 0;
}

/* A structure with its size before it (TPM2B); NULL if it is not all there. */
const u8 *vp_tpm_get_sized(struct vp_tpm *tpm, u32 *len)
{
	const u8 *p = response_bytes(tpm, 2);

	*len = p ? get_unaligned_be16(p) : 0;
	return p ? response_bytes(tpm, *len) : NULL;
}

/* Likewise, of a length that is known. */
int vp_tpm_get_exactly(struct vp_tpm *tpm, void *out, u32 len)
{
	u32 got;
	const u8 *p = vp_tpm_get_sized(tpm, &got);

	if (!p || got != len)
		return -EPROTO;
	memcpy(out, p, len);
	return 0;
}

/* Forgets an object or a session; what went wrong before stays on record. */
void vp_tpm_flush(struct vp_tpm *tpm, u32 handle)
{
	u32 rc = tpm->rc;

	vp_tpm_begin(tpm, VP_TPM_CC_FLUSH_CONTEXT);
	vp_tpm_put32(tpm, handle);
	vp_tpm_send(tpm);
	tpm->rc = rc;
}

/**
 * vp_tpm_tell() - log what went wrong
 * @tpm: the TPM
 * @err: a negative errno, or 0, and then nothing is logged
 * @what: what it was asked to do
 *
 * Return: @err; -EKEYREJECTED for a refusal.
 */
int vp_tpm_tell(struct vp_tpm *tpm, int err, const char *what)
{
	if (err == -EREMOTEIO)
		pr_warn("the TPM refused to %s (0x%x)\n", what, tpm->rc);
	else if (err)
		pr_warn("the TPM could not %s (error %d)\n", what, err);
	return err == -EREMOTEIO ? -EKEYREJECTED : err;
}
