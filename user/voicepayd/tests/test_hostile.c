// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hostile servers against voicepay-handshake, the program itself: sandboxed,
 * over TCP, as voicepayd starts it. Each is refused by the check that is there
 * for it, in bounded time and memory; no descriptor comes back, and the server
 * has not seen one byte of application data.
 *
 * What lies in the module's place is /dev/null, so even the right server ends
 * without a channel; but last, at the hand-over.
 */

#include <fcntl.h>
#include <libgen.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "capable.h"
#include "../../common/base64.h"
#include "../../libvoicepay/protocol.h"
#include "../../verify/tests/make.h"
#include "../../verify/verify.h"
#include "../spawn.h"
#include "hostile_server.h"
#include <voicepay.h>

#define HOST		"pay.example.com"
#define LIMIT_MS	8000
#define SHORT_MS	1200
#define MEMORY_KB	(96 * 1024)
/* All checks passed, and the module was missed. */
#define PASSED		VOICEPAY_CHECK_OK

static char dir[] = "/tmp/voicepay-test-XXXXXX", helper[4096], config[64];
static X509 *root, *other_root;
static char pin[64];

struct outcome {
	struct vp_reply reply;
	long ms, kb;
};

static void in_dir(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", dir, name);
}

static FILE *create(const char *name, mode_t mode)
{
	char path[128];
	FILE *f;

	in_dir(name, path);
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	return f;
}

/* The server's key and the CA's are pinned, so that pins decide only where they should. */
static void write_config(int port, const char *more, bool wrong_pin)
{
	FILE *f = create("config", 0644);

	fprintf(f, "[gateway]\nhost = " HOST "\naddress = 127.0.0.1\nport = %d\n[daemon]\ndevice = /dev/null\n"
		"[tls]\nca = %s/ca\ncert = %s/cert\nkey = %s/key\npin = %s\n"
		"pin = sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n%s", port, dir, dir, dir,
		wrong_pin ? "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" : pin, more ?: "");
	fclose(f);
}

static unsigned int receive(int sock, struct vp_reply *reply)
{
	union {
		struct cmsghdr align;
		char buf[256];
	} control;
	char packet[sizeof(*reply) + 1];
	struct iovec iov = { packet, sizeof(packet) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(sock, &msg, 0);
	unsigned int fds = CMSG_FIRSTHDR(&msg) ? 1 : 0;

	if (n < 0)
		n = 0;
	if (vp_reply_check(packet, n, fds, reply))
		fail_msg("the helper's answer is malformed (%zd bytes)", n);
	return fds;
}

static void shake(const char *timeout, struct outcome *o)
{
	char libs[4200];
	char *argv[] = { helper, "--config", config, "--timeout", (char *)timeout, NULL };
	char *envp[] = { libs, "LC_ALL=C", NULL };
	struct timespec a, b;
	struct rusage usage;
	int pair[2], status;
	pid_t pid;

	snprintf(libs, sizeof(libs), "LD_LIBRARY_PATH=%s", getenv("LD_LIBRARY_PATH") ?: "");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int conn = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);

		dup2(conn, SPAWN_FD);
		if (!freopen("/dev/null", "w", stderr))
			_exit(SPAWN_NO_EXEC);
		execve(helper, argv, envp);
		_exit(SPAWN_NO_EXEC);
	}
	close(pair[1]);
	assert_int_equal(receive(pair[0], &o->reply), 0);
	close(pair[0]);
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (status)
		fail_msg("the helper ended with %#x", status);
	o->ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	o->kb = usage.ru_maxrss;
}

static bool is_late(const struct outcome *o, int limit)
{
	return o->ms > limit + 2000;
}

struct row {
	const char *name;
	enum voicepay_check check;
	const char *says;
	struct spec leaf;
	struct hostile h;
	int below_ca;			/* 1: with the CA sent along, 2: without */
	int issuer;			/* 1: a root that is not trusted */
	struct spec ca;
	const char *settings;
	int wrong_pin, quick;
	int staple;
	struct ocsp_spec ocsp;
	int crl;			/* 1: for the server's CA, 2: revoked, 3: stale, 4: long, 5: revoked, long */
};

