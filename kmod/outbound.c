// SPDX-License-Identifier: GPL-2.0
/*
 * The channel's sending direction, and how it ends: close_notify goes out once,
 * after all data and before the FIN, even if the send buffer is full just then.
 *
 * As in the other direction the inner socket is never waited for with tx_lock
 * held, so that a shutdown need not queue behind a blocked sender, and no
 * sender can get in behind a close_notify.
 */

#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/tls.h>

#include "channel_sock.h"
#include "session.h"

/*
 * BATCH comes from sendmmsg() itself, WAITALL from io_uring's users; neither says
 * anything that is not so already.
 */
#define SEND_FLAGS	(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_EOR | MSG_SPLICE_PAGES | \
			 MSG_CMSG_COMPAT | MSG_BATCH | MSG_WAITALL)

/* After close(), how long a peer that does not read may keep the last records from leaving. */
#define CLOSE_PATIENCE	(10 * HZ)
#define RETRY_MIN	(HZ / 50)
#define RETRY_MAX	HZ
/* How long a sender sleeps when not room but memory is short: that end wakes nobody. */
#define MEMORY_NAP	(HZ / 10)

static struct workqueue_struct *tx_queue;

static int inner_send(struct vp_channel *ch, struct msghdr *msg)
{
	/* The signal, if one is due, is the outer call's to send. */
	msg->msg_flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
	return READ_ONCE(ch->inner->ops)->sendmsg(ch->inner, msg, msg_data_left(msg));
}

/* Sends a whole record of @type; none if @len is 0, but what MSG_MORE held back. */
int vp_channel_send_record(struct vp_channel *ch, u8 type, void *data, size_t len)
{
	union vp_record_cmsg cmsg = {
		.head = {
			.cmsg_len = CMSG_LEN(sizeof(type)),
			.cmsg_level = SOL_TLS,
			.cmsg_type = TLS_SET_RECORD_TYPE,
		},
	};
	struct kvec vec = { .iov_base = data, .iov_len = len };
	struct msghdr msg = {
		.msg_control = &cmsg,
		.msg_controllen = sizeof(cmsg),
	};

	*(u8 *)CMSG_DATA(&cmsg.head) = type;
	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, len);
	return inner_send(ch, &msg);
}

/*
 * TLS pushes what it still holds when TCP has room again, which TCP says when
 * the peer acknowledges something. If it was memory that TCP had none of, and
 * nothing is on its way, nobody ever says so: then we do.
 */
static void tx_nudge(struct sock *sk)
{
	/* TLS looks through records that it frees under this lock, or sends at once. */
	sock_owned_by_me(sk);
	if (sk_stream_is_writeable(sk))
		sk->sk_write_space(sk);
}

/* Whether TLS took a record that TCP had no memory for. */
static bool tx_stuck(struct sock *sk)
{
	/* Without the socket's lock: the worker looks again, and later senders do. */
	return data_race(tls_get_ctx(sk)->partially_sent_record) && sk_stream_is_writeable(sk);
}

/*
 * Whether TCP has all that TLS was given. TLS throws away what it still holds
 * when the socket is closed, and TCP takes nothing more after a FIN.
 */
static bool tx_flushed(struct sock *sk)
{
	struct tls_context *ctx;
	bool flushed;

	lock_sock(sk);
	ctx = tls_get_ctx(sk);
	flushed = sk->sk_state == TCP_CLOSE ||
		  (!ctx->partially_sent_record &&
		   (ctx->tx_conf != TLS_SW || list_empty(&tls_sw_ctx_tx(ctx)->tx_list)));
	if (!flushed)
		tx_nudge(sk);
	release_sock(sk);
	return flushed;
}

/* One step or more towards CLOSED, if that is where it goes; false if it has to be tried again. */
static bool tx_advance(struct vp_channel *ch)
{
	int ret;

	lockdep_assert_held(&ch->tx_lock);

	if (ch->tx_state == VP_TX_OPEN && tx_stuck(ch->inner->sk)) {
		lock_sock(ch->inner->sk);
		if (tls_get_ctx(ch->inner->sk)->partially_sent_record)
			tx_nudge(ch->inner->sk);
		release_sock(ch->inner->sk);
		return false;
	}
	if (ch->tx_state == VP_TX_CLOSING) {
		ret = vp_channel_send_record(ch, VP_RECORD_ALERT, ch->alert, sizeof(ch->alert));
		switch (ret) {
		case -EAGAIN:
		case -EINTR:
		case -ERESTARTSYS:
		case -ENOMEM:
		case -ENOBUFS:
			return false;
		}
		ch->tx_state = ret < 0 ? VP_TX_CLOSED : VP_TX_FLUSHING;
	}
	if (ch->tx_state == VP_TX_FLUSHING) {
		if (!tx_flushed(ch->inner->sk))
			return false;
		kernel_sock_shutdown(ch->inner, SHUT_WR);
		ch->tx_state = VP_TX_CLOSED;
	}
	return true;
}

static void tx_retry(struct vp_channel *ch)
{
	mod_delayed_work(tx_queue, &ch->tx_work, ch->delay);
	ch->delay = min_t(unsigned long, 2 * ch->delay, RETRY_MAX);
}

