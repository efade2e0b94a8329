// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * /dev/voicepay: the form of each request, what each call answers, and that the
 * codes are the right ones. VOICEPAY_IOC_SEAL's own tests are in seal.c.
 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/timex.h>
#include <time.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

static int dev;
static struct genl nl;
static struct test_gateway gw;

static int info_call(struct voicepay_info *info)
{
	info->size = sizeof(*info);
	return ioctl(dev, VOICEPAY_IOC_INFO, info);
}

static int status_of(__u32 slot, struct voicepay_status *st)
{
	memset(st, 0, sizeof(*st));
	st->size = sizeof(*st);
	st->slot = slot;
	return ioctl(dev, VOICEPAY_IOC_STATUS, st);
}

static int code_of(__u32 slot, __u32 flags, struct voicepay_code *code)
{
	memset(code, 0, sizeof(*code));
	code->size = sizeof(*code);
	code->slot = slot;
	code->flags = flags;
	return ioctl(dev, VOICEPAY_IOC_CODE, code);
}

/* A test that asks twice within one step must not begin at the end of it. */
static void begin_of_step(unsigned int seconds)
{
	struct voicepay_code code;

	while (!code_of(0, 0, &code) && code.valid_ms < seconds * 1000)
		usleep(code.valid_ms * 1000 + 1000);
}

static void info_answers(void)
{
	struct voicepay_info info = {};

	ASSERT_OK(info_call(&info));
	EXPECT_STREQ((char *)info.version, VOICEPAY_VERSION_STRING);
	EXPECT_TRUE(info.features & VOICEPAY_FEATURE_PC1_PLAIN);
	EXPECT_TRUE(info.features & VOICEPAY_FEATURE_SEAL);
	EXPECT_GE(info.max_slots, 1);
	EXPECT_EQ(info.slots, 2);
}

/* The extensible structure's rules, for each request: an older and a newer caller. */
static void sizes(void)
{
	/* @first: of the structure's first version */
	static const struct { unsigned int cmd; __u32 size, first; } requests[] = {
		{ VOICEPAY_IOC_INFO, sizeof(struct voicepay_info), 40 },
		{ VOICEPAY_IOC_STATUS, sizeof(struct voicepay_status), 72 },
		{ VOICEPAY_IOC_CODE, sizeof(struct voicepay_code), 56 },
		{ VOICEPAY_IOC_SEAL, sizeof(struct voicepay_seal), 16 },
		{ VOICEPAY_IOC_AUTHORISE, sizeof(struct voicepay_authorise), 400 },
		{ VOICEPAY_IOC_OTP, sizeof(struct voicepay_otp), 48 },
	};
	static __u8 buf[8192];
	__u32 *size = (__u32 *)buf, s;
	unsigned int i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		/* what a right size leads to; SEAL finds no socket, OTP no authenticator */
		int seal = requests[i].cmd == VOICEPAY_IOC_SEAL;
		int otp = requests[i].cmd == VOICEPAY_IOC_OTP;
		int authorise = requests[i].cmd == VOICEPAY_IOC_AUTHORISE;

		memset(buf, 0, sizeof(buf));
		for (s = 0; s < requests[i].first; s++) {
			*size = s;
			EXPECT_ERRNO(EINVAL, ioctl(dev, requests[i].cmd, buf));
		}
		*size = 4097;
		EXPECT_ERRNO(EINVAL, ioctl(dev, requests[i].cmd, buf));
		*size = UINT32_MAX;
		EXPECT_ERRNO(EINVAL, ioctl(dev, requests[i].cmd, buf));

		memset(buf, 0, sizeof(buf));
		*size = requests[i].size + 8;
		buf[requests[i].size] = 1;
		EXPECT_ERRNO(E2BIG, ioctl(dev, requests[i].cmd, buf));
		EXPECT_EQ(*size, requests[i].size + 8);
		buf[requests[i].size] = 0;
		if (seal)	/* descriptor 0 is no socket; it must not be 0 here */
			((struct voicepay_seal *)buf)->sock_fd = -1;
		if (seal)
			EXPECT_ERRNO(EBADF, ioctl(dev, requests[i].cmd, buf));
		else if (otp)
			EXPECT_ERRNO(EMEDIUMTYPE, ioctl(dev, requests[i].cmd, buf));
		else if (authorise)	/* purpose 0 */
			EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, requests[i].cmd, buf));
		else
			EXPECT_OK(ioctl(dev, requests[i].cmd, buf));
		EXPECT_EQ(*size, requests[i].size + 8);
	}
}