static const unsigned char hello_cut[] = { 22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3 };
static const unsigned char oversized[] = { 22, 3, 3, 0x50, 0, 2, 0, 0x4f, 0xfc, 3, 3 };
static const unsigned char unknown_type[] = { 99, 3, 3, 0, 4, 1, 2, 3, 4 };
static const unsigned char empty_record[] = { 22, 3, 3, 0, 0 };
static const unsigned char ccs[] = { 20, 3, 3, 0, 1, 1 };
static const unsigned char early_data[] = { 23, 3, 3, 0, 4, 1, 2, 3, 4 };
static const unsigned char warning[] = { 21, 3, 3, 0, 2, 1, 90 };
static const unsigned char fatal[] = { 21, 3, 3, 0, 2, 2, 40 };
static const unsigned char close_notify[] = { 21, 3, 3, 0, 2, 1, 0 };
static const unsigned char huge_message[] = { 22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff };
static const unsigned char hello_request[] = { 22, 3, 3, 0, 4, 0, 0, 0, 0 };
static const unsigned char finished_first[] = { 22, 3, 3, 0, 36, 20, 0, 0, 32, 0 };
/* SSL 3, and TLS 1.2 with RC4: a ServerHello each */
static const unsigned char ssl3[] = { 22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0, [43] = 0, 0, 5, 0 };
static const unsigned char rc4[] = { 22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, [43] = 0, 0, 5, 0 };
/* an SMTP and an SSH server */
#define SMTP "220 mail.example ESMTP\r\n"
#define SSH "SSH-2.0-OpenSSH_9.2\r\n"

#define RAW(bytes) .h = { .raw = bytes, .raw_len = sizeof(bytes), .after_hello = true }
#define TEXT(text) .h = { .raw = text, .raw_len = sizeof(text) - 1 }
#define FLOOD(bytes) .h = { .raw = bytes, .raw_len = sizeof(bytes), .after_hello = true, .repeat = true }, .quick = 1

