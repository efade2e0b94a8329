// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../devkey/devkey.h"
#include "../spawn.h"
#include "connect.h"
#include "memory.h"
#include "sandbox.h"
#include "signer.h"

/* Whether the key could be opened, and if not, why not. */
struct report {
	int failed;
	char message[DEVKEY_ERROR];
};

/*
 * RFC 8446 4.4.3: what a client signs in TLS 1.3, and in nothing else. Were the
 * handshake process somebody's, no certificate request could be had of us.
 */
static bool is_handshake(const struct signer_request *req)
{
	static const char context[] = "TLS 1.3, client CertificateVerify";
	size_t i;

	if (req->len < 64 + sizeof(context) + 32 || req->len > 64 + sizeof(context) + 64)
		return false;
	for (i = 0; i < 64; i++)
		if (req->text[i] != ' ')
			return false;
	return !memcmp(req->text + 64, context, sizeof(context));
}

static int sign(const struct devkey *dk, const struct signer_request *req, struct signer_answer *answer)
{
	EVP_MD_CTX *mctx = EVP_MD_CTX_new();
	size_t len = sizeof(answer->signature);
	EVP_PKEY_CTX *pctx = NULL;
	int ok;

	ok = mctx && EVP_DigestSignInit_ex(mctx, &pctx, *req->digest ? req->digest : NULL, dk->ctx, NULL,
					   dk->key, NULL) == 1;
	/* TLS 1.3 knows RSA in this form only, so a peer cannot have another signed. */
	if (ok && EVP_PKEY_is_a(dk->key, "RSA"))
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) > 0;
	ok = ok && EVP_DigestSign(mctx, answer->signature, &len, req->text, req->len) == 1;
	EVP_MD_CTX_free(mctx);
	ERR_clear_error();
	answer->len = ok ? len : 0;
	return ok ? 0 : -1;
}

static void serve(const struct devkey *dk, int fd)
{
	static struct signer_request req;
	static struct signer_answer answer;
	int left;

	for (left = SIGNER_USES; left; left--) {
		ssize_t n = recv(fd, &req, sizeof(req), 0);

		if (n != sizeof(req) || req.len > sizeof(req.text) || req.digest[sizeof(req.digest) - 1] || !is_handshake(&req))
			return;
		sign(dk, &req, &answer);
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			return;
	}
}

static void child(const struct config *config, EVP_PKEY *pub, int fd, pid_t parent)
{
	struct report report = { 0 };
	struct devkey dk = { 0 };
	struct vp_reply reply;

	reply_init(&reply);
	/* PIN, token and TPM are for the user that handshakes run as, and the groups it is in. */
	report.failed = memory_lock(&reply) || sandbox_drop_root_in_groups(config->user, &reply);
	if (!report.failed) {
		report.failed = devkey_open(&dk, config, pub, report.message);
		/* While a PIN was tried nobody's end was ours. */
		if (getppid() != parent)
			_exit(0);
		/* From here on the peer may be somebody else's. */
		if (!report.failed)
			report.failed = sandbox_close_signer(&reply);
	}
	if (report.failed && !*report.message)
		snprintf(report.message, sizeof(report.message), "%s", reply.message);
	if (send(fd, &report, sizeof(report), MSG_NOSIGNAL) == sizeof(report) && !report.failed)
		serve(&dk, fd);
	/* No tidying: a token's library could take its time, and the kernel wipes the pages. */
	_exit(0);
}

static pid_t start(const struct config *config, EVP_PKEY *pub, int fd)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	/* No descriptor of the app's, of the module's, of anything but ours. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent ||
	    (fd != SPAWN_FD && dup2(fd, SPAWN_FD) < 0) || close_range(SPAWN_FD + 1, ~0U, 0))
		_exit(1);
	child(config, pub, SPAWN_FD, parent);
	return 0;
}

static int read_report(int fd, int64_t deadline, const struct config *config, struct vp_reply *reply)
{
	struct report report;

	if (wait_for(fd, POLLIN, deadline))
		return refuse(reply, VOICEPAY_CHECK_DEVICE, "%.140s: the TPM or token did not answer in time", config->key);
	if (recv(fd, &report, sizeof(report), 0) != sizeof(report))
		return refuse(reply, VOICEPAY_CHECK_DEVICE,
			      "%.140s: the process that opens the device's key died: does its library work?", config->key);
	report.message[sizeof(report.message) - 1] = 0;
	if (report.failed)
		return refuse(reply, VOICEPAY_CHECK_DEVICE, "%s", report.message);
	return 0;
}

int signer_start(struct device *device, const struct config *config, int64_t deadline, struct vp_reply *reply)
{
	EVP_PKEY *pub = X509_get0_pubkey(device->cert);
	int pair[2];

	if (!pub)
		return refuse(reply, VOICEPAY_CHECK_DEVICE, "%.160s: OpenSSL does not know its kind of key", config->cert);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return refuse(reply, VOICEPAY_CHECK_HELPER, "socketpair: %s", strerror(errno));
	if (start(config, pub, pair[1]) < 0) {
		refuse(reply, VOICEPAY_CHECK_HELPER, "fork: %s", strerror(errno));
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	close(pair[1]);
	if (read_report(pair[0], deadline, config, reply)) {
		close(pair[0]);
		return -1;
	}
	device->key = remote_key(pub, pair[0], deadline);
	if (!device->key)
		return refuse(reply, VOICEPAY_CHECK_DEVICE,
			      "OpenSSL does not take the device's certificate: its key must be P-256, P-384, Ed25519 or RSA of 2048 bits and more");
	return 0;
}