static void unknown_requests(void)
{
	struct voicepay_info info = { .size = sizeof(info) };
	unsigned int nr;

	for (nr = 8; nr < 256; nr++)
		EXPECT_ERRNO(ENOTTY, ioctl(dev, _IO(VOICEPAY_IOC_TYPE, nr), &info));
	EXPECT_ERRNO(ENOTTY, ioctl(dev, _IO('x', 0), &info));
	EXPECT_ERRNO(ENOTTY, ioctl(dev, _IOWR(VOICEPAY_IOC_TYPE, 0, struct voicepay_info), &info));
}

static void unknown_flags(void)
{
	struct voicepay_info info = { .size = sizeof(info), .flags = 1 };
	struct voicepay_status st = { .size = sizeof(st), .flags = 1U << 31 };
	struct voicepay_code code = { .size = sizeof(code), .flags = VOICEPAY_CODE_NEW | 2 };
	struct voicepay_seal seal = { .size = sizeof(seal), .flags = 1, .sock_fd = -1 };
	struct voicepay_donation donation = { .size = sizeof(donation), .flags = 1, .memfd = -1 };
	struct voicepay_authorise authorise = { .size = sizeof(authorise), .flags = 1, .purpose = 1 };
	struct voicepay_otp otp = { .size = sizeof(otp), .flags = 1 };

	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_INFO, &info));
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_STATUS, &st));
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_CODE, &code));
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_SEAL, &seal));
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_VAULT, &donation));
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_AUTHORISE, &authorise));
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_OTP, &otp));
}

static void reserved_fields(void)
{
	struct voicepay_status st = { .size = sizeof(st), .reserved = 1 };
	struct voicepay_code code = { .size = sizeof(code), .reserved = 1 };
	struct voicepay_seal seal = { .size = sizeof(seal), .sock_fd = -1, .channel_fd = 1 };
	struct voicepay_authorise authorise = { .size = sizeof(authorise), .purpose = 1, .reserved = 1 };
	struct voicepay_otp otp = { .size = sizeof(otp), .reserved = 1 };

	EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_AUTHORISE, &authorise));
	EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_OTP, &otp));
	code.reserved = 0;
	code.reserved2 = 1;
	EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_CODE, &code));
	code.reserved2 = 0;
	code.currency[3] = 1;
	EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_CODE, &code));
	code.currency[3] = 0;
	code.reserved = 1;
	EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_STATUS, &st));
	EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_CODE, &code));
	EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_SEAL, &seal));
}

static void bad_pointers(void)
{
	long page = sysconf(_SC_PAGESIZE);
	__u8 *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct voicepay_info *edge = (void *)(two + page - sizeof(*edge) / 2);
	struct voicepay_info *whole = (void *)two;

	ASSERT_TRUE(two != MAP_FAILED);
	EXPECT_ERRNO(EFAULT, ioctl(dev, VOICEPAY_IOC_INFO, NULL));
	EXPECT_ERRNO(EFAULT, ioctl(dev, VOICEPAY_IOC_INFO, (void *)-4096L));

	/* half of it on a page that is not there */
	edge->size = sizeof(*edge);
	munmap(two + page, page);
	EXPECT_ERRNO(EFAULT, ioctl(dev, VOICEPAY_IOC_INFO, edge));

	/* an answer that cannot be written */
	memset(two, 0, page);
	whole->size = sizeof(*whole);
	mprotect(two, page, PROT_READ);
	EXPECT_ERRNO(EFAULT, ioctl(dev, VOICEPAY_IOC_INFO, whole));
	munmap(two, page);
}

static void unaligned(void)
{
	__u8 buf[sizeof(struct voicepay_status) + 8] = {};
	struct voicepay_status st = { .size = sizeof(st), .slot = 0 };

	memcpy(buf + 3, &st, sizeof(st));
	ASSERT_OK(ioctl(dev, VOICEPAY_IOC_STATUS, buf + 3));
	memcpy(&st, buf + 3, sizeof(st));
	EXPECT_EQ(st.state, VOICEPAY_SLOT_ACTIVE);
	EXPECT_EQ(buf[2], 0);
	EXPECT_EQ(buf[3 + sizeof(st)], 0);
}

