// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * take_keys [SOCKET]: a rogue app. Gets a channel from voicepayd, as any app may, and
 * tries to read the keys of the TLS session under it, or to put others in their place:
 * through its own descriptor, a duplicate, one that came back over a socket, one
 * registered with io_uring, and /proc.
 *
 * Prints one line a try, with the error. Exit code 0: each got the error that is
 * documented; 1: something got through, or another error; 3: no channel.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <voicepay.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

static int bad;

static void expect(const char *way, const char *what, int want, long rc)
{
	const char *name = rc < 0 ? strerrorname_np(errno) : "SUCCEEDED";

	if (rc >= 0 || errno != want) {
		printf("%s: %s: %s instead of %s\n", way, what, name, strerrorname_np(want));
		bad = 1;
	} else {
		printf("%s: %s: refused, %s\n", way, what, name);
	}
}

/* Whatever the way to it, it is the channel, which has no options of TLS. */
static void try_options(const char *way, int fd)
{
	struct tls12_crypto_info_aes_gcm_256 keys = { 0 };
	socklen_t len = sizeof(keys);

	expect(way, "getsockopt TLS_TX", ENOPROTOOPT, getsockopt(fd, SOL_TLS, TLS_TX, &keys, &len));
	len = sizeof(keys);
	expect(way, "getsockopt TLS_RX", ENOPROTOOPT, getsockopt(fd, SOL_TLS, TLS_RX, &keys, &len));
	memset(&keys, 0, sizeof(keys));
	keys.info.version = TLS_1_3_VERSION;
	keys.info.cipher_type = TLS_CIPHER_AES_GCM_256;
	expect(way, "setsockopt TLS_TX", ENOPROTOOPT, setsockopt(fd, SOL_TLS, TLS_TX, &keys, sizeof(keys)));
	expect(way, "setsockopt TLS_RX", ENOPROTOOPT, setsockopt(fd, SOL_TLS, TLS_RX, &keys, sizeof(keys)));
	expect(way, "setsockopt TCP_ULP", ENOPROTOOPT, setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 4));
}

/* To itself and back. */
static int by_socket(int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec vec = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int pair[2], copy = -1;

	control.head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
					 .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) || sendmsg(pair[0], &msg, 0) != 1 ||
	    recvmsg(pair[1], &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	memcpy(&copy, CMSG_DATA(&control.head), sizeof(copy));
	close(pair[0]);
	close(pair[1]);
	return copy;
}

/* io_uring reaches socket options by a way of its own, SOCKET_URING_OP_SETSOCKOPT (6.7 and later). */
static void try_ring(int fd)
{
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 4, &params);
	struct tls12_crypto_info_aes_gcm_256 keys = { 0 };
	unsigned int *sq_array, *sq_tail, *cq_head;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	char *sq, *cq;

	if (ring < 0) {
		printf("io_uring: not here, %s\n", strerrorname_np(errno));
		return;
	}
	sq = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned int), PROT_READ | PROT_WRITE,
		  MAP_SHARED, ring, IORING_OFF_SQ_RING);
	cq = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(*cqe), PROT_READ | PROT_WRITE,
		  MAP_SHARED, ring, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, params.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED ||
	    syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1)) {
		perror("take_keys: io_uring");
		bad = 1;
		return;
	}
	sq_array = (unsigned int *)(sq + params.sq_off.array);
	sq_tail = (unsigned int *)(sq + params.sq_off.tail);
	cq_head = (unsigned int *)(cq + params.cq_off.head);
	for (unsigned int i = 0; i < 2; i++) {
		memset(&sqe[i], 0, sizeof(*sqe));
		sqe[i].opcode = IORING_OP_URING_CMD;
		sqe[i].fd = 0;		/* of the registered files */
		sqe[i].flags = IOSQE_FIXED_FILE;
		sqe[i].cmd_op = i ? 3 /* SOCKET_URING_OP_SETSOCKOPT */ : 2 /* SOCKET_URING_OP_GETSOCKOPT */;
		/* level and optname, optlen, optval of struct io_uring_sqe */
		sqe[i].addr = SOL_TLS | (unsigned long long)TLS_TX << 32;
		sqe[i].file_index = sizeof(keys);
		sqe[i].addr3 = (unsigned long)&keys;
		sq_array[i] = i;
	}
	__atomic_store_n(sq_tail, 2, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 2, 2, IORING_ENTER_GETEVENTS, NULL, 0) != 2) {
		perror("take_keys: io_uring_enter");
		bad = 1;
		return;
	}
	cqe = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
	for (unsigned int i = 0; i < 2; i++) {
		const char *name = cqe[i].res < 0 ? strerrorname_np(-cqe[i].res) : "SUCCEEDED";

		printf("io_uring: registered file, option %u: %s\n", i, name);
		bad |= cqe[i].res != -EOPNOTSUPP && cqe[i].res != -ENOPROTOOPT;
	}
	__atomic_store_n(cq_head, 2, __ATOMIC_RELEASE);
	close(ring);
}

int main(int argc, char **argv)
{
	struct voicepay_channel how = { .size = sizeof(how) };
	char path[32];
	int fd;

	fd = voicepay_channel_open(argc > 1 ? argv[1] : NULL, 0, &how);
	if (fd < 0) {
		fprintf(stderr, "take_keys: no channel: %s\n", how.message);
		return 3;
	}
	try_options("channel", fd);
	try_options("dup", dup(fd));
	try_options("SCM_RIGHTS", by_socket(fd));
	try_ring(fd);
	/* A socket cannot be opened anew. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	expect("/proc", "open", ENXIO, open(path, O_RDWR));
	return bad;
}
