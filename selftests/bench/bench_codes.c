// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_codes ROUNDS: what a payment code costs, by ioctl and by netlink, fresh and
 * again, beside the least that an ioctl and an HMAC in the kernel cost; and with 1 to
 * 1,024 slots. Every code is held against the gateway's.
 *
 * A step holds ten codes of a slot, so each round begins with a step, and asks many slots.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/voicepay.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "bench.h"
#include "enrol.h"
#include "floor.h"

#define SLOTS	1024
#define EACH	PAYCODE_PER_STEP	/* codes of a slot in a step */
#define WIDE	32			/* slots that a comparison asks */
#define TIMES	1000
#define APP	1000	/* the user who asks for codes, and may do nothing else */

static int dev, bench;
static struct genl nl, app;
static struct test_gateway gw;
static struct vp_root_keys keys[SLOTS];
static unsigned int enrolled;
static struct voicepay_code codes[WIDE * EACH], request;

/* As the app or as root: both descriptors that codes come through are the app's, too. */
static void become(uid_t user)
{
	if (seteuid(user))
		bench_die("seteuid: %m");
}

/* The next step, when all of it is still to come. */
static void next_step(void)
{
	struct voicepay_status st = { .size = sizeof(st) };

	if (ioctl(dev, VOICEPAY_IOC_STATUS, &st))
		bench_die("status: %m");
	sleep(31 - st.now % 30);
}

static void enrol_to(unsigned int n)
{
	for (; enrolled < n; enrolled++) {
		int err = enrolled ? nl_slot_new(&nl, enrolled) : 0;

		/* The module takes the gateway's time with each enrolment. */
		gw.grant.time_ms = time(NULL) * 1000ULL;
		if (!err)
			err = test_enrol(&nl, &gw, enrolled);
		if (err)
			bench_die("slot %u: %s", enrolled, strerror(-err));
		keys[enrolled] = gw.keys;
		if (nl_slot_rights(&nl, enrolled, APP, VOICEPAY_RIGHT_SEE | VOICEPAY_RIGHT_CODE, -1, 0))
			bench_die("slot %u: no rights", enrolled);
	}
}

static void check(const struct voicepay_code *c, unsigned int slot, unsigned int q)
{
	gw.keys = keys[slot];
	if (!test_gateway_step_of(&gw, (const char *)c->digits, time(NULL)))
		bench_die("slot %u: %s is not the gateway's code", slot, c->digits);
	if (c->digits[13] != '0' + q)
		bench_die("slot %u: code %u has Q %c", slot, q, c->digits[13]);
}

/* Nanoseconds of a code by ioctl. Codes of slots @first.. are drawn, @EACH of each. */
static double by_ioctl(unsigned int first, unsigned int n)
{
	double t;
	int err = 0;

	for (unsigned int i = 0; i < n * EACH; i++)
		codes[i] = (struct voicepay_code){
			.size = sizeof(codes[i]), .flags = VOICEPAY_CODE_NEW, .slot = first + i / EACH,
		};
	t = bench_now();
	for (unsigned int i = 0; i < n * EACH; i++)
		err |= ioctl(dev, VOICEPAY_IOC_CODE, &codes[i]);
	t = bench_now() - t;
	if (err)
		bench_die("code: %m");
	for (unsigned int i = 0; i < n * EACH; i++)
		check(&codes[i], first + i / EACH, i % EACH);
	return t / (n * EACH);
}

/* The same by netlink: one message there, made beforehand, one back. */
static double by_netlink(unsigned int first, unsigned int n)
{
	static struct { char bytes[512]; ssize_t len; } answer[WIDE * EACH];
	static struct genl_msg ask[WIDE * EACH];
	struct genl_msg got;
	double t;

	for (unsigned int i = 0; i < n * EACH; i++) {
		genl_begin(&app, &ask[i], VOICEPAY_CMD_CODE_GET);
		genl_put_u32(&ask[i], VOICEPAY_A_CODE_SLOT, first + i / EACH);
		genl_put(&ask[i], VOICEPAY_A_CODE_NEW, NULL, 0);
		ask[i].nlh.nlmsg_flags = NLM_F_REQUEST;
		ask[i].nlh.nlmsg_len = ask[i].len;
		ask[i].nlh.nlmsg_seq = ++app.seq;
	}
	t = bench_now();
	for (unsigned int i = 0; i < n * EACH; i++) {
		send(app.fd, ask[i].bytes, ask[i].len, 0);
		answer[i].len = recv(app.fd, answer[i].bytes, sizeof(answer[i].bytes), 0);
	}
	t = bench_now() - t;
	for (unsigned int i = 0; i < n * EACH; i++) {
		const char *digits;
		size_t len;

		if (answer[i].len <= 0)
			bench_die("netlink: nothing came");
		got.len = answer[i].len;
		memcpy(got.bytes, answer[i].bytes, got.len);
		digits = genl_attr(&got, VOICEPAY_A_CODE_DIGITS, &len);
		if (!digits || len < VOICEPAY_CODE_DIGITS)
			bench_die("netlink: no code");
		memset(&request, 0, sizeof(request));
		memcpy(request.digits, digits, VOICEPAY_CODE_DIGITS);
		check(&request, first + i / EACH, i % EACH);
	}
	return t / (n * EACH);
}