/* For a new reason: however long the waits have become for the last one. */
static void tx_retry_soon(struct vp_channel *ch)
{
	ch->delay = RETRY_MIN;
	tx_retry(ch);
}

/* After all that gives TLS something to send. */
static void tx_watch(struct vp_channel *ch)
{
	lockdep_assert_held(&ch->tx_lock);

	if (ch->tx_state == VP_TX_OPEN && tx_stuck(ch->inner->sk))
		tx_retry_soon(ch);
}

/* From here on no data is sent; the alert follows as soon as there is room. */
static void tx_close(struct vp_channel *ch, u8 level, u8 description)
{
	lockdep_assert_held(&ch->tx_lock);

	if (ch->tx_state != VP_TX_OPEN)
		return;
	ch->tx_state = VP_TX_CLOSING;
	ch->alert[0] = level;
	ch->alert[1] = description;
}

void vp_channel_tx_shut(struct vp_channel *ch)
{
	mutex_lock(&ch->tx_lock);
	tx_close(ch, VP_ALERT_WARNING, VP_ALERT_CLOSE_NOTIFY);
	if (!tx_advance(ch))
		tx_retry_soon(ch);
	mutex_unlock(&ch->tx_lock);
}

static void tx_fail(struct vp_channel *ch, int err, u8 alert)
{
	lockdep_assert_held(&ch->tx_lock);

	if (!ch->tx_err)
		ch->tx_err = err;
	if (alert == VP_ALERT_NONE) {
		if (ch->tx_state == VP_TX_OPEN)
			ch->tx_state = VP_TX_CLOSED;
	} else {
		/* TLS parks a bad record's error where it would fail our alert. */
		sock_error(ch->inner->sk);
		tx_close(ch, VP_ALERT_FATAL, alert);
		if (!tx_advance(ch))
			tx_retry_soon(ch);
	}
}

/* The receiving direction found the channel broken: nothing may be sent on it any more. */
void vp_channel_tx_fail(struct vp_channel *ch, int err, u8 alert)
{
	mutex_lock(&ch->tx_lock);
	tx_fail(ch, err, alert);
	mutex_unlock(&ch->tx_lock);
}

/*
 * The peer asked for our next key. It gets it before the next data, which RFC
 * 8446 allows in so many words: so one answer does for all that was asked while
 * there is nothing to send, and no peer makes us send faster than we have data.
 */
void vp_channel_tx_update(struct vp_channel *ch)
{
	mutex_lock(&ch->tx_lock);
	ch->update_due = true;
	mutex_unlock(&ch->tx_lock);
}

/* Gives the peer what it asked for; what is no matter of room or memory ends the channel. */
static int answer_update(struct vp_channel *ch)
{
	int ret = vp_rekey_tx(ch);

	switch (ret) {
	case 0:
		ch->update_due = false;
		break;
	case -EKEYEXPIRED:
		tx_fail(ch, EKEYEXPIRED, VP_ALERT_INTERNAL);
		vp_channel_wake(ch);
		break;
	case -ENOTRECOVERABLE:	/* the peer expects a key that we do not have */
		tx_fail(ch, EKEYEXPIRED, VP_ALERT_NONE);
		vp_channel_wake(ch);
		ret = -EKEYEXPIRED;
		break;
	}
	return ret;
}

/*
 * The channel's file goes. An inner socket without one of its own has shown that to
 * firewalls, which look for a packet's owner there, under these locks. What is sent
 * from now on has none, like all that TCP sends after a close.
 */
