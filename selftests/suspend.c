// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: nouml ktap: timeout=150 ktap: apart=vm */
/*
 * The module's time goes on while the machine sleeps, by suspend to idle and to RAM,
 * whatever the clocks were set to before: codes are neither repeated nor early.
 *
 * What wakes the machine is the real-time clock's alarm, or, as QEMU's does not end
 * a suspend to idle, a key that QEMU's monitor has pressed before and lets go.
 *
 * A machine that has been through the other tests does not always come back from sleep to RAM:
 * the emulator leaves it single-stepping (exc_debug_kernel, in the firmware's resume). A
 * fresh one does.
 */

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/time.h>
#include <time.h>
#include <linux/rtc.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

#define SECONDS	12
#define PLAN	6

static int dev;
static struct genl nl;
static struct test_gateway gw;
static char monitor[300], shared[300], ports[300];

/* "name" of a virtio port, or which device a driver has: the first that matches. */
static int find(const char *dir, const char *prefix, const char *port, char found[300])
{
	char path[600], name[32] = "";
	struct dirent *e;
	DIR *d = opendir(dir);
	int fd, ret = -1;

	while (ret && d && (e = readdir(d))) {
		if (strncmp(e->d_name, prefix, strlen(prefix)))
			continue;
		if (port) {
			snprintf(path, sizeof(path), "%s/%s/name", dir, e->d_name);
			fd = open(path, O_RDONLY);
			if (fd < 0 || read(fd, name, sizeof(name) - 1) < 0 ||
			    strncmp(name, port, strlen(port))) {
				close(fd);
				continue;
			}
			close(fd);
		}
		snprintf(found, 300, "%s%s", port ? "/dev/" : "", e->d_name);
		ret = 0;
	}
	if (d)
		closedir(d);
	return ret;
}

static int put(const char *file, const char *what)
{
	int fd = open(file, O_WRONLY), err = 0;

	if (fd < 0 || write(fd, what, strlen(what)) != (ssize_t)strlen(what))
		err = -1;
	close(fd);
	return err;
}

/* Linux' driver for the shared directory does not know of sleep. */
#define SHARING	"/sys/bus/virtio/drivers/9pnet_virtio"

static int before(void)
{
	return umount("/results") || put(SHARING "/unbind", shared);
}

static int after(void)
{
	return put(SHARING "/bind", shared) ||
	       mount("results", "/results", "9p", 0, "trans=virtio,version=9p2000.L,msize=262144");
}

/*
 * Linux 7.3 is not told again after a sleep that somebody listens at its ports. Who
 * had one open has lost it; vm/guest opens that of the tests' output for each line.
 */
#define PORTS	"/sys/bus/virtio/drivers/virtio_console"

static int reconnect(void)
{
	return put(PORTS "/unbind", ports) || put(PORTS "/bind", ports);
}

/* Open for no longer than needed: rtcwake wants it, too, and only one can have it. */
static int rtc(unsigned long request, struct rtc_time *t)
{
	int fd = open("/dev/rtc0", O_RDWR), err = fd < 0 || ioctl(fd, request, t);

	close(fd);
	return err ? -1 : 0;
}

static time_t rtc_now(void)
{
	struct rtc_time t;
	struct tm tm;

	if (rtc(RTC_RD_TIME, &t))
		return 0;
	memset(&tm, 0, sizeof(tm));
	tm.tm_sec = t.tm_sec;
	tm.tm_min = t.tm_min;
	tm.tm_hour = t.tm_hour;
	tm.tm_mday = t.tm_mday;
	tm.tm_mon = t.tm_mon;
	tm.tm_year = t.tm_year;
	return timegm(&tm);
}

static int rtc_shift(long seconds)
{
	time_t to = rtc_now() + seconds;
	struct rtc_time t = {};
	struct tm tm;

	gmtime_r(&to, &tm);
	t.tm_sec = tm.tm_sec;
	t.tm_min = tm.tm_min;
	t.tm_hour = tm.tm_hour;
	t.tm_mday = tm.tm_mday;
	t.tm_mon = tm.tm_mon;
	t.tm_year = tm.tm_year;
	return rtc(RTC_SET_TIME, &t);
}

static __u64 module_time(void)
{
	struct voicepay_status st = { .size = sizeof(st) };

	return ioctl(dev, VOICEPAY_IOC_STATUS, &st) ? 0 : st.now;
}

static long awake_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * QEMU's firmware forgets in this sleep where the machine's power management is,
 * without which there is no second one and no power-off.
 */
#define BRIDGE	"/sys/bus/pci/devices/0000:00:1f.0/config"

