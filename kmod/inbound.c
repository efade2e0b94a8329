// SPDX-License-Identifier: GPL-2.0
/*
 * The channel's receiving direction: data is data, everything else is settled
 * here and never seen by the reader.
 *
 * The inner socket is always read without blocking and under rx_lock; waiting
 * is done outside, on the inner socket's wait queue. So a reader that sleeps
 * holds nothing, one time limit covers a whole call whatever the peer sends
 * meanwhile, and poll gets a true answer.
 */

#include <linux/mm.h>
#include <linux/pipe_fs_i.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <net/tls.h>

#include "channel_sock.h"
#include "session.h"

#define RECV_FLAGS	(MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_TRUNC | MSG_NOSIGNAL | \
			 MSG_CMSG_CLOEXEC | MSG_CMSG_COMPAT)

/* Pages that one splice moves at most: a record of full size. */
#define SPLICE_PAGES	DIV_ROUND_UP(TLS_MAX_PAYLOAD_SIZE, PAGE_SIZE)

static int inner_recv(struct vp_channel *ch, struct msghdr *msg, int flags)
{
	return READ_ONCE(ch->inner->ops)->recvmsg(ch->inner, msg, msg_data_left(msg),
						  flags | MSG_DONTWAIT);
}

/* Ends the stream: @err 0 after close_notify, else why it broke. */
static void rx_finish(struct vp_channel *ch, int err, u8 alert)
{
	ch->rx_err = -err;
	WRITE_ONCE(ch->rx_done, true);
	if (err) {
		WRITE_ONCE(ch->sk.sk_err, err);		/* for SO_ERROR, once */
		vp_channel_tx_fail(ch, err, alert);
	}
	vp_channel_wake(ch);
}

static void rx_rekey(struct vp_channel *ch, bool requested)
{
	/* Not only for want of the secret: what now comes cannot be read. */
	if (vp_rekey_rx(ch))
		rx_finish(ch, EKEYEXPIRED, VP_ALERT_INTERNAL);
	else if (requested)
		vp_channel_tx_update(ch);
}

static void rx_apply(struct vp_channel *ch, struct vp_record_answer answer)
{
	if (answer.verdict == VP_RECORD_EOF)
		rx_finish(ch, 0, VP_ALERT_NONE);
	else if (answer.verdict == VP_RECORD_FAIL)
		rx_finish(ch, answer.err, answer.alert);
	else if (answer.verdict == VP_RECORD_REKEY)
		rx_rekey(ch, answer.requested);
}

/* Wipes the ticket that is being read, or was. */
void vp_channel_rx_forget(struct vp_channel *ch)
{
	struct vp_newticket *nt = &ch->record.newticket;

	kfree_sensitive(nt->ticket);
	kfree_sensitive(nt->nonce);
	memzero_explicit(nt, sizeof(*nt));
}

/* A control record, or a piece of one. */
static void rx_control(struct vp_channel *ch, u8 type, const u8 *data, size_t len, bool end)
{
	struct vp_newticket *nt = &ch->record.newticket;

	/*
	 * Without room a ticket is read and not kept; and so it stays to its end,
	 * or what is kept would begin with whatever was in that memory before.
	 */
	if (type == VP_RECORD_HANDSHAKE && !vp_record_busy(&ch->record) &&
	    vp_session_resumes(ch->session)) {
		nt->ticket = kmalloc(VOICEPAY_TICKET_MAX, GFP_KERNEL_ACCOUNT);
		nt->nonce = kmalloc(VP_NEWTICKET_NONCE_MAX, GFP_KERNEL_ACCOUNT);
		nt->room = VOICEPAY_TICKET_MAX;
	}
	rx_apply(ch, vp_record_control(&ch->record, type, data, len, end));
	if (ch->rx_done || !vp_record_busy(&ch->record))
		vp_channel_rx_forget(ch);
	if (type == VP_RECORD_HANDSHAKE && !ch->rx_done)
		vp_rekey_no_stop(ch);
}

