// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes that are somebody else. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>

#include "ktap.h"
#include "strangers.h"

static void must(bool ok)
{
	if (!ok) {
		ktap_diag("cannot become somebody else: %s", strerror(errno));
		_exit(9);
	}
}

void become_user(uid_t uid, gid_t group)
{
	must(!setgroups(group == (gid_t)-1 ? 0 : 1, &group) && !setgid(uid) && !setuid(uid));
}

void become_nobody(void)
{
	become_user(NOBODY, -1);
}

static void spill(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void into_namespaces(int flags)
{
	unsigned int uid = geteuid(), gid = getegid();
	char map[64];

	/* After setuid() /proc/self is root's, and the map cannot be written. */
	must(!prctl(PR_SET_DUMPABLE, 1) && !unshare(CLONE_NEWUSER | flags));
	spill("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	spill("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	spill("/proc/self/gid_map", map);
	must(!getuid() && !getgid());
}

void become_userns_root(void)
{
	into_namespaces(0);
}

void become_nobodys_userns_root(void)
{
	become_nobody();
	into_namespaces(0);
}

/* Leaves this capability in all sets, and no other. */
static void only_capability(__u32 caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { caps, caps, 0 }, { 0, 0, 0 } };

	must(!syscall(SYS_capset, &head, data));
}

/* A process namespace holds whoever is forked into it. */
static void fork_into(void)
{
	int status;
	pid_t pid = fork();

	must(pid >= 0);
	if (pid) {
		must(waitpid(pid, &status, 0) == pid);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 8);
	}
}

void become_container_net_admin(void)
{
	into_namespaces(CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS);
	fork_into();
	must(getpid() == 1);
	only_capability(1U << CAP_NET_ADMIN);
}

void become_net_admin(void)
{
	must(!prctl(PR_SET_KEEPCAPS, 1));
	become_nobody();
	only_capability(1U << CAP_NET_ADMIN);
}

void become_root_net_admin(void)
{
	must(!setgroups(0, NULL));
	only_capability(1U << CAP_NET_ADMIN);
	must(!getuid());
}

void become_root_without_capabilities(void)
{
	must(!setgroups(0, NULL));
	only_capability(0);
}

void as_stranger(void (*become)(void), void (*check)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		become();
		check();
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

int pass_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			     .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &mh, 0) == 1 ? 0 : -errno;
}

int take_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			     .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(sock, &mh, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&mh))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&mh)), sizeof(fd));
	return fd;
}

/* A slot's attributes as they came: state, epoch, dates, codes issued, policy, locks. */
static void add(const struct genl_msg *msg, void *arg)
{
	const size_t head = NLMSG_LENGTH(GENL_HDRLEN);
	struct snapshot *s = arg;

	if (s->len + msg->len - head > sizeof(s->bytes))
		ktap_bail("too much for a snapshot");
	memcpy(s->bytes + s->len, msg->bytes + head, msg->len - head);
	s->len += msg->len - head;
}

static void add_attr(struct snapshot *s, const struct genl_msg *msg, __u16 type)
{
	size_t len = 0;
	const void *p = genl_attr(msg, type, &len);

	if (p)
		memcpy(s->bytes + s->len, p, len);
	s->len += len;
}

void take_snapshot(struct genl *g, struct snapshot *s)
{
	struct genl_msg msg;

	memset(s, 0, sizeof(*s));
	genl_begin(g, &msg, VOICEPAY_CMD_DEV_GET);
	if (genl_call(g, &msg))
		ktap_bail("dev-get");
	add_attr(s, &msg, VOICEPAY_A_DEVICE_SLOTS);
	add_attr(s, &msg, VOICEPAY_A_DEVICE_DEVICE_ID);
	add_attr(s, &msg, VOICEPAY_A_DEVICE_GATEWAY_KEY);
	add_attr(s, &msg, VOICEPAY_A_DEVICE_VAULT);
	add_attr(s, &msg, VOICEPAY_A_DEVICE_SEALER_STATE);
	if (genl_dump(g, VOICEPAY_CMD_SLOT_GET, add, s) < 0)
		ktap_bail("slot-get");
}
