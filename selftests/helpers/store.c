// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * voicepay-store across reboots, one boot a run: store kept|cut|after. Its
 * directory is /results/store; selftests/sealing boots.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"
#include "sealed.h"

#define EXPECT_NL(err, call) EXPECT_EQ(call, -(err))
#define nl sealed_nl
#define DIR	"/results/store"
#define SMALL	"/tmp/small"
#define BLOB(n)	"slot-" #n ".blob"
/* Soon: by an event. Looking finds it after ten seconds only. */
#define SOON	6
#define LATER	25

static struct test_gateway gw;
static pid_t daemon_pid;

static struct {
	__u8 code[VP_KEY_LEN];
	__u64 ordinal;
} known;

static pid_t start(const char *dir, const char *command)
{
	pid_t pid = fork();

	if (!pid) {
		execlp("voicepay-store", "voicepay-store", "--directory", dir, command, NULL);
		_exit(127);
	}
	return pid;
}

static int status_of(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* Its end within ten seconds, or -1. */
static int end_of(pid_t pid)
{
	int status, i;

	for (i = 0; i < 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
		usleep(100000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

static size_t content(const char *dir, const char *name, __u8 *data)
{
	char path[96];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	len = fread(data, 1, VOICEPAY_BLOB_MAX, f);
	fclose(f);
	return len;
}

static void put(const char *name, const __u8 *data, size_t len)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), DIR "/%s", name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		ktap_bail("cannot write " DIR);
}

/* Is it there within so many seconds, and other than @old? */
static bool comes(const char *name, const __u8 *old, size_t old_len, int seconds)
{
	__u8 data[VOICEPAY_BLOB_MAX];
	size_t len;
	int i;

	for (i = 0; i < seconds * 10; i++) {
		len = content(DIR, name, data);
		if (len && (len != old_len || memcmp(data, old, len)))
			return true;
		usleep(100000);
	}
	return false;
}

static bool goes(const char *name, int seconds)
{
	__u8 data[VOICEPAY_BLOB_MAX];
	int i;

	for (i = 0; i < seconds * 10; i++) {
		if (!content(DIR, name, data))
			return true;
		usleep(100000);
	}
	return false;
}

/* The slot's next code, once it is there and its blob is committed. */
static int code_within(__u32 slot, char digits[64], int seconds)
{
	int err = -ESTALE, i;

	for (i = 0; i < seconds * 10 && (err == -ESTALE || err == -ENOENT); i++) {
		err = code_get(slot, digits);
		if (err)
			usleep(100000);
	}
	return err;
}

static __u64 ordinal_of(const char *digits)
{
	struct paycode code;
	__u64 step;

	memcpy(gw.keys.code, known.code, VP_KEY_LEN);
	step = test_gateway_step_of(&gw, digits, time(NULL));
	return step && !paycode_parse(&code, digits, strlen(digits)) ? paycode_ordinal(step, code.q) : 0;
}

/* ---- the first boot: an orderly life ---- */

static void makes_a_key(void)
{
	daemon_pid = start(DIR, "run");
	ASSERT_TRUE(comes("sealing.key", NULL, 0, LATER));
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_READY);
}

static void stores_at_once(void)
{
	char digits[64];

	sleep(1);	/* it listens by now */
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	ASSERT_EQ(test_enrol(&nl, &gw, 0), 0);
	memcpy(known.code, gw.keys.code, VP_KEY_LEN);
	EXPECT_TRUE(comes(BLOB(0), NULL, 0, SOON));
	EXPECT_EQ(code_within(0, digits, SOON), 0);
}

/* More events than its socket holds, and then the one that counts. */
static void events_lost(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	size_t len;
	int i;

	EXPECT_EQ(kill(daemon_pid, SIGSTOP), 0);
	/* Events that say nothing to it. */
	for (i = 0; i < 2000; i++)
		blob_get(0, false, blob, &len);
	EXPECT_EQ(nl_slot_new(&nl, 1), 0);
	ASSERT_EQ(test_enrol(&nl, &gw, 1), 0);
	EXPECT_EQ(kill(daemon_pid, SIGCONT), 0);
	EXPECT_TRUE(comes(BLOB(1), NULL, 0, SOON));
}

/* The first blob stays when the program is killed and started anew; it goes with its slot. */
static void killed(void)
{
	__u8 old[VOICEPAY_BLOB_MAX];
	size_t len = content(DIR, BLOB(0), old);

	EXPECT_EQ(kill(daemon_pid, SIGKILL), 0);
	EXPECT_EQ(status_of(daemon_pid), 256 + SIGKILL);
	/* What it may have left. */
	put("slot-0.blob.new", old, 100);
	daemon_pid = start(DIR, "run");
	EXPECT_TRUE(comes(BLOB(0), old, len, LATER));
	EXPECT_TRUE(goes("slot-0.blob.new", 1));
	sleep(1);
	EXPECT_EQ(nl_slot_del(&nl, 1), 0);
	EXPECT_TRUE(goes(BLOB(1), SOON));
	EXPECT_TRUE(content(DIR, BLOB(0), old) > 0);
}

/* A change of the rules is stored, too: a reboot must not undo it. */
static void rules(void)
{
	__u8 old[VOICEPAY_BLOB_MAX];
	size_t len = content(DIR, BLOB(0), old);

	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 50), 0);
	EXPECT_TRUE(comes(BLOB(0), old, len, SOON));
}