static const struct row rows[] = {
	{ "the right one", PASSED },
	{ "the right one, below a CA", PASSED, .below_ca = 1 },
	{ "the right one with a good staple", PASSED, .below_ca = 1, .staple = 1 },
	{ "the right one with CRLs", PASSED, .below_ca = 1, .crl = 1 },

	{ "the right one with a long CRL", PASSED, .below_ca = 1, .crl = 4 },

	/* certificates */
	{ "another name", VOICEPAY_CHECK_HOST, "not for " HOST, .leaf = { .san = "DNS:fake-pay.com" } },
	{ "the name in the CN only", VOICEPAY_CHECK_HOST, "no name", .leaf = { .subject = "CN=" HOST, .san = "" } },
	{ "expired", VOICEPAY_CHECK_DATES, "expired", .leaf = { .from = -30, .until = -1 } },
	{ "not yet valid", VOICEPAY_CHECK_DATES, "only from", .leaf = { .from = 1 } },
	{ "an unknown CA", VOICEPAY_CHECK_CA, "trusted", .issuer = 1 },
	{ "self-signed", VOICEPAY_CHECK_CA, "self-signed", .leaf = { .issuer = "CN=gateway", .by = KEY_LEAF, .aki = "" } },
	{ "a signature that the CA did not make", VOICEPAY_CHECK_SIGNATURE, "did not make", .leaf = { .by = KEY_OTHER2 } },
	{ "for clients", VOICEPAY_CHECK_PURPOSE, "serverAuth", .leaf = { .eku = "clientAuth" } },
	{ "for nothing in particular", VOICEPAY_CHECK_PURPOSE, "serverAuth", .leaf = { .eku = "" } },
	{ "a CA as a server", VOICEPAY_CHECK_PURPOSE, "CA's", .leaf = { .bc = "critical,CA:TRUE" } },
	{ "SHA-1", VOICEPAY_CHECK_SIGNATURE, "SHA-1", .leaf = { .hash = "SHA1" } },
	{ "an unknown critical extension", VOICEPAY_CHECK_PURPOSE, "not known", .leaf = { .ext = { "1.2.3.4=critical,DER:05:00" } } },
	{ "a CA that left itself out", VOICEPAY_CHECK_CA, "does not lead", .below_ca = 2 },
	{ "a CA that is none", VOICEPAY_CHECK_CA, "not a CA's", .below_ca = 1, .ca = { .bc = "critical,CA:FALSE" } },
	{ "a CA that expired", VOICEPAY_CHECK_DATES, "expired", .below_ca = 1, .ca = { .from = -30, .until = -1 } },
	{ "a CA for other names", VOICEPAY_CHECK_CONSTRAINTS, "not permit", .below_ca = 1, .ca = { .nc = "critical,permitted;DNS:example.org" } },
	{ "a key that is not pinned", VOICEPAY_CHECK_PIN, "pinned", .wrong_pin = 1 },

	/* revocation */
	{ "revoked by CRL", VOICEPAY_CHECK_REVOCATION, "was revoked", .below_ca = 1, .crl = 2 },
	{ "revoked by a long CRL", VOICEPAY_CHECK_REVOCATION, "was revoked", .below_ca = 1, .crl = 5 },
	{ "a stale CRL", VOICEPAY_CHECK_REVOCATION, "stale", .below_ca = 1, .crl = 3 },
	{ "revoked by staple", VOICEPAY_CHECK_REVOCATION, "was revoked", .below_ca = 1, .staple = 1, .ocsp = { .status = V_OCSP_CERTSTATUS_REVOKED } },
	{ "unknown by staple", VOICEPAY_CHECK_REVOCATION, "does not know", .below_ca = 1, .staple = 1, .ocsp = { .status = V_OCSP_CERTSTATUS_UNKNOWN } },
	{ "a stale staple", VOICEPAY_CHECK_REVOCATION, "stale", .below_ca = 1, .staple = 1, .ocsp = { .from = -48, .until = -1 } },
	{ "an old staple", VOICEPAY_CHECK_REVOCATION, "older", .below_ca = 1, .staple = 1, .ocsp = { .from = -300 } },
	{ "a staple by SHA-1", VOICEPAY_CHECK_REVOCATION, "weak", .below_ca = 1, .staple = 1, .ocsp = { .hash = "SHA1" } },
	{ "somebody else's staple", VOICEPAY_CHECK_REVOCATION, "did not come", .below_ca = 1, .staple = 1, .ocsp = { .by = KEY_OTHER, .no_certs = 1 } },
	{ "no staple where the certificate demands it", VOICEPAY_CHECK_REVOCATION, "must-staple", .leaf = { .ext = { "tlsfeature=status_request" } } },
	{ "no staple where the settings demand it", VOICEPAY_CHECK_REVOCATION, "required", .settings = "staple = required\n" },

	/* protocol */
	{ "TLS 1.2", VOICEPAY_CHECK_PROFILE, "good enough", .h = { .max = TLS1_2_VERSION } },
	{ "TLS 1.1", VOICEPAY_CHECK_PROFILE, "good enough", .h = { .min = TLS1_VERSION, .max = TLS1_1_VERSION, .ciphers12 = "ALL:@SECLEVEL=0" } },
	{ "TLS 1.0", VOICEPAY_CHECK_PROFILE, "good enough", .h = { .min = TLS1_VERSION, .max = TLS1_VERSION, .ciphers12 = "ALL:@SECLEVEL=0" } },
	{ "SSL 3", VOICEPAY_CHECK_PROFILE, "good enough", RAW(ssl3) },
	{ "RC4", VOICEPAY_CHECK_PROFILE, "good enough", RAW(rc4) },
	{ "CBC", VOICEPAY_CHECK_PROFILE, "good enough", .h = { .max = TLS1_2_VERSION, .ciphers12 = "ECDHE-ECDSA-AES128-SHA" } },
	{ "CCM", VOICEPAY_CHECK_PROFILE, "good enough", .h = { .suites = "TLS_AES_128_CCM_SHA256" } },
	{ "P-521", VOICEPAY_CHECK_PROFILE, "good enough", .h = { .groups = "P-521" } },
	{ "it asks for no certificate", VOICEPAY_CHECK_MUTUAL, "client certificates", .h = { .no_request = true } },
	{ "P-256 after a second try is good enough", PASSED, .h = { .groups = "P-256" } },
	{ "twenty tickets", PASSED, .h = { .tickets = 20 } },

	/* not TLS, or half of it */
	{ "HTTP", VOICEPAY_CHECK_TLS, NULL, TEXT("HTTP/1.1 400 Bad Request\r\n\r\n") },
	{ "SMTP", VOICEPAY_CHECK_TLS, NULL, TEXT(SMTP) },
	{ "SSH", VOICEPAY_CHECK_TLS, NULL, TEXT(SSH) },
	{ "an end at once", VOICEPAY_CHECK_TLS, "ended the connection", .h = { .end = END_FIN } },
	{ "a reset at once", VOICEPAY_CHECK_TLS, "ended the connection", .h = { .end = END_RST, .after_hello = true } },
	{ "an end within a message", VOICEPAY_CHECK_TLS, "ended the connection", RAW(hello_cut) },
	{ "an end within a record", VOICEPAY_CHECK_TLS, "ended the connection", .h = { .cut_at = 3, .end = END_FIN } },
	{ "an end after the hello", VOICEPAY_CHECK_TLS, "ended the connection", .h = { .cut_at = 1300, .end = END_FIN } },
	{ "a reset within the certificate", VOICEPAY_CHECK_TLS, NULL, .h = { .cut_at = 1700, .end = END_RST } },
	{ "an oversized record", VOICEPAY_CHECK_TLS, NULL, RAW(oversized) },
	{ "an unknown record", VOICEPAY_CHECK_TLS, NULL, RAW(unknown_type) },
	{ "an empty record", VOICEPAY_CHECK_TLS, NULL, RAW(empty_record) },
	{ "data before the handshake", VOICEPAY_CHECK_TLS, NULL, RAW(early_data) },
	{ "a message of 16 MB", VOICEPAY_CHECK_TLS, NULL, RAW(huge_message) },
	{ "a request for renegotiation", VOICEPAY_CHECK_TLS, NULL, RAW(hello_request) },
	{ "the end of a handshake that was none", VOICEPAY_CHECK_TLS, NULL, RAW(finished_first) },
	{ "an alert", VOICEPAY_CHECK_PROFILE, NULL, RAW(fatal) },
	{ "a close_notify", VOICEPAY_CHECK_TLS, NULL, RAW(close_notify) },
	{ "a flood of warnings", VOICEPAY_CHECK_TLS, NULL, FLOOD(warning) },
	{ "a flood of empty records", VOICEPAY_CHECK_TLS, NULL, FLOOD(empty_record) },
	{ "a flood of changes of cipher", VOICEPAY_CHECK_TLS, NULL, FLOOD(ccs) },
	{ "a bit of the hello", VOICEPAY_CHECK_TLS, NULL, .h = { .flip_at = 30 } },
	{ "a bit of the key share", VOICEPAY_CHECK_TLS, NULL, .h = { .flip_at = 700 } },
	{ "a bit of what is encrypted", VOICEPAY_CHECK_TLS, NULL, .h = { .flip_at = 1500 } },
	{ "silence", VOICEPAY_CHECK_TIMEOUT, "in time", .h = { .end = END_SILENCE, .raw = "", .raw_len = 0 }, .quick = 1 },
	{ "silence after half a record", VOICEPAY_CHECK_TIMEOUT, "in time", .h = { .raw = hello_cut, .raw_len = 7, .end = END_SILENCE }, .quick = 1 },
	{ "a byte at a time", VOICEPAY_CHECK_TIMEOUT, "in time", .h = { .drip_ms = 100 }, .quick = 1 },
};

