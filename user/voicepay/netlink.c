// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "command.h"
#include "netlink.h"

/* One request and what becomes of it. */
struct call {
	struct manage *m;
	int (*take)(struct nlattr **attrs, void *out);
	int max;
	void *out;
	int err;
	bool done;
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[32] = { 0 };
	struct call *call = arg;

	if (!call->take)
		return NL_OK;
	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, call->max, NULL) < 0 ||
	    call->take(attrs, call->out))
		call->err = -EBADMSG;
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	((struct call *)arg)->done = true;
	return NL_STOP;
}

/* libnl's own error numbers lose the kernel's; the sentence it would drop, too. */
static int on_error(struct sockaddr_nl *nla, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	struct nlattr *tlvs[NLMSGERR_ATTR_MAX + 1] = { 0 };
	struct call *call = arg;
	size_t head = sizeof(*e);

	call->err = e->error;
	call->done = true;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		head += e->msg.nlmsg_len - NLMSG_HDRLEN;
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS &&
	    !nlmsg_parse(nlh, head, tlvs, NLMSGERR_ATTR_MAX, NULL) && tlvs[NLMSGERR_ATTR_MSG])
		snprintf(call->m->why, sizeof(call->m->why), "%.*s",
			 nla_len(tlvs[NLMSGERR_ATTR_MSG]),
			 (const char *)nla_data(tlvs[NLMSGERR_ATTR_MSG]));
	return NL_STOP;
}

int manage_open(struct manage *m)
{
	int on = 1, fd;

	memset(m, 0, sizeof(*m));
	m->sock = nl_socket_alloc();
	if (!m->sock)
		return -ENOMEM;
	if (genl_connect(m->sock)) {
		manage_close(m);
		return -EPROTONOSUPPORT;
	}
	fd = nl_socket_get_fd(m->sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	m->family = genl_ctrl_resolve(m->sock, VOICEPAY_FAMILY_NAME);
	if (m->family < 0) {
		manage_close(m);
		return -ENOENT;
	}
	return 0;
}

void manage_close(struct manage *m)
{
	nl_socket_free(m->sock);
	m->sock = NULL;
}

static struct nl_msg *begin(struct manage *m, int command)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, m->family, 0, NLM_F_ACK, command,
				VOICEPAY_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

/* Sends @msg, frees it and waits for the end of the answer. */
static int finish(struct call *call, struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret;

	call->m->why[0] = 0;
	if (!cb || !msg) {
		nlmsg_free(msg);
		nl_cb_put(cb);
		return -ENOMEM;
	}
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, call);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, call);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, call);
	ret = nl_send_auto(call->m->sock, msg);
	while (ret >= 0 && !call->done)
		ret = nl_recvmsgs(call->m->sock, cb);
	if (!call->done && !call->err)
		call->err = -EIO;
	/* A ticket may have been in it. */
	explicit_bzero(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
	nl_cb_put(cb);
	return call->err;
}

static int take_device(struct nlattr **a, void *out)
{
	struct manage_device *d = out;
	const struct nlattr *id = a[VOICEPAY_A_DEVICE_DEVICE_ID];
	const struct nlattr *key = a[VOICEPAY_A_DEVICE_GATEWAY_KEY];

	memset(d, 0, sizeof(*d));
	if (a[VOICEPAY_A_DEVICE_VERSION])
		nla_strlcpy(d->version, a[VOICEPAY_A_DEVICE_VERSION], sizeof(d->version));
	if (a[VOICEPAY_A_DEVICE_MAX_SLOTS])
		d->max_slots = nla_get_u32(a[VOICEPAY_A_DEVICE_MAX_SLOTS]);
	if (a[VOICEPAY_A_DEVICE_SLOTS])
		d->slots = nla_get_u32(a[VOICEPAY_A_DEVICE_SLOTS]);
	if (a[VOICEPAY_A_DEVICE_NOW])
		d->now = nla_get_u64((struct nlattr *)a[VOICEPAY_A_DEVICE_NOW]);
	if (!id || !key)
		return 0;
	if (nla_len(id) != sizeof(d->device_id) || nla_len(key) != sizeof(d->gateway_key))
		return -1;
	memcpy(d->device_id, nla_data(id), sizeof(d->device_id));
	memcpy(d->gateway_key, nla_data(key), sizeof(d->gateway_key));
	d->provisioned = true;
	return 0;
}

