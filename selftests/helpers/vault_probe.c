// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What vault.sh and wipe.sh ask the module:
 *
 *	vault_probe info		"VAULT FLAGS", numbers of <linux/voicepay.h>
 *	vault_probe donate HOW		offers a memfd_secret, made well or badly
 *	vault_probe enrol		makes the device afresh, enrols slot 0
 *	vault_probe code		a code of slot 0
 *	vault_probe begin		leaves an enrolment half way
 *	vault_probe move		enrols, donates, and asks for the code before and after
 *	vault_probe ops N		N codes, prints nanoseconds each
 *
 * Prints the name of the error, or what came back; "OK" where nothing does.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "secretmem.h"

static int dev;
static struct genl nl;
static struct test_gateway gw;

static int say(int err)
{
	puts(err ? strerrorname_np(abs(err)) : "OK");
	return !!err;
}

static int info(void)
{
	struct voicepay_info info = { .size = sizeof(info) };

	if (ioctl(dev, VOICEPAY_IOC_INFO, &info))
		return say(errno);
	printf("%u %u\n", info.vault, info.vault_flags);
	return 0;
}

static int code_of(struct voicepay_code *code, __u32 flags)
{
	memset(code, 0, sizeof(*code));
	code->size = sizeof(*code);
	code->flags = flags;
	return ioctl(dev, VOICEPAY_IOC_CODE, code) ? -errno : 0;
}

static int is(const char *a, const char *b) { return !strcmp(a, b); }

/* Each a way to keep a hand on the vault, or to put it into bad memory. */
static int donate(const char *how)
{
	struct voicepay_donation donation = { .size = sizeof(donation) };
	long page = sysconf(_SC_PAGESIZE), pages = is(how, "large") ? 1025 : is(how, "tiny") ? 1 : 8;
	char *at;
	int fd;

	fd = is(how, "ordinary") ? memfd_create("vault", 0) : (int)syscall(SYS_memfd_secret, 0);
	if (fd < 0)
		return -errno;
	if (!is(how, "empty") && ftruncate(fd, is(how, "uneven") ? pages * page - 1 : pages * page))
		return -errno;
	at = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	if (!is(how, "empty") && !is(how, "large"))
		memset(at, 1, (is(how, "hole") ? pages - 1 : pages) * page);
	if (!is(how, "mapped"))
		munmap(at, pages * page);
	if (is(how, "duplicate"))
		dup(fd);
	donation.memfd = is(how, "closed") ? -1 : fd;
	if (ioctl(dev, VOICEPAY_IOC_VAULT, &donation)) {
		int err = errno;

		/* Who closes it again may close another thread's. */
		if ((fcntl(fd, F_GETFD) == -1) != (err == EFBIG || err == ENODATA))
			return -EBADFD;
		return -err;
	}
	if (donation.pages != (__u32)pages)
		return -EPROTO;
	/* The descriptor is gone, and so is every other way to the pages. */
	if (fcntl(fd, F_GETFD) != -1)
		return -EBADFD;
	return 0;
}

static int enrol(void)
{
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	return test_enrol(&nl, &gw, 0);
}

static int right_code(void)
{
	struct voicepay_code code;
	int err = code_of(&code, 0);

	if (err)
		return err;
	return test_gateway_step_of(&gw, (char *)code.digits, time(NULL)) ? 0 : -EBADMSG;
}

static atomic_bool stop;
static atomic_long asked;

static void *ask(void *arg)
{
	int err;

	while (!stop) {
		err = right_code();
		if (err) {
			say(err);
			exit(1);
		}
		asked++;
	}
	return arg;
}

/* Two threads ask for codes all the while; none may fail or be wrong. */
static int move(void)
{
	struct genl_msg half;
	pthread_t t[2];
	__u8 msg2[VP_MSG2_MAX];
	size_t len = 0;
	int err, n;

	err = enrol();
	if (err)
		return err;
	err = nl_slot_new(&nl, 1);
	if (!err)
		err = nl_enrol_begin(&nl, 1, gw.ticket, &half);
	if (err)
		return err;
	pthread_create(&t[0], NULL, ask, NULL);
	pthread_create(&t[1], NULL, ask, NULL);
	usleep(300000);
	err = donate("well");
	usleep(300000);
	stop = 1;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	if (err || !asked)
		return err ? err : -ENODATA;
	err = right_code();
	if (err)
		return err;
	/* The enrolment that was half way has moved, too. */
	n = test_gateway_answer(&gw, genl_attr(&half, VOICEPAY_A_ENROL_MESSAGE, &len),
				VP_MSG1_LEN, msg2);
	return n < 0 ? n : nl_enrol_finish(&nl, 1, msg2, n);
}

static int ops(long n)
{
	struct voicepay_code code;
	struct timespec a, b;
	long i;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < n && !err; i++)
		err = code_of(&code, 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (err)
		return say(err);
	printf("%lld\n", ((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec) / n);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct genl_msg answer;
	struct voicepay_code code;
	int err;

	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&nl))
		return say(errno);
	if (is(what, "info"))
		return info();
	if (is(what, "donate") && argc > 2) {
		/* As any user who can open the device, but not more. */
		if (is(argv[2], "unprivileged") && (setgid(65534) || setuid(65534)))
			return say(errno);
		return say(donate(argv[2]));
	}
	if (is(what, "enrol")) {
		err = enrol();
		return say(err ? err : right_code());
	}
	if (is(what, "code"))
		return say(code_of(&code, 0));
	if (is(what, "begin")) {
		test_gateway_init(&gw);
		test_fresh_device(&nl, &gw, 1);
		return say(nl_enrol_begin(&nl, 0, gw.ticket, &answer));
	}
	if (is(what, "move"))
		return say(move());
	if (is(what, "ops") && argc > 2)
		return ops(atol(argv[2]));
	return 2;
}