static void crls(const struct row *r, X509 *own_ca, X509 *leaf)
{
	struct crl_spec of_ca = { 0 };
	X509_CRL *a, *b;
	FILE *f;

	if (r->crl == 2 || r->crl == 5)
		of_ca.revoked = leaf;
	if (r->crl >= 4)
		of_ca.many = 2000;
	if (r->crl == 3) {
		of_ca.from = -48;
		of_ca.until = -1;
	}
	a = make_crl(&of_ca, own_ca, KEY_CA1);
	b = make_crl(&(struct crl_spec){ 0 }, root, KEY_ROOT);
	f = create("crl", 0644);
	PEM_write_X509_CRL(f, a);
	PEM_write_X509_CRL(f, b);
	fclose(f);
	X509_CRL_free(a);
	X509_CRL_free(b);
}

static bool is_passed(const struct vp_reply *reply)
{
	/* Where the kernel has no TLS it ends one step earlier. */
	return reply->check == VOICEPAY_CHECK_SEAL || reply->check == VOICEPAY_CHECK_KTLS;
}

static void judge(const struct row *r, const struct hostile *h, const struct outcome *o)
{
	const struct vp_reply *reply = &o->reply;

	if (r->check == PASSED ? !is_passed(reply) : reply->check != r->check ||
	    (r->says && !strstr(reply->message, r->says)))
		fail_msg("%s: expected %s (%s), got %s: %s", r->name, voicepay_check_name(r->check), r->says ?: "",
			 voicepay_check_name(reply->check), reply->message);
	if (is_late(o, r->quick ? SHORT_MS : LIMIT_MS))
		fail_msg("%s: took %ld ms", r->name, o->ms);
	if (o->kb > MEMORY_KB)
		fail_msg("%s: took %ld kB", r->name, o->kb);
	assert_int_equal(h->application, 0);
	assert_false(h->strange);
	assert_int_not_equal(reply->error, 0);
}