/*
 * An error of the inner socket: returns it if it says nothing about the
 * connection, else makes it the channel's own, for good, and returns 0. TCP
 * reports such an error once and plain end of file afterwards, which no
 * reader must ever take for the peer's close_notify.
 */
static int rx_error(struct vp_channel *ch, int err)
{
	switch (err) {
	case -EAGAIN:
	case -ENOMEM:
	case -ENOBUFS:
	case -EFAULT:
	case -EINTR:
	case -ERESTARTSYS:
		return err;
	case -EBADMSG:
	case -EMSGSIZE:		/* kernel TLS's names for a bogus header */
	case -EINVAL:
		rx_finish(ch, EBADMSG, VP_ALERT_BAD_MAC);
		return 0;
	case -EKEYEXPIRED:	/* kernel TLS stopped; by now it is known for what */
		if (vp_rekey_stopped(ch)) {
			vp_rekey_no_stop(ch);
			return 0;
		}
		rx_finish(ch, EKEYEXPIRED, VP_ALERT_NONE);
		return 0;
	case -EPIPE:		/* a reset after the peer's FIN */
		err = -ECONNRESET;
		fallthrough;
	default:
		rx_finish(ch, -err, VP_ALERT_NONE);
		return 0;
	}
}

/* Reads into our own memory and tells the record's type, 0 if there was no record. */
static int recv_typed(struct vp_channel *ch, void *buf, size_t len, int flags, u8 *type, bool *end)
{
	union vp_record_cmsg cmsg = {};
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_control = &cmsg,
		.msg_controllen = sizeof(cmsg),
	};
	int ret;

	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, len);
	ret = inner_recv(ch, &msg, flags);

	*type = 0;
	if (msg.msg_controllen < sizeof(cmsg) && cmsg.head.cmsg_level == SOL_TLS &&
	    cmsg.head.cmsg_type == TLS_GET_RECORD_TYPE)
		*type = *(u8 *)CMSG_DATA(&cmsg.head);
	*end = msg.msg_flags & MSG_EOR;
	return ret;
}

/*
 * Reads data for the user. Without room for a record type kernel TLS stops
 * before any record that is not data, and answers EIO.
 */
static int recv_data(struct vp_channel *ch, struct iov_iter *iter, int flags)
{
	struct msghdr msg = { .msg_iter = *iter };
	int ret;

	ret = inner_recv(ch, &msg, flags & MSG_PEEK);
	if (ret > 0)
		iov_iter_advance(iter, ret);
	return ret;
}

/*
 * Looks at the record in front and settles it if it is not data. Returns 1 if
 * data is in front, 0 if something was settled, -EAGAIN if there is nothing.
 */
static int settle(struct vp_channel *ch)
{
	u8 buf[64];
	bool end;
	u8 type;
	int ret;

	lockdep_assert_held(&ch->rx_lock);

	if (ch->have_ahead)
		return 1;

	ret = recv_typed(ch, buf, 1, MSG_PEEK, &type, &end);
	if (!type) {
		if (ret < 0)
			return rx_error(ch, ret);
		/* A FIN that no close_notify went before: somebody cut the stream off. */
		if (ch->rx_shut)
			rx_finish(ch, 0, VP_ALERT_NONE);
		else
			rx_finish(ch, ECONNRESET, VP_ALERT_NONE);
		return 0;
	}

	if (type == VP_RECORD_DATA) {
		rx_apply(ch, vp_record_data(&ch->record, ret <= 0));
		if (ch->rx_done)
			return 0;
		if (ret > 0)
			return 1;
		/*
		 * Empty records. Peeking does not remove them, and they would
		 * pile up without limit; reading does, but may run into data.
		 */
		ret = recv_typed(ch, &ch->ahead, 1, 0, &type, &end);
		if (ret <= 0)
			return ret ? rx_error(ch, ret) : 0;
		if (type == VP_RECORD_DATA) {
			ch->have_ahead = true;
			return 1;
		}
		rx_control(ch, type, &ch->ahead, ret, end);
		return 0;
	}

	/* Only now that it is known not to be data may it be consumed. */
	ret = recv_typed(ch, buf, sizeof(buf), 0, &type, &end);
	if (ret >= 0)
		rx_control(ch, type, buf, ret, end);
	memzero_explicit(buf, sizeof(buf));	/* a ticket's end, it may be */
	return ret < 0 ? rx_error(ch, ret) : 0;
}