/*
 * The same code each time: the most common request has a way of its own through the module,
 * and must not be told from the others.
 */
static void code_wherever_it_lies(void)
{
	long page = sysconf(_SC_PAGESIZE);
	__u8 *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const size_t whole = sizeof(struct voicepay_code);
	const size_t first = offsetof(struct voicepay_code, amount);
	const struct { size_t at, size; } places[] = {
		{ 0, whole }, { 1, whole }, { 3, whole }, { 4, whole },
		{ 0, first }, { 4, first }, { 0, whole + 24 }, { 5, whole + 24 },
		{ page - whole, whole }, { page - whole - 1, whole },
		{ page - first, first }, { page - first - 2, first },
	};
	struct voicepay_code right, code;
	struct voicepay_status before, after;
	size_t i, j;

	ASSERT_TRUE(two != MAP_FAILED);
	begin_of_step(10);
	ASSERT_OK(code_of(0, 0, &right));
	ASSERT_OK(mprotect(two + page, page, PROT_NONE));
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		__u8 *at = two + places[i].at;

		memset(two, 0xee, page);
		memset(at, 0, places[i].size);
		memcpy(at, &(struct voicepay_code){ .size = places[i].size }, 4);
		ASSERT_OK(ioctl(dev, VOICEPAY_IOC_CODE, at));
		memset(&code, 0, sizeof(code));
		memcpy(&code, at, places[i].size < whole ? places[i].size : whole);
		EXPECT_MEMEQ(code.digits, right.digits, sizeof(code.digits));
		EXPECT_EQ(code.size, places[i].size);
		EXPECT_EQ(code.mode, right.mode);
		EXPECT_LE(code.valid_ms, right.valid_ms);
		EXPECT_GT(code.valid_ms, 0);
		for (j = 0; j < (size_t)page; j++)
			if (j < places[i].at || j >= places[i].at + places[i].size)
				EXPECT_EQ(two[j], 0xee);
	}

	/* Only terms are in what cannot be read, but they are asked for. */
	memset(two, 0, page);
	memcpy(two + page - first, &(struct voicepay_code){ .size = whole }, 4);
	EXPECT_ERRNO(EFAULT, ioctl(dev, VOICEPAY_IOC_CODE, two + page - first));
	/* One word of terms, at either end, is told from none. */
	for (i = first; i < whole; i += whole - 4 - first) {
		memset(two, 0, whole);
		memcpy(two, &(struct voicepay_code){ .size = whole }, 4);
		two[i] = 1;
		EXPECT_ERRNO(EINVAL, ioctl(dev, VOICEPAY_IOC_CODE, two));
	}

	/* The answer's last word on a page that cannot be written: no code is used up. */
	ASSERT_OK(mprotect(two + page, page, PROT_READ | PROT_WRITE));
	memset(two, 0, 2 * page);
	i = page - offsetof(struct voicepay_code, valid_ms);
	memcpy(two + i, &(struct voicepay_code){ .size = whole, .flags = VOICEPAY_CODE_NEW }, 8);
	ASSERT_OK(status_of(0, &before));
	ASSERT_OK(mprotect(two + page, page, PROT_READ));
	EXPECT_ERRNO(EFAULT, ioctl(dev, VOICEPAY_IOC_CODE, two + i));
	ASSERT_OK(status_of(0, &after));
	EXPECT_EQ(before.codes_issued, after.codes_issued);
	munmap(two, 2 * page);
}

static void closed_descriptor(void)
{
	struct voicepay_info info = { .size = sizeof(info) };
	int other = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);

	ASSERT_OK(other);
	close(other);
	EXPECT_ERRNO(EBADF, ioctl(other, VOICEPAY_IOC_INFO, &info));
	/* O_PATH gives a name, not the device */
	other = open(VOICEPAY_DEVICE, O_PATH | O_CLOEXEC);
	ASSERT_OK(other);
	EXPECT_ERRNO(EBADF, ioctl(other, VOICEPAY_IOC_INFO, &info));
	close(other);
}