int manage_dev_get(struct manage *m, struct manage_device *device)
{
	struct call call = { .m = m, .take = take_device, .max = VOICEPAY_A_DEVICE_MAX, .out = device };

	memset(device, 0, sizeof(*device));
	return finish(&call, begin(m, VOICEPAY_CMD_DEV_GET));
}

int manage_dev_set(struct manage *m, const uint8_t *device_id, const uint8_t *gateway_key)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_DEV_SET);
	struct call call = { .m = m };

	if (msg) {
		nla_put(msg, VOICEPAY_A_DEVICE_DEVICE_ID, VOICEPAY_DEVICE_ID_LEN, device_id);
		nla_put(msg, VOICEPAY_A_DEVICE_GATEWAY_KEY, VOICEPAY_GATEWAY_KEY_LEN, gateway_key);
	}
	return finish(&call, msg);
}

static int take_slot(struct nlattr **a, void *out)
{
	if (!a[VOICEPAY_A_SLOT_ID])
		return -1;
	*(int64_t *)out = nla_get_u32(a[VOICEPAY_A_SLOT_ID]);
	return 0;
}

int manage_slot_new(struct manage *m, int64_t *slot)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_SLOT_NEW);
	struct call call = { .m = m, .take = take_slot, .max = VOICEPAY_A_SLOT_MAX, .out = slot };

	if (msg && *slot >= 0)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, *slot);
	return finish(&call, msg);
}

int manage_slot_del(struct manage *m, uint32_t slot)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_SLOT_DEL);
	struct call call = { .m = m };

	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	return finish(&call, msg);
}

static int take_policy(struct nlattr **a, void *out)
{
	struct manage_slot *policy = out;
	int i;

	if (!a[VOICEPAY_A_SLOT_GID_RIGHTS])
		return -1;
	for (i = 1; i <= VOICEPAY_A_SLOT_MAX; i++)
		if (a[i] && nla_len(a[i]) == sizeof(uint32_t))
			policy->value[i] = nla_get_u32(a[i]);
	return 0;
}

int manage_slot_get(struct manage *m, uint32_t slot, struct manage_slot *policy)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_SLOT_GET);
	struct call call = { .m = m, .take = take_policy, .max = VOICEPAY_A_SLOT_MAX, .out = policy };

	memset(policy, 0, sizeof(*policy));
	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	return finish(&call, msg);
}

int manage_slot_set(struct manage *m, uint32_t slot, const struct manage_slot *policy, uint32_t which)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_SLOT_SET);
	struct call call = { .m = m };
	int i;

	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	for (i = VOICEPAY_A_SLOT_ID + 1; msg && i <= VOICEPAY_A_SLOT_MAX; i++)
		if (which & 1U << i)
			nla_put_u32(msg, i, policy->value[i]);
	return finish(&call, msg);
}

int manage_slot_lock(struct manage *m, uint32_t slot, bool lock)
{
	struct nl_msg *msg = begin(m, lock ? VOICEPAY_CMD_SLOT_LOCK : VOICEPAY_CMD_SLOT_UNLOCK);
	struct call call = { .m = m };

	if (msg)
		nla_put_u32(msg, VOICEPAY_A_SLOT_ID, slot);
	return finish(&call, msg);
}

struct message {
	uint8_t *bytes;
	size_t *len;
};

static int take_message(struct nlattr **a, void *out)
{
	const struct nlattr *attr = a[VOICEPAY_A_ENROL_MESSAGE];
	struct message *message = out;

	if (!attr || nla_len(attr) > VOICEPAY_MESSAGE_MAX)
		return -1;
	*message->len = nla_len(attr);
	memcpy(message->bytes, nla_data(attr), *message->len);
	return 0;
}