static int next_password(int dev, __u64 *counter)
{
	struct voicepay_otp otp = { .size = sizeof(otp), .slot = 2 };
	int err = ioctl(dev, VOICEPAY_IOC_OTP, &otp) ? -errno : 0;

	*counter = otp.counter;
	return err;
}

/* Of five counters that are reserved; each counts once, and then there is more. */
static void used_up(void)
{
	int dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC), err = -ESTALE, i;
	const __u64 first = 7;
	__u64 counter, last = 6;
	struct genl_msg msg;

	EXPECT_EQ(nl_slot_new(&nl, 2), 0);
	genl_begin(&nl, &msg, VOICEPAY_CMD_OTP_PUT);
	genl_put_u32(&msg, VOICEPAY_A_OTP_SLOT, 2);
	genl_put(&msg, VOICEPAY_A_OTP_SECRET, "12345678901234567890", 20);
	genl_put_u32(&msg, VOICEPAY_A_OTP_PERIOD, 0);
	genl_put(&msg, VOICEPAY_A_OTP_COUNTER, &first, sizeof(first));
	ASSERT_EQ(genl_call(&nl, &msg), 0);
	ASSERT_TRUE(comes(BLOB(2), NULL, 0, SOON));
	for (i = 0; i < SOON * 10 && err == -ESTALE; i++) {
		usleep(100000);
		err = next_password(dev, &counter);
	}
	for (i = 0; !err && i < 12; i++) {
		EXPECT_GT(counter, last);
		last = counter;
		err = next_password(dev, &counter);
	}
	ktap_diag("%d passwords until one was refused", i);
	EXPECT_EQ(err, -ESTALE);
	for (i = 0; i < SOON * 10 && err == -ESTALE; i++) {
		usleep(100000);
		err = next_password(dev, &counter);
	}
	EXPECT_EQ(err, 0);
	EXPECT_GT(counter, last);
	EXPECT_EQ(nl_slot_del(&nl, 2), 0);
	EXPECT_TRUE(goes(BLOB(2), SOON));
	close(dev);
}

static void full_disk(void)
{
	__u8 before[VOICEPAY_BLOB_MAX], after[VOICEPAY_BLOB_MAX];
	size_t len;

	EXPECT_EQ(kill(daemon_pid, SIGSTOP), 0);
	mkdir(SMALL, 0700);
	ASSERT_EQ(mount("tmpfs", SMALL, "tmpfs", 0, "size=16k,mode=0700"), 0);
	EXPECT_EQ(status_of(start(SMALL, "save")), 0);
	len = content(SMALL, BLOB(0), before);
	EXPECT_TRUE(len > 0);
	EXPECT_TRUE(system("dd if=/dev/zero of=" SMALL "/filler bs=4k 2>/dev/null") != 0);
	EXPECT_EQ(status_of(start(SMALL, "save")), 1);
	EXPECT_EQ(content(SMALL, BLOB(0), after), len);
	EXPECT_MEMEQ(before, after, len);
	EXPECT_EQ(unlink(SMALL "/filler"), 0);
	EXPECT_EQ(status_of(start(SMALL, "save")), 0);
	EXPECT_EQ(content(SMALL, BLOB(0), after), len);
	EXPECT_TRUE(memcmp(before, after, len) != 0);
	/* Attack: somebody else may write there. */
	EXPECT_EQ(chmod(SMALL, 0770), 0);
	EXPECT_EQ(status_of(start(SMALL, "save")), 3);
	EXPECT_EQ(umount(SMALL), 0);
	EXPECT_EQ(kill(daemon_pid, SIGCONT), 0);
}

