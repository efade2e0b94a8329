// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls about channels: both ends of a TLS connection, whatever an app can do with one. */

#include <errno.h>
#include <fcntl.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/sockios.h>

#include "world.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

static int tls_key(int fd, int direction, int cipher, int version, uint8_t seed)
{
	union {
		struct tls_crypto_info head;
		struct tls12_crypto_info_aes_gcm_128 gcm128;
		struct tls12_crypto_info_aes_gcm_256 gcm256;
		struct tls12_crypto_info_chacha20_poly1305 chacha;
	} info;
	size_t len;

	memset(&info, seed, sizeof(info));
	info.head.version = version ? TLS_1_2_VERSION : TLS_1_3_VERSION;
	switch (cipher) {
	case 0:
		info.head.cipher_type = TLS_CIPHER_AES_GCM_128;
		memset(info.gcm128.rec_seq, 0, sizeof(info.gcm128.rec_seq));
		len = sizeof(info.gcm128);
		break;
	case 1:
		info.head.cipher_type = TLS_CIPHER_AES_GCM_256;
		memset(info.gcm256.rec_seq, 0, sizeof(info.gcm256.rec_seq));
		len = sizeof(info.gcm256);
		break;
	default:
		info.head.cipher_type = TLS_CIPHER_CHACHA20_POLY1305;
		memset(info.chacha.rec_seq, 0, sizeof(info.chacha.rec_seq));
		len = sizeof(info.chacha);
	}
	return setsockopt(fd, SOL_TLS, direction, &info, len);
}

/* how: which of ULP, TX, RX are left out (1, 2, 4), so that SEAL has something to refuse; 8: the peer is plain. */
static void tls_pair(struct world *w, const struct call *c)
{
	int how = number_of(c, "how"), cipher = number_of(c, "cipher"), version = number_of(c, "version");
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_usec = 20000 };
	socklen_t len = sizeof(addr);
	int listener, fd, peer = -1, i;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener >= 0 && fd >= 0 && !bind(listener, (struct sockaddr *)&addr, len) && !listen(listener, 1) &&
	    !getsockname(listener, (struct sockaddr *)&addr, &len) && !connect(fd, (struct sockaddr *)&addr, len))
		peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	if (peer < 0) {
		close(fd);
		return;
	}
	for (i = 0; i < 2; i++) {
		int end = i ? peer : fd;

		/* No call waits for long. */
		setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		setsockopt(end, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		if (i ? how & 8 : how & 1)
			continue;
		setsockopt(end, SOL_TCP, TCP_ULP, "tls", sizeof("tls"));
		if (i || !(how & 2))
			tls_key(end, TLS_TX, cipher, version, i ? 0x22 : 0x11);
		if (i || !(how & 4))
			tls_key(end, TLS_RX, cipher, version, i ? 0x11 : 0x22);
	}
	reg_put(w, number_of(c, "to"), fd);
	reg_put(w, number_of(c, "peer"), peer);
}

static size_t data_of(struct world *w, const struct call *c, uint8_t *out)
{
	const struct value *v = value_of(c, "data");
	unsigned int i = v - c->value;

	return v->there ? bytes_of(w, &c->op->param[i], v, out, MAX_BYTES) : 0;
}

/* A record of any type; type 0: plain data, without a word about the type. */
static void record(struct world *w, const struct call *c)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(1)];
	} control = { .head = {
		.cmsg_level = SOL_TLS, .cmsg_type = TLS_SET_RECORD_TYPE, .cmsg_len = CMSG_LEN(1),
	} };
	static __thread uint8_t data[MAX_BYTES];
	struct iovec iov = { data, data_of(w, c, data) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (number_of(c, "type")) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		*CMSG_DATA(&control.head) = number_of(c, "type");
	}
	sendmsg(reg_get(w, number_of(c, "fd")), &msg, MSG_NOSIGNAL | (int)number_of(c, "flags"));
}