static void no_such_slot(void)
{
	struct voicepay_status st;
	struct voicepay_code code;

	EXPECT_ERRNO(ENOENT, status_of(7, &st));
	EXPECT_ERRNO(ENOENT, status_of(UINT32_MAX, &st));
	EXPECT_ERRNO(ENOENT, code_of(7, 0, &code));
	EXPECT_ERRNO(ENOENT, code_of(UINT32_MAX, 0, &code));
}

static void empty_slot(void)
{
	struct voicepay_status st;
	struct voicepay_code code;

	ASSERT_OK(status_of(1, &st));
	EXPECT_EQ(st.state, VOICEPAY_SLOT_EMPTY);
	EXPECT_EQ(st.epoch, 0);
	EXPECT_ERRNO(ENOKEY, code_of(1, 0, &code));
	EXPECT_EQ(code.digits[0], 0);
}

static void status_of_enrolled(void)
{
	struct voicepay_status st;

	ASSERT_OK(status_of(0, &st));
	EXPECT_EQ(st.state, VOICEPAY_SLOT_ACTIVE);
	EXPECT_EQ(st.epoch, gw.grant.epoch);
	EXPECT_EQ(st.rotate_after, gw.grant.rotate_after);
	EXPECT_EQ(st.not_after, gw.grant.not_after);
	EXPECT_EQ(st.aliases, 8);
	EXPECT_EQ(st.codes_left, UINT64_MAX);
	EXPECT_GE(st.now, gw.grant.time_ms / 1000);
	EXPECT_LE(st.now, gw.grant.time_ms / 1000 + 60);
}

static void code_is_the_gateways(void)
{
	struct voicepay_code code;
	struct voicepay_status st;

	ASSERT_OK(code_of(0, 0, &code));
	ASSERT_OK(status_of(0, &st));
	EXPECT_EQ(strlen((char *)code.digits), VOICEPAY_CODE_DIGITS);
	EXPECT_MEMEQ(code.digits, "711", 3);
	EXPECT_MEMEQ(code.digits + 3, gw.grant.alias[0], VP_ALIAS_DIGITS);
	EXPECT_NE(test_gateway_step_of(&gw, (char *)code.digits, st.now), 0);
	EXPECT_GT(code.valid_ms, 0);
	EXPECT_LE(code.valid_ms, VOICEPAY_CODE_STEP * 1000);
}

static void same_until_new(void)
{
	struct voicepay_code a, b, c;

	begin_of_step(5);
	ASSERT_OK(code_of(0, 0, &a));
	ASSERT_OK(code_of(0, 0, &b));
	EXPECT_STREQ((char *)a.digits, (char *)b.digits);
	ASSERT_OK(code_of(0, VOICEPAY_CODE_NEW, &b));
	EXPECT_NE(strcmp((char *)a.digits, (char *)b.digits), 0);
	ASSERT_OK(code_of(0, 0, &c));
	EXPECT_STREQ((char *)b.digits, (char *)c.digits);
	/* the mode can be named; others were not granted */
	c.mode = 1;
	c.valid_ms = 0;
	EXPECT_OK(ioctl(dev, VOICEPAY_IOC_CODE, &c));
	c.mode = 6;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(dev, VOICEPAY_IOC_CODE, &c));
}

