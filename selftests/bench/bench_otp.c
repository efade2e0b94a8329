// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_otp ROUNDS: a one-time password (RFC 6238, SHA-1, six digits) by ioctl, beside
 * liboath in this process, oathtool as a process, and a hash socket of the kernel's
 * (AF_ALG). All four must give the same digits.
 */

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <liboath/oath.h>
#include <linux/if_alg.h>
#include <linux/voicepay.h>

#include "bench.h"
#include "enrol.h"

#define SLOT		1
#define TIMES		1000
#define PROCESSES	5
#define PERIOD		30

static const char secret[20] = "12345678901234567890";
static const char secret_hex[] = "3132333435363738393031323334353637383930";

static int dev, alg;
static char digits[16], expected[16];

static void by_ioctl(void)
{
	struct voicepay_otp o = { .size = sizeof(o), .slot = SLOT };

	if (ioctl(dev, VOICEPAY_IOC_OTP, &o))
		bench_die("otp: %m");
	memcpy(digits, o.digits, 7);
}

static void by_liboath(void)
{
	if (oath_totp_generate2(secret, sizeof(secret), time(NULL), PERIOD, 0, 6, 0, digits))
		bench_die("liboath fails");
}

static void by_socket(void)
{
	unsigned long long step = time(NULL) / PERIOD;
	unsigned char message[8], mac[20];
	unsigned int at, value;

	for (int i = 0; i < 8; i++)
		message[i] = step >> (56 - 8 * i);
	if (send(alg, message, sizeof(message), 0) != sizeof(message) ||
	    read(alg, mac, sizeof(mac)) != sizeof(mac))
		bench_die("AF_ALG: %m");
	at = mac[19] & 15;
	value = (mac[at] & 0x7f) << 24 | mac[at + 1] << 16 | mac[at + 2] << 8 | mac[at + 3];
	snprintf(digits, sizeof(digits), "%06u", value % 1000000);
}

static void by_process(void)
{
	char *argv[] = { "oathtool", "--totp", (char *)secret_hex, NULL }, *envp[] = { "LC_ALL=C", NULL };
	posix_spawn_file_actions_t actions;
	int out[2], status;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		bench_die("pipe: %m");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	if (posix_spawn(&pid, "/usr/bin/oathtool", &actions, NULL, argv, envp))
		bench_die("no oathtool");
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (read(out[0], digits, 7) != 7 || waitpid(pid, &status, 0) != pid || status)
		bench_die("oathtool fails");
	close(out[0]);
	digits[6] = '\0';
}

static double measure(void (*make)(void), int times)
{
	double t = bench_now();

	for (int i = 0; i < times; i++)
		make();
	t = bench_now() - t;
	if (strcmp(digits, expected))
		bench_die("%s instead of %s", digits, expected);
	return t / times;
}

static int open_socket(void)
{
	struct sockaddr_alg addr = { .salg_family = AF_ALG, .salg_type = "hash", .salg_name = "hmac(sha1)" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), op = -1;

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !setsockopt(fd, SOL_ALG, ALG_SET_KEY, secret, sizeof(secret)))
		op = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (op < 0)
		bench_die("AF_ALG: %m");
	return op;
}

static void set_up(void)
{
	struct test_gateway gw;
	struct genl nl;

	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&nl))
		bench_die("modprobe voicepay");
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 2);
	/* The time comes with an enrolment. */
	gw.grant.time_ms = time(NULL) * 1000ULL;
	if (test_enrol(&nl, &gw, 0) || nl_otp_put(&nl, SLOT, secret, sizeof(secret), VOICEPAY_OTP_SHA1, 6, PERIOD, 0))
		bench_die("cannot set up the authenticator");
	alg = open_socket();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(void);
		int times;
	} ways[] = {
		{ "otp.ioctl", by_ioctl, TIMES }, { "otp.liboath", by_liboath, TIMES },
		{ "otp.socket", by_socket, TIMES }, { "otp.process", by_process, PROCESSES },
	};
	int rounds = argc > 1 ? atoi(argv[1]) : 5;

	set_up();
	for (int r = -1; r < rounds; r++) {
		/* In one step, or they could not be compared. */
		sleep(PERIOD + 1 - time(NULL) % PERIOD);
		by_liboath();
		strcpy(expected, digits);
		for (int i = 0; i < 4; i++) {
			int w = (i + r + 1) % 4;
			double t = measure(ways[w].make, ways[w].times);

			if (r >= 0)	/* the first ones pay for what is not in memory yet */
				bench_sample(t, "%s", ways[w].name);
		}
	}
	return 0;
}
