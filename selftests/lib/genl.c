// SPDX-License-Identifier: GPL-2.0-or-later
/* A generic netlink client for tests. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "genl.h"

static void begin(struct genl_msg *msg, __u16 family, __u8 cmd, __u8 version)
{
	struct genlmsghdr *head;

	memset(msg, 0, sizeof(*msg));
	msg->nlh.nlmsg_type = family;
	msg->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	head = NLMSG_DATA(&msg->nlh);
	head->cmd = cmd;
	head->version = version;
	msg->len = NLMSG_LENGTH(GENL_HDRLEN);
}

void genl_begin(const struct genl *g, struct genl_msg *msg, __u8 cmd)
{
	begin(msg, g->family, cmd, VOICEPAY_FAMILY_VERSION);
}

void genl_put(struct genl_msg *msg, __u16 type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)(msg->bytes + NLMSG_ALIGN(msg->len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((__u8 *)attr + NLA_HDRLEN, data, len);
	msg->len = NLMSG_ALIGN(msg->len) + NLA_ALIGN(attr->nla_len);
}

void genl_put_u32(struct genl_msg *msg, __u16 type, __u32 value)
{
	genl_put(msg, type, &value, sizeof(value));
}

static const void *find(const __u8 *p, const __u8 *end, __u16 type, size_t *len)
{
	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)p;

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > end - p)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type) {
			if (len)
				*len = attr->nla_len - NLA_HDRLEN;
			return p + NLA_HDRLEN;
		}
		p += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

const void *genl_attr(const struct genl_msg *msg, __u16 type, size_t *len)
{
	return find(msg->bytes + NLMSG_LENGTH(GENL_HDRLEN), msg->bytes + msg->len, type, len);
}

__u32 genl_u32(const struct genl_msg *msg, __u16 type)
{
	const void *p = genl_attr(msg, type, NULL);
	__u32 value = 0;

	if (p)
		memcpy(&value, p, sizeof(value));
	return value;
}

__u64 genl_u64(const struct genl_msg *msg, __u16 type)
{
	const void *p = genl_attr(msg, type, NULL);
	__u64 value = 0;

	if (p)
		memcpy(&value, p, sizeof(value));
	return value;
}

/* The kernel's sentence in an error message (NETLINK_EXT_ACK). */
static void take_sentence(struct genl *g, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	const __u8 *p = (const __u8 *)(err + 1), *end = (const __u8 *)nlh + nlh->nlmsg_len;
	const char *text;
	size_t len;

	g->why[0] = '\0';
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		p += NLMSG_ALIGN(err->msg.nlmsg_len) - sizeof(err->msg);
	text = p < end ? find(p, end, NLMSGERR_ATTR_MSG, &len) : NULL;
	if (text)
		strncpy(g->why, text, sizeof(g->why) - 1);
}

/*
 * Takes datagrams until the acknowledgement or the dump's end. What is not one
 * of these is an object.
 */
static int receive(struct genl *g, void (*each)(const struct genl_msg *msg, void *arg), void *arg)
{
	static __thread __u8 buf[65536];
	struct genl_msg one;
	int count = 0;

	for (;;) {
		ssize_t got = recv(g->fd, buf, sizeof(buf), 0);
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;

		if (got < 0)
			return -errno;
		for (; NLMSG_OK(nlh, got); nlh = NLMSG_NEXT(nlh, got)) {
			const struct nlmsgerr *err = NLMSG_DATA(nlh);

			if (nlh->nlmsg_type == NLMSG_DONE)
				return *(const int *)NLMSG_DATA(nlh) < 0 ?
				       *(const int *)NLMSG_DATA(nlh) : count;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				take_sentence(g, nlh);
				return err->error ? err->error : count;
			}
			if (nlh->nlmsg_len > sizeof(one.bytes))
				return -EMSGSIZE;
			memcpy(one.bytes, nlh, nlh->nlmsg_len);
			one.len = nlh->nlmsg_len;
			each(&one, arg);
			count++;
		}
	}
}

static int send_msg(struct genl *g, struct genl_msg *msg)
{
	msg->nlh.nlmsg_len = msg->len;
	msg->nlh.nlmsg_seq = ++g->seq;
	return send(g->fd, msg->bytes, msg->len, 0) < 0 ? -errno : 0;
}

static void keep(const struct genl_msg *msg, void *arg)
{
	memcpy(arg, msg, sizeof(*msg));
}

int genl_call(struct genl *g, struct genl_msg *msg)
{
	int err = send_msg(g, msg);

	if (err)
		return err;
	msg->len = 0;
	err = receive(g, keep, msg);
	return err < 0 ? err : 0;
}

int genl_dump(struct genl *g, __u8 cmd, void (*each)(const struct genl_msg *msg, void *arg),
	      void *arg)
{
	struct genl_msg msg;
	int err;

	genl_begin(g, &msg, cmd);
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	err = send_msg(g, &msg);
	return err ? err : receive(g, each, arg);
}

int genl_open(struct genl *g)
{
	struct genl_msg msg;
	int one = 1, err;

	memset(g, 0, sizeof(*g));
	g->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (g->fd < 0)
		return -errno;
	setsockopt(g->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));

	begin(&msg, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	genl_put(&msg, CTRL_ATTR_FAMILY_NAME, VOICEPAY_FAMILY_NAME, sizeof(VOICEPAY_FAMILY_NAME));
	err = genl_call(g, &msg);
	if (!err && genl_attr(&msg, CTRL_ATTR_FAMILY_ID, NULL))
		memcpy(&g->family, genl_attr(&msg, CTRL_ATTR_FAMILY_ID, NULL), sizeof(g->family));
	if (!err && !g->family)
		err = -ENOENT;
	if (err)
		genl_close(g);
	return err;
}

void genl_close(struct genl *g)
{
	close(g->fd);
	g->fd = -1;
}
