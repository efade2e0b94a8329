// SPDX-License-Identifier: GPL-2.0-or-later
/* Enrolment as a test sees it. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/rand.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

void test_gateway_init(struct test_gateway *gw)
{
	struct vp_agree_grant *g = &gw->grant;
	unsigned int i;

	memset(gw, 0, sizeof(*gw));
	if (vp_prim_keypair(gw->s, gw->s_pub) ||
	    RAND_bytes(gw->device, sizeof(gw->device)) != 1 ||
	    RAND_bytes(gw->ticket, sizeof(gw->ticket)) != 1)
		abort();

	memcpy(g->prefix, "71", 2);
	g->time_ms = (__u64)time(NULL) * 1000;
	g->not_before = g->time_ms / 1000;
	g->rotate_after = g->not_before + 7 * 86400;
	g->not_after = g->not_before + 35 * 86400;
	g->n_aliases = 8;
	for (i = 0; i < g->n_aliases; i++) {
		char digits[16];

		snprintf(digits, sizeof(digits), "55500%05u", i);
		memcpy(g->alias[i], digits, VP_ALIAS_DIGITS);
	}
}

int test_gateway_answer(struct test_gateway *gw, const void *msg1, size_t len, __u8 *msg2)
{
	__u8 payload[512], psk[VP_KEY_LEN];
	struct vp_noise hs;
	int err, n;

	if (len != VP_MSG1_LEN)
		return -EPROTO;
	err = vp_noise_init_responder(&hs, 1, VP_AGREE_PROLOGUE, VP_AGREE_PROLOGUE_LEN,
				      gw->s, gw->s_pub);
	if (!err)
		err = vp_noise_read_msg1(&hs, msg1, len, payload);
	if (!err)
		err = vp_agree_decode_request(&gw->request, payload, VP_REQUEST_LEN);
	if (!err && gw->request.kind == VP_AGREE_ROTATE)
		memcpy(psk, gw->keys.psk, sizeof(psk));
	else if (!err)
		err = vp_agree_ticket_psk(psk, gw->ticket);
	if (err)
		return err;
	n = vp_agree_encode_grant(payload, &gw->grant);
	if (n < 0)
		return n;
	err = vp_noise_write_msg2(&hs, psk, msg2, payload, n);
	if (!err)
		err = vp_agree_root_keys(&gw->keys, &hs);
	return err ? err : n + (int)VP_NOISE_MSG2_OVERHEAD;
}

int nl_dev_set(struct genl *g, const struct test_gateway *gw)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_DEV_SET);
	genl_put(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, gw->device, sizeof(gw->device));
	genl_put(&msg, VOICEPAY_A_DEVICE_GATEWAY_KEY, gw->s_pub, sizeof(gw->s_pub));
	return genl_call(g, &msg);
}

static int slot_call(struct genl *g, __u8 cmd, __u32 slot)
{
	struct genl_msg msg;

	genl_begin(g, &msg, cmd);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, slot);
	return genl_call(g, &msg);
}

int nl_slot_new(struct genl *g, __u32 slot)
{
	return slot_call(g, VOICEPAY_CMD_SLOT_NEW, slot);
}

int nl_slot_del(struct genl *g, __u32 slot)
{
	return slot_call(g, VOICEPAY_CMD_SLOT_DEL, slot);
}

int nl_wipe(struct genl *g, const __u8 *device)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_WIPE);
	if (device)
		genl_put(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, device, VP_DEVICE_ID_LEN);
	return genl_call(g, &msg);
}

int nl_enrol_begin(struct genl *g, __u32 slot, const __u8 *ticket, struct genl_msg *answer)
{
	genl_begin(g, answer, VOICEPAY_CMD_ENROL_BEGIN);
	genl_put_u32(answer, VOICEPAY_A_ENROL_SLOT, slot);
	if (ticket)
		genl_put(answer, VOICEPAY_A_ENROL_TICKET, ticket, VP_TICKET_LEN);
	return genl_call(g, answer);
}

int nl_enrol_finish(struct genl *g, __u32 slot, const void *msg2, size_t len)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_ENROL_FINISH);
	genl_put_u32(&msg, VOICEPAY_A_ENROL_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_ENROL_MESSAGE, msg2, len);
	genl_put(&msg, VOICEPAY_A_ENROL_ACCEPT_TIME, NULL, 0);
	return genl_call(g, &msg);
}

int nl_slot_set(struct genl *g, __u32 slot, __u16 attr, __u32 value)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_SLOT_SET);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, slot);
	genl_put_u32(&msg, attr, value);
	return genl_call(g, &msg);
}

int nl_slot_rights(struct genl *g, __u32 slot, __u32 uid, __u32 uid_rights, __u32 gid, __u32 gid_rights)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_SLOT_SET);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, slot);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_UID, uid);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_UID_RIGHTS, uid_rights);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_GID, gid);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_GID_RIGHTS, gid_rights);
	return genl_call(g, &msg);
}

int nl_slot_lock(struct genl *g, __u32 slot)
{
	return slot_call(g, VOICEPAY_CMD_SLOT_LOCK, slot);
}

int nl_slot_unlock(struct genl *g, __u32 slot)
{
	return slot_call(g, VOICEPAY_CMD_SLOT_UNLOCK, slot);
}

static int agree(struct genl *g, struct test_gateway *gw, __u32 slot, const __u8 *ticket)
{
	struct genl_msg answer;
	__u8 msg2[VP_MSG2_MAX];
	const void *msg1;
	size_t len = 0;
	int n;

	gw->grant.epoch++;
	n = nl_enrol_begin(g, slot, ticket, &answer);
	if (n)
		return n;
	msg1 = genl_attr(&answer, VOICEPAY_A_ENROL_MESSAGE, &len);
	n = test_gateway_answer(gw, msg1, len, msg2);
	return n < 0 ? n : nl_enrol_finish(g, slot, msg2, n);
}

int test_enrol(struct genl *g, struct test_gateway *gw, __u32 slot)
{
	return agree(g, gw, slot, gw->ticket);
}

int test_rotate(struct genl *g, struct test_gateway *gw, __u32 slot)
{
	return agree(g, gw, slot, NULL);
}

int nl_slot_set_u64(struct genl *g, __u32 slot, __u16 attr, __u64 value)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_SLOT_SET);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, slot);
	genl_put(&msg, attr, &value, sizeof(value));
	return genl_call(g, &msg);
}

int nl_pool_put(struct genl *g, __u32 slot, const __u8 message[VP_POOL_LEN])
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_POOL_PUT);
	genl_put_u32(&msg, VOICEPAY_A_POOL_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_POOL_MESSAGE, message, VP_POOL_LEN);
	return genl_call(g, &msg);
}

int nl_otp_put(struct genl *g, __u32 slot, const void *secret, size_t len, __u32 algorithm,
	       __u32 digits, __u32 period, __u64 counter)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_OTP_PUT);
	genl_put_u32(&msg, VOICEPAY_A_OTP_SLOT, slot);
	genl_put(&msg, VOICEPAY_A_OTP_SECRET, secret, len);
	genl_put_u32(&msg, VOICEPAY_A_OTP_ALGORITHM, algorithm);
	genl_put_u32(&msg, VOICEPAY_A_OTP_DIGITS, digits);
	genl_put_u32(&msg, VOICEPAY_A_OTP_PERIOD, period);
	if (!period)
		genl_put(&msg, VOICEPAY_A_OTP_COUNTER, &counter, sizeof(counter));
	return genl_call(g, &msg);
}

void test_fresh_device(struct genl *g, const struct test_gateway *gw, __u32 slots)
{
	const __u8 *device;
	struct genl_msg msg;
	__u32 i;

	genl_begin(g, &msg, VOICEPAY_CMD_DEV_GET);
	if (genl_call(g, &msg))
		abort();
	device = genl_attr(&msg, VOICEPAY_A_DEVICE_DEVICE_ID, NULL);
	if (nl_wipe(g, device) || nl_dev_set(g, gw))
		abort();
	for (i = 0; i < slots; i++)
		if (nl_slot_new(g, i))
			abort();
}

int test_device_ready(struct genl *g, struct test_gateway *gw, __u32 slots)
{
	int dev = open(VOICEPAY_DEVICE, O_RDWR | O_CLOEXEC);

	if (dev < 0)
		ktap_bail("no " VOICEPAY_DEVICE "; is the module loaded?");
	if (genl_open(g))
		ktap_bail("no netlink family voicepay");
	test_gateway_init(gw);
	test_fresh_device(g, gw, slots);
	return dev;
}

/* Is @code the one of @step? */
static int is_code(const struct test_gateway *gw, const struct paycode *code, __u64 step,
		   const __u8 *bind, size_t bind_len)
{
	__u8 input[PAYCODE_INPUT_MAX], mac[VP_HASH512_LEN];
	struct vp_piece piece = { input, paycode_mac_input(input, code, step, bind, bind_len) };
	int err;

	if (code->mode == PAYCODE_PLAIN_512)
		err = vp_prim_hmac512(mac, gw->keys.code512, VP_KEY512_LEN, &piece, 1);
	else
		err = vp_prim_hmac(mac, gw->keys.code, VP_KEY_LEN, &piece, 1);
	return !err && paycode_truncate(mac) == code->mac;
}

