// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sealed storage across reboots, one boot a run: sealing BOOT.
 * What one boot leaves for the next lies in /results; selftests/sealing boots.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"
#include "sealed.h"

#define EXPECT_NL(err, call) EXPECT_EQ(call, -(err))
#define SLOTS	3		/* 3, 4 and 5: to be restored at three times of day */
#define FIRST	3
#define GUARDED	6		/* with an owner, a button and a lock */
#define ABOVE	0x100000007ULL	/* orders up to this amount need no press there */
#define POOLED	7		/* with a pool */
#define AUTHENTICATOR 8

#define nl sealed_nl
static struct test_gateway gw;

/* What the gateway of the first boot knows. */
static struct {
	__u8 device[VP_DEVICE_ID_LEN], gateway[VP_KEY_LEN];
	__u8 code[SLOTS][VP_KEY_LEN];
	__u64 ordinal[SLOTS];
	struct vp_root_keys pooled;
} known;

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

/* Who may use a slot, and how. */
static const struct { __u16 attr; __u32 value; } rules[] = {
	{ VOICEPAY_A_SLOT_UID, 1000 },
	{ VOICEPAY_A_SLOT_GID, 100 },
	{ VOICEPAY_A_SLOT_UID_RIGHTS, VOICEPAY_RIGHT_SEE | VOICEPAY_RIGHT_CODE },
	{ VOICEPAY_A_SLOT_GID_RIGHTS, VOICEPAY_RIGHT_SEE },
	{ VOICEPAY_A_SLOT_CALLER_PER_HOUR, 7 },
	{ VOICEPAY_A_SLOT_PRESENCE_SECONDS, 45 },
	{ VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_ALWAYS },
};

static void guarded(void)
{
	size_t i;

	EXPECT_EQ(nl_slot_new(&nl, GUARDED), 0);
	ASSERT_EQ(test_enrol(&nl, &gw, GUARDED), 0);
	EXPECT_EQ(nl_slot_set_u64(&nl, GUARDED, VOICEPAY_A_SLOT_PRESENCE_ABOVE, ABOVE), 0);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		EXPECT_EQ(nl_slot_set(&nl, GUARDED, rules[i].attr, rules[i].value), 0);
	EXPECT_EQ(nl_slot_lock(&nl, GUARDED), 0);
	store("blob", GUARDED, true);
}

/* Which code of the pool comes next, or a negative errno. */
static int pool_index(void)
{
	struct test_gateway keys = { .keys = known.pooled };
	struct genl_msg msg;
	int err;

	genl_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, POOLED);
	genl_put_u32(&msg, VOICEPAY_A_CODE_MODE, VOICEPAY_MODE_POOL);
	genl_put(&msg, VOICEPAY_A_CODE_NEW, NULL, 0);
	err = genl_call(&nl, &msg);
	return err ? err : test_gateway_pool_index(&keys, genl_attr(&msg, VOICEPAY_A_CODE_DIGITS, NULL), 7);
}

/* A password by counter, of RFC 4226's secret. */
static int password(char digits[16])
{
	struct voicepay_otp otp = { .size = sizeof(otp), .slot = AUTHENTICATOR };
	int dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);
	int err = ioctl(dev, VOICEPAY_IOC_OTP, &otp) ? -errno : 0;

	memcpy(digits, otp.digits, sizeof(otp.digits));
	close(dev);
	return err;
}

static void pool_and_authenticator(void)
{
	struct vp_pool pool = { .count = 15, .slot = POOLED, .serial = 7, .not_after = time(NULL) + 86400 };
	__u8 message[VP_POOL_LEN];
	char digits[16];

	EXPECT_EQ(nl_slot_new(&nl, POOLED), 0);
	gw.grant.modes = PAYCODE_MODES_DEVICE;
	ASSERT_EQ(test_enrol(&nl, &gw, POOLED), 0);
	gw.grant.modes = 0;
	known.pooled = gw.keys;
	pool.epoch = gw.grant.epoch;
	ASSERT_EQ(vp_pool_encode(message, &pool, gw.device, gw.keys.auth), 0);
	save("pool", message, sizeof(message));
	ASSERT_EQ(nl_pool_put(&nl, POOLED, message), 0);
	EXPECT_EQ(pool_index(), 0);
	EXPECT_EQ(pool_index(), 1);
	store("blob", POOLED, true);
	EXPECT_NL(ESTALE, pool_index());

	EXPECT_EQ(nl_slot_new(&nl, AUTHENTICATOR), 0);
	ASSERT_EQ(nl_otp_put(&nl, AUTHENTICATOR, "12345678901234567890", 20, VOICEPAY_OTP_SHA1, 6, 0, 0), 0);
	EXPECT_EQ(password(digits), 0);
	EXPECT_STREQ(digits, "755224");
	store("blob", AUTHENTICATOR, true);
	EXPECT_NL(ESTALE, password(digits));
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

	unload_module();
	load_module("");
	EXPECT_NL(EKEYREVOKED, sealer_get(true, wrapped, &none));
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_CLOSED);
	unload_module();
	load_module("");
	EXPECT_NL(EKEYREJECTED, sealer_put(wrapped, len));
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_CLOSED);
	EXPECT_NL(EKEYREVOKED, sealer_put(wrapped, len));
}