static int recv_ahead(struct vp_channel *ch, struct iov_iter *iter, int flags)
{
	int more = 0;

	if (copy_to_iter(&ch->ahead, 1, iter) != 1)
		return -EFAULT;
	if (!(flags & MSG_PEEK)) {
		ch->have_ahead = false;
		ch->ahead = 0;
	}
	if (iov_iter_count(iter))
		more = recv_data(ch, iter, flags);
	return 1 + max(more, 0);
}

/* What is there now: bytes, 0 at the end of the stream, -EAGAIN if nothing, another -errno. */
static int recv_now(struct vp_channel *ch, struct iov_iter *iter, int flags)
{
	bool data = false;
	int ret;

	if (mutex_lock_interruptible(&ch->rx_lock))
		return -ERESTARTSYS;
	for (;;) {
		if (ch->have_ahead) {
			ret = recv_ahead(ch, iter, flags);
			break;
		}
		if (ch->rx_done) {
			ret = ch->rx_err;
			break;
		}
		/* A peek must not let empty records pile up: look before. */
		if (data || (!(flags & MSG_PEEK) && !vp_record_busy(&ch->record))) {
			ret = recv_data(ch, iter, flags);
			if (ret > 0) {
				vp_record_progress(&ch->record);
				break;
			}
			/* EIO and 0 are only hints that the front is not data. */
			if (ret && ret != -EIO) {
				ret = rx_error(ch, ret);
				if (ret)
					break;
				continue;
			}
		}
		ret = settle(ch);
		if (ret < 0)
			break;
		data = ret;
		/*
		 * Other signals wait: nothing here does, and a call that need not
		 * wait must not end in EINTR because a ticket came first.
		 */
		if (fatal_signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
	}
	mutex_unlock(&ch->rx_lock);
	return ret;
}

static int recv_wait(struct vp_channel *ch, struct iov_iter *iter, int flags, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	wait_queue_head_t *queue = &ch->inner->wq.wait;
	int ret;

	ret = recv_now(ch, iter, flags);
	if (ret != -EAGAIN || !*timeo)
		return ret;

	add_wait_queue(queue, &wait);
	for (;;) {
		ret = recv_now(ch, iter, flags);
		if (ret != -EAGAIN || !*timeo)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		*timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, *timeo);
	}
	remove_wait_queue(queue, &wait);
	/* A call with a time limit is not restarted: it would begin anew. */
	return ret == -ERESTARTSYS ? sock_intr_errno(*timeo) : ret;
}

static int recv_all(struct vp_channel *ch, struct iov_iter *iter, int flags)
{
	long timeo = sock_rcvtimeo(&ch->sk, flags & MSG_DONTWAIT);
	bool all = (flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
	int ret, copied = 0;

	vp_channel_sync_buffers(ch);
	do {
		ret = recv_wait(ch, iter, flags, &timeo);
		if (ret <= 0)
			break;
		copied += ret;
	} while (all && iov_iter_count(iter));
	return copied ? : ret;
}

/* MSG_TRUNC means what it means to TCP: read, and throw away. */
static int recv_discard(struct vp_channel *ch, size_t len, int flags)
{
	struct iov_iter iter;
	struct kvec vec;
	int ret;

	vec.iov_len = min_t(size_t, len, PAGE_SIZE);
	vec.iov_base = kmalloc(vec.iov_len, GFP_KERNEL);
	if (!vec.iov_base)
		return -ENOMEM;
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, vec.iov_len);
	ret = recv_all(ch, &iter, flags);
	kfree_sensitive(vec.iov_base);
	return ret;
}

