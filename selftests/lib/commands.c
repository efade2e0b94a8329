// SPDX-License-Identifier: GPL-2.0-or-later
/* Every request that the module knows. */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "commands.h"

static void slot_id(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
}

static void nothing(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot) { }

static void dev_set(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put(msg, VOICEPAY_A_DEVICE_DEVICE_ID, gw->device, sizeof(gw->device));
	genl_put(msg, VOICEPAY_A_DEVICE_GATEWAY_KEY, gw->s_pub, sizeof(gw->s_pub));
}

static void wipe(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put(msg, VOICEPAY_A_DEVICE_DEVICE_ID, gw->device, sizeof(gw->device));
}

static void slot_set(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	slot_id(msg, gw, slot);
	genl_put_u32(msg, VOICEPAY_A_SLOT_UID, 65534);
	genl_put_u32(msg, VOICEPAY_A_SLOT_UID_RIGHTS, VOICEPAY_RIGHTS_ALL);
	genl_put_u32(msg, VOICEPAY_A_SLOT_GID, 65534);
	genl_put_u32(msg, VOICEPAY_A_SLOT_GID_RIGHTS, VOICEPAY_RIGHTS_ALL);
}

static void enrol_begin(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_ENROL_SLOT, slot);
	genl_put(msg, VOICEPAY_A_ENROL_TICKET, gw->ticket, sizeof(gw->ticket));
}

static void enrol_finish(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_ENROL_SLOT, slot);
	genl_put(msg, VOICEPAY_A_ENROL_MESSAGE, &gw->grant, 200);
	genl_put(msg, VOICEPAY_A_ENROL_ACCEPT_TIME, NULL, 0);
}

static void code_get(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_CODE_SLOT, slot);
	genl_put(msg, VOICEPAY_A_CODE_NEW, NULL, 0);
}

static void blob_get(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_BLOB_SLOT, slot);
	genl_put(msg, VOICEPAY_A_BLOB_FINAL, NULL, 0);
}

static void blob_put(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_BLOB_SLOT, slot);
	genl_put(msg, VOICEPAY_A_BLOB_BLOB, &gw->grant, sizeof(gw->grant));
}

static void blob_commit(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put(msg, VOICEPAY_A_BLOB_RETIRE, NULL, 0);
}

static void sealer_get(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put(msg, VOICEPAY_A_SEALER_NEW, NULL, 0);
}

static void sealer_put(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put(msg, VOICEPAY_A_SEALER_WRAPPED_KEY, &gw->grant, sizeof(gw->grant));
}

static void otp_put(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_OTP_SLOT, slot);
	genl_put(msg, VOICEPAY_A_OTP_SECRET, "12345678901234567890", 20);
}

static void pool_put(struct genl_msg *msg, const struct test_gateway *gw, __u32 slot)
{
	genl_put_u32(msg, VOICEPAY_A_POOL_SLOT, slot);
	genl_put(msg, VOICEPAY_A_POOL_MESSAGE, &gw->grant, 64);
}

