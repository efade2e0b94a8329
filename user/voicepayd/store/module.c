// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "module.h"

/* A request, and who takes the objects that come back. */
struct call {
	struct module *m;
	void (*take)(struct nlattr **attrs, void *arg);
	int max;
	void *arg;
	int err;
	bool done;
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[64] = { 0 };
	struct call *call = arg;

	if (call->take && !genlmsg_parse(nlmsg_hdr(msg), 0, attrs, call->max, NULL))
		call->take(attrs, call->arg);
	return NL_OK;
}

static int on_done(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct call *)arg)->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *nla, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	struct nlattr *tlvs[NLMSGERR_ATTR_MAX + 1] = { 0 };
	struct call *call = arg;
	size_t head = sizeof(*e);

	(void)nla;
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

int module_open(struct module *m)
{
	int on = 1, fd;

	memset(m, 0, sizeof(*m));
	m->sock = nl_socket_alloc();
	if (!m->sock)
		return -ENOMEM;
	if (genl_connect(m->sock)) {
		module_close(m);
		return -EPROTONOSUPPORT;
	}
	fd = nl_socket_get_fd(m->sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	m->family = genl_ctrl_resolve(m->sock, VOICEPAY_FAMILY_NAME);
	if (m->family < 0) {
		module_close(m);
		return -ENOENT;
	}
	return 0;
}

void module_close(struct module *m)
{
	nl_socket_free(m->sock);
	m->sock = NULL;
}

static struct nl_msg *begin(struct module *m, int command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, m->family, 0, flags, command,
				VOICEPAY_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

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
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, call);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, call);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, call);
	ret = nl_send_auto(call->m->sock, msg);
	while (ret >= 0 && !call->done)
		ret = nl_recvmsgs(call->m->sock, cb);
	if (!call->done && !call->err)
		call->err = -EIO;
	nlmsg_free(msg);
	nl_cb_put(cb);
	return call->err;
}

static void take_state(struct nlattr **a, void *arg)
{
	if (a[VOICEPAY_A_DEVICE_SEALER_STATE])
		*(uint32_t *)arg = nla_get_u32(a[VOICEPAY_A_DEVICE_SEALER_STATE]);
}

int module_sealer_state(struct module *m, uint32_t *state)
{
	struct call call = { m, take_state, VOICEPAY_A_DEVICE_MAX, state, 0, false };

	*state = 0;
	return finish(&call, begin(m, VOICEPAY_CMD_DEV_GET, NLM_F_ACK));
}

static void take_bytes(const struct nlattr *attr, struct bytes *to)
{
	if (!attr || nla_len(attr) > (int)sizeof(to->data))
		return;
	to->len = nla_len(attr);
	memcpy(to->data, nla_data(attr), to->len);
}

static void take_wrapped(struct nlattr **a, void *arg)
{
	take_bytes(a[VOICEPAY_A_SEALER_WRAPPED_KEY], arg);
}

static void take_blob(struct nlattr **a, void *arg)
{
	take_bytes(a[VOICEPAY_A_BLOB_BLOB], arg);
}

int module_sealer_get(struct module *m, bool make, struct bytes *wrapped)
{
	struct call call = { m, take_wrapped, VOICEPAY_A_SEALER_MAX, wrapped, 0, false };
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_SEALER_GET, NLM_F_ACK);
	int err;

	wrapped->len = 0;
	if (msg && make)
		nla_put_flag(msg, VOICEPAY_A_SEALER_NEW);
	err = finish(&call, msg);
	return err ? err : wrapped->len ? 0 : -EPROTO;
}

int module_sealer_put(struct module *m, const struct bytes *wrapped)
{
	struct call call = { m, NULL, 0, NULL, 0, false };
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_SEALER_PUT, NLM_F_ACK);

	if (msg)
		nla_put(msg, VOICEPAY_A_SEALER_WRAPPED_KEY, wrapped->len, wrapped->data);
	return finish(&call, msg);
}

int module_blob_get(struct module *m, uint32_t slot, bool final, struct bytes *blob)
{
	struct call call = { m, take_blob, VOICEPAY_A_BLOB_MAX, blob, 0, false };
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_BLOB_GET, NLM_F_ACK);
	int err;

	blob->len = 0;
	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_BLOB_SLOT, slot);
		if (final)
			nla_put_flag(msg, VOICEPAY_A_BLOB_FINAL);
	}
	err = finish(&call, msg);
	return err ? err : blob->len ? 0 : -EPROTO;
}

int module_blob_put(struct module *m, uint32_t slot, const struct bytes *blob)
{
	struct call call = { m, NULL, 0, NULL, 0, false };
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_BLOB_PUT, NLM_F_ACK);

	if (msg) {
		nla_put_u32(msg, VOICEPAY_A_BLOB_SLOT, slot);
		nla_put(msg, VOICEPAY_A_BLOB_BLOB, blob->len, blob->data);
	}
	return finish(&call, msg);
}

int module_blob_commit(struct module *m, bool retire)
{
	struct call call = { m, NULL, 0, NULL, 0, false };
	struct nl_msg *msg = begin(m, VOICEPAY_CMD_BLOB_COMMIT, NLM_F_ACK);

	if (msg && retire)
		nla_put_flag(msg, VOICEPAY_A_BLOB_RETIRE);
	return finish(&call, msg);
}

struct walk {
	void (*each)(uint32_t slot, uint64_t epoch, void *arg);
	void *arg;
};

static void take_slot(struct nlattr **a, void *arg)
{
	struct walk *walk = arg;

	if (a[VOICEPAY_A_SLOT_ID])
		walk->each(nla_get_u32(a[VOICEPAY_A_SLOT_ID]),
			   a[VOICEPAY_A_SLOT_EPOCH] ? nla_get_u64(a[VOICEPAY_A_SLOT_EPOCH]) : 0,
			   walk->arg);
}

int module_slots(struct module *m, void (*each)(uint32_t slot, uint64_t epoch, void *arg),
		 void *arg)
{
	struct walk walk = { each, arg };
	struct call call = { m, take_slot, VOICEPAY_A_SLOT_MAX, &walk, 0, false };

	return finish(&call, begin(m, VOICEPAY_CMD_SLOT_GET, NLM_F_DUMP));
}