static void tx_disown(struct vp_channel *ch)
{
	struct sock *sk = ch->inner->sk;

	if (ch->file)
		return;
	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	WRITE_ONCE(ch->inner->file, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}

/* The last reference to the inner socket: TCP does the rest by itself. */
static void close_inner(struct vp_channel *ch)
{
	struct inode *inode = SOCK_INODE(ch->inner);

	if (ch->file) {
		fput(ch->file);
		return;
	}
	/* It shows the file to the end; and as long as it has one it leaves the inode to that. */
	if (!ch->inner->file)
		inode = NULL;
	sock_release(ch->inner);
	iput(inode);
}

static void tx_drop(struct vp_channel *ch)
{
	vp_channel_rx_drain(ch);
	cancel_delayed_work(&ch->tx_work);
	vp_channel_rx_forget(ch);	/* half a ticket */
	vp_session_free(ch->session);
	close_inner(ch);
	sock_put(&ch->sk);
}

static void tx_work(struct work_struct *work)
{
	struct vp_channel *ch = container_of(to_delayed_work(work), struct vp_channel, tx_work);
	bool done, drop;

	mutex_lock(&ch->tx_lock);
	done = tx_advance(ch) || (ch->released && time_after(jiffies, ch->deadline));
	drop = done && ch->released;
	if (drop)
		ch->tx_state = VP_TX_CLOSED;
	else if (!done)
		tx_retry(ch);
	mutex_unlock(&ch->tx_lock);

	if (drop)
		tx_drop(ch);
}

/* The last descriptor is gone, and with it everybody else who could take the locks. */
void vp_channel_tx_release(struct vp_channel *ch)
{
	bool done;

	cancel_delayed_work_sync(&ch->tx_work);
	/* The worker may drop the channel once it has the lock, with mutex_unlock() still at it. */
	sock_hold(&ch->sk);

	mutex_lock(&ch->tx_lock);
	tx_close(ch, VP_ALERT_WARNING, VP_ALERT_CLOSE_NOTIFY);
	ch->released = true;
	ch->deadline = jiffies + CLOSE_PATIENCE;
	done = tx_advance(ch);
	if (!done) {
		tx_disown(ch);
		tx_retry_soon(ch);
	}
	mutex_unlock(&ch->tx_lock);

	if (done)
		tx_drop(ch);
	sock_put(&ch->sk);
}

static int send_now(struct vp_channel *ch, struct msghdr *msg)
{
	struct msghdr inner = {
		.msg_iter = msg->msg_iter,
		.msg_flags = msg->msg_flags & (MSG_MORE | MSG_SPLICE_PAGES),
	};
	int ret;

	if (mutex_lock_interruptible(&ch->tx_lock))
		return -ERESTARTSYS;
	ret = 0;
	if (ch->tx_state == VP_TX_OPEN && unlikely(ch->update_due))
		ret = answer_update(ch);
	if (ch->tx_state != VP_TX_OPEN)
		ret = ch->tx_err ? -ch->tx_err : -EPIPE;
	else if (!ret)
		ret = inner_send(ch, &inner);
	tx_watch(ch);
	mutex_unlock(&ch->tx_lock);

	if (ret > 0)
		iov_iter_advance(&msg->msg_iter, ret);
	else if (!ret && msg_data_left(msg))
		ret = -EAGAIN;
	return ret;
}

static int send_wait(struct vp_channel *ch, struct msghdr *msg, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	wait_queue_head_t *queue = &ch->inner->wq.wait;
	long nap, left;
	int ret;

	ret = send_now(ch, msg);
	if (ret != -EAGAIN || !*timeo)
		return ret;

	add_wait_queue(queue, &wait);
	for (;;) {
		ret = send_now(ch, msg);
		if (ret != -EAGAIN || !*timeo)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		nap = *timeo;
		if (sk_stream_is_writeable(ch->inner->sk))
			nap = min_t(long, nap, MEMORY_NAP);
		left = wait_woken(&wait, TASK_INTERRUPTIBLE, nap);
		if (*timeo != MAX_SCHEDULE_TIMEOUT)
			*timeo -= nap - left;
	}
	remove_wait_queue(queue, &wait);
	return ret == -ERESTARTSYS ? sock_intr_errno(*timeo) : ret;
}

int vp_channel_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct vp_channel *ch = vp_channel(sock);
	long timeo = sock_sndtimeo(sock->sk, msg->msg_flags & MSG_DONTWAIT);
	int ret, sent = 0;

	/* Ancillary data would let the caller choose the record's type. */
	if (msg->msg_controllen || msg->msg_flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;

	vp_channel_sync_buffers(ch);
	do {
		ret = send_wait(ch, msg, &timeo);
		if (ret < 0)
			break;
		sent += ret;
	} while (msg_data_left(msg));

	if (sent)
		return sent;
	if (ret == -EPIPE && !(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return ret;
}

#ifdef VP_HAVE_SENDPAGE
/*
 * Only NOTLAST says that more is sure to come. MSG_MORE is sendfile's hope,
 * and in these kernels nobody calls when it comes to nothing: the record would
 * stay open, and its data unsent.
 */
ssize_t vp_channel_sendpage(struct socket *sock, struct page *page, int offset, size_t size,
			    int flags)
{
	struct bio_vec vec = { .bv_page = page, .bv_offset = offset, .bv_len = size };
	struct msghdr msg = { .msg_flags = flags & (MSG_DONTWAIT | MSG_NOSIGNAL) };

	if (flags & MSG_SENDPAGE_NOTLAST)
		msg.msg_flags |= MSG_MORE;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, size);
	return vp_channel_sendmsg(sock, &msg, size);
}
#else
/*
 * A sendfile ended sooner than it had announced: send what it left open. Not by
 * the inner socket's own splice_eof, which may wait.
 */
void vp_channel_splice_eof(struct socket *sock)
{
	struct vp_channel *ch = vp_channel(sock);

	mutex_lock(&ch->tx_lock);
	if (ch->tx_state == VP_TX_OPEN)
		vp_channel_send_record(ch, VP_RECORD_DATA, NULL, 0);
	tx_watch(ch);
	mutex_unlock(&ch->tx_lock);
}
#endif

void vp_channel_tx_init(struct vp_channel *ch)
{
	mutex_init(&ch->tx_lock);
	ch->delay = RETRY_MIN;
	INIT_DELAYED_WORK(&ch->tx_work, tx_work);
}

int __init vp_channel_outbound_init(void)
{
	tx_queue = alloc_workqueue("voicepay_close", WQ_UNBOUND, 0);
	return tx_queue ? 0 : -ENOMEM;
}

void vp_channel_outbound_exit(void)
{
	destroy_workqueue(tx_queue);
}