const struct nl_command nl_commands[VOICEPAY_CMD_MAX + 1] = {
	[VOICEPAY_CMD_DEV_GET] = { "dev-get", ANYBODYS, nothing },
	[VOICEPAY_CMD_DEV_SET] = { "dev-set", ADMINS, dev_set },
	[VOICEPAY_CMD_SLOT_GET] = { "slot-get", SLOT_SEE, slot_id },
	[VOICEPAY_CMD_SLOT_NEW] = { "slot-new", ADMINS, nothing },
	[VOICEPAY_CMD_SLOT_DEL] = { "slot-del", ADMINS, slot_id },
	[VOICEPAY_CMD_ENROL_BEGIN] = { "enrol-begin", ADMINS, enrol_begin },
	[VOICEPAY_CMD_ENROL_FINISH] = { "enrol-finish", ADMINS, enrol_finish },
	[VOICEPAY_CMD_CODE_GET] = { "code-get", SLOT_CODE, code_get },
	[VOICEPAY_CMD_WIPE] = { "wipe", ADMINS, wipe },
	[VOICEPAY_CMD_SLOT_SET] = { "slot-set", ADMINS, slot_set },
	[VOICEPAY_CMD_SLOT_LOCK] = { "slot-lock", SLOT_MANAGE, slot_id },
	[VOICEPAY_CMD_SLOT_UNLOCK] = { "slot-unlock", SLOT_MANAGE, slot_id },
	[VOICEPAY_CMD_EVENT] = { "event", NOT_A_REQUEST, nothing },
	[VOICEPAY_CMD_BLOB_GET] = { "blob-get", ADMINS, blob_get },
	[VOICEPAY_CMD_BLOB_PUT] = { "blob-put", ADMINS, blob_put },
	[VOICEPAY_CMD_BLOB_COMMIT] = { "blob-commit", ADMINS, blob_commit },
	[VOICEPAY_CMD_SEALER_GET] = { "sealer-get", ADMINS, sealer_get },
	[VOICEPAY_CMD_SEALER_PUT] = { "sealer-put", ADMINS, sealer_put },
	[VOICEPAY_CMD_OTP_PUT] = { "otp-put", ADMINS, otp_put },
	[VOICEPAY_CMD_POOL_PUT] = { "pool-put", ADMINS, pool_put },
};

void nl_command_begin(const struct genl *g, struct genl_msg *msg, __u8 cmd,
		      const struct test_gateway *gw, __u32 slot)
{
	genl_begin(g, msg, cmd);
	nl_commands[cmd].fill(msg, gw, slot);
}

static void no_field(union any_request *req, __u32 slot) { }
static void of_slot(union any_request *req, __u32 slot) { req->head.slot = slot; }

static void new_code(union any_request *req, __u32 slot)
{
	req->code.slot = slot;
	req->code.flags = VOICEPAY_CODE_NEW;
}

static void no_socket(union any_request *req, __u32 slot) { req->seal.sock_fd = -1; }
static void no_memory(union any_request *req, __u32 slot) { req->donation.memfd = -1; }

static void voice_order(union any_request *req, __u32 slot)
{
	req->authorise.slot = slot;
	req->authorise.purpose = 1;
	req->authorise.amount = 50000;
	memcpy(req->authorise.currency, "CNY", 3);
	strcpy((char *)req->authorise.order, "order-1");
	strcpy((char *)req->authorise.payee, "mother");
}

#define FIRST(type, last) (offsetof(struct type, last) + sizeof(((struct type *)0)->last))
#define COMMAND(_cmd, _whose, _type, _last, _stranger, _fill) { #_cmd, _cmd, _whose, sizeof(struct _type), \
	FIRST(_type, _last), _stranger, _fill }

const struct ioc_command ioc_commands[] = {
	COMMAND(VOICEPAY_IOC_INFO, ANYBODYS, voicepay_info, slots, 0, no_field),
	COMMAND(VOICEPAY_IOC_STATUS, SLOT_SEE, voicepay_status, reserved, EACCES, of_slot),
	COMMAND(VOICEPAY_IOC_CODE, SLOT_CODE, voicepay_code, reserved, EACCES, new_code),
	COMMAND(VOICEPAY_IOC_SEAL, ANYBODYS, voicepay_seal, channel_fd, EBADF, no_socket),
	COMMAND(VOICEPAY_IOC_VAULT, ADMINS, voicepay_donation, pages, EPERM, no_memory),
	COMMAND(VOICEPAY_IOC_AUTHORISE, SLOT_AUTHORISE, voicepay_authorise, mac, EACCES, voice_order),
	COMMAND(VOICEPAY_IOC_OTP, SLOT_CODE, voicepay_otp, counter, EACCES, of_slot),
	COMMAND(VOICEPAY_IOC_TICKET, ANYBODYS, voicepay_ticket, reserved, ENOENT, no_field),
};

const unsigned int n_ioc_commands = sizeof(ioc_commands) / sizeof(ioc_commands[0]);

void ioc_command_begin(union any_request *req, const struct ioc_command *c, __u32 slot)
{
	memset(req, 0, sizeof(*req));
	req->head.size = c->size;
	c->fill(req, slot);
}
