// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sealed storage across reboots, one boot a run: sealing first|again|other|none.
 * What one boot leaves for the next lies in /results; selftests/sealing boots.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

#define EXPECT_NL(err, call) EXPECT_EQ(call, -(err))
#define SLOTS	3		/* 3, 4 and 5: to be restored at three times of day */
#define FIRST	3

static struct genl nl;
static struct test_gateway gw;

/* What the gateway of the first boot knows. */
static struct {
	__u8 device[VP_DEVICE_ID_LEN], gateway[VP_KEY_LEN];
	__u8 code[SLOTS][VP_KEY_LEN];
	__u64 ordinal[SLOTS];
} known;

static void save(const char *name, const void *data, size_t len)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/results/%s", name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		ktap_bail("cannot write to /results");
}

static size_t load(const char *name, void *data, size_t max)
{
	char path[64];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/results/%s", name);
	f = fopen(path, "r");
	if (!f)
		ktap_bail("the boot before has left nothing");
	len = fread(data, 1, max, f);
	fclose(f);
	return len;
}

static const char *name_of(const char *kind, __u32 slot)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s.%u", kind, slot);
	return name;
}

static void load_module(void)
{
	if (system("modprobe voicepay") || genl_open(&nl))
		ktap_bail("the module does not load");
}

static void dev_get(struct genl_msg *msg)
{
	genl_begin(&nl, msg, VOICEPAY_CMD_DEV_GET);
	EXPECT_EQ(genl_call(&nl, msg), 0);
}

static __u32 sealer_state(void)
{
	struct genl_msg msg;

	dev_get(&msg);
	return genl_u32(&msg, VOICEPAY_A_DEVICE_SEALER_STATE);
}

static int sealer_get(bool make, __u8 *wrapped, size_t *len)
{
	struct genl_msg msg;
	const void *p;
	int err;

	genl_begin(&nl, &msg, VOICEPAY_CMD_SEALER_GET);
	if (make)
		genl_put(&msg, VOICEPAY_A_SEALER_NEW, NULL, 0);
	err = genl_call(&nl, &msg);
	if (err)
		return err;
	p = genl_attr(&msg, VOICEPAY_A_SEALER_WRAPPED_KEY, len);
	if (!p || *len > VOICEPAY_BLOB_MAX)
		return -EPROTO;
	memcpy(wrapped, p, *len);
	return 0;
}

static int sealer_put(const __u8 *wrapped, size_t len)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_SEALER_PUT);
	genl_put(&msg, VOICEPAY_A_SEALER_WRAPPED_KEY, wrapped, len);
	return genl_call(&nl, &msg);
}

static int blob_get(__u32 slot, bool final, __u8 *blob, size_t *len)
{
	struct genl_msg msg;
	const void *p;
	int err;

	genl_begin(&nl, &msg, VOICEPAY_CMD_BLOB_GET);
	genl_put_u32(&msg, VOICEPAY_A_BLOB_SLOT, slot);
	if (final)
		genl_put(&msg, VOICEPAY_A_BLOB_FINAL, NULL, 0);
	err = genl_call(&nl, &msg);
	if (err)
		return err;
	p = genl_attr(&msg, VOICEPAY_A_BLOB_BLOB, len);
	if (!p || *len > VOICEPAY_BLOB_MAX)
		return -EPROTO;
	memcpy(blob, p, *len);
	return 0;
}

static int blob_put(__u32 slot, const __u8 *blob, size_t len)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_BLOB_PUT);
	genl_put_u32(&msg, VOICEPAY_A_BLOB_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_BLOB_BLOB, blob, len);
	return genl_call(&nl, &msg);
}

static int blob_commit(bool retire)
{
	struct genl_msg msg;

	genl_begin(&nl, &msg, VOICEPAY_CMD_BLOB_COMMIT);
	if (retire)
		genl_put(&msg, VOICEPAY_A_BLOB_RETIRE, NULL, 0);
	return genl_call(&nl, &msg);
}

/* Stores the slot's blob as it should be: taken, written, committed. */
static void store(const char *kind, __u32 slot, bool final)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	size_t len = 0;

	EXPECT_EQ(blob_get(slot, final, blob, &len), 0);
	save(name_of(kind, slot), blob, len);
}

