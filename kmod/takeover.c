// SPDX-License-Identifier: GPL-2.0
/*
 * How a kernel TLS socket becomes a channel: nobody else may hold it, not now
 * and not in a moment, because whoever does can read its keys.
 *
 * The file that was given away is of no more use then, and goes: the inner socket
 * moves into one that has none, and shows the channel's to whoever asks it for its
 * owner. What a channel takes in memory is that of one file, not of two.
 */

#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/rcupdate.h>
#include <linux/skmsg.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "channel.h"
#include "channel_sock.h"
#include "session.h"
#include "sole.h"

static bool engaged(unsigned int conf)
{
	return conf == TLS_SW || conf == TLS_HW;
}

static int check_tls(struct sock *sk)
{
	const struct tcp_ulp_ops *ulp;
	struct tls_context *ctx;
	bool attached;

	ulp = inet_csk(sk)->icsk_ulp_ops;
	if (!inet_csk_has_ulp(sk) || strcmp(ulp->name, "tls"))
		return -EUNATCH;
	ctx = tls_get_ctx(sk);
	if (!ctx || !engaged(ctx->tx_conf) || !engaged(ctx->rx_conf))
		return -EUNATCH;

	/* A BPF program that sits on the socket sees, and may divert, the plaintext. */
	rcu_read_lock();
	attached = sk_psock(sk);
	rcu_read_unlock();
	return attached ? -EBUSY : 0;
}

static int check_inner(struct socket *sock, struct vp_session *session)
{
	struct sock *sk = sock->sk;
	int err;

	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP)
		return -EPROTONOSUPPORT;
	lock_sock(sk);
	/* CLOSE_WAIT: the peer is done sending, but we have yet to read it. */
	if (sk->sk_state != TCP_ESTABLISHED && sk->sk_state != TCP_CLOSE_WAIT)
		err = -ENOTCONN;
	else
		err = check_tls(sk);
	if (!err)
		err = vp_session_bind(session, &tls_get_ctx(sk)->crypto_send.info);
	release_sock(sk);
	return err;
}

/*
 * Once more when the socket is ours alone, and now it stays true. Not whether
 * it is connected: the peer may have reset it meanwhile, and that is for the
 * channel's reader to learn. The caller's descriptor is closed by now, which
 * EBUSY alone tells him; any other error would have him close it again.
 */
static int check_sole(struct sock *sk)
{
	int err;

	lock_sock(sk);
	err = check_tls(sk);
	release_sock(sk);
	return err ? -EBUSY : 0;
}

/* Settings of the former owner that would bend the channel's semantics. */
static void reset_inner(struct sock *sk)
{
	lock_sock(sk);
	sock_reset_flag(sk, SOCK_LINGER);	/* close: in the background, no reset */
	WRITE_ONCE(sk->sk_rcvlowat, 1);
	release_sock(sk);
}

/*
 * May a file that is ours alone go, and its socket be empty for the moment until it
 * has? Not if an epoll instance watches it, which keeps no reference, but asks the
 * socket until then; nor if signals are wanted, as the socket has the list of whom
 * to tell; nor if the socket is another's, as where SMC fell back to TCP. Then the
 * file stays, as long as the channel.
 */
static bool forgotten(const struct file *file, struct socket *sock)
{
	smp_rmb();	/* who had the file before file_count() fell to ours may have set these */
#ifdef CONFIG_EPOLL
	if (READ_ONCE(file->f_ep))
		return false;
#endif
	return !(READ_ONCE(file->f_flags) & FASYNC) && file_inode(file) == SOCK_INODE(sock);
}

/*
 * Moves all that is behind the socket @from into the empty @to, as accept() puts it
 * into a new one, but for what that would change: owner and label are those of the
 * connection, and stay. @file is the channel's. The operations go with the reference
 * to their module.
 *
 * Nobody is in a call on @from or waits there. Its inode can still be reached, through
 * O_PATH descriptors, to change its owner: that looks for the sock under the inode's
 * lock.
 */
static void move_inner(struct socket *from, struct socket *to, struct file *file)
{
	struct inode *inode = SOCK_INODE(from);
	struct sock *sk = from->sk;

	inode_lock(inode);
	lock_sock(sk);
	SOCK_INODE(to)->i_uid = inode->i_uid;
	SOCK_INODE(to)->i_gid = inode->i_gid;
	to->state = from->state;
	to->flags = from->flags;
	to->file = file;
	to->ops = from->ops;
	to->sk = sk;

	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &to->wq);
	smp_wmb();	/* on its way out a packet is asked for its socket without a lock */
	sk_set_socket(sk, to);
	write_unlock_bh(&sk->sk_callback_lock);

	from->sk = NULL;
	WRITE_ONCE(from->ops, NULL);
	release_sock(sk);
	inode_unlock(inode);
}

/* The channel's file, with the inner one's credentials: to a firewall both have one owner. */
static struct file *alloc_outer_file(struct socket *outer, const struct file *inner_file)
{
	const struct cred *caller = override_creds(inner_file->f_cred);
	struct file *file = sock_alloc_file(outer, 0, NULL);	/* releases @outer if it fails */

	revert_creds(caller);
	return file;
}

int vp_channel_seal(int sockfd, struct vp_session *session)
{
	struct socket *inner, *outer, *spare;
	struct file *file, *outer_file;
	int fd, err;

	/* fget, not fdget: the count must include us, single-threaded or not. */
	file = fget(sockfd);
	if (!file) {
		err = -EBADF;
		goto err_session;
	}
	inner = sock_from_file(file);
	if (!inner) {
		err = -ENOTSOCK;
		goto err_file;
	}
	err = check_inner(inner, session);
	if (err)
		goto err_file;

	/* All that can fail for want of something comes before the point of no return. */
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		err = fd;
		goto err_file;
	}
	err = sock_create_lite(inner->sk->sk_family, SOCK_STREAM, IPPROTO_TCP, &spare);
	if (err)
		goto err_fd;
	outer = vp_channel_create(inner);
	if (IS_ERR(outer)) {
		err = PTR_ERR(outer);
		goto err_spare;
	}
	outer_file = alloc_outer_file(outer, file);
	if (IS_ERR(outer_file)) {
		err = PTR_ERR(outer_file);
		goto err_spare;
	}

	err = vp_take_sole(sockfd, file);
	if (!err)
		err = check_sole(inner->sk);
	if (err)
		goto err_outer;

	reset_inner(inner->sk);
	if (forgotten(file, inner)) {
		move_inner(inner, spare, outer_file);
		fput(file);
		inner = spare;
		file = NULL;
	} else {
		sock_release(spare);
	}
	vp_channel_adopt(vp_channel(outer), inner, file,
			 tls_get_ctx(inner->sk)->prot_info.version == TLS_1_3_VERSION, session);
	fd_install(fd, outer_file);
	return fd;

err_outer:
	fput(outer_file);
err_spare:
	sock_release(spare);
err_fd:
	put_unused_fd(fd);
err_file:
	fput(file);
err_session:
	vp_session_free(session);
	return err;
}
