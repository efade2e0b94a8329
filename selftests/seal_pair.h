/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two ends of a TCP connection over loopback with kernel TLS under keys that
 * the test knows, so that no handshake is needed. One end is sealed into a
 * channel, the other stays in the test's hand, which lets it send any record.
 */
#ifndef VOICEPAY_SEAL_PAIR_H
#define VOICEPAY_SEAL_PAIR_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/voicepay.h>

#include "ktap.h"

#ifndef SOL_TCP
#define SOL_TCP 6
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { CCS = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23 };
enum { HS_TICKET = 4, HS_KEY_UPDATE = 24 };

struct pair {
	int channel;	/* the sealed end; before seal() the TLS socket */
	int peer;
};

static int device = -1;

/* What the tests run with unless they say otherwise. */
static uint16_t tls_version = TLS_1_3_VERSION;
static uint16_t tls_cipher = TLS_CIPHER_AES_GCM_128;

static inline void device_open(void)
{
	device = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		ktap_skip_all("no " VOICEPAY_DEVICE ": modprobe voicepay, as root");
	signal(SIGPIPE, SIG_IGN);
}

/* The ioctl itself: the channel, or -1 with errno. */
static inline int seal_fd(int fd)
{
	struct voicepay_seal seal = { .size = sizeof(seal), .sock_fd = fd };

	return ioctl(device, VOICEPAY_IOC_SEAL, &seal) ? -1 : seal.channel_fd;
}

static inline bool has_family(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static inline void tcp_pair(int family, int sv[2])
{
	struct sockaddr_storage addr = { .ss_family = family };
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET)
		((struct sockaddr_in *)&addr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&addr)->sin6_addr = in6addr_loopback;
	if (listener < 0 || bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len))
		ktap_bail("listen on loopback");
	sv[0] = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sv[0] < 0 || connect(sv[0], (struct sockaddr *)&addr, len))
		ktap_bail("connect over loopback");
	sv[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (sv[1] < 0)
		ktap_bail("accept");
	close(listener);
}

/* Both directions have a key of their own: @seed tells them apart. */
static inline int tls_key(int fd, int direction, uint8_t seed)
{
	union {
		struct tls_crypto_info head;
		struct tls12_crypto_info_aes_gcm_128 gcm128;
		struct tls12_crypto_info_aes_gcm_256 gcm256;
		struct tls12_crypto_info_chacha20_poly1305 chacha;
	} info;
	size_t len = tls_cipher == TLS_CIPHER_AES_GCM_128 ? sizeof(info.gcm128) :
		     tls_cipher == TLS_CIPHER_AES_GCM_256 ? sizeof(info.gcm256) : sizeof(info.chacha);

	memset(&info, seed, sizeof(info));
	info.head.version = tls_version;
	info.head.cipher_type = tls_cipher;
	if (tls_cipher == TLS_CIPHER_AES_GCM_128)
		memset(info.gcm128.rec_seq, 0, sizeof(info.gcm128.rec_seq));
	else if (tls_cipher == TLS_CIPHER_AES_GCM_256)
		memset(info.gcm256.rec_seq, 0, sizeof(info.gcm256.rec_seq));
	else
		memset(info.chacha.rec_seq, 0, sizeof(info.chacha.rec_seq));
	return setsockopt(fd, SOL_TLS, direction, &info, len);
}

static inline int tls_ulp(int fd)
{
	return setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls"));
}

static inline void tls_engage(int fd, uint8_t tx, uint8_t rx)
{
	if (tls_ulp(fd) || tls_key(fd, TLS_TX, tx) || tls_key(fd, TLS_RX, rx))
		ktap_bail("kernel TLS");
}

enum { SEED_UP = 0x11, SEED_DOWN = 0x22 };