static void first(void)
{
	ktap_plan(7);
	KTAP_TEST(waiting, "no sealing key before one is made");
	KTAP_TEST(made, "a sealing key is made, and once");
	KTAP_TEST(sealed, "slots are sealed");
	KTAP_TEST(guarded, "a slot with an owner, a button and a lock is sealed");
	KTAP_TEST(pool_and_authenticator, "so are a pool and an authenticator");
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

/* Attack: a reboot, to be rid of the owner, the button and the lock. */
static void still_guarded(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX];
	size_t len = load(name_of("blob", GUARDED), blob, sizeof(blob)), i;
	struct genl_msg msg;
	char digits[64];

	ASSERT_EQ(blob_put(GUARDED, blob, len), 0);
	genl_begin(&nl, &msg, VOICEPAY_CMD_SLOT_GET);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, GUARDED);
	ASSERT_EQ(genl_call(&nl, &msg), 0);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		EXPECT_EQ(genl_u32(&msg, rules[i].attr), rules[i].value);
	EXPECT_EQ(genl_u64(&msg, VOICEPAY_A_SLOT_PRESENCE_ABOVE), ABOVE);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_SLOT_LOCKED), VOICEPAY_LOCKED_BY_ADMIN);
	EXPECT_NL(EKEYREVOKED, code_get(GUARDED, digits));
	EXPECT_EQ(nl_slot_unlock(&nl, GUARDED), 0);
	EXPECT_NL(EINPROGRESS, code_get(GUARDED, digits));
	/* To ask less of a person wants a person. */
	EXPECT_NL(EINPROGRESS, nl_slot_set(&nl, GUARDED, VOICEPAY_A_SLOT_PRESENCE,
					   VOICEPAY_PRESENCE_NEVER));
}

/* Neither the pool's codes nor the authenticator's counters come again. */
static void spent_elsewhere(void)
{
	__u8 blob[VOICEPAY_BLOB_MAX], message[VP_POOL_LEN];
	char digits[16];
	size_t len;

	len = load(name_of("blob", POOLED), blob, sizeof(blob));
	ASSERT_EQ(blob_put(POOLED, blob, len), 0);
	len = load(name_of("blob", AUTHENTICATOR), blob, sizeof(blob));
	ASSERT_EQ(blob_put(AUTHENTICATOR, blob, len), 0);
	EXPECT_NL(ESTALE, pool_index());
	EXPECT_NL(ESTALE, password(digits));
	/* Attack: the pool's message once more. */
	load("pool", message, sizeof(message));
	EXPECT_NL(ESTALE, nl_pool_put(&nl, POOLED, message));
	store("next", POOLED, false);
	store("next", AUTHENTICATOR, false);
	EXPECT_EQ(blob_commit(false), 0);
	EXPECT_EQ(pool_index(), 2);
	EXPECT_EQ(password(digits), 0);
	EXPECT_STREQ(digits, "287082");
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
	ktap_plan(7);
	KTAP_TEST(unwrapped, "the sealing key is unwrapped after a reboot");
	KTAP_TEST(refused, "old, foreign, torn and altered blobs are refused");
	KTAP_TEST(clock_turned, "a turned clock is not believed");
	KTAP_TEST(restored, "the slot is back, with a higher ordinal");
	KTAP_TEST(still_guarded, "so are owner, rights, budget, button and lock");
	KTAP_TEST(spent_elsewhere, "a pool goes on where it was, and so does a counter");
	KTAP_TEST(deleted, "what was deleted stays so");
}

/* ---- boots of attackers ---- */