static void receive(struct world *w, const struct call *c)
{
	static __thread uint8_t data[MAX_BYTES];
	char control[64];
	size_t len = number_of(c, "len") % sizeof(data);
	struct iovec iov[2] = { { data, len / 3 }, { data + len / 3, len - len / 3 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = control,
			      .msg_controllen = number_of(c, "control") ? sizeof(control) : 0 };

	recvmsg(reg_get(w, number_of(c, "fd")), &msg, (int)number_of(c, "flags"));
}

static void many(struct world *w, const struct call *c)
{
	static __thread uint8_t data[4096];
	struct iovec iov[4] = { { data, 1 }, { data + 1, 7 }, { data + 8, 1000 }, { data + 1008, 3000 } };
	struct mmsghdr msg[4] = {};
	struct timespec patience = { .tv_nsec = 10000000 };
	int fd = reg_get(w, number_of(c, "fd")), i;

	for (i = 0; i < 4; i++)
		msg[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	if (number_of(c, "out"))
		sendmmsg(fd, msg, 4, MSG_NOSIGNAL | (int)number_of(c, "flags"));
	else
		recvmmsg(fd, msg, 4, (int)number_of(c, "flags"), &patience);
}

/* From a file, through a pipe, or out into a pipe. */
static void spliced(struct world *w, const struct call *c)
{
	int fd = reg_get(w, number_of(c, "fd")), pipes[2], file;
	size_t len = number_of(c, "len") % 100000;
	off_t at = number_of(c, "at") % 4096;

	switch (number_of(c, "how")) {
	case 0:
		file = memfd_create("fuzz", MFD_CLOEXEC);
		if (ftruncate(file, 100000))
			break;
		sendfile(fd, file, &at, len);
		close(file);
		break;
	case 1:
		if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK))
			break;
		splice(fd, NULL, pipes[1], NULL, len, SPLICE_F_NONBLOCK);
		close(pipes[0]);
		close(pipes[1]);
		break;
	default:
		if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK))
			break;
		if (write(pipes[1], "through a pipe", 14) > 0)
			splice(pipes[0], NULL, fd, NULL, 14, SPLICE_F_MORE);
		close(pipes[0]);
		close(pipes[1]);
	}
}

static void polled(struct world *w, const struct call *c)
{
	struct pollfd p = { .fd = reg_get(w, number_of(c, "fd")), .events = number_of(c, "events") };

	poll(&p, 1, number_of(c, "ms") % 20);
}

static void shut(struct world *w, const struct call *c)
{
	shutdown(reg_get(w, number_of(c, "fd")), number_of(c, "how"));
}

static void option(struct world *w, const struct call *c)
{
	static const struct { int level, name; } known[] = {
		{ SOL_SOCKET, SO_RCVTIMEO }, { SOL_SOCKET, SO_SNDTIMEO }, { SOL_SOCKET, SO_ERROR }, { SOL_SOCKET, SO_TYPE },
		{ SOL_SOCKET, SO_KEEPALIVE }, { SOL_SOCKET, SO_RCVBUF }, { SOL_SOCKET, SO_SNDBUF }, { SOL_SOCKET, SO_LINGER },
		{ SOL_SOCKET, SO_RCVLOWAT }, { SOL_SOCKET, SO_ATTACH_FILTER }, { SOL_SOCKET, SO_BUSY_POLL },
		{ SOL_SOCKET, SO_PEERCRED }, { SOL_SOCKET, SO_ZEROCOPY }, { SOL_SOCKET, SO_TIMESTAMPING },
		{ SOL_TCP, TCP_NODELAY }, { SOL_TCP, TCP_CORK }, { SOL_TCP, TCP_INFO }, { SOL_TCP, TCP_ULP }, { SOL_TCP, TCP_REPAIR },
		{ SOL_TCP, TCP_USER_TIMEOUT }, { SOL_TCP, TCP_KEEPIDLE }, { SOL_TCP, TCP_QUICKACK }, { SOL_TCP, TCP_ZEROCOPY_RECEIVE },
		{ SOL_TLS, TLS_TX }, { SOL_TLS, TLS_RX }, { IPPROTO_IP, IP_TOS }, { IPPROTO_IPV6, IPV6_V6ONLY },
	};
	unsigned int i = number_of(c, "which");
	int level = i < ARRAY_LEN(known) ? known[i].level : (int)number_of(c, "level");
	int name = i < ARRAY_LEN(known) ? known[i].name : (int)(i - ARRAY_LEN(known));
	static __thread uint8_t data[MAX_BYTES];
	int fd = reg_get(w, number_of(c, "fd"));
	socklen_t len = data_of(w, c, data);

	if (number_of(c, "get"))
		getsockopt(fd, level, name, data, &len);
	else
		setsockopt(fd, level, name, data, len);
}

