// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Threads against each other: codes asked for while keys are exchanged, slots
 * deleted and the device wiped. Whatever comes out is a code of a key that the
 * slot had, or a documented error.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <time.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

#define THREADS		3
#define ROUNDS		60

static int dev;
static struct genl nl;
static struct test_gateway gw;
static atomic_bool stop;
static atomic_long codes, refusals;

static int code_of(__u32 slot, __u32 flags, struct voicepay_code *code)
{
	memset(code, 0, sizeof(*code));
	code->size = sizeof(*code);
	code->slot = slot;
	code->flags = flags;
	return ioctl(dev, VOICEPAY_IOC_CODE, code);
}

struct drawn {
	char digits[64][VOICEPAY_CODE_DIGITS + 1];
	int n;
};

static void *draw_until_empty(void *arg)
{
	struct drawn *d = arg;
	struct voicepay_code code;

	while (d->n < 64 && !code_of(0, VOICEPAY_CODE_NEW, &code))
		memcpy(d->digits[d->n++], code.digits, VOICEPAY_CODE_DIGITS + 1);
	EXPECT_EQ(errno, EAGAIN);
	return NULL;
}

/* Attack: two apps ask at once and get one code twice, or more than a step holds. */
static void no_code_twice(void)
{
	static struct drawn drawn[THREADS];
	struct voicepay_code code;
	pthread_t t[THREADS];
	int i, j, a, b, n = 0;

	ASSERT_EQ(test_enrol(&nl, &gw, 0), 0);
	while (!code_of(0, 0, &code) && code.valid_ms < 10000)
		usleep(code.valid_ms * 1000 + 1000);
	ASSERT_EQ(test_enrol(&nl, &gw, 0), 0);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, draw_until_empty, &drawn[i]);
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		n += drawn[i].n;
	}
	EXPECT_EQ(n, 10);
	for (i = 0; i < THREADS; i++)
		for (a = 0; a < drawn[i].n; a++)
			for (j = i; j < THREADS; j++)
				for (b = j == i ? a + 1 : 0; b < drawn[j].n; b++)
					EXPECT_NE(strcmp(drawn[i].digits[a], drawn[j].digits[b]), 0);
}

static void *ask_for_codes(void *arg)
{
	struct voicepay_status st = { .size = sizeof(st) };
	struct voicepay_code code;
	struct paycode parts;

	while (!stop) {
		if (!code_of(0, 0, &code)) {
			EXPECT_EQ(paycode_parse(&parts, (char *)code.digits, 24), 0);
			codes++;
		} else {
			EXPECT_TRUE(errno == ENOENT || errno == ENOKEY);
			EXPECT_EQ(code.digits[0], 0);
			refusals++;
		}
		if (ioctl(dev, VOICEPAY_IOC_STATUS, &st))
			EXPECT_EQ(errno, ENOENT);
	}
	return NULL;
}

static void *dump_slots(void *arg)
{
	struct genl mine;
	struct genl_msg msg;
	int err;

	if (!EXPECT_EQ(genl_open(&mine), 0))
		return NULL;
	while (!stop) {
		genl_begin(&mine, &msg, VOICEPAY_CMD_SLOT_GET);
		genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, 0);
		err = genl_call(&mine, &msg);
		EXPECT_TRUE(!err || err == -ENOENT);
	}
	genl_close(&mine);
	return NULL;
}

/*
 * Every second change waits until a code has come out after it: two processors
 * that a host gives out as it likes may leave the readers none of the moments in
 * which there is a key. The other changes follow at once.
 */
static void until_a_code(long before)
{
	int ms;

	for (ms = 0; codes == before && ms < 10000; ms++)
		usleep(1000);
	EXPECT_GT(codes, before);
}

/* Runs @change again and again under readers of codes and states. */
static void under_load(void (*change)(void))
{
	pthread_t t[THREADS];
	int i;

	stop = false;
	codes = refusals = 0;
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, i ? ask_for_codes : dump_slots, NULL);
	for (i = 0; i < ROUNDS; i++) {
		change();
		if (i & 1)
			until_a_code(codes);
	}
	stop = true;
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	ktap_diag("%ld codes, %ld refusals", codes, refusals);
}

static void change_key(void)
{
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
}

static void delete_and_make(void)
{
	EXPECT_EQ(nl_slot_del(&nl, 0), 0);
	EXPECT_EQ(nl_slot_new(&nl, 0), 0);
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
}

static void wipe_and_make(void)
{
	EXPECT_EQ(nl_wipe(&nl, gw.device), 0);
	EXPECT_EQ(nl_dev_set(&nl, &gw), 0);
	EXPECT_EQ(nl_slot_new(&nl, 0), 0);
	EXPECT_EQ(test_enrol(&nl, &gw, 0), 0);
}

static void codes_while_key_changes(void)
{
	under_load(change_key);
	EXPECT_EQ(refusals, 0);		/* a key is there at every moment */
}

static void codes_while_slot_goes(void) { under_load(delete_and_make); }
static void codes_while_wiped(void) { under_load(wipe_and_make); }

/* Two managers enrol one slot: each handshake succeeds or says that it was overtaken. */
static void *enrol_loop(void *arg)
{
	struct test_gateway mine = gw;
	struct genl own;
	int i, err;

	if (!EXPECT_EQ(genl_open(&own), 0))
		return NULL;
	mine.grant.epoch = (uintptr_t)arg;
	for (i = 0; i < ROUNDS; i++) {
		err = test_enrol(&own, &mine, 0);
		EXPECT_TRUE(!err || err == -EBADMSG || err == -ESTALE || err == -EPROTO);
	}
	genl_close(&own);
	return NULL;
}

static void two_managers(void)
{
	struct voicepay_code code;
	pthread_t a, b;

	pthread_create(&a, NULL, enrol_loop, (void *)1000);
	pthread_create(&b, NULL, enrol_loop, (void *)1000);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	EXPECT_OK(code_of(0, 0, &code));
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 1);
	ktap_plan(5);

	KTAP_TEST(no_code_twice, "three threads get ten different codes in a step");
	KTAP_TEST(codes_while_key_changes, "codes while the key changes");
	KTAP_TEST(codes_while_slot_goes, "codes while the slot is deleted and made");
	KTAP_TEST(codes_while_wiped, "codes while the device is wiped");
	KTAP_TEST(two_managers, "two managers enrol one slot");
	nl_wipe(&nl, gw.device);
	return ktap_end();
}
