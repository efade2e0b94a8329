// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The library against a daemon of its own that answers well, badly, late and
 * not at all; and the sentences that errors become.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include <voicepay.h>
#include "../protocol.h"

static char dir[] = "/tmp/voicepay-test-XXXXXX";
static char path[sizeof(dir) + 16];

struct fake {
	int listener;
	struct vp_reply reply;
	size_t len;		/* of the reply; 0: none, hang up */
	int fds;		/* how many descriptors go with it */
	int delay_ms;
	int unread;		/* answer without having read the request */
	int got_request;
	int older;		/* ask as an app of the first version */
	struct voicepay_warm *warm;	/* ask for warm channels */
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct fake *f = arg;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(4 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = &f->reply, .iov_len = f->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct vp_request request;
	char packet[64];
	int sock = accept(f->listener, NULL, NULL), i;
	ssize_t n = recv(sock, packet, sizeof(packet), f->unread ? MSG_PEEK : 0);

	f->got_request = n > 0 && !vp_request_check(packet, n, &request);
	usleep(f->delay_ms * 1000);
	if (f->fds) {
		struct cmsghdr *cmsg;

		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(f->fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(f->fds * sizeof(int));
		for (i = 0; i < f->fds; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &f->listener, sizeof(int));
	}
	if (f->len)
		sendmsg(sock, &msg, MSG_NOSIGNAL);
	close(sock);
	return NULL;
}

static int open_fds(void)
{
	int n = 0, fd;

	for (fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int ask(struct fake *f, unsigned int timeout_ms, struct voicepay_channel *ch)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	strcpy(addr.sun_path, path);
	unlink(path);
	f->listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_true(f->listener >= 0);
	assert_int_equal(bind(f->listener, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(f->listener, 4), 0);
	pthread_create(&f->thread, NULL, serve, f);
	memset(ch, 0xff, sizeof(*ch));
	ch->size = f->older ? offsetof(struct voicepay_channel, resumed) : sizeof(*ch);
	if (f->warm) {
		f->warm->size = sizeof(*f->warm);
		ret = voicepay_warm(path, 2, timeout_ms, f->warm);
	} else {
		ret = voicepay_channel_open(path, timeout_ms, ch);
	}
	pthread_join(f->thread, NULL);
	close(f->listener);
	assert_int_equal(f->got_request, 1);
	return ret;
}

static struct fake good(void)
{
	struct fake f = { .len = sizeof(struct vp_reply), .fds = 1 };

	f.reply.magic = VP_REPLY_MAGIC;
	f.reply.op = VP_OP_CHANNEL;
	strcpy(f.reply.message, "all well");
	strcpy(f.reply.cipher, "TLS_AES_256_GCM_SHA384");
	return f;
}

static void channel_comes_with_its_descriptor(void **state)
{
	struct voicepay_channel ch;
	struct fake f = good();
	int fd = ask(&f, 0, &ch);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(ch.check, VOICEPAY_CHECK_OK);
	assert_string_equal(ch.cipher, "TLS_AES_256_GCM_SHA384");
	assert_string_equal(ch.protocol, "");
}

static void how_it_came_about(void **state)
{
	struct voicepay_channel ch;
	struct fake f = good();

	close(ask(&f, 0, &ch));
	assert_int_equal(ch.resumed, 0);
	assert_int_equal(ch.warm, 0);
	f = good();
	f.reply.flags = VP_REPLY_RESUMED;
	close(ask(&f, 0, &ch));
	assert_int_equal(ch.resumed, 1);
	assert_int_equal(ch.warm, 0);
	f = good();
	f.reply.flags = VP_REPLY_WARM;
	close(ask(&f, 0, &ch));
	assert_int_equal(ch.resumed, 0);
	assert_int_equal(ch.warm, 1);
}

/* An app that was built before: nothing is written behind its structure's end. */
static void older_apps(void **state)
{
	struct voicepay_channel ch;
	struct fake f = good();

	f.reply.flags = VP_REPLY_RESUMED | VP_REPLY_WARM;
	f.older = 1;
	close(ask(&f, 0, &ch));
	assert_int_equal(ch.check, VOICEPAY_CHECK_OK);
	assert_int_equal(ch.resumed, 0xffffffff);
	assert_int_equal(ch.warm, 0xffffffff);
}

static void warm_channels(void **state)
{
	struct voicepay_channel unused;
	struct voicepay_warm warm;
	struct fake f = good();

	f.warm = &warm;
	f.fds = 0;
	f.reply.op = VP_OP_WARM;
	f.reply.ready = 1;
	f.reply.coming = 2;
	f.reply.seconds = 60;
	assert_int_equal(ask(&f, 0, &unused), 0);
	assert_int_equal(warm.check, VOICEPAY_CHECK_OK);
	assert_int_equal(warm.ready, 1);
	assert_int_equal(warm.coming, 2);
	assert_int_equal(warm.seconds, 60);
	assert_string_equal(warm.message, "all well");

	/* a channel that nobody asked for */
	f = good();
	f.warm = &warm;
	assert_int_equal(ask(&f, 0, &unused), -EPROTO);
	assert_int_equal(warm.check, VOICEPAY_CHECK_DAEMON);
	f = good();
	f.warm = &warm;
	f.fds = 0;
	f.reply.check = VOICEPAY_CHECK_BUSY;
	f.reply.error = EAGAIN;
	assert_int_equal(ask(&f, 0, &unused), -EAGAIN);
	assert_int_equal(warm.check, VOICEPAY_CHECK_BUSY);
	assert_int_equal(warm.ready, 0);
}

static void refusal_says_which_check(void **state)
{
	struct voicepay_channel ch;
	struct fake f = good();

	f.fds = 0;
	f.reply.check = VOICEPAY_CHECK_HOST;
	f.reply.error = EPROTO;
	strcpy(f.reply.message, "not\nthe \033[1mgateway");
	assert_int_equal(ask(&f, 0, &ch), -EPROTO);
	assert_int_equal(ch.check, VOICEPAY_CHECK_HOST);
	/* what steers a terminal is gone */
	assert_string_equal(ch.message, "not the  [1mgateway");
}

static void refusal_by_a_daemon_that_did_not_listen(void **state)
{
	struct voicepay_channel ch;
	struct fake f = good();

	f.fds = 0;
	f.unread = 1;
	f.reply.check = VOICEPAY_CHECK_PEER;
	f.reply.error = EACCES;
	assert_int_equal(ask(&f, 0, &ch), -EACCES);
	assert_int_equal(ch.check, VOICEPAY_CHECK_PEER);
}

static void malformed_replies_are_refused_and_leak_nothing(void **state)
{
	int before = open_fds(), i;

	for (i = 0; i < 12; i++) {
		struct voicepay_channel ch;
		struct fake f = good();

		switch (i) {
		case 0: f.fds = 0; break;				/* good news, no channel */
		case 1: f.fds = 2; break;
		case 2: f.reply.magic++; break;
		case 3: f.len--; break;
		case 4: f.reply.flags = 4; break;
		case 5: f.reply.check = VOICEPAY_CHECK_HOST; break;	/* failure without errno */
		case 6:							/* failure with a descriptor */
			f.reply.check = VOICEPAY_CHECK_HOST;
			f.reply.error = EPROTO;
			break;
		case 7: f.len = 0; f.fds = 0; break;			/* hangs up */
		case 8: f.reply.op = 0; break;
		case 9: f.reply.op = VP_OP_WARM; f.fds = 0; break;	/* an answer to something else */
		case 10: f.reply.op = VP_OP_WARM; break;
		case 11:						/* failure, and how good it is */
			f.fds = 0;
			f.reply.check = VOICEPAY_CHECK_HOST;
			f.reply.error = EPROTO;
			f.reply.flags = VP_REPLY_WARM;
			break;
		}
		assert_int_equal(ask(&f, 0, &ch), -EPROTO);
		assert_int_equal(ch.check, VOICEPAY_CHECK_DAEMON);
		assert_int_equal(open_fds(), before);
	}
}

static void a_silent_daemon_is_given_up(void **state)
{
	struct voicepay_channel ch;
	struct fake f = good();

	f.delay_ms = 300;
	assert_int_equal(ask(&f, 50, &ch), -ETIMEDOUT);
	assert_int_equal(ch.check, VOICEPAY_CHECK_TIMEOUT);
}

static void no_daemon(void **state)
{
	struct voicepay_channel ch = { .size = sizeof(ch) };
	char longer[300];

	unlink(path);
	assert_int_equal(voicepay_channel_open(path, 0, &ch), -ENOENT);
	assert_int_equal(ch.check, VOICEPAY_CHECK_DAEMON);
	assert_non_null(strstr(ch.message, "systemctl start"));

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(voicepay_channel_open(longer, 0, &ch), -ENAMETOOLONG);
}

static void callers_mistakes(void **state)
{
	struct voicepay_channel ch = { .size = 4 };

	assert_int_equal(voicepay_channel_open(path, 0, NULL), -EINVAL);
	assert_int_equal(voicepay_channel_open(path, 0, &ch), -EINVAL);
	assert_int_equal(voicepay_warm(path, 1, 0, NULL), -EINVAL);
	assert_int_equal(voicepay_warm(path, 1, 0, &(struct voicepay_warm){ .size = 4 }), -EINVAL);
	assert_int_equal(voicepay_info(0, NULL), -EINVAL);
	assert_int_equal(voicepay_status(0, 0, NULL), -EINVAL);
	assert_int_equal(voicepay_code(0, 0, 0, NULL), -EINVAL);
	assert_int_equal(voicepay_code_bound(0, 0, 0, 0, 0, NULL, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(voicepay_authorise(0, 0, 1, 0, NULL, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(voicepay_otp(0, 0, NULL), -EINVAL);
	assert_int_equal(voicepay_open("/dev/null"), -ENOTTY);
	assert_int_equal(voicepay_open("/nowhere/voicepay"), -ENOENT);
	voicepay_close(-1);
}

/* A string that does not fit is refused before anything is asked; one that fits exactly is not. */
static void strings_that_do_not_fit(void **state)
{
	struct voicepay_authorise authorise;
	struct voicepay_code code;
	char s[258];
	int null = open("/dev/null", O_RDWR);

	memset(s, 'x', sizeof(s));
	s[257] = 0;
	assert_true(null >= 0);
#define FITS(room, call) do {							\
		s[room] = 0;							\
		assert_int_equal(call, -ENOTTY);				\
		s[room] = 'x';							\
		s[(room) + 1] = 0;						\
		assert_int_equal(call, -EINVAL);				\
		s[(room) + 1] = 'x';						\
	} while (0)
	FITS(3, voicepay_code_bound(null, 0, 0, 2, 1, s, NULL, NULL, &code));
	FITS(64, voicepay_code_bound(null, 0, 0, 3, 0, NULL, s, NULL, &code));
	FITS(32, voicepay_code_bound(null, 0, 0, 3, 0, NULL, "m", s, &code));
	FITS(3, voicepay_authorise(null, 0, 1, 1, s, NULL, NULL, &authorise));
	FITS(64, voicepay_authorise(null, 0, 1, 1, "CNY", s, NULL, &authorise));
	FITS(256, voicepay_authorise(null, 0, 1, 1, "CNY", "o", s, &authorise));
	s[256] = 0;
	voicepay_authorise(null, 0, 1, 1, "CNY", "o", s, &authorise);
	assert_int_equal(authorise.payee[255], 'x');
	close(null);
}

static void requests_are_checked(void **state)
{
	struct vp_request r = { .magic = VP_REQUEST_MAGIC, .op = VP_OP_CHANNEL }, out;

	assert_int_equal(vp_request_check(&r, sizeof(r), &out), 0);
	assert_int_equal(vp_request_check(&r, sizeof(r) - 1, &out), -EPROTO);
	assert_int_equal(vp_request_check(&r, 0, &out), -EPROTO);
	r.flags = 1;
	assert_int_equal(vp_request_check(&r, sizeof(r), &out), -EPROTO);
	r.flags = 0;
	r.op = 7;
	assert_int_equal(vp_request_check(&r, sizeof(r), &out), -EPROTO);
	r.op = VP_OP_WARM;
	assert_int_equal(vp_request_check(&r, sizeof(r), &out), 0);
	r.channels = 3;
	assert_int_equal(vp_request_check(&r, sizeof(r), &out), 0);
	assert_int_equal(out.channels, 3);
	r.op = VP_OP_CHANNEL;
	assert_int_equal(vp_request_check(&r, sizeof(r), &out), -EPROTO);
	r.channels = 0;
	r.magic = 0;
	assert_int_equal(vp_request_check(&r, sizeof(r), &out), -EPROTO);
}

static void sentences(void **state)
{
	unsigned int check;

	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_OPEN, -ENOENT), "modprobe voicepay"));
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_CODE, ENOKEY), "voicepay enrol"));
	assert_ptr_equal(voicepay_explain(VOICEPAY_CALL_CODE, -EDQUOT),
			 voicepay_explain(VOICEPAY_CALL_CODE, EDQUOT));
	assert_string_equal(voicepay_explain(VOICEPAY_CALL_INFO, ENOSPC), "No space left on device");
	/* Each budget says its own. */
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_CODE, EXFULL), "hour"));
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_CODE, ENOSR), "midnight"));
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_CODE, ENOSPC), "voicepay rotate"));
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_CODE, EDQUOT), "this user"));
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_CODE, EOPNOTSUPP), "granted"));
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_AUTHORISE, EOPNOTSUPP), "module"));
	assert_non_null(strstr(voicepay_explain(VOICEPAY_CALL_OTP, EMEDIUMTYPE), "voicepay code"));
	assert_non_null(voicepay_explain(99, 123456));

	for (check = 0; check <= VOICEPAY_CHECK_BUNDLE; check++)
		assert_string_not_equal(voicepay_check_name(check), "unknown");
	assert_string_equal(voicepay_check_name(check), "unknown");
	assert_string_equal(voicepay_version(), VOICEPAY_VERSION_STRING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channel_comes_with_its_descriptor),
		cmocka_unit_test(how_it_came_about),
		cmocka_unit_test(older_apps),
		cmocka_unit_test(warm_channels),
		cmocka_unit_test(refusal_says_which_check),
		cmocka_unit_test(refusal_by_a_daemon_that_did_not_listen),
		cmocka_unit_test(malformed_replies_are_refused_and_leak_nothing),
		cmocka_unit_test(a_silent_daemon_is_given_up),
		cmocka_unit_test(no_daemon),
		cmocka_unit_test(callers_mistakes),
		cmocka_unit_test(strings_that_do_not_fit),
		cmocka_unit_test(requests_are_checked),
		cmocka_unit_test(sentences),
	};
	int ret;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	ret = cmocka_run_group_tests_name("libvoicepay", tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return ret;
}
