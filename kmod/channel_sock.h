/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the channel socket share, and nobody else. */
#ifndef VP_CHANNEL_SOCK_H
#define VP_CHANNEL_SOCK_H

#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <net/tls.h>

#include "compat/compat.h"
#include "record.h"

/**
 * enum vp_tx_state - life of the sending direction
 * @VP_TX_OPEN: data may be sent
 * @VP_TX_CLOSING: no more data; the closing alert is still to be taken by TLS
 * @VP_TX_FLUSHING: the alert was taken; TLS still holds records that TCP had no room for
 * @VP_TX_CLOSED: all is with TCP, and so is the FIN; or the connection is dead
 */
enum vp_tx_state {
	VP_TX_OPEN,
	VP_TX_CLOSING,
	VP_TX_FLUSHING,
	VP_TX_CLOSED,
};

/**
 * struct vp_channel - a channel socket
 * @sk: the outer socket; first, as the socket core allocates it
 * @inner: the inner socket, kernel TLS over TCP; NULL before the take-over
 * @file: the file that @inner came with, if it had to be kept (kmod/takeover.c); we
 *	hold the only reference there is
 * @session: what was given with it, or NULL; freed with the last use of @inner
 * @rx_lock: protects the fields below up to @tx_lock. Everything that reads
 *	from @inner happens under it and never waits for the network, so it is
 *	held for as long as decrypting takes. Taken before @tx_lock.
 * @record: what the control records so far mean
 * @rx_done: nothing more will be read; readers get @rx_err. Set once.
 * @rx_shut: the reader itself asked for the end (SHUT_RD)
 * @have_ahead: @ahead holds a byte that was read while empty records were cleared
 * @rx_err: 0 for the end of the stream, else -errno
 * @tx_lock: protects the fields below; as short-lived as @rx_lock
 * @tx_state: see enum vp_tx_state; only ever moves forward
 * @tx_err: why sending ended, 0 if by our own shutdown
 * @update_due: the peer wants another key of us; before the next data it gets it
 * @alert: the closing alert
 * @released: the last descriptor is gone
 * @deadline: when to stop trying after that, in jiffies
 * @delay: until the next try
 * @tx_work: tries again while the send buffer is full
 */
struct vp_channel {
	struct sock sk;
	struct socket *inner;
	struct file *file;
	struct vp_session *session;

	struct mutex rx_lock;	/* all reading from @inner */
	struct vp_record record;
	bool rx_done;
	bool rx_shut;
	bool have_ahead;
	u8 ahead;
	int rx_err;

	struct mutex tx_lock;	/* all writing to @inner */
	enum vp_tx_state tx_state;
	int tx_err;
	bool update_due;
	u8 alert[2];
	bool released;
	unsigned long deadline;
	unsigned long delay;
	struct delayed_work tx_work;
};

static inline struct vp_channel *vp_channel(const struct socket *sock)
{
	return container_of(sock->sk, struct vp_channel, sk);
}

/* A record type beside the data, in the form that kernel TLS takes and gives. */
union vp_record_cmsg {
	struct cmsghdr head;
	u8 space[CMSG_SPACE(sizeof(u8))];
};

/* Wakes whoever waits for either direction; they look again. */
static inline void vp_channel_wake(struct vp_channel *ch)
{
	wake_up_interruptible_all(&ch->inner->wq.wait);
}

/* channel.c */
struct socket *vp_channel_create(struct socket *inner);
void vp_channel_adopt(struct vp_channel *ch, struct socket *inner, struct file *file,
		      bool tls13, struct vp_session *session);

/* inbound.c */
int vp_channel_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags);
ssize_t vp_channel_splice_read(struct socket *sock, loff_t *ppos, struct pipe_inode_info *pipe,
			       size_t len, unsigned int flags);
__poll_t vp_channel_rx_poll(struct vp_channel *ch);
void vp_channel_rx_shut(struct vp_channel *ch);
void vp_channel_rx_drain(struct vp_channel *ch);
void vp_channel_rx_forget(struct vp_channel *ch);

/* outbound.c */
int vp_channel_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
#ifdef VP_HAVE_SENDPAGE
ssize_t vp_channel_sendpage(struct socket *sock, struct page *page, int offset, size_t size,
			    int flags);
#else
void vp_channel_splice_eof(struct socket *sock);
#endif
int vp_channel_send_record(struct vp_channel *ch, u8 type, void *data, size_t len);
void vp_channel_tx_update(struct vp_channel *ch);
void vp_channel_tx_init(struct vp_channel *ch);
void vp_channel_tx_fail(struct vp_channel *ch, int err, u8 alert);
void vp_channel_tx_shut(struct vp_channel *ch);
void vp_channel_tx_release(struct vp_channel *ch);
int vp_channel_outbound_init(void);
void vp_channel_outbound_exit(void);

/* rekey.c */
bool vp_rekey_possible(const struct sock *sk);
int vp_rekey_rx(struct vp_channel *ch);
int vp_rekey_tx(struct vp_channel *ch);
void vp_rekey_no_stop(struct vp_channel *ch);
/*
 * Since 6.14 kernel TLS knows KeyUpdate, and stops before what comes after one; and
 * so may an older one that has it from there.
 */
#ifdef TLS_HANDSHAKE_KEYUPDATE
bool vp_rekey_stopped(const struct vp_channel *ch);
#else
static inline bool vp_rekey_stopped(const struct vp_channel *ch) { return false; }
#endif

/* sockopt.c */
int vp_channel_setsockopt(struct socket *sock, int level, int optname, sockptr_t optval,
			  unsigned int optlen);
int vp_channel_getsockopt(struct socket *sock, int level, int optname, char __user *optval,
			  int __user *optlen);
void vp_channel_keepalive(struct sock *sk, int on);
#ifdef VP_HAVE_CUSTOM_SOCKOPT
static inline void vp_channel_sync_buffers(struct vp_channel *ch) { }
#else
void vp_channel_sync_buffers(struct vp_channel *ch);
#endif

#endif /* VP_CHANNEL_SOCK_H */