int manage_enrol_begin(struct manage *m, uint32_t slot, const uint8_t *ticket,
		       uint8_t *message, size_t *len)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_ENROL_BEGIN);
	struct message to = { message, len };
	struct call call = { .m = m, .take = take_message, .max = VOICEPAY_A_ENROL_MAX, .out = &to };

	*len = 0;
	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_ENROL_SLOT, slot);
		nla_put(msg, VOICEPAY_A_ENROL_TICKET, VOICEPAY_TICKET_LEN, ticket);
	}
	return finish(&call, msg);
}

int manage_enrol_finish(struct manage *m, uint32_t slot, const uint8_t *message, size_t len,
			bool accept_time)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_ENROL_FINISH);
	struct call call = { .m = m };

	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_ENROL_SLOT, slot);
		nla_put(msg, VOICEPAY_A_ENROL_MESSAGE, len, message);
		if (accept_time)
			nla_put_flag(msg, VOICEPAY_A_ENROL_ACCEPT_TIME);
	}
	return finish(&call, msg);
}

int manage_wipe(struct manage *m, const uint8_t *device_id)
{
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_WIPE);
	struct call call = { .m = m };

	if (msg && device_id)
		nla_put(msg, VOICEPAY_A_DEVICE_DEVICE_ID, VOICEPAY_DEVICE_ID_LEN, device_id);
	return finish(&call, msg);
}

int manage_tell(const struct manage *m, int err)
{
	static const struct {
		int err;
		int status;
		const char *sentence;
	} known[] = {
		{ ENOENT, STATUS_ENVIRONMENT, "the voicepay module does not answer: load it (modprobe voicepay)" },
		{ EPERM, STATUS_REFUSED, "only root may do this: run it with sudo" },
		{ EACCES, STATUS_REFUSED, "this user has no right to do that with this slot: the administrator can grant it (voicepay slot)" },
		{ ETIME, STATUS_REFUSED, "the gateway's clock and the device's are too far apart to be both right: if it is the device's that is wrong, enrol with --accept-time and a new ticket" },
		{ EINPROGRESS, STATUS_REFUSED, "a person must press the device's button first: press it and run this again" },
		{ EEXIST, STATUS_REFUSED, "the device belongs to another gateway or has another certificate: wipe it first (voicepay wipe)" },
		{ ENOSPC, STATUS_REFUSED, "all slots are taken: wipe the device, or use a slot that there is (--slot)" },
		{ ERANGE, STATUS_REFUSED, "there is no slot of this number: voicepay status shows how many there are" },
		{ ENODEV, STATUS_REFUSED, "the device is not provisioned, or is another one than was meant: see voicepay provision" },
		{ ENOMEDIUM, STATUS_ENVIRONMENT, "the module holds no key in a weaker place than its parameter vault= names, and that is not there: see voicepay status and the kernel's log" },
		{ EKEYREJECTED, STATUS_REFUSED, "the gateway's key is not an X25519 public key: correct [gateway] key and provision again" },
		{ ESTALE, STATUS_REFUSED, "the enrolment took longer than a minute, or another one began meanwhile: get a new ticket and try again" },
		{ EBADMSG, STATUS_REFUSED, "what came back is not the gateway's answer to this enrolment: check [gateway] key, get a new ticket and try again" },
		{ EPROTO, STATUS_REFUSED, "the gateway's terms make no sense to this device: update the one that is older" },
	};
	const char *name = strerrorname_np(-err);
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].err == -err)
			return tell_error(known[i].status, name, "%s%s%s%s", known[i].sentence,
					  *m->why ? " (the module says: " : "", m->why,
					  *m->why ? ")" : "");
	return tell_error(STATUS_REFUSED, name ? name : "EUNKNOWN", "the module refused: %s",
			  *m->why ? m->why : strerror(-err));
}