static int code_get(__u32 slot, char digits[64])
{
	struct genl_msg msg;
	int err;

	genl_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_CODE_NEW, NULL, 0);
	err = genl_call(&nl, &msg);
	if (!err)
		strcpy(digits, genl_attr(&msg, VOICEPAY_A_CODE_DIGITS, NULL));
	return err;
}

/* The ordinal of a code of slot @n's key, 0 if it is not one. */
static __u64 ordinal_of(int n, const char *digits)
{
	struct paycode code;
	__u64 step;

	memcpy(gw.keys.code, known.code[n], VP_KEY_LEN);
	step = test_gateway_step_of(&gw, digits, time(NULL));
	if (!step || paycode_parse(&code, digits, strlen(digits)))
		return 0;
	return paycode_ordinal(step, code.q);
}

static void clock_step(long seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	EXPECT_EQ(clock_settime(CLOCK_REALTIME, &now), 0);
}

/* ---- the first boot ---- */

static void waiting(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX];
	struct genl_msg msg;
	size_t len;

	dev_get(&msg);
	EXPECT_STREQ((const char *)genl_attr(&msg, VOICEPAY_A_DEVICE_SEALER, NULL), "tpm2");
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SEALER_STATE), VOICEPAY_SEALER_WAITING);
	EXPECT_EQ(genl_u64(&msg, VOICEPAY_A_DEVICE_FEATURES) & VOICEPAY_FEATURE_SEALER, 0);
	EXPECT_NL(ENOKEY, sealer_get(false, wrapped, &len));
	EXPECT_NL(ENOKEY, blob_commit(false));
}

static void made(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX], again[VOICEPAY_BLOB_MAX];
	struct genl_msg msg;
	size_t len = 0, len2 = 0;

	ASSERT_EQ(sealer_get(true, wrapped, &len), 0);
	save("wrapped", wrapped, len);
	ktap_diag("the wrapped key has %zu bytes", len);
	EXPECT_EQ(sealer_get(true, again, &len2), 0);
	EXPECT_EQ(len2, len);
	EXPECT_MEMEQ(wrapped, again, len);
	dev_get(&msg);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SEALER_STATE), VOICEPAY_SEALER_READY);
	EXPECT_TRUE(genl_u64(&msg, VOICEPAY_A_DEVICE_FEATURES) & VOICEPAY_FEATURE_SEALER);
	EXPECT_TRUE(genl_u64(&msg, VOICEPAY_A_DEVICE_FEATURES) & VOICEPAY_FEATURE_ROLLBACK);
	EXPECT_TRUE(genl_u64(&msg, VOICEPAY_A_DEVICE_ROLLBACK_COUNTER) > 0);
	/* one unwrapping a boot, even of the right key */
	EXPECT_NL(EALREADY, sealer_put(wrapped, len));
}

static void sealed(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	char digits[64];
	size_t len;
	int i;

	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 0);
	memcpy(known.device, gw.device, sizeof(known.device));
	memcpy(known.gateway, gw.s_pub, sizeof(known.gateway));
	EXPECT_NL(ENOENT, blob_get(FIRST, false, blob, &len));
	for (i = 0; i < SLOTS; i++) {
		EXPECT_EQ(nl_slot_new(&nl, FIRST + i), 0);
		EXPECT_NL(ENODATA, blob_get(FIRST + i, false, blob, &len));
		ASSERT_EQ(test_enrol(&nl, &gw, FIRST + i), 0);
		memcpy(known.code[i], gw.keys.code, VP_KEY_LEN);
		store("old", FIRST + i, false);
	}
	EXPECT_EQ(blob_commit(true), 0);
	for (i = 0; i < SLOTS; i++)
		EXPECT_EQ(code_get(FIRST + i, digits), 0);
	/* The counter must not make the only blobs bad. */
	EXPECT_NL(EBUSY, blob_commit(true));
}

static void final_blob(void)
{
	char digits[64];
	int i;

	for (i = 0; i < SLOTS; i++) {
		EXPECT_EQ(code_get(FIRST + i, digits), 0);
		known.ordinal[i] = ordinal_of(i, digits);
		EXPECT_TRUE(known.ordinal[i] > 0);
		store("blob", FIRST + i, true);
		EXPECT_NL(ESTALE, code_get(FIRST + i, digits));
	}
	EXPECT_EQ(blob_commit(true), 0);
	EXPECT_NL(ESTALE, code_get(FIRST, digits));
	save("known", &known, sizeof(known));
}