static void orderly_end(void)
{
	char digits[64];

	ASSERT_EQ(code_within(0, digits, 1), 0);
	known.ordinal = ordinal_of(digits);
	EXPECT_TRUE(known.ordinal > 0);
	save("known-store", &known, sizeof(known));
	EXPECT_EQ(kill(daemon_pid, SIGTERM), 0);
	EXPECT_EQ(end_of(daemon_pid), 0);
	EXPECT_NL(ESTALE, code_get(0, digits));
}

/* ---- the second: bad files beside the good one, and a power cut at the end ---- */

static void restored(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	size_t len = content(DIR, BLOB(0), blob);
	struct genl_msg msg;
	char digits[64];
	__u64 ordinal;

	ASSERT_TRUE(len > 100);
	/* torn, another slot's, another version's, of a number that there cannot be, no blob at all */
	put(BLOB(5), blob, len - 100);
	put(BLOB(6), blob, len);
	blob[4]++;
	put(BLOB(7), blob, len);
	put(BLOB(1024), blob, len);
	put(BLOB(8), (const __u8 *)"", 0);
	ASSERT_EQ(symlink(BLOB(0), DIR "/" BLOB(9)), 0);
	daemon_pid = start(DIR, "run");
	for (len = 0; len < LATER * 10 && sealer_state() != VOICEPAY_SEALER_READY; len++)
		usleep(100000);
	ASSERT_EQ(code_within(0, digits, LATER), 0);
	ordinal = ordinal_of(digits);
	EXPECT_GT(ordinal, known.ordinal);
	known.ordinal = ordinal;
	save("known-store", &known, sizeof(known));
	dev_get(&msg);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS), 1);
}

/* ---- the third: nothing that was issued before the cut comes again ---- */

static void after_the_cut(void)
{
	struct genl_msg msg;
	char digits[64];
	int err, i;

	daemon_pid = start(DIR, "run");
	for (i = 0; i < LATER * 10; i++) {
		dev_get(&msg);
		if (genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS) == 1)
			break;
		usleep(100000);
	}
	err = code_within(0, digits, LATER);
	/* Ten minutes are taken for used up. */
	EXPECT_NL(EAGAIN, err);
}

static void without_the_module(void)
{
	unload_module();
	EXPECT_EQ(kill(daemon_pid, 0), 0);
	/* It looks every ten seconds. */
	sleep(5);
	EXPECT_EQ(end_of(daemon_pid), 3);
	EXPECT_EQ(status_of(start(DIR, "run")), 3);
	EXPECT_EQ(status_of(start(DIR, "key")), 3);
	load_module("");
	EXPECT_EQ(status_of(start(DIR, "key")), 1);
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_CLOSED);
	/* The unit is not started again for this one. */
	EXPECT_EQ(status_of(start(DIR, "run")), 4);
}

int main(int argc, char **argv)
{
	const char *boot = argc > 1 ? argv[1] : "";

	load_module("");
	if (!strcmp(boot, "kept")) {
		ktap_plan(8);
		KTAP_TEST(makes_a_key, "a sealing key is made and stored");
		KTAP_TEST(stores_at_once, "a slot is stored as soon as it has a key");
		KTAP_TEST(events_lost, "also if events were lost");
		KTAP_TEST(killed, "killed, it goes on where it was");
		KTAP_TEST(rules, "a change of the rules is stored");
		KTAP_TEST(used_up, "what was reserved and is used up is stored anew at once");
		KTAP_TEST(full_disk, "a full disk, or one of others, costs nothing that is stored");
		KTAP_TEST(orderly_end, "its last blobs are the last");
	} else if (!strcmp(boot, "cut")) {
		load("known-store", &known, sizeof(known));
		ktap_plan(1);
		KTAP_TEST(restored, "the slot is back, bad files beside it or not");
	} else if (!strcmp(boot, "after")) {
		load("known-store", &known, sizeof(known));
		ktap_plan(2);
		KTAP_TEST(after_the_cut, "what may have been issued before a power cut is not issued again");
		KTAP_TEST(without_the_module, "without the module, or its key, it says so and ends");
	} else {
		fprintf(stderr, "usage: store kept|cut|after\n");
		return 2;
	}
	return ktap_end();
}