int vp_channel_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags)
{
	struct vp_channel *ch = vp_channel(sock);

	if (flags & ~RECV_FLAGS)
		return -EOPNOTSUPP;
	if (!len)
		return 0;
	if (flags & MSG_TRUNC)
		return recv_discard(ch, len, flags);
	return recv_all(ch, &msg->msg_iter, flags);
}

static void splice_drop(struct splice_pipe_desc *spd, unsigned int i)
{
	put_page(spd->pages[i]);
}

/*
 * By way of a copy: what arrives in the pipe has passed through the same
 * decisions as what is read.
 */
ssize_t vp_channel_splice_read(struct socket *sock, loff_t *ppos, struct pipe_inode_info *pipe,
			       size_t len, unsigned int flags)
{
	struct vp_channel *ch = vp_channel(sock);
	struct page *pages[SPLICE_PAGES];
	struct partial_page partial[SPLICE_PAGES];
	struct kvec vec[SPLICE_PAGES];
	struct splice_pipe_desc spd = {
		.pages = pages,
		.partial = partial,
		.nr_pages_max = SPLICE_PAGES,
		.ops = &nosteal_pipe_buf_ops,
		.spd_release = splice_drop,
	};
	unsigned int used, room, n, i;
	struct iov_iter iter;
	ssize_t ret;

	used = pipe_occupancy(pipe->head, pipe->tail);
	room = pipe->max_usage > used ? pipe->max_usage - used : 0;
	n = min_t(size_t, DIV_ROUND_UP(len, PAGE_SIZE), min_t(size_t, room, SPLICE_PAGES));
	if (!n)
		return len ? -EAGAIN : 0;
	len = min_t(size_t, len, n * PAGE_SIZE);

	for (i = 0; i < n; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		if (!pages[i])
			break;
		vec[i].iov_base = page_address(pages[i]);
		vec[i].iov_len = min_t(size_t, len - i * PAGE_SIZE, PAGE_SIZE);
	}
	n = i;
	if (!n)
		return -ENOMEM;
	len = min_t(size_t, len, n * PAGE_SIZE);

	iov_iter_kvec(&iter, ITER_DEST, vec, n, len);
	ret = recv_all(ch, &iter, (flags & SPLICE_F_NONBLOCK) ||
		       (sock->file->f_flags & O_NONBLOCK) ? MSG_DONTWAIT : 0);

	for (i = 0; i < n; i++) {
		if (ret <= (ssize_t)(i * PAGE_SIZE)) {
			put_page(pages[i]);
			continue;
		}
		partial[i] = (struct partial_page){
			.len = min_t(size_t, ret - i * PAGE_SIZE, PAGE_SIZE),
		};
		spd.nr_pages++;
	}
	return ret > 0 ? splice_to_pipe(pipe, &spd) : ret;
}

/*
 * What poll may promise a reader. Control records are settled first, so that
 * a lone ticket wakes nobody up for nothing.
 */
__poll_t vp_channel_rx_poll(struct vp_channel *ch)
{
	__poll_t mask = 0;
	int ret = 0;

	/*
	 * Not interruptible: epoll takes "nothing" for an answer and would not
	 * ask again until the next wakeup.
	 */
	if (mutex_lock_killable(&ch->rx_lock))
		return 0;
	while (!ch->rx_done && !ret)
		ret = settle(ch);
	if (ch->rx_done) {
		mask = EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
		if (ch->rx_err)
			mask |= EPOLLERR;
	} else if (ret != -EAGAIN) {
		mask = EPOLLIN | EPOLLRDNORM;
	}
	mutex_unlock(&ch->rx_lock);
	return mask;
}

void vp_channel_rx_shut(struct vp_channel *ch)
{
	mutex_lock(&ch->rx_lock);
	ch->rx_shut = true;
	mutex_unlock(&ch->rx_lock);
}

/*
 * TCP answers a close with unread bytes by a reset, which may overtake our own
 * last records. Unread tickets are no reason for that; unread data is.
 */
void vp_channel_rx_drain(struct vp_channel *ch)
{
	mutex_lock(&ch->rx_lock);
	while (!ch->rx_done && !settle(ch))
		;
	mutex_unlock(&ch->rx_lock);
}