__u64 test_gateway_step_bound(const struct test_gateway *gw, const char *digits, __u64 now,
			      const struct paycode_terms *terms)
{
	__u64 middle = now / PAYCODE_STEP_SECONDS, step;
	__u8 bind[PAYCODE_BIND_MAX];
	struct paycode code;

	if (paycode_parse(&code, digits, strlen(digits)))
		return 0;
	if (terms && paycode_bind(bind, terms, code.mode))
		return 0;
	for (step = middle - 2; step <= middle + 2; step++)
		if (is_code(gw, &code, step, bind, terms ? sizeof(bind) : 0))
			return step;
	return 0;
}

__u64 test_gateway_step_of(const struct test_gateway *gw, const char *digits, __u64 now)
{
	return test_gateway_step_bound(gw, digits, now, NULL);
}

int test_gateway_pool_index(const struct test_gateway *gw, const char *digits, __u64 serial)
{
	struct paycode code;
	int i;

	if (paycode_parse(&code, digits, strlen(digits)) || code.mode != PAYCODE_POOL)
		return -1;
	for (i = 0; i < VP_POOL_CODES_MAX; i++)
		if (code.q == paycode_pool_q(i) &&
		    is_code(gw, &code, paycode_pool_step(serial, i), NULL, 0))
			return i;
	return -1;
}
