// SPDX-License-Identifier: GPL-2.0
/*
 * What a channel keeps of its TLS session beside what kernel TLS has: the two
 * traffic secrets, from which the keys after a KeyUpdate follow, and the
 * resumption master secret, from which the PSKs of tickets do.
 *
 * At rest all three are encrypted under a key in the vault. If that key goes,
 * by a wipe or an oops, the channel cannot follow a KeyUpdate any more and takes
 * no tickets; what it has under way goes on.
 */

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tls.h>
#include <linux/uaccess.h>

#include "voicepay.h"
#include "newticket.h"
#include "session.h"
#include "ticket.h"

/**
 * struct vp_session - see above
 * @suite: the session's; NULL before vp_session_bind()
 * @secret_len: bytes of each secret
 * @rekeys: the traffic secrets were given
 * @secrets: at rest; that of a direction is covered by the channel's lock for
 *	it, the resumption secret by that for receiving
 * @origin: what goes with each ticket; NULL if none is taken
 * @taken: tickets so far
 */
struct vp_session {
	const struct vp_suite *suite;
	u32 secret_len;
	bool rekeys;
	struct vp_secret secrets[VP_SECRETS];
	struct vp_ticket_origin *origin;
	unsigned int taken;
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

static int check(const struct voicepay_seal *seal, bool given[VP_SECRETS])
{
	if (seal->secret_len && seal->secret_len != 32 && seal->secret_len != 48)
		return -EINVAL;
	if (check_secret(seal->tx_secret, seal->secret_len, &given[VP_SECRET_TX]) ||
	    check_secret(seal->rx_secret, seal->secret_len, &given[VP_SECRET_RX]) ||
	    check_secret(seal->resumption_secret, seal->secret_len, &given[VP_SECRET_RESUMPTION]))
		return -EINVAL;
	/* A channel that followed one direction's KeyUpdate could not answer it. */
	if (given[VP_SECRET_TX] != given[VP_SECRET_RX])
		return -EINVAL;
	if (seal->context_len > VOICEPAY_TICKET_CONTEXT_MAX)
		return -EINVAL;
	if (!seal->context_len && seal->context)
		return -EINVAL;
	if (!seal->secret_len &&
	    (seal->context_len || !is_zero(seal->binding, sizeof(seal->binding))))
		return -EINVAL;
	return 0;
}

/* The kind is vouched for: one secret cannot pass for another. */
static int shut_secret(struct vp_secret *secret, enum vp_secret_kind kind, unsigned int era,
		       const u8 plain[VOICEPAY_SECRET_MAX])
{
	u8 ad = kind;

	return vp_box_shut(&secret->box, era, secret->shut, &ad, 1, plain, VOICEPAY_SECRET_MAX);
}

static int open_secret(const struct vp_secret *secret, enum vp_secret_kind kind,
		       u8 plain[VOICEPAY_SECRET_MAX])
{
	u8 ad = kind;

	return vp_box_open(&secret->box, plain, &ad, 1, secret->shut, VOICEPAY_SECRET_MAX);
}

static int take_origin(struct vp_session *s, const struct voicepay_seal *seal, kuid_t owner)
{
	struct vp_ticket_origin *origin;

	origin = kzalloc(struct_size(origin, context, seal->context_len), GFP_KERNEL_ACCOUNT);
	if (!origin)
		return -ENOMEM;
	refcount_set(&origin->users, 1);
	s->origin = origin;
	origin->owner = owner;
	memcpy(origin->binding, seal->binding, sizeof(origin->binding));
	origin->context_len = seal->context_len;
	return copy_from_user(origin->context, u64_to_user_ptr(seal->context),
			      seal->context_len) ? -EFAULT : 0;
}

/* No more tickets. */
static void stop_taking(struct vp_session *s)
{
	vp_box_drop(&s->secrets[VP_SECRET_RESUMPTION].box);
	memzero_explicit(&s->secrets[VP_SECRET_RESUMPTION], sizeof(struct vp_secret));
	vp_ticket_origin_put(s->origin);
	s->origin = NULL;
}

/* What cannot be kept is as if it had not been given. */
static void take_secrets(struct vp_session *s, const struct voicepay_seal *seal,
			 const bool given[VP_SECRETS])
{
	unsigned int era = vp_box_era();

	s->rekeys = given[VP_SECRET_TX] &&
		    !shut_secret(&s->secrets[VP_SECRET_TX], VP_SECRET_TX, era,
				 seal->tx_secret) &&
		    !shut_secret(&s->secrets[VP_SECRET_RX], VP_SECRET_RX, era,
				 seal->rx_secret);
	if (!given[VP_SECRET_RESUMPTION] ||
	    shut_secret(&s->secrets[VP_SECRET_RESUMPTION], VP_SECRET_RESUMPTION, era,
			seal->resumption_secret))
		stop_taking(s);
}

/**
 * vp_session_take() - check and copy what came with a socket
 * @seal: the request; the caller wipes it
 * @caller: who makes it
 * @session: out: the copy; NULL if there was nothing. For vp_session_free()
 *
 * Tickets belong to a user: there is none if the device was opened by another
 * than the one who calls.
 *
 * Return: 0, -EINVAL, -EFAULT or -ENOMEM.
 */
int vp_session_take(const struct voicepay_seal *seal, const struct vp_caller *caller,
		    struct vp_session **session)
{
	bool given[VP_SECRETS];
	struct vp_session *s;
	int err;

