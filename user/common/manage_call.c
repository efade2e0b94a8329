// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "manage_call.h"

#define ATTRS_MAX	64
/* The module answers while the request is sent; this is for an answer that was lost. */
#define PATIENCE	10

/* Not nla_get_u32(), which reads past an attribute that is shorter. */
uint32_t manage_u32(const struct nlattr *attr)
{
	uint32_t n = 0;

	if (attr && nla_len(attr) >= (int)sizeof(n))
		memcpy(&n, nla_data(attr), sizeof(n));
	return n;
}

uint64_t manage_u64(const struct nlattr *attr)
{
	uint64_t n = 0;

	if (attr && nla_len(attr) >= (int)sizeof(n))
		memcpy(&n, nla_data(attr), sizeof(n));
	return n;
}

void manage_take(struct manage_call *call, struct nl_msg *msg)
{
	struct nlattr *attrs[ATTRS_MAX] = { 0 };

	call->got++;
	if (!call->take)
		return;
	if (call->max >= ATTRS_MAX || genlmsg_parse(nlmsg_hdr(msg), 0, attrs, call->max, NULL) < 0 ||
	    call->take(attrs, call->out))
		call->err = -EBADMSG;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	manage_take(arg, msg);
	return NL_OK;
}

static int on_done(struct nl_msg *msg, void *arg)
{
	((struct manage_call *)arg)->done = true;
	return NL_STOP;
}

/* libnl's own error numbers lose the kernel's; the sentence it would drop, too. */
static int on_error(struct sockaddr_nl *nla, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	struct nlattr *tlvs[NLMSGERR_ATTR_MAX + 1] = { 0 };
	struct manage_call *call = arg;
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
	const struct timeval patience = { PATIENCE, 0 };
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
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
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

struct nl_msg *manage_begin(struct manage *m, int command)
{
	/* The largest request carries a blob. */
	struct nl_msg *msg = nlmsg_alloc_size(VOICEPAY_BLOB_MAX + 1024);

	/* An answer that broke off last time has left the socket with who knows what. */
	if (msg && !m->sock && manage_open(m)) {
		nlmsg_free(msg);
		return NULL;
	}
	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, m->family, 0, NLM_F_ACK, command,
				VOICEPAY_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static void converse(struct manage_call *call, struct nl_msg *msg, struct nl_cb *cb)
{
	int ret;

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, call);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, call);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, call);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, call);
	if (call->many)
		nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
	ret = nl_send_auto(call->m->sock, msg);
	while (ret >= 0 && !call->done)
		ret = nl_recvmsgs(call->m->sock, cb);
	if (!call->done) {
		manage_close(call->m);
		call->err = -EIO;
	} else if (!call->err && call->take && !call->many && !call->got) {
		call->err = -EBADMSG;
	}
}

int manage_finish(struct manage_call *call, struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	call->m->why[0] = 0;
	if (!msg)
		call->err = call->m->sock ? -ENOMEM : -ENOENT;
	else if (!cb)
		call->err = -ENOMEM;
	else
		converse(call, msg, cb);
	/* A ticket may have been in it. */
	if (msg)
		explicit_bzero(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
	nl_cb_put(cb);
	return call->err;
}