static void one_row(void **state)
{
	const struct row *r = *state;
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct hostile h = r->h;
	struct ocsp_spec ocsp = r->ocsp;
	char settings[256];
	struct outcome o;
	unsigned char *staple = NULL;
	X509 *issuer = r->issuer ? other_root : root, *own_ca = NULL;
	enum key by = r->issuer ? KEY_OTHER : KEY_ROOT;

	if (r->below_ca) {
		own_ca = issuer = make_cert(&r->ca, CA, KEY_CA1, root, KEY_ROOT);
		by = KEY_CA1;
		if (r->below_ca == 1)
			sk_X509_push(chain, own_ca);
	}
	h.cert = make_cert(&r->leaf, LEAF, KEY_LEAF, issuer, by);
	h.key = key(r->leaf.key ? r->leaf.key : KEY_LEAF);
	h.chain = chain;
	if (r->staple) {
		if (ocsp.by)
			ocsp.signer = other_root;
		staple = make_ocsp(&ocsp, h.cert, issuer, by, &h.staple_len);
		h.staple = staple;
	}
	snprintf(settings, sizeof(settings), "%s", r->settings ?: "");
	if (r->crl) {
		crls(r, own_ca, h.cert);
		snprintf(settings, sizeof(settings), "crl = %s/crl\n", dir);
	}
	hostile_start(&h);
	write_config(h.port, settings, r->wrong_pin);
	shake(r->quick ? "1200" : "8000", &o);
	hostile_stop(&h);
	judge(r, &h, &o);
	X509_free(h.cert);
	X509_free(own_ca);
	OPENSSL_free(staple);
	sk_X509_free(chain);
}

/* Cut, and reset, all along what a good server sends: each time an error of its own, and soon. */
static void cut_anywhere(void **state)
{
	X509 *cert = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, root, KEY_ROOT);
	size_t at, all = 0, runs = 0;

	for (at = 0; !at || at < all; at += at ? 83 : 1) {
		struct hostile h = { .cert = cert, .key = key(KEY_LEAF), .cut_at = at,
				     .end = !at ? END_NOT : at & 1 ? END_FIN : END_RST };
		struct outcome o;

		hostile_start(&h);
		write_config(h.port, NULL, false);
		shake("8000", &o);
		hostile_stop(&h);
		if (!at) {
			assert_true(is_passed(&o.reply));
			all = h.sent;
			assert_true(all > 1000);
			continue;
		}
		if (o.reply.check != VOICEPAY_CHECK_TLS || o.ms > LIMIT_MS / 2)
			fail_msg("cut at %zu: %s after %ld ms: %s", at, voicepay_check_name(o.reply.check), o.ms,
				 o.reply.message);
		assert_int_equal(h.application, 0);
		runs++;
	}
	assert_true(runs > 10);
	X509_free(cert);
}

/* Any bit of what it sends changed: never accepted. */
static void changed_anywhere(void **state)
{
	X509 *cert = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, root, KEY_ROOT);
	size_t at, all = 2400;

	for (at = 6; at < all; at += 131) {
		struct hostile h = { .cert = cert, .key = key(KEY_LEAF), .flip_at = at };
		struct outcome o;

		hostile_start(&h);
		write_config(h.port, NULL, false);
		shake("2000", &o);
		hostile_stop(&h);
		if (h.sent >= at && is_passed(&o.reply))
			fail_msg("a change of byte %zu passed: %s", at, o.reply.message);
		assert_int_equal(h.application, 0);
	}
	X509_free(cert);
}