static void asked(struct world *w, const struct call *c)
{
	static const unsigned long known[] = { FIONREAD, SIOCOUTQ, SIOCATMARK, FIONBIO, FIOASYNC, SIOCGSTAMP_NEW, SIOCOUTQNSD };
	unsigned int i = number_of(c, "which");
	uint64_t value = number_of(c, "value");

	ioctl(reg_get(w, number_of(c, "fd")), i < ARRAY_LEN(known) ? known[i] : i, &value);
}

/* What a connected socket does not do, and what it says of itself. */
static void refused(struct world *w, const struct call *c)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = reg_get(w, number_of(c, "fd"));
	socklen_t len = sizeof(addr);
	int other;

	switch (number_of(c, "what")) {
	case 0: bind(fd, (struct sockaddr *)&addr, len); break;
	case 1: listen(fd, 1); break;
	case 2:
		other = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (other >= 0)
			close(other);
		break;
	case 3: connect(fd, (struct sockaddr *)&addr, len); break;
	case 4: getsockname(fd, (struct sockaddr *)&addr, &len); break;
	case 5: getpeername(fd, (struct sockaddr *)&addr, &len); break;
	case 6: sockatmark(fd); break;
	default: socketpair(41, SOCK_STREAM, 0, (int [2]){}); break;
	}
}

#define PARAMS(name, ...)	static const struct param name[] = { __VA_ARGS__ }
#define FD			{ "fd", P_REG, NOWHERE, 0, 0, 0 }
#define NUM(name, lo, hi)	{ name, P_INT, NOWHERE, 8, lo, hi }
#define DATA			{ "data", P_RECORD, NOWHERE, 0, 0, 64 }

PARAMS(p_pair, { "to", P_OUT, NOWHERE, 0, 0, 0 }, { "peer", P_OUT, NOWHERE, 0, 1, 1 }, NUM("cipher", 0, 2),
       NUM("version", 0, 1), NUM("how", 0, 15));
PARAMS(p_record, FD, NUM("type", 20, 24), NUM("flags", 0, 0xffff), DATA);
PARAMS(p_recv, FD, NUM("len", 0, 20000), NUM("flags", 0, 0x2ff), NUM("control", 0, 1));
PARAMS(p_many, FD, NUM("out", 0, 1), NUM("flags", 0, 0x2ff));
PARAMS(p_splice, FD, NUM("how", 0, 2), NUM("len", 0, 100000), NUM("at", 0, 4096));
PARAMS(p_poll, FD, NUM("events", 0, 0x3fff), NUM("ms", 0, 5));
PARAMS(p_shut, FD, NUM("how", 0, 2));
PARAMS(p_option, FD, NUM("which", 0, 40), NUM("level", 0, 300), NUM("get", 0, 1), DATA);
PARAMS(p_ask, FD, NUM("which", 0, 8), NUM("value", 0, 1));
PARAMS(p_refused, FD, NUM("what", 0, 7));

const struct op other_channel[] = {
	CALL("tls.pair", p_pair, tls_pair),
	CALL("tls.record", p_record, record),
	CALL("recv", p_recv, receive),
	CALL("many", p_many, many),
	CALL("splice", p_splice, spliced),
	CALL("poll", p_poll, polled),
	CALL("shutdown", p_shut, shut),
	CALL("option", p_option, option),
	CALL("ask", p_ask, asked),
	CALL("refused", p_refused, refused),
};
const unsigned int n_other_channel = ARRAY_LEN(other_channel);
