// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <linux/voicepay.h>
#include <linux/voicepay_netlink.h>

#include "watch.h"

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[VOICEPAY_A_EVENT_MAX + 1] = { 0 };
	bool *look = arg;

	/* What cannot be read may be anything. */
	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, VOICEPAY_A_EVENT_MAX, NULL) < 0 ||
	    !attrs[VOICEPAY_A_EVENT_KIND]) {
		*look = true;
		return NL_OK;
	}
	switch (nla_get_u32(attrs[VOICEPAY_A_EVENT_KIND])) {
	case VOICEPAY_EVENT_CODE:
	case VOICEPAY_EVENT_OTP:
		/* What the blob reserved is used up. */
		if (attrs[VOICEPAY_A_EVENT_ERROR] &&
		    nla_get_u32(attrs[VOICEPAY_A_EVENT_ERROR]) == ESTALE)
			*look = true;
		break;
	case VOICEPAY_EVENT_ENROL:
	case VOICEPAY_EVENT_ROTATE:
	case VOICEPAY_EVENT_POOL:
	case VOICEPAY_EVENT_OTP_PUT:
	case VOICEPAY_EVENT_SLOT_DEL:
	case VOICEPAY_EVENT_SLOT_SET:
	case VOICEPAY_EVENT_LOCK:
	case VOICEPAY_EVENT_UNLOCK:
	case VOICEPAY_EVENT_WIPE:
		*look = true;
	}
	return NL_OK;
}

struct nl_sock *watch_open(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	int group;

	if (!sock)
		return NULL;
	nl_socket_disable_seq_check(sock);
	if (!genl_connect(sock)) {
		group = genl_ctrl_resolve_grp(sock, VOICEPAY_FAMILY_NAME, "events");
		if (group >= 0 && !nl_socket_add_membership(sock, group) &&
		    !nl_socket_set_nonblocking(sock))
			return sock;
	}
	nl_socket_free(sock);
	return NULL;
}

void watch_close(struct nl_sock *sock)
{
	nl_socket_free(sock);
}

bool watch_read(struct nl_sock *sock)
{
	bool look = false;
	int ret;

	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_event, &look);
	do {
		ret = nl_recvmsgs_default(sock);
	} while (ret >= 0);
	/* Too slow: what was lost may have been of importance. */
	return look || ret != -NLE_AGAIN;
}