/* Kernel TLS on both ends, nothing sealed yet. */
static inline struct pair tls_pair(void)
{
	int sv[2];

	tcp_pair(AF_INET, sv);
	tls_engage(sv[0], SEED_UP, SEED_DOWN);
	tls_engage(sv[1], SEED_DOWN, SEED_UP);
	return (struct pair){ .channel = sv[0], .peer = sv[1] };
}

static inline struct pair sealed_pair(void)
{
	struct pair p = tls_pair();

	p.channel = seal_fd(p.channel);
	if (p.channel < 0)
		ktap_bail("VOICEPAY_IOC_SEAL");
	return p;
}

/* The peer speaks plain TCP, so that it can send what is no TLS at all. */
static inline struct pair sealed_pair_raw(void)
{
	int sv[2];

	tcp_pair(AF_INET, sv);
	tls_engage(sv[0], SEED_UP, SEED_DOWN);
	sv[0] = seal_fd(sv[0]);
	if (sv[0] < 0)
		ktap_bail("VOICEPAY_IOC_SEAL");
	return (struct pair){ .channel = sv[0], .peer = sv[1] };
}

static inline void pair_close(struct pair *p)
{
	if (p->channel >= 0)
		close(p->channel);
	if (p->peer >= 0)
		close(p->peer);
}

/* A record of any type, from an end that is not sealed (or tries it on one that is). */
static inline ssize_t send_record(int fd, uint8_t type, const void *data, size_t len, int flags)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(1)];
	} c = { .head = {
		.cmsg_level = SOL_TLS, .cmsg_type = TLS_SET_RECORD_TYPE, .cmsg_len = CMSG_LEN(1),
	} };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c),
	};

	*CMSG_DATA(&c.head) = type;
	return sendmsg(fd, &msg, flags);
}

/* The peer's next record: its length, and its type in *type (0: none came with it). */
static inline ssize_t recv_record(int fd, uint8_t *type, void *data, size_t len, int flags)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(1)];
	} c;
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c),
	};
	ssize_t n = recvmsg(fd, &msg, flags);
	struct cmsghdr *cmsg = n >= 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	*type = cmsg && cmsg->cmsg_level == SOL_TLS ? *CMSG_DATA(cmsg) : 0;
	return n;
}

/* Bytes of a NewSessionTicket around the ticket itself, without the message's header. */
#define TICKET_AROUND	15

/*
 * A NewSessionTicket with @body bytes, TICKET_AROUND + 1 or more, behind its
 * header: good for an hour, a nonce of two bytes, no extensions. Returns the
 * length of the whole.
 */
static inline size_t make_ticket(uint8_t *msg, size_t body, uint8_t nonce, uint8_t fill)
{
	size_t len = body - TICKET_AROUND;
	uint8_t head[] = { HS_TICKET, body >> 16, body >> 8, body, 0, 0, 14, 16, 9, 8, 7, 6,
			   2, 0, nonce, len >> 8, len };

	memcpy(msg, head, sizeof(head));
	memset(msg + sizeof(head), fill, len);
	msg[sizeof(head) + len] = 0;
	msg[sizeof(head) + len + 1] = 0;
	return 4 + body;
}

static inline void send_ticket(int fd, size_t body)
{
	uint8_t msg[4 + 4096];
	size_t len = make_ticket(msg, body, 0, 0xee);

	EXPECT_EQ(send_record(fd, HANDSHAKE, msg, len, 0), len);
}

static inline void send_alert(int fd, uint8_t level, uint8_t description)
{
	uint8_t alert[2] = { level, description };

	EXPECT_EQ(send_record(fd, ALERT, alert, 2, 0), 2);
}

static inline void send_close_notify(int fd)
{
	send_alert(fd, 1, 0);
}

/* What poll says now, or within @ms. */
static inline int poll_now(int fd, int events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

static inline double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Loopback delivers in softirq, but let the kernel's workers have their turn too. */
static inline void settle_down(void)
{
	usleep(50 * 1000);
}

static inline void recv_timeout(int fd, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	EXPECT_OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
}

#endif /* VOICEPAY_SEAL_PAIR_H */
