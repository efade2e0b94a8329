// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * The module's clock is the gateway's, and nobody else's: neither the system
 * clock, nor the real-time clock, nor a time namespace moves it, and a time of
 * the gateway's that no drift explains is refused.
 */

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/rtc.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static int dev;
static struct genl nl;
static struct test_gateway gw;

static __u64 module_time(void)
{
	struct voicepay_status st = { .size = sizeof(st) };

	return ioctl(dev, VOICEPAY_IOC_STATUS, &st) ? 0 : st.now;
}

static time_t raw(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec;
}

/* The module's time went on as the oscillator did, to two seconds. */
static void expect_unmoved(__u64 then, time_t raw_then)
{
	__u64 expected = then + (raw() - raw_then), now = module_time();

	EXPECT_GE(now + 2, expected);
	EXPECT_LE(now, expected + 2);
}

static void settimeofday_moves_nothing(void)
{
	static const long steps[] = { 86400, -86400, 35 * 86400L, -400 * 86400L };
	__u64 then = module_time();
	time_t began = raw();
	struct timeval real, tv;
	unsigned int i;

	ASSERT_OK(gettimeofday(&real, NULL));
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		tv = real;
		tv.tv_sec += steps[i];
		EXPECT_OK(settimeofday(&tv, NULL));
		expect_unmoved(then, began);
	}
	real.tv_sec += raw() - began;
	EXPECT_OK(settimeofday(&real, NULL));
	expect_unmoved(then, began);
}

/* The other call that steps the clock; that the clock runs fast is in ioctl.c. */
static void adjtimex_moves_nothing(void)
{
	static const long steps[] = { 86400, -2 * 86400, 86400 };
	__u64 then = module_time();
	time_t began = raw();
	unsigned int i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct timex t = { .modes = ADJ_SETOFFSET, .time.tv_sec = steps[i] };

		EXPECT_GE(adjtimex(&t), 0);
		expect_unmoved(then, began);
	}
}

/* As root would do it. */
static void date_moves_nothing(void)
{
	__u64 then = module_time();
	time_t began = raw();

	EXPECT_EQ(system("date -s '+1 day' >/dev/null"), 0);
	expect_unmoved(then, began);
	EXPECT_EQ(system("date -s '-1 day' >/dev/null"), 0);
	expect_unmoved(then, began);
}

static void rtc_moves_nothing(void)
{
	struct rtc_time was, other;
	__u64 then = module_time();
	time_t began = raw();
	int rtc = open("/dev/rtc0", O_RDWR);

	ASSERT_OK(rtc);
	ASSERT_OK(ioctl(rtc, RTC_RD_TIME, &was));
	other = was;
	other.tm_year += 2;
	EXPECT_OK(ioctl(rtc, RTC_SET_TIME, &other));
	expect_unmoved(then, began);
	EXPECT_OK(ioctl(rtc, RTC_SET_TIME, &was));
	close(rtc);
}

static void time_namespace_moves_nothing(void)
{
	__u64 then = module_time();
	time_t began = raw();
	int status, fd;
	pid_t pid;

	pid = fork();
	if (!pid) {
		static const char offsets[] = "monotonic 864000 0\nboottime 864000 0\n";

		if (unshare(CLONE_NEWTIME))
			_exit(9);
		fd = open("/proc/self/timens_offsets", O_WRONLY);
		if (write(fd, offsets, strlen(offsets)) < 0)
			_exit(8);
		pid = fork();		/* children live in it */
		if (!pid) {
			struct timespec ts;
			__u64 expected = then, now = module_time();

			clock_gettime(CLOCK_BOOTTIME, &ts);
			EXPECT_GE(ts.tv_sec, 864000);
			EXPECT_GE(now + 2, expected);
			EXPECT_LE(now, expected + 30);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		_exit(status ? 7 : 0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	expect_unmoved(then, began);
}

/* Enrols slot 0 again with the gateway's clock off by so much, and without accept-time. */
static int enrol_off_by(long seconds)
{
	struct test_gateway other = gw;
	struct genl_msg msg;
	__u8 msg2[VP_MSG2_MAX];
	const void *msg1;
	size_t len = 0;
	int n;

	other.grant.epoch = ++gw.grant.epoch;
	other.grant.time_ms = (module_time() + seconds) * 1000;
	other.grant.not_before -= 86400;
	n = nl_enrol_begin(&nl, 0, gw.ticket, &msg);
	if (n)
		return n;
	msg1 = genl_attr(&msg, VOICEPAY_A_ENROL_MESSAGE, &len);
	n = test_gateway_answer(&other, msg1, len, msg2);
	if (n < 0)
		return n;
	genl_begin(&nl, &msg, VOICEPAY_CMD_ENROL_FINISH);
	genl_put_u32(&msg, VOICEPAY_A_ENROL_SLOT, 0);
	genl_put(&msg, VOICEPAY_A_ENROL_MESSAGE, msg2, n);
	return genl_call(&nl, &msg);
}

static void drift_is_refused(void)
{
	struct voicepay_status st = { .size = sizeof(st) }, after = { .size = sizeof(after) };
	__u64 then = module_time();
	time_t began = raw();

	ASSERT_OK(ioctl(dev, VOICEPAY_IOC_STATUS, &st));
	EXPECT_EQ(enrol_off_by(120), -ETIME);
	EXPECT_TRUE(strstr(nl.why, "time"));
	EXPECT_EQ(enrol_off_by(-120), -ETIME);
	EXPECT_EQ(enrol_off_by(86400), -ETIME);
	ASSERT_OK(ioctl(dev, VOICEPAY_IOC_STATUS, &after));
	EXPECT_EQ(after.epoch, st.epoch);
	expect_unmoved(then, began);
}

static void a_little_is_no_drift(void)
{
	__u64 then = module_time();

	EXPECT_EQ(enrol_off_by(60), 0);
	EXPECT_GE(module_time(), then + 59);
	EXPECT_EQ(enrol_off_by(-60), 0);
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 1);
	ktap_plan(7);
	if (test_enrol(&nl, &gw, 0))
		ktap_bail("cannot enrol");

	KTAP_TEST(settimeofday_moves_nothing, "settimeofday, forward and back");
	KTAP_TEST(date_moves_nothing, "date -s, forward and back");
	KTAP_TEST(adjtimex_moves_nothing, "adjtimex, forward and back");
	if (access("/dev/rtc0", F_OK))
		ktap_skip("the real-time clock", "this machine has none");
	else
		KTAP_TEST(rtc_moves_nothing, "the real-time clock");
	if (access("/proc/self/timens_offsets", F_OK))
		ktap_skip("a time namespace", "this kernel has none");
	else
		KTAP_TEST(time_namespace_moves_nothing, "a time namespace");
	KTAP_TEST(drift_is_refused, "a time that no drift explains is refused, and the slot is as it was");
	KTAP_TEST(a_little_is_no_drift, "what an enrolment may last is no drift");
	return ktap_end();
}
