// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One question, over plain HTTP as RFC 6960 has it: POST, no redirects, no
 * proxy, bounded in time and size. What comes back goes to the handshake as
 * bytes; it is read there, by the code that reads staples.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../verify/verify.h"
#include "../spawn.h"
#include "asker.h"
#include "connect.h"
#include "inward.h"
#include "sandbox.h"

#define ASK_MS		6000
#define REQUEST_MAX	1024

struct question {
	uint16_t len;
	char url[256];
	unsigned char request[REQUEST_MAX];
};

struct answer {
	int32_t len;		/* -1: none came */
	unsigned char bytes[VERIFY_ANSWER_MAX];
};

static struct {
	int fd;
	int64_t deadline;
} asker = { .fd = -1 };

static int connect_to(const char *host, const char *port, bool inward, int64_t deadline)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG };
	struct addrinfo *list = NULL, *ai;
	int fd = -1, err;
	socklen_t len = sizeof(err);

	if (getaddrinfo(host, port, &hints, &list))
		return -1;
	for (ai = list; ai && fd < 0; ai = ai->ai_next) {
		if (!inward && is_inward(ai->ai_addr))
			continue;
		fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			continue;
		err = connect(fd, ai->ai_addr, ai->ai_addrlen) ? errno : 0;
		if (err == EINPROGRESS &&
		    (wait_for(fd, POLLOUT, deadline) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len)))
			err = ETIMEDOUT;
		if (err) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static int post(int fd, const char *host, const char *port, const char *path, const struct question *q,
		struct answer *a)
{
	BIO *body = BIO_new_mem_buf(q->request, q->len), *bio = BIO_new_socket(fd, BIO_NOCLOSE), *got = NULL;
	struct vp_reply reply;
	int n = -1;

	/*
	 * Blocking: OpenSSL 3.5 forgets, when it has to wait in the middle of the
	 * headers, that it has seen the type. An alarm ends what takes too long.
	 * And from here on shut in: what comes now may be anybody's.
	 */
	reply_init(&reply);
	if (body && bio && !fcntl(fd, F_SETFL, 0) && !sandbox_close_asker(&reply))
		got = OSSL_HTTP_transfer(NULL, host, port, path, 0, NULL, NULL, bio, bio, NULL, NULL, 0, NULL,
					 "application/ocsp-request", body, "application/ocsp-response", 1,
					 sizeof(a->bytes), 0, 0);
	if (got)
		n = BIO_read(got, a->bytes, sizeof(a->bytes));
	BIO_free(got);
	BIO_free(body);
	BIO_free(bio);
	return n > 0 ? n : -1;
}

static int ask(const struct question *q, struct answer *a, bool inward, int64_t deadline)
{
	char *scheme = NULL, *user = NULL, *host = NULL, *port = NULL, *path = NULL, *query = NULL, *fragment = NULL;
	int number, fd, n = -1;

	if (OSSL_parse_url(q->url, &scheme, &user, &host, &port, &number, &path, &query, &fragment) == 1 &&
	    scheme && !strcmp(scheme, "http") && !(user && *user) && !(query && *query) &&
	    !(fragment && *fragment)) {
		fd = connect_to(host, port, inward, deadline);
		if (fd >= 0) {
			n = post(fd, host, port, path, q, a);
			close(fd);
		}
	}
	OPENSSL_free(scheme);
	OPENSSL_free(user);
	OPENSSL_free(host);
	OPENSSL_free(port);
	OPENSSL_free(path);
	OPENSSL_free(query);
	OPENSSL_free(fragment);
	ERR_clear_error();
	return n;
}

static void child(const struct config *config, int fd)
{
	static struct question q;
	static struct answer a;
	struct vp_reply reply;

	reply_init(&reply);
	if (sandbox_drop_root(config->user, &reply) || sandbox_names(&reply))
		_exit(1);
	/* A handshake asks once, if at all. */
	if (recv(fd, &q, sizeof(q), 0) == sizeof(q) && q.len <= sizeof(q.request) && !q.url[sizeof(q.url) - 1]) {
		alarm(ASK_MS / 1000);
		a.len = ask(&q, &a, *config->ocsp_responder && !strcmp(q.url, config->ocsp_responder),
			    clock_ms() + ASK_MS);
		send(fd, &a, sizeof(a), MSG_NOSIGNAL);
	}
	_exit(0);
}

int asker_start(const struct config *config, int64_t deadline, struct vp_reply *reply)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return refuse(reply, VOICEPAY_CHECK_HELPER, "socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent || dup2(pair[1], SPAWN_FD) < 0 ||
		    close_range(SPAWN_FD + 1, ~0U, 0))
			_exit(1);
		child(config, SPAWN_FD);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return refuse(reply, VOICEPAY_CHECK_HELPER, "fork: %s", strerror(errno));
	}
	asker.fd = pair[0];
	asker.deadline = deadline;
	return 0;
}

int asker_ask(void *arg, const char *url, const unsigned char *request, size_t len, unsigned char *answer)
{
	struct question q = { .len = len };
	static struct answer a;

	if (len > sizeof(q.request) || strlen(url) >= sizeof(q.url))
		return -1;
	strcpy(q.url, url);
	memcpy(q.request, request, len);
	if (send(asker.fd, &q, sizeof(q), MSG_NOSIGNAL) != sizeof(q) || wait_for(asker.fd, POLLIN, asker.deadline) ||
	    recv(asker.fd, &a, sizeof(a), 0) != sizeof(a) || a.len <= 0 || a.len > VERIFY_ANSWER_MAX)
		return -1;
	memcpy(answer, a.bytes, a.len);
	return a.len;
}
