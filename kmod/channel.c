// SPDX-License-Identifier: GPL-2.0
/*
 * The channel socket as the socket core sees it: made, asked, polled, shut
 * down, released. In the manner of net/kcm a socket of its own kind wraps the
 * inner one, so that no system call reaches the TLS layer by accident.
 *
 * The inner socket's operations are called directly: the caller's right to use
 * the channel was checked by the core, on the outer socket, which carries the
 * inner one's security label.
 */

#include <linux/file.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <net/inet_sock.h>

#include "channel.h"
#include "channel_sock.h"
#include "session.h"

/*
 * Not AF_INET, which would promise an inet_sock and share its lock class with
 * the inner socket. There is no number of our own; this one's owner is the
 * same kind of socket.
 */
#define CHANNEL_FAMILY	PF_KCM

static int channel_release(struct socket *sock)
{
	struct vp_channel *ch;

	if (!sock->sk)
		return 0;
	ch = vp_channel(sock);
	sock_orphan(&ch->sk);
	sock->sk = NULL;
	if (ch->inner)
		vp_channel_tx_release(ch);
	else
		sock_put(&ch->sk);	/* the take-over failed: never had anything */
	return 0;
}

static int channel_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct socket *inner = vp_channel(sock)->inner;

	return READ_ONCE(inner->ops)->getname(inner, addr, peer);
}

static __poll_t channel_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	const __poll_t readable = EPOLLIN | EPOLLRDNORM;
	struct vp_channel *ch = vp_channel(sock);
	struct socket *inner = ch->inner;
	__poll_t mask;

	/* Every wakeup comes from the inner socket's queue, ours included. */
	mask = READ_ONCE(inner->ops)->poll(file, inner, wait);
	mask &= ~(EPOLLPRI | EPOLLRDBAND | EPOLLWRBAND | EPOLLERR);
	if (mask & (readable | EPOLLRDHUP | EPOLLHUP) || READ_ONCE(inner->sk->sk_err) ||
	    READ_ONCE(ch->rx_done) || READ_ONCE(ch->have_ahead) || vp_rekey_stopped(ch)) {
		mask &= ~readable;
		mask |= vp_channel_rx_poll(ch);
	}
	if (READ_ONCE(inner->sk->sk_err))
		mask |= EPOLLERR;
	/* So that the sender comes and gets its EPIPE. */
	if (READ_ONCE(ch->tx_state) != VP_TX_OPEN)
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/* Counts of bytes would be of ciphertext, and say too much or too little. */
static int channel_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	return -ENOIOCTLCMD;
}

static int channel_shutdown(struct socket *sock, int how)
{
	struct vp_channel *ch = vp_channel(sock);
	int err = 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (inet_sk_state_load(ch->inner->sk) == TCP_CLOSE)
		return -ENOTCONN;

	if (how != SHUT_WR) {
		vp_channel_rx_shut(ch);
		err = kernel_sock_shutdown(ch->inner, SHUT_RD);
	}
	if (how != SHUT_RD)
		vp_channel_tx_shut(ch);
	vp_channel_wake(ch);
	return err;
}

static const struct proto_ops channel_ops = {
	.family		= CHANNEL_FAMILY,
	.owner		= THIS_MODULE,
	.release	= channel_release,
	.bind		= sock_no_bind,
	.connect	= sock_no_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= sock_no_accept,
	.getname	= channel_getname,
	.poll		= channel_poll,
	.ioctl		= channel_ioctl,
	.listen		= sock_no_listen,
	.shutdown	= channel_shutdown,
	.setsockopt	= vp_channel_setsockopt,
	.getsockopt	= vp_channel_getsockopt,
	.sendmsg	= vp_channel_sendmsg,
	.recvmsg	= vp_channel_recvmsg,
	.mmap		= sock_no_mmap,
	.splice_read	= vp_channel_splice_read,
#ifdef VP_HAVE_SENDPAGE
	.sendpage	= vp_channel_sendpage,
#else
	.splice_eof	= vp_channel_splice_eof,
#endif
};

static struct proto channel_proto = {
	.name		= "VOICEPAY",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct vp_channel),
	.keepalive	= vp_channel_keepalive,
};

/*
 * A channel socket that owns nothing yet, to be released by sock_release().
 * No family is registered for it, so socket(2) cannot make one.
 */
struct socket *vp_channel_create(struct socket *inner)
{
	struct sock *isk = inner->sk, *sk;
	struct vp_channel *ch;
	struct socket *sock;
	int err;

	/* With the inner socket's family, the label's class is right from the start. */
	err = sock_create_lite(isk->sk_family, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return ERR_PTR(err);

	sk = sk_alloc(sock_net(isk), CHANNEL_FAMILY, GFP_KERNEL, &channel_proto, 0);
	if (!sk) {
		sock_release(sock);
		return ERR_PTR(-ENOMEM);
	}
	sock_init_data(NULL, sk);
	sk->sk_type = SOCK_STREAM;
	sk->sk_protocol = 0;

	/* sk_alloc() zeroes: all states begin at 0. */
	ch = container_of(sk, struct vp_channel, sk);
	mutex_init(&ch->rx_lock);
	vp_channel_tx_init(ch);

	/*
	 * The label of what is wrapped, as for a socket that accept() makes.
	 * Security modules label the inode only for families that they know.
	 */
	security_sk_clone(isk, sk);
	sk->sk_family = isk->sk_family;
	sock_graft(sk, sock);
	sk->sk_family = CHANNEL_FAMILY;

	sock->state = SS_CONNECTED;
	sock->ops = &channel_ops;
	__module_get(THIS_MODULE);	/* for sock->ops; the socket core puts it */
#ifdef VP_HAVE_CUSTOM_SOCKOPT
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
#endif
	return sock;
}

/* Gives @inner, which only the caller holds, to the channel; with the file it has, or NULL. */
void vp_channel_adopt(struct vp_channel *ch, struct socket *inner, struct file *file,
		      bool tls13, struct vp_session *session)
{
	struct sock *sk = &ch->sk, *isk;

	ch->inner = inner;
	ch->file = file;
	ch->session = session;
	vp_record_init(&ch->record, tls13,
		       vp_session_rekeys(session) && vp_rekey_possible(ch->inner->sk));
	ch->record.owner = session;
	if (vp_session_resumes(session))
		ch->record.ticket = vp_session_ticket;

	/* What getsockopt shows of the outer socket is what the inner one has. */
	isk = ch->inner->sk;
	sk->sk_sndbuf = READ_ONCE(isk->sk_sndbuf);
	sk->sk_rcvbuf = READ_ONCE(isk->sk_rcvbuf);
	sock_valbool_flag(sk, SOCK_KEEPOPEN, sock_flag(isk, SOCK_KEEPOPEN));
}

u64 vp_channel_features(void)
{
	return VOICEPAY_FEATURE_KEYUPDATE;	/* where the secrets are given */
}

int __init vp_channel_init(void)
{
	int err;

	err = vp_channel_outbound_init();
	if (err)
		return err;
	err = proto_register(&channel_proto, 1);
	if (err)
		vp_channel_outbound_exit();
	return err;
}

/* No channel is left: each holds a reference to the module. */
void vp_channel_exit(void)
{
	vp_channel_outbound_exit();
	proto_unregister(&channel_proto);
}