/* Attack: the module is loaded so that restored keys can be read. */
static void weaker(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX], blob[VOICEPAY_BLOB_MAX];
	size_t len = load("wrapped", wrapped, sizeof(wrapped));
	struct genl_msg msg;

	ASSERT_EQ(system("voicepay events --json -n 2 >/tmp/events & sleep 5"), 0);
	ASSERT_EQ(sealer_put(wrapped, len), 0);
	len = load(name_of("blob", FIRST), blob, sizeof(blob));
	EXPECT_NL(EKEYREJECTED, blob_put(FIRST, blob, len));
	dev_get(&msg);
	EXPECT_EQ(genl_u32(&msg, VOICEPAY_A_DEVICE_SLOTS), 0);
	EXPECT_EQ(system("for i in $(seq 50); do [ $(wc -l </tmp/events) = 2 ] && break; sleep 0.2; done;"
			 "sed -n 1p /tmp/events | grep '\"kind\":\"sealer\"' | grep -v error >/dev/null &&"
			 "sed -n 2p /tmp/events | grep '\"kind\":\"restore\"' | grep '\"slot\":3' |"
			 "grep -q '\"error\":\"EKEYREJECTED\"'"), 0);
}

/* Now that the gate is shut, root makes keys that he knows, for the boots to come. */
static void plants(void)
{
	EXPECT_EQ(system("/usr/libexec/voicepay/tests/plant.sh /results"), 0);
}

static const char *plant;

/* Attack: a wrapped key whose content root knows. */
static void planted(void)
{
	__u8 wrapped[VOICEPAY_BLOB_MAX];
	size_t len = load(plant, wrapped, sizeof(wrapped));
	struct genl_msg msg;

	ASSERT_TRUE(len > 0);
	EXPECT_NL(EKEYREJECTED, sealer_put(wrapped, len));
	EXPECT_EQ(sealer_state(), VOICEPAY_SEALER_CLOSED);
	dev_get(&msg);
	EXPECT_EQ(genl_u64(&msg, VOICEPAY_A_DEVICE_FEATURES) & VOICEPAY_FEATURE_SEALER, 0);
	/* And the right key is not to be had any more either. */
	len = load("wrapped", wrapped, sizeof(wrapped));
	EXPECT_NL(EKEYREVOKED, sealer_put(wrapped, len));
	EXPECT_TRUE(system("/usr/libexec/voicepay/tests/unwrap.sh /results/wrapped >/dev/null 2>&1") != 0);
}

/* The limit that remains: this kernel without voicepay, and the gate is open. */
static void open_gate(void)
{
	EXPECT_EQ(system("/usr/libexec/voicepay/tests/unwrap.sh /results/wrapped"), 0);
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

static void attackers(const char *boot)
{
	if (!strcmp(boot, "weaker")) {
		load_module("reserved=0x7000000,0x100000");
		ktap_plan(2);
		KTAP_TEST(weaker, "no slot under a weaker policy, and that is told");
		KTAP_TEST(plants, "root makes keys of his own");
	} else if (strcmp(boot, "open")) {
		plant = boot;
		load_module("");
		ktap_plan(1);
		KTAP_TEST(planted, "a planted key is refused");
	} else {
		ktap_plan(1);
		KTAP_TEST(open_gate, "without voicepay root unwraps the key: the test of the attack");
	}
}

int main(int argc, char **argv)
{
	const char *boot = argc > 1 ? argv[1] : "";

	if (!strcmp(boot, "first")) {
		load_module(SEALED_STRICT);
		first();
	} else if (!strcmp(boot, "again")) {
		load_module(SEALED_STRICT);
		again();
	} else if (!strcmp(boot, "wiped")) {
		load_module(SEALED_STRICT);
		ktap_plan(1);
		KTAP_TEST(wiped, "no blob outlives a wipe");
	} else if (!strcmp(boot, "other")) {
		load_module("");
		ktap_plan(1);
		KTAP_TEST(other_tpm, "another TPM does not unwrap the key");
	} else if (!strcmp(boot, "none")) {
		load_module("");
		ktap_plan(1);
		KTAP_TEST(no_tpm, "without a TPM nothing is sealed, and that is said");
	} else if (!strcmp(boot, "weaker") || !strcmp(boot, "open") || !strncmp(boot, "planted-", 8)) {
		attackers(boot);
	} else {
		fprintf(stderr, "usage: sealing first|weaker|planted-N|open|again|wiped|other|none\n");
		return 2;
	}
	return ktap_end();
}
