// SPDX-License-Identifier: GPL-2.0
/*
 * Socket options of a channel: a list of what is let through. Whatever is not
 * on it, all of SOL_TLS and TCP_ULP first, is ENOPROTOOPT, as on a socket that
 * has never heard of TLS.
 */

#include <linux/sockptr.h>
#include <linux/tcp.h>

#include "channel_sock.h"

#ifdef VP_HAVE_CUSTOM_SOCKOPT
static int set_sol_socket(struct socket *sock, int optname, sockptr_t optval, unsigned int optlen)
{
	int err;

	switch (optname) {
	case SO_KEEPALIVE:
	case SO_SNDBUF:
	case SO_RCVBUF:
		/* Inside for the effect, outside for getsockopt, which the core answers. */
		err = sock_setsockopt(vp_channel(sock)->inner, SOL_SOCKET, optname, optval, optlen);
		if (err)
			return err;
		fallthrough;
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		/* Waiting is done on the outer socket's account. */
		return sock_setsockopt(sock, SOL_SOCKET, optname, optval, optlen);
	}
	return -ENOPROTOOPT;
}
#else
static int set_sol_socket(struct socket *sock, int optname, sockptr_t optval, unsigned int optlen)
{
	return -ENOPROTOOPT;	/* unreachable: the core keeps these to itself */
}

/*
 * The core set the outer socket's sizes and told nobody. The inner socket
 * takes them over when it is next used.
 */
void vp_channel_sync_buffers(struct vp_channel *ch)
{
	struct sock *sk = &ch->sk, *inner = ch->inner->sk;

	if (unlikely((sk->sk_userlocks & SOCK_SNDBUF_LOCK) &&
		     READ_ONCE(sk->sk_sndbuf) != READ_ONCE(inner->sk_sndbuf))) {
		lock_sock(inner);
		inner->sk_userlocks |= SOCK_SNDBUF_LOCK;
		WRITE_ONCE(inner->sk_sndbuf, READ_ONCE(sk->sk_sndbuf));
		inner->sk_write_space(inner);
		release_sock(inner);
	}
	if (unlikely((sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
		     READ_ONCE(sk->sk_rcvbuf) != READ_ONCE(inner->sk_rcvbuf))) {
		lock_sock(inner);
		inner->sk_userlocks |= SOCK_RCVBUF_LOCK;
		WRITE_ONCE(inner->sk_rcvbuf, READ_ONCE(sk->sk_rcvbuf));
		release_sock(inner);
	}
}
#endif

/* proto.keepalive: how older kernels pass SO_KEEPALIVE on. */
void vp_channel_keepalive(struct sock *sk, int on)
{
#ifndef VP_HAVE_CUSTOM_SOCKOPT
	struct vp_channel *ch = container_of(sk, struct vp_channel, sk);

	sock_setsockopt(ch->inner, SOL_SOCKET, SO_KEEPALIVE, KERNEL_SOCKPTR(&on), sizeof(on));
#endif
}

int vp_channel_setsockopt(struct socket *sock, int level, int optname, sockptr_t optval,
			  unsigned int optlen)
{
	if (level == SOL_SOCKET)
		return set_sol_socket(sock, optname, optval, optlen);
	if (level != SOL_TCP)
		return -ENOPROTOOPT;

	switch (optname) {
	case TCP_NODELAY:
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
	case TCP_USER_TIMEOUT:
	case TCP_QUICKACK:
		return sock_common_setsockopt(vp_channel(sock)->inner, level, optname, optval,
					      optlen);
	}
	return -ENOPROTOOPT;
}

int vp_channel_getsockopt(struct socket *sock, int level, int optname, char __user *optval,
			  int __user *optlen)
{
	if (level != SOL_TCP)
		return -ENOPROTOOPT;

	switch (optname) {
	case TCP_NODELAY:
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
	case TCP_USER_TIMEOUT:
	case TCP_QUICKACK:
	case TCP_MAXSEG:
	case TCP_INFO:
		return sock_common_getsockopt(vp_channel(sock)->inner, level, optname, optval,
					      optlen);
	}
	return -ENOPROTOOPT;
}