/* The step's last code again. */
static double again(void)
{
	double t;
	int err = 0;

	memset(&request, 0, sizeof(request));
	request.size = sizeof(request);
	t = bench_now();
	for (int i = 0; i < TIMES; i++)
		err |= ioctl(dev, VOICEPAY_IOC_CODE, &request);
	t = bench_now() - t;
	if (err)
		bench_die("code again: %m");
	check(&request, 0, EACH - 1);
	return t / TIMES;
}

static double null_ioctl(int fd)
{
	double t = bench_now();
	int done = 0;

	for (int i = 0; i < TIMES; i++)
		done |= !ioctl(fd, BENCH_IOC_NULL, &request);
	t = bench_now() - t;
	if (done || errno != ENOTTY)
		bench_die("an ioctl that there is not does something");
	return t / TIMES;
}

/* One HMAC in a system call of its own, above the same call without it. */
static double hmac(void)
{
	unsigned char key[BENCH_KEY], mac[BENCH_MAC], expected[BENCH_MAC];
	double empty = null_ioctl(bench), t;
	unsigned int len;
	int err = 0;

	for (int i = 0; i < BENCH_KEY; i++)
		key[i] = i;
	if (write(bench, key, sizeof(key)) != sizeof(key))
		bench_die("the floor's key: %m");
	t = bench_now();
	for (int i = 0; i < TIMES; i++)
		err |= ioctl(bench, BENCH_IOC_HMAC, 1);
	t = bench_now() - t;
	HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)BENCH_MESSAGE, strlen(BENCH_MESSAGE),
	     expected, &len);
	if (err || read(bench, mac, sizeof(mac)) != sizeof(mac) || memcmp(mac, expected, sizeof(mac)))
		bench_die("the floor's HMAC is wrong");
	return t / TIMES - empty;
}

static void compare(int round)
{
	double null, mac;

	/* By turns who is first, and with the others' slots. */
	become(APP);
	next_step();
	for (int i = 0; i < 2; i++) {
		if ((i ^ round) & 1)
			bench_sample(by_netlink(round & 1 ? 0 : WIDE, WIDE), "code.netlink");
		else
			bench_sample(by_ioctl(round & 1 ? WIDE : 0, WIDE), "code.ioctl");
	}
	bench_sample(again(), "code.again");
	null = null_ioctl(dev);
	mac = hmac();
	bench_sample(null, "code.null");
	bench_sample(mac, "code.hmac");
	bench_sample(null + mac, "code.floor");
	become(0);
}

static void crowd(int round)
{
	static const unsigned int sizes[] = { 1, 4, 16, 64, 256, SLOTS };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned int n = sizes[i], wide = n < WIDE ? n : WIDE;

		enrol_to(n);
		become(APP);
		next_step();
		/* The last ones, that a list would find last. */
		bench_sample(by_ioctl(n - wide, wide), "slots.%u", n);
		become(0);
	}
	while (enrolled > 1)
		if (nl_slot_del(&nl, --enrolled))
			bench_die("cannot delete slot %u", enrolled);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5;

	bench = open("/dev/voicepay_bench", O_RDWR | O_CLOEXEC);
	if (bench < 0 || genl_open(&nl))
		bench_die("modprobe voicepay; insmod voicepay_bench.ko");
	become(APP);
	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&app))
		bench_die("user %d cannot open the device: %m", APP);
	become(0);
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	enrol_to(2 * WIDE);
	for (int r = 0; r < rounds; r++)
		compare(r);
	while (enrolled > 1)
		nl_slot_del(&nl, --enrolled);
	for (int r = 0; r < 3; r++)
		crowd(r);
	nl_wipe(&nl, gw.device);
	return 0;
}