/* An answer that cannot be written must not use up a code. */
static void unwritable_answer(void)
{
	long page = sysconf(_SC_PAGESIZE);
	struct voicepay_code *code = mmap(NULL, page, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct voicepay_status before, after;

	ASSERT_TRUE(code != MAP_FAILED);
	code->size = sizeof(*code);
	code->flags = VOICEPAY_CODE_NEW;
	begin_of_step(5);
	ASSERT_OK(status_of(0, &before));
	mprotect(code, page, PROT_READ);
	EXPECT_ERRNO(EFAULT, ioctl(dev, VOICEPAY_IOC_CODE, code));
	ASSERT_OK(status_of(0, &after));
	EXPECT_EQ(before.codes_issued, after.codes_issued);
	munmap(code, page);
}

/* Ten codes a step, each the gateway's, then an error that names the wait. */
static void ten_codes(void)
{
	char seen[10][VOICEPAY_CODE_DIGITS + 1];
	struct voicepay_code code;
	int n = 0, i;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	begin_of_step(10);
	ASSERT_OK(test_enrol(&nl, &gw, 0));	/* a fresh key: no code of this step is out */
	for (n = 0; n < 10; n++) {
		ASSERT_OK(code_of(0, VOICEPAY_CODE_NEW, &code));
		EXPECT_NE(test_gateway_step_of(&gw, (char *)code.digits, time(NULL)), 0);
		memcpy(seen[n], code.digits, sizeof(seen[n]));
		for (i = 0; i < n; i++)
			EXPECT_NE(strcmp(seen[i], seen[n]), 0);
	}
	EXPECT_ERRNO(EAGAIN, code_of(0, VOICEPAY_CODE_NEW, &code));
	EXPECT_OK(code_of(0, 0, &code));
	EXPECT_STREQ((char *)code.digits, seen[9]);
}

/* Attack: root sets the system's clock for tomorrow's codes, or back for yesterday's. */
static void clock_cannot_be_turned(void)
{
	struct timespec real, set;
	struct voicepay_code before, after;
	struct voicepay_status st;
	static const long jumps[] = { 3600, -3600, 86400 * 365 };
	unsigned int i;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	begin_of_step(5);
	ASSERT_OK(code_of(0, 0, &before));
	ASSERT_OK(clock_gettime(CLOCK_REALTIME, &real));
	for (i = 0; i < 3; i++) {
		set = real;
		set.tv_sec += jumps[i];
		ASSERT_OK(clock_settime(CLOCK_REALTIME, &set));
		EXPECT_OK(code_of(0, 0, &after));
		EXPECT_OK(status_of(0, &st));
		ASSERT_OK(clock_settime(CLOCK_REALTIME, &real));
		EXPECT_STREQ((char *)before.digits, (char *)after.digits);
		EXPECT_LE(st.now, real.tv_sec + 60);
		EXPECT_GE(st.now, real.tv_sec - 60);
	}
}

/*
 * Attack: root has the system's clocks run a tenth too fast, as adjtimex() lets
 * him, and so has tomorrow's codes in ten days.
 */
static void clock_cannot_be_sped_up(void)
{
	struct timex fast = { .modes = ADJ_TICK, .tick = 11000 };
	struct timex normal = { .modes = ADJ_TICK, .tick = 10000 };
	struct voicepay_code before, after;
	struct timespec from, to;
	long real_ms, ours_ms;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	begin_of_step(10);
	ASSERT_OK(adjtimex(&fast));
	clock_gettime(CLOCK_MONOTONIC_RAW, &from);
	EXPECT_OK(code_of(0, 0, &before));
	usleep(5000 * 1000);
	clock_gettime(CLOCK_MONOTONIC_RAW, &to);
	EXPECT_OK(code_of(0, 0, &after));
	ASSERT_OK(adjtimex(&normal));

	real_ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
	ours_ms = (long)before.valid_ms - after.valid_ms;
	ktap_diag("%ld ms by the oscillator, %ld ms by the module", real_ms, ours_ms);
	EXPECT_LE(ours_ms, real_ms + 200);
	EXPECT_GE(ours_ms, real_ms - 200);
}

static void budget_ends(void)
{
	struct voicepay_status st;
	struct voicepay_code code;

	gw.grant.per_key = 3;
	ASSERT_OK(test_enrol(&nl, &gw, 0));
	gw.grant.per_key = 0;
	begin_of_step(5);
	ASSERT_OK(status_of(0, &st));
	EXPECT_EQ(st.codes_issued + st.codes_left, 3);
	while (st.codes_left) {
		ASSERT_OK(code_of(0, VOICEPAY_CODE_NEW, &code));
		ASSERT_OK(status_of(0, &st));
	}
	EXPECT_EQ(st.codes_issued, 3);
	EXPECT_ERRNO(ENOSPC, code_of(0, VOICEPAY_CODE_NEW, &code));
	EXPECT_EQ(code.digits[0], 0);
}

static void key_expires(void)
{
	struct voicepay_status st;
	struct voicepay_code code;
	__u64 now = time(NULL);

	gw.grant.time_ms = now * 1000;
	gw.grant.rotate_after = now + 1;
	gw.grant.not_after = now + 2;
	ASSERT_OK(test_enrol(&nl, &gw, 0));
	EXPECT_OK(code_of(0, 0, &code));
	usleep(2100 * 1000);
	EXPECT_ERRNO(EKEYEXPIRED, code_of(0, 0, &code));
	ASSERT_OK(status_of(0, &st));
	EXPECT_EQ(st.state, VOICEPAY_SLOT_EXPIRED);

	/* A fresh ticket brings it back. */
	gw.grant.rotate_after = now + 7 * 86400;
	gw.grant.not_after = now + 35 * 86400;
	ASSERT_OK(test_enrol(&nl, &gw, 0));
	EXPECT_OK(code_of(0, 0, &code));
}

/* Another slot's enrolment corrects the clock to before this key began. */
static void key_not_yet_valid(void)
{
	struct test_gateway past = gw;
	struct voicepay_code code;

	ASSERT_OK(test_enrol(&nl, &gw, 0));
	past.grant.not_before -= 7200;
	past.grant.time_ms -= 7200 * 1000;
	ASSERT_OK(test_enrol(&nl, &past, 1));
	EXPECT_ERRNO(ECANCELED, code_of(0, 0, &code));
	EXPECT_OK(code_of(1, 0, &code));
	/* set right again */
	gw.grant.epoch = past.grant.epoch;
	EXPECT_OK(test_enrol(&nl, &gw, 0));
	EXPECT_OK(code_of(0, 0, &code));
}

static void aliases_by_day(void)
{
	struct voicepay_code code;
	__u64 now = time(NULL);
	unsigned int day;

	gw.grant.time_ms = now * 1000;
	for (day = 0; day < 10; day++) {
		gw.grant.not_before = now - day * 86400ULL;
		ASSERT_OK(test_enrol(&nl, &gw, 0));
		ASSERT_OK(code_of(0, 0, &code));
		EXPECT_MEMEQ(code.digits + 3, gw.grant.alias[day % 8], VP_ALIAS_DIGITS);
	}
	gw.grant.not_before = now;
	ASSERT_OK(test_enrol(&nl, &gw, 0));
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 2);
	ktap_plan(23);

	KTAP_TEST(empty_slot, "an empty slot gives no code");
	if (test_enrol(&nl, &gw, 0))
		ktap_bail("cannot enrol");

	KTAP_TEST(info_answers, "INFO");
	KTAP_TEST(sizes, "sizes: shorter, longer, longer and not zero");
	KTAP_TEST(unknown_requests, "unknown requests");
	KTAP_TEST(unknown_flags, "unknown flags");
	KTAP_TEST(reserved_fields, "reserved fields that are not zero");
	KTAP_TEST(bad_pointers, "pointers to nothing, to half a page, to read-only memory");
	KTAP_TEST(unaligned, "an unaligned structure");
	KTAP_TEST(code_wherever_it_lies, "a code, wherever its structure lies");
	KTAP_TEST(closed_descriptor, "a closed descriptor, an O_PATH one");
	KTAP_TEST(no_such_slot, "slots that do not exist");
	KTAP_TEST(status_of_enrolled, "STATUS of an enrolled slot");
	KTAP_TEST(code_is_the_gateways, "CODE is what the gateway computes");
	KTAP_TEST(same_until_new, "the same code until NEW asks for another");
	KTAP_TEST(unwritable_answer, "an answer that cannot be written costs no code");
	KTAP_TEST(ten_codes, "ten different codes in a step, then EAGAIN");
	KTAP_TEST(clock_cannot_be_turned, "setting the system's clock changes no code");
	KTAP_TEST(clock_cannot_be_sped_up, "a system clock that runs fast changes no code");
	KTAP_TEST(budget_ends, "the key's budget ends");
	KTAP_TEST(key_expires, "the key expires, and a new ticket revives the slot");
	KTAP_TEST(key_not_yet_valid, "a key that has not begun");
	KTAP_TEST(aliases_by_day, "one alias a day");

	ktap_ok(!nl_wipe(&nl, gw.device) && code_of(0, 0, &(struct voicepay_code){}) == -1 &&
		errno == ENOENT, "after a wipe there is nothing");
	return ktap_end();
}