/* Attack: root reloads the module, or another one, to have the key unwrapped again. */
static void second_unseal(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX];
	size_t len = load("wrapped", wrapped, sizeof(wrapped)), none;

	genl_close(&nl);
	EXPECT_EQ(system("rmmod voicepay"), 0);
	load_module();
	EXPECT_NL(EKEYREVOKED, sealer_get(true, wrapped, &none));
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_CLOSED);
	genl_close(&nl);
	EXPECT_EQ(system("rmmod voicepay"), 0);
	load_module();
	EXPECT_NL(EKEYREJECTED, sealer_put(wrapped, len));
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_CLOSED);
	EXPECT_NL(EKEYREVOKED, sealer_put(wrapped, len));
}

static void first(void)
{
	ktap_plan(5);
	KTAP_TEST(waiting, "no sealing key before one is made");
	KTAP_TEST(made, "a sealing key is made, and once");
	KTAP_TEST(sealed, "slots are sealed");
	KTAP_TEST(final_blob, "no code after the last blob");
	KTAP_TEST(second_unseal, "no second unwrapping in a boot");
}

/* ---- the next boot, with the same TPM ---- */

static void unwrapped(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX];
	size_t len = load("wrapped", wrapped, sizeof(wrapped));
	struct genl_msg msg;

	dev_get(&msg);
	EXPECT_EQ(genl_attr(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, NULL), NULL);
	ASSERT_EQ(sealer_put(wrapped, len), 0);
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_READY);
	EXPECT_NL(EALREADY, sealer_put(wrapped, len));
}

static void refused(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX], bad[VOICEPAY_BLOB_MAX];
	size_t len = load(name_of("old", FIRST), blob, sizeof(blob)), n;
	struct genl_msg msg;

	EXPECT_NL(ESTALE, blob_put(FIRST, blob, len));

	len = load(name_of("blob", FIRST), blob, sizeof(blob));
	EXPECT_NL(EXDEV, blob_put(FIRST + 1, blob, len));
	EXPECT_NL(ERANGE, blob_put(1024, blob, len));
	for (n = 0; n < len; n += n < 8 ? 1 : 97)
		EXPECT_LT(blob_put(FIRST, blob, n), 0);
	for (n = 0; n < len; n += 13) {
		memcpy(bad, blob, len);
		bad[n] ^= 0x10;
		EXPECT_LT(blob_put(FIRST, bad, len), 0);
	}
	dev_get(&msg);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS), 0);
	EXPECT_EQ(genl_attr(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, NULL), NULL);
}

/* Attack: the clock is set ahead, or back, before the slot is restored. */
static void clock_turned(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	size_t len = load(name_of("blob", FIRST), blob, sizeof(blob));
	struct genl_msg msg;
	char digits[64];

	clock_step(8 * 86400);
	EXPECT_EQ(blob_put(FIRST, blob, len), 0);
	EXPECT_NL(ETIME, code_get(FIRST, digits));

	clock_step(-8 * 86400 - 7200);
	len = load(name_of("blob", FIRST + 1), blob, sizeof(blob));
	EXPECT_EQ(blob_put(FIRST + 1, blob, len), 0);
	EXPECT_NL(ETIME, code_get(FIRST + 1, digits));

	dev_get(&msg);
	EXPECT_EQ(genl_attr(&msg, VOICEPAY_A_DEVICE_NOW, NULL), NULL);
	clock_step(7200);
}

static void restored(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	__u32 slot = FIRST + 2;
	size_t len = load(name_of("blob", slot), blob, sizeof(blob));
	struct genl_msg msg;
	char digits[64];
	__u64 ordinal;

	ASSERT_EQ(blob_put(slot, blob, len), 0);
	EXPECT_NL(EEXIST, blob_put(slot, blob, len));
	dev_get(&msg);
	EXPECT_MEMEQ(genl_attr(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, NULL), known.device, 16);
	EXPECT_MEMEQ(genl_attr(&msg, VOICEPAY_A_DEVICE_GATEWAY_KEY, NULL), known.gateway, 32);

	/* No code that the blob on the disk does not cover. */
	EXPECT_NL(ESTALE, code_get(slot, digits));
	store("next", slot, false);
	EXPECT_NL(ESTALE, code_get(slot, digits));
	EXPECT_EQ(blob_commit(false), 0);
	ASSERT_EQ(code_get(slot, digits), 0);
	ordinal = ordinal_of(2, digits);
	ktap_diag("ordinal %llu before, %llu after", (unsigned long long)known.ordinal[2],
		  (unsigned long long)ordinal);
	EXPECT_GT(ordinal, known.ordinal[2]);
}

