// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer's way into what the device's programs read: what people import, and
 * what the module answers. FUZZ_TARGET in the environment says which. Beside not
 * falling over, each parser has something to keep to, which is checked.
 */

#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Their functions for answers are nobody else's. */
#include "../../common/manage.c"
#define take_slot take_slot_of_dump
#include "../../common/manage_seal.c"
#undef take_slot

#include "../otpauth.h"
#include "../pskcfile.h"

#define MUST(x) do { if (!(x)) { fprintf(stderr, "not so: %s\n", #x); abort(); } } while (0)

/* Whatever was taken can be put into the module; of what was refused nothing is left. */
static void check_key(int ret, const struct otp_key *key, const char *why)
{
	static const struct otp_key none;

	if (ret) {
		MUST(why && *why);
		MUST(!memcmp(key, &none, sizeof(none)));
		return;
	}
	MUST(key->secret_len >= 1 && key->secret_len <= OTP_SECRET_MAX);
	MUST(key->algorithm >= OTP_SHA1 && key->algorithm <= OTP_SHA512);
	MUST(key->digits >= 6 && key->digits <= 8);
	MUST(!key->period || !key->counter);
	MUST(memchr(key->name, 0, sizeof(key->name)));
	for (const char *p = key->name; *p; p++)
		MUST((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void otpauth(const char *text, size_t len)
{
	const char *why = NULL;
	struct otp_key key;

	memset(&key, 0xa5, sizeof(key));
	check_key(otpauth_parse(&key, text, len, &why), &key, why);
}

/* The first byte says whether a key is named. */
static void pskc(const char *text, size_t len)
{
	const char *why = NULL;
	struct otp_key key;

	if (!len)
		return;
	memset(&key, 0xa5, sizeof(key));
	check_key(pskc_import(&key, text + 1, len - 1, *text & 1 ? "k" : NULL, &why), &key, why);
}

static void count_slot(uint32_t slot, uint64_t epoch, void *arg)
{
	++*(unsigned int *)arg;
}

/* The first byte says to which request it is the answer; the rest are its attributes. */
static void netlink(const char *data, size_t len)
{
	uint8_t bytes[VOICEPAY_MESSAGE_MAX];
	struct manage_bytes blob = { .len = 0 };
	struct manage_device device;
	struct manage_slot policy;
	size_t bytes_len = 0;
	unsigned int slots = 0;
	int64_t slot = -1;
	struct message to = { bytes, &bytes_len };
	struct walk walk = { count_slot, &slots };
	const struct manage_call calls[] = {
		{ .take = take_device, .max = VOICEPAY_A_DEVICE_MAX, .out = &device },
		{ .take = take_slot, .max = VOICEPAY_A_SLOT_MAX, .out = &slot },
		{ .take = take_policy, .max = VOICEPAY_A_SLOT_MAX, .out = &policy },
		{ .take = take_message, .max = VOICEPAY_A_ENROL_MAX, .out = &to },
		{ .take = take_wrapped, .max = VOICEPAY_A_SEALER_MAX, .out = &blob },
		{ .take = take_blob, .max = VOICEPAY_A_BLOB_MAX, .out = &blob },
		{ .take = take_slot_of_dump, .max = VOICEPAY_A_SLOT_MAX, .out = &walk, .many = true },
	};
	struct manage_call call;
	struct genlmsghdr head = { .cmd = 1, .version = 1 };
	struct manage m = { .sock = NULL };
	struct nlmsghdr *nlh;
	struct nl_msg *msg;

	if (!len || len > 4096)
		return;
	call = calls[(unsigned char)*data % (sizeof(calls) / sizeof(calls[0]))];
	call.m = &m;
	/* As long as it says, and in memory of its own, so that a byte too far is seen. */
	nlh = calloc(1, NLMSG_HDRLEN + GENL_HDRLEN + len - 1);
	nlh->nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN + len - 1;
	memcpy((char *)nlh + NLMSG_HDRLEN, &head, sizeof(head));
	memcpy((char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN, data + 1, len - 1);
	msg = nlmsg_convert(nlh);
	free(nlh);
	if (!msg)
		return;
	manage_take(&call, msg);
	nlmsg_free(msg);
	MUST(!call.err || call.err == -EBADMSG);
	MUST(bytes_len <= sizeof(bytes) && blob.len <= sizeof(blob.data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *target = getenv("FUZZ_TARGET");

	MUST(target);
	if (!strcmp(target, "otpauth"))
		otpauth((const char *)data, size);
	else if (!strcmp(target, "pskc"))
		pskc((const char *)data, size);
	else if (!strcmp(target, "netlink"))
		netlink((const char *)data, size);
	else
		MUST(!"a target that there is");
	return 0;
}