static void a_hundred_certificates(void **state)
{
	X509 *cert = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, root, KEY_ROOT);
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct hostile h = { .cert = cert, .key = key(KEY_LEAF), .chain = chain };
	struct outcome o;
	int i;

	for (i = 0; i < 150; i++)
		sk_X509_push(chain, root);
	hostile_start(&h);
	write_config(h.port, NULL, false);
	shake("8000", &o);
	hostile_stop(&h);
	if (o.reply.check != VOICEPAY_CHECK_CA || !strstr(o.reply.message, "more than 100"))
		fail_msg("%s: %s", voicepay_check_name(o.reply.check), o.reply.message);
	assert_int_equal(h.application, 0);
	sk_X509_free(chain);
	X509_free(cert);
}

static void a_chain_without_end(void **state)
{
	X509 *cert = make_cert(&(struct spec){ 0 }, LEAF, KEY_LEAF, root, KEY_ROOT);
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct hostile h = { .cert = cert, .key = key(KEY_LEAF), .chain = chain };
	struct outcome o;
	int i;

	/* half a megabyte */
	for (i = 0; i < 1400; i++)
		sk_X509_push(chain, root);
	hostile_start(&h);
	write_config(h.port, NULL, false);
	shake("8000", &o);
	hostile_stop(&h);
	assert_int_equal(o.reply.check, VOICEPAY_CHECK_TLS);
	assert_true(o.kb < MEMORY_KB);
	assert_int_equal(h.application, 0);
	sk_X509_free(chain);
	X509_free(cert);
}

static void write_pem(const char *name, X509 *cert, EVP_PKEY *k, mode_t mode)
{
	FILE *f = create(name, mode);

	if (k)
		PEM_write_PrivateKey(f, k, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_X509(f, cert);
	fclose(f);
}

static int set_up(void **state)
{
	struct spec client = { .subject = "CN=device", .eku = "clientAuth", .san = "" };
	ssize_t n = readlink("/proc/self/exe", helper, sizeof(helper) - 32);
	struct rlimit memory = { RLIM_INFINITY, RLIM_INFINITY };
	char text[BASE64_SIZE(PIN_BYTES)];
	X509 *device;
	struct pin p;

	if (n < 0 || !mkdtemp(dir) || chmod(dir, 0755))
		return -1;
	helper[n] = 0;
	dirname(helper);
	/* The program itself, unless this root cannot let it lock its memory. */
	if (!setrlimit(RLIMIT_MEMLOCK, &memory)) {
		dirname(helper);
		strcat(helper, "/voicepay-handshake");
	} else {
		strcat(helper, "/handshake-unlocked");
	}
	print_message("# %s\n", helper);
	snprintf(config, sizeof(config), "%s/config", dir);
	root = make_cert(&(struct spec){ 0 }, ROOT, KEY_ROOT, NULL, 0);
	other_root = make_cert(&(struct spec){ .subject = "CN=other root" }, ROOT, KEY_OTHER, NULL, 0);
	device = make_cert(&client, LEAF, KEY_CA3, root, KEY_ROOT);
	write_pem("ca", root, NULL, 0644);
	write_pem("cert", device, NULL, 0644);
	write_pem("key", NULL, key(KEY_CA3), 0600);
	verify_spki(root, &p);
	base64_encode(text, p.sha256, PIN_BYTES);
	snprintf(pin, sizeof(pin), "sha256/%s", text);
	X509_free(device);
	return access(helper, X_OK);
}

static int tear_down(void **state)
{
	static const char *const files[] = { "ca", "cert", "key", "config", "crl" };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		in_dir(files[i], path);
		unlink(path);
	}
	return rmdir(dir);
}

#define NROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
	static struct CMUnitTest tests[NROWS + 4] = {
		[NROWS] = cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(changed_anywhere),
		cmocka_unit_test(a_hundred_certificates),
		cmocka_unit_test(a_chain_without_end),
	};
	size_t i;

	if (!can_hand_over())
		return 0;
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < NROWS; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name, .test_func = one_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("hostile servers", tests, set_up, tear_down);
}