/* Attack: a copy of a blob brings back a slot that was deleted, or a wiped device. */
static void deleted(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	size_t len = load(name_of("blob", FIRST + 2), blob, sizeof(blob));
	struct genl_msg msg;
	__u64 before;

	EXPECT_EQ(nl_slot_del(&nl, FIRST + 2), 0);
	EXPECT_NL(ESTALE, blob_put(FIRST + 2, blob, len));
	dev_get(&msg);
	before = genl_u64(&msg, VOICEPAY_A_DEVICE_ROLLBACK_COUNTER);
	EXPECT_EQ(nl_wipe(&nl, known.device), 0);
	dev_get(&msg);
	EXPECT_GT(genl_u64(&msg, VOICEPAY_A_DEVICE_ROLLBACK_COUNTER), before);
	len = load(name_of("blob", FIRST), blob, sizeof(blob));
	EXPECT_NL(ESTALE, blob_put(FIRST, blob, len));
}

static void again(void)
{
	load("known", &known, sizeof(known));
	ktap_plan(5);
	KTAP_TEST(unwrapped, "the sealing key is unwrapped after a reboot");
	KTAP_TEST(refused, "old, foreign, torn and altered blobs are refused");
	KTAP_TEST(clock_turned, "a turned clock is not believed");
	KTAP_TEST(restored, "the slot is back, with a higher ordinal");
	KTAP_TEST(deleted, "what was deleted stays so");
}

/* ---- after the wipe, and with another TPM or none ---- */

static void wiped(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX], blob[VOICEPAY_BLOB_MAX];
	size_t len = load("wrapped", wrapped, sizeof(wrapped));

	EXPECT_EQ(sealer_put(wrapped, len), 0);
	len = load(name_of("blob", FIRST), blob, sizeof(blob));
	EXPECT_NL(ESTALE, blob_put(FIRST, blob, len));
	len = load(name_of("next", FIRST + 2), blob, sizeof(blob));
	EXPECT_NL(ESTALE, blob_put(FIRST + 2, blob, len));
}

static void other_tpm(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX], blob[VOICEPAY_BLOB_MAX];
	size_t len = load("wrapped", wrapped, sizeof(wrapped));

	EXPECT_NL(EKEYREJECTED, sealer_put(wrapped, len));
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_CLOSED);
	EXPECT_NL(EKEYREVOKED, sealer_get(true, wrapped, &len));
	len = load(name_of("blob", FIRST), blob, sizeof(blob));
	EXPECT_NL(ENOKEY, blob_put(FIRST, blob, len));
}

static void no_tpm(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX], blob[VOICEPAY_BLOB_MAX];
	struct genl_msg msg;
	size_t len;

	dev_get(&msg);
	EXPECT_STREQ((const char *)genl_attr(&msg, VOICEPAY_A_DEVICE_SEALER, NULL), "none");
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SEALER_STATE), VOICEPAY_SEALER_NONE);
	EXPECT_NL(ENODEV, sealer_get(true, wrapped, &len));
	EXPECT_NL(ENODEV, sealer_put((__u8 *)"VPK1", 4));
	test_gateway_init(&gw);
	test_fresh_device(&nl, &gw, 1);
	ASSERT_EQ(test_enrol(&nl, &gw, 0), 0);
	EXPECT_NL(ENOKEY, blob_get(0, false, blob, &len));
	EXPECT_NL(ENOKEY, blob_commit(false));
}

int main(int argc, char **argv)
{
	const char *boot = argc > 1 ? argv[1] : "";

	load_module();
	if (!strcmp(boot, "first")) {
		first();
	} else if (!strcmp(boot, "again")) {
		again();
	} else if (!strcmp(boot, "wiped")) {
		ktap_plan(1);
		KTAP_TEST(wiped, "no blob outlives a wipe");
	} else if (!strcmp(boot, "other")) {
		ktap_plan(1);
		KTAP_TEST(other_tpm, "another TPM does not unwrap the key");
	} else if (!strcmp(boot, "none")) {
		ktap_plan(1);
		KTAP_TEST(no_tpm, "without a TPM nothing is sealed, and that is said");
	} else {
		fprintf(stderr, "usage: sealing first|again|wiped|other|none\n");
		return 2;
	}
	return ktap_end();
}