static int sleeps_to_ram(void)
{
	int bridge = open(BRIDGE, O_RDWR), err;
	char command[64];
	__u8 regs[8];

	snprintf(command, sizeof(command), "rtcwake -m mem -s %d >/dev/null", SECONDS);
	err = bridge < 0 || pread(bridge, regs, sizeof(regs), 0x40) != sizeof(regs) ||
	      system(command) || pwrite(bridge, regs, sizeof(regs), 0x40) != sizeof(regs);
	close(bridge);
	return err ? -1 : 0;
}

static int sleeps_idle(void)
{
	char command[64];

	snprintf(command, sizeof(command), "sendkey ret %d\n", SECONDS * 1000);
	return put("/sys/devices/platform/i8042/serio0/power/wakeup", "enabled") ||
	       put(monitor, command) || put("/sys/power/state", "freeze");
}

/* With both clocks that can be set off by so much, as root may have done. */
static void time_goes_on(int (*sleeps)(void), long off)
{
	struct voicepay_code code = { .size = sizeof(code) };
	struct timeval real;
	time_t began, slept;
	long awake;
	__u64 then, now, step;

	ASSERT_OK(gettimeofday(&real, NULL));
	if (off) {
		real.tv_sec += off;
		ASSERT_OK(settimeofday(&real, NULL));
		ASSERT_OK(rtc_shift(off));
	}
	then = module_time();
	began = rtc_now();
	awake = awake_ms();
	EXPECT_OK(sleeps());
	EXPECT_OK(reconnect());
	awake = awake_ms() - awake;
	slept = rtc_now() - began;
	now = module_time();
	EXPECT_OK(ioctl(dev, VOICEPAY_IOC_CODE, &code));
	ktap_diag("%ld s, of which the machine was awake %ld ms; the module counts %lld", (long)slept, awake,
		  (long long)(now - then));

	/* Else it has not slept, and this shows nothing. Idle, QEMU's clocks may go on. */
	EXPECT_GE(slept, SECONDS - 2);
	if (sleeps == sleeps_to_ram)
		EXPECT_LE(awake, slept * 1000 / 2);
	EXPECT_GE(now + 2, then + slept);
	EXPECT_LE(now, then + slept + 2);
	/* And it is the step that the gateway has now, or its neighbour. */
	step = test_gateway_step_of(&gw, (char *)code.digits, then + slept);
	EXPECT_GE(step + 1, (then + slept) / PAYCODE_STEP_SECONDS);
	EXPECT_LE(step, (then + slept) / PAYCODE_STEP_SECONDS + 1);
	if (off) {
		real.tv_sec += slept - off;
		EXPECT_OK(settimeofday(&real, NULL));
		EXPECT_OK(rtc_shift(-off));
	}
}

static void idle(void) { time_goes_on(sleeps_idle, 0); }
static void to_ram(void) { time_goes_on(sleeps_to_ram, 0); }
/* Attack: the time that the machine slept is taken from a clock that root has turned. */
static void clocks_ahead(void) { time_goes_on(sleeps_to_ram, 40 * 86400); }
static void clocks_behind(void) { time_goes_on(sleeps_to_ram, -40 * 86400); }

/* Not each machine can: vm/run. */
static void to_ram_if_it_can(void (*test)(void), const char *name)
{
	char text[64] = "";
	int fd = open("/sys/power/mem_sleep", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && !strstr(text, "deep"))
		ktap_skip(name, "this machine has no sleep to RAM");
	else
		KTAP_TEST(test, name);
	close(fd);
}

int main(void)
{
	dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || genl_open(&nl))
		ktap_bail("device or netlink family is missing");
#ifdef __aarch64__
	ktap_skip_all("QEMU's machine of this kind comes back from sleep without its disks and consoles");
#endif
	if (access("/dev/rtc0", F_OK))
		ktap_skip_all("no clock that could wake this machine");
	/* No other machine is sent to sleep. */
	if (find("/sys/class/virtio-ports", "vport", "monitor", monitor) ||
	    find(SHARING, "virtio", NULL, shared) || find(PORTS, "virtio", NULL, ports))
		ktap_skip_all("needs QEMU's monitor as a virtio port");
	ktap_plan(PLAN);
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	if (test_enrol(&nl, &gw, 0))
		ktap_bail("cannot enrol");
	ktap_ok(!before(), "what would not survive is put aside");
	KTAP_TEST(idle, "suspend to idle");
	to_ram_if_it_can(to_ram, "suspend to RAM");
	to_ram_if_it_can(clocks_ahead, "with the other clocks 40 days ahead");
	to_ram_if_it_can(clocks_behind, "with the other clocks 40 days behind");
	ktap_ok(!after(), "and comes back");
	return ktap_end();
}