	*session = NULL;
	err = check(seal, given);
	if (err || !seal->secret_len)
		return err;
	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	s->secret_len = seal->secret_len;
	err = take_origin(s, seal, caller->cred->euid);
	if (err) {
		vp_session_free(s);
		return err;
	}
	if (!uid_eq(caller->cred->euid, caller->file->f_cred->euid))
		given[VP_SECRET_RESUMPTION] = false;
	take_secrets(s, seal, given);
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
	const struct vp_suite *suite;

	if (!session)
		return 0;
	suite = info->version == TLS_1_3_VERSION ? vp_suite_of(info->cipher_type) : NULL;
	if (!suite || suite->secret_len != session->secret_len)
		return -EINVAL;
	session->suite = suite;
	if (session->origin)
		session->origin->suite = suite;
	return 0;
}

void vp_session_free(struct vp_session *session)
{
	size_t i;

	if (!session)
		return;
	for (i = 0; i < VP_SECRETS; i++)
		vp_box_drop(&session->secrets[i].box);
	vp_ticket_origin_put(session->origin);
	kfree_sensitive(session);
}

bool vp_session_rekeys(const struct vp_session *session)
{
	return session && session->rekeys;
}

bool vp_session_resumes(const struct vp_session *session)
{
	return session && session->origin;
}

const struct vp_suite *vp_session_suite(const struct vp_session *session)
{
	return session->suite;
}

/**
 * vp_session_step() - the next keys of a direction, which are not in use yet
 * @session: of a channel whose lock for that direction is held
 * @kind: VP_SECRET_TX or VP_SECRET_RX
 * @step: out; for vp_session_stepped() or vp_session_step_drop()
 *
 * Return: 0; -ENOKEY if the secrets are gone; or another negative errno, and
 * then there is nothing to drop.
 */
int vp_session_step(const struct vp_session *session, enum vp_secret_kind kind,
		    struct vp_step *step)
{
	u8 now[VOICEPAY_SECRET_MAX], next[VOICEPAY_SECRET_MAX];
	unsigned int era = vp_box_era();
	int err;

	memset(step, 0, sizeof(*step));
	err = open_secret(&session->secrets[kind], kind, now);
	if (!err)
		err = vp_tls13_next(session->suite, now, next);
	if (!err)
		err = vp_tls13_keys(session->suite, next, &step->keys);
	if (!err)
		err = shut_secret(&step->next, kind, era, next);
	memzero_explicit(now, sizeof(now));
	memzero_explicit(next, sizeof(next));
	if (err)
		vp_session_step_drop(step);
	return err;
}

/* The keys are in use: the secret before them is wiped. */
void vp_session_stepped(struct vp_session *session, enum vp_secret_kind kind, struct vp_step *step)
{
	swap(session->secrets[kind], step->next);
	vp_session_step_drop(step);
}

/* Wipes what @step still holds. */
void vp_session_step_drop(struct vp_step *step)
{
	vp_box_drop(&step->next.box);
	memzero_explicit(step, sizeof(*step));
}

/**
 * vp_session_ticket() - a ticket has come
 * @session: of a channel whose lock for receiving is held
 * @nt: it
 *
 * What is not kept is no error: it could only have saved time.
 */
void vp_session_ticket(void *session, const struct vp_newticket *nt)
{
	u8 secret[VOICEPAY_SECRET_MAX], psk[VOICEPAY_SECRET_MAX];
	unsigned int era = vp_box_era();
	struct vp_session *s = session;
	int err;

	if (!vp_session_resumes(s) || !nt->lifetime || !vp_newticket_kept(nt))
		return;
	err = open_secret(&s->secrets[VP_SECRET_RESUMPTION], VP_SECRET_RESUMPTION, secret);
	if (!err)
		err = vp_tls13_psk(s->suite, secret, nt->nonce, nt->nonce_len, psk);
	if (!err)
		vp_ticket_put(s->origin, nt, era, psk);
	memzero_explicit(secret, sizeof(secret));
	memzero_explicit(psk, sizeof(psk));
	if (++s->taken == VP_TICKETS_CHANNEL || err == -ENOKEY)
		stop_taking(s);
}
