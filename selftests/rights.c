// SPDX-License-Identifier: GPL-2.0-or-later
/* ktap: timeout=120 */
/*
 * Who may: owner, group and everybody else, through ioctl and netlink alike;
 * borrowed descriptors, user namespaces, locks, a caller's budget, lock-out.
 */

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/voicepay.h>

#include "enrol.h"
#include "ktap.h"

#define ALICE	1000
#define BOB	1001
#define PAYERS	4242		/* a group */
#define NOBODY	65534
#define NO_GROUP UINT32_MAX
#define NO_USER	UINT32_MAX
#define REFUSALS_MAX	20	/* what uapi.md says */

#define SEE_AND_CODE	(VOICEPAY_RIGHT_SEE | VOICEPAY_RIGHT_CODE)

static int dev;
static struct genl nl;
static struct test_gateway gw;

/* 0 or a positive errno, so that ioctl and netlink compare. */
static int status(int fd, __u32 slot, struct voicepay_status *st)
{
	memset(st, 0, sizeof(*st));
	st->size = sizeof(*st);
	st->slot = slot;
	return ioctl(fd, VOICEPAY_IOC_STATUS, st) ? errno : 0;
}

static int code(int fd, __u32 slot, __u32 flags)
{
	struct voicepay_code c = { .size = sizeof(c), .slot = slot, .flags = flags };
	int i, err = ioctl(fd, VOICEPAY_IOC_CODE, &c) ? errno : 0;

	/* A refusal gives no digit away. */
	for (i = 0; err && i < (int)sizeof(c.digits); i++)
		EXPECT_EQ(c.digits[i], 0);
	return err;
}

static int nl_code(struct genl *g, __u32 slot)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, slot);
	return -genl_call(g, &msg);
}

static int nl_see(struct genl *g, __u32 slot)
{
	struct genl_msg msg;

	genl_begin(g, &msg, VOICEPAY_CMD_SLOT_GET);
	genl_put_u32(&msg, VOICEPAY_A_SLOT_ID, slot);
	return -genl_call(g, &msg);
}

/* Runs @check in a child that is this user, with this supplementary group. */
static void as_user(uid_t uid, gid_t group, void (*check)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(group == (gid_t)-1 ? 0 : 1, &group) || setgid(uid) || setuid(uid))
			_exit(9);
		dev = open(VOICEPAY_DEVICE, O_RDWR);
		if (dev < 0 || genl_open(&nl))
			_exit(8);
		check();
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

static void may_nothing(void)
{
	struct voicepay_status st;

	EXPECT_EQ(status(dev, 0, &st), EACCES);
	EXPECT_EQ(st.state, 0);
	EXPECT_EQ(st.epoch, 0);
	EXPECT_EQ(code(dev, 0, 0), EACCES);
	EXPECT_EQ(code(dev, 0, VOICEPAY_CODE_NEW), EACCES);
	EXPECT_EQ(nl_code(&nl, 0), EACCES);
	EXPECT_EQ(nl_see(&nl, 0), EACCES);
	EXPECT_EQ(genl_dump(&nl, VOICEPAY_CMD_SLOT_GET, NULL, NULL), 0);
	EXPECT_EQ(nl_slot_lock(&nl, 0), -EACCES);
	EXPECT_EQ(nl_slot_unlock(&nl, 0), -EACCES);
	EXPECT_EQ(nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHTS_ALL, PAYERS, VOICEPAY_RIGHTS_ALL), -EPERM);
}

static void count(const struct genl_msg *msg, void *arg) { ++*(int *)arg; }

static void may_see_and_code(void)
{
	struct voicepay_status st;
	int n = 0;

	EXPECT_EQ(status(dev, 0, &st), 0);
	EXPECT_EQ(st.rights, SEE_AND_CODE);
	EXPECT_EQ(code(dev, 0, 0), 0);
	EXPECT_EQ(nl_code(&nl, 0), 0);
	EXPECT_EQ(nl_see(&nl, 0), 0);
	EXPECT_EQ(genl_dump(&nl, VOICEPAY_CMD_SLOT_GET, count, &n), 1);
	EXPECT_EQ(nl_slot_lock(&nl, 0), -EACCES);
	EXPECT_EQ(nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHTS_ALL, PAYERS, VOICEPAY_RIGHTS_ALL), -EPERM);
	/* A right to one slot is none to another, through the same descriptor. */
	EXPECT_EQ(code(dev, 1, 0), EACCES);
	EXPECT_EQ(status(dev, 1, &st), EACCES);
	EXPECT_EQ(nl_code(&nl, 1), EACCES);
}

static void as_userns_root(void (*check)(void))
{
	uid_t uid = geteuid();
	char map[64];
	int fd;

	/* After setuid() /proc/self is root's, and the map cannot be written. */
	if (prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER))
		_exit(7);
	fd = open("/proc/self/uid_map", O_WRONLY);
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (fd < 0 || write(fd, map, strlen(map)) < 0 || getuid() != 0)
		_exit(6);
	close(fd);
	close(dev);
	genl_close(&nl);
	dev = open(VOICEPAY_DEVICE, O_RDWR);
	if (dev < 0 || genl_open(&nl))
		_exit(5);
	check();
}

static void userns_may_nothing(void) { as_userns_root(may_nothing); }
static void userns_may_code(void) { as_userns_root(may_see_and_code); }

static void new_slot_is_roots(void)
{
	as_user(ALICE, -1, may_nothing);
	as_user(ALICE, PAYERS, may_nothing);
	as_user(0, -1, userns_may_nothing);
	EXPECT_EQ(code(dev, 0, 0), 0);
}

static void group_and_owner(void)
{
	ASSERT_EQ(nl_slot_rights(&nl, 0, NO_USER, VOICEPAY_RIGHTS_ALL, PAYERS, SEE_AND_CODE), 0);
	as_user(ALICE, PAYERS, may_see_and_code);
	as_user(ALICE, -1, may_nothing);
	as_user(ALICE, PAYERS + 1, may_nothing);
	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, SEE_AND_CODE, NO_GROUP, VOICEPAY_RIGHTS_ALL), 0);
	as_user(ALICE, -1, may_see_and_code);
	as_user(BOB, PAYERS, may_nothing);
	/* "No group" is nobody's group. */
	as_user(BOB, -1, may_nothing);
}

static void sees_only(void)
{
	struct voicepay_status st;

	EXPECT_EQ(status(dev, 0, &st), 0);
	EXPECT_EQ(st.rights, VOICEPAY_RIGHT_SEE);
	EXPECT_EQ(nl_see(&nl, 0), 0);
	EXPECT_EQ(code(dev, 0, 0), EACCES);
	EXPECT_EQ(nl_code(&nl, 0), EACCES);
}

static void codes_only(void)
{
	struct voicepay_status st;

	EXPECT_EQ(status(dev, 0, &st), EACCES);
	EXPECT_EQ(nl_see(&nl, 0), EACCES);
	EXPECT_EQ(code(dev, 0, 0), 0);
	EXPECT_EQ(nl_code(&nl, 0), 0);
}

static void each_right_by_itself(void)
{
	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHT_SEE, NO_GROUP, 0), 0);
	as_user(ALICE, -1, sees_only);
	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHT_CODE, NO_GROUP, 0), 0);
	as_user(ALICE, -1, codes_only);
}

/*
 * Attack: a descriptor is handed to a privileged program, which then acts for
 * who opened it; and the reverse, one that leaks out of such a program.
 */
static void borrowed_descriptors(void)
{
	int fd, status, theirs;
	pid_t pid;

	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, SEE_AND_CODE, NO_GROUP, 0), 0);
	fd = open(VOICEPAY_DEVICE, O_RDWR);
	pid = fork();
	if (!pid) {
		struct genl roots = nl;

		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
			_exit(9);
		EXPECT_EQ(code(fd, 0, 0), EACCES);
		EXPECT_EQ(nl_code(&roots, 0), EACCES);
		EXPECT_EQ(nl_slot_lock(&roots, 0), -EACCES);
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);

	/* Opened by nobody, used by root and by the owner. */
	ASSERT_OK(seteuid(NOBODY));
	theirs = open(VOICEPAY_DEVICE, O_RDWR);
	ASSERT_OK(seteuid(0));
	EXPECT_EQ(code(theirs, 0, 0), EACCES);
	ASSERT_OK(seteuid(ALICE));
	EXPECT_EQ(code(theirs, 0, 0), EACCES);
	EXPECT_EQ(code(fd, 0, 0), EACCES);		/* root's, as Alice: root is no owner here */
	ASSERT_OK(seteuid(0));
	close(theirs);
	close(fd);
}

/*
 * Root in there is whoever it is out here: Bob nothing, Alice what is Alice's, and
 * root itself nothing, as it has left its capabilities outside.
 */
static void user_namespaces(void)
{
	ASSERT_EQ(nl_slot_rights(&nl, 0, NO_USER, VOICEPAY_RIGHTS_ALL, NO_GROUP, 0), 0);
	as_user(0, -1, userns_may_nothing);
	as_user(BOB, -1, userns_may_nothing);
	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, SEE_AND_CODE, NO_GROUP, 0), 0);
	as_user(ALICE, -1, userns_may_code);
	as_user(BOB, -1, userns_may_nothing);
}

/*
 * Attack: a sender says in the message that it is the owner, which the kernel lets
 * it say if the owner is its real user. It counts who it is in effect.
 */
static void claims_to_be_alice(void)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] = {};
	struct genl_msg msg;
	struct iovec iov = { msg.bytes, 0 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			     .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);
	const struct ucred alice = { getpid(), ALICE, getgid() };
	const struct nlmsgerr *answer = NLMSG_DATA(&msg.nlh);

	/* Opened by Alice, sent by somebody who was her. */
	if (setresuid(ALICE, ALICE, 0) || genl_open(&nl) || seteuid(0) || setresuid(ALICE, BOB, ALICE))
		_exit(9);
	genl_begin(&nl, &msg, VOICEPAY_CMD_CODE_GET);
	genl_put_u32(&msg, VOICEPAY_A_CODE_SLOT, 0);
	msg.nlh.nlmsg_len = iov.iov_len = msg.len;
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_CREDENTIALS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(alice));
	memcpy(CMSG_DATA(cmsg), &alice, sizeof(alice));
	EXPECT_EQ(sendmsg(nl.fd, &mh, 0), (ssize_t)msg.len);
	EXPECT_GT(recv(nl.fd, msg.bytes, sizeof(msg.bytes), 0), 0);
	EXPECT_EQ(msg.nlh.nlmsg_type, NLMSG_ERROR);
	EXPECT_EQ(answer->error, -EACCES);
}

static void forged_credentials(void)
{
	int status;
	pid_t pid;

	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHTS_ALL, NO_GROUP, 0), 0);
	pid = fork();
	if (!pid) {
		claims_to_be_alice();
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/* How many slots the next datagram of a dump has; -1 if it is the last one. */
static int slots_in_datagram(int fd)
{
	static __u8 buf[65536];
	ssize_t got = recv(fd, buf, sizeof(buf), 0);
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
	int n = 0;

	for (; got > 0 && NLMSG_OK(nlh, got); nlh = NLMSG_NEXT(nlh, got)) {
		if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
			return n ? n : -1;
		n++;
	}
	return n;
}

/* Attack: root asks for a dump, and somebody else gets hold of the socket before it is all read. */
static void half_a_dump(void)
{
	struct genl_msg msg;
	int status, i, n;
	pid_t pid;

	for (i = 2; i < 400; i++)
		ASSERT_EQ(nl_slot_new(&nl, i), 0);
	genl_begin(&nl, &msg, VOICEPAY_CMD_SLOT_GET);
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg.nlh.nlmsg_len = msg.len;
	ASSERT_EQ(send(nl.fd, msg.bytes, msg.len, 0), (ssize_t)msg.len);
	pid = fork();
	if (!pid) {
		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
			_exit(9);
		/* What root's own call has put into the queue is there. */
		n = slots_in_datagram(nl.fd);
		EXPECT_GT(n, 0);
		EXPECT_LT(n, 400);
		while ((n = slots_in_datagram(nl.fd)) >= 0)
			EXPECT_EQ(n, 0);
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	for (i = 2; i < 400; i++)
		EXPECT_EQ(nl_slot_del(&nl, i), 0);
}

static void owner_locks(void)
{
	struct voicepay_status st;

	EXPECT_EQ(nl_slot_lock(&nl, 0), 0);
	EXPECT_EQ(code(dev, 0, 0), EKEYREVOKED);
	EXPECT_EQ(nl_code(&nl, 0), EKEYREVOKED);
	EXPECT_EQ(status(dev, 0, &st), 0);
	EXPECT_EQ(st.locked, VOICEPAY_LOCKED_BY_OWNER);
	EXPECT_EQ(nl_slot_unlock(&nl, 0), 0);
	EXPECT_EQ(code(dev, 0, 0), 0);
}

static void owner_cannot_unlock(void)
{
	EXPECT_EQ(code(dev, 0, 0), EKEYREVOKED);
	EXPECT_EQ(nl_slot_unlock(&nl, 0), -EPERM);
	EXPECT_EQ(code(dev, 0, 0), EKEYREVOKED);
}

static void locks(void)
{
	ASSERT_EQ(nl_slot_rights(&nl, 0, ALICE, VOICEPAY_RIGHTS_ALL, NO_GROUP, 0), 0);
	as_user(ALICE, -1, owner_locks);
	ASSERT_EQ(nl_slot_lock(&nl, 0), 0);
	EXPECT_EQ(code(dev, 0, 0), EKEYREVOKED);
	as_user(ALICE, -1, owner_cannot_unlock);
	EXPECT_EQ(nl_slot_unlock(&nl, 0), 0);
	EXPECT_EQ(code(dev, 0, 0), 0);
}

static void two_codes(void)
{
	EXPECT_EQ(code(dev, 0, VOICEPAY_CODE_NEW), 0);
	/* The same again costs nothing. */
	EXPECT_EQ(code(dev, 0, 0), 0);
	EXPECT_EQ(code(dev, 0, 0), 0);
	EXPECT_EQ(code(dev, 0, VOICEPAY_CODE_NEW), 0);
	EXPECT_EQ(code(dev, 0, VOICEPAY_CODE_NEW), EDQUOT);
	EXPECT_EQ(nl_code(&nl, 0), 0);		/* the last one again */
}

static void budget_of_a_caller(void)
{
	struct voicepay_code c = { .size = sizeof(c) };

	ASSERT_EQ(nl_slot_rights(&nl, 0, 0, VOICEPAY_RIGHTS_ALL, PAYERS, SEE_AND_CODE), 0);
	ASSERT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 2), 0);
	/* Five codes in one step, and time for it. */
	while (!ioctl(dev, VOICEPAY_IOC_CODE, &c) && c.valid_ms < 12000)
		usleep(c.valid_ms * 1000 + 1000);
	as_user(1010, PAYERS, two_codes);
	as_user(1011, PAYERS, two_codes);
	ASSERT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_CALLER_PER_HOUR, 0), 0);
}

static void hammer(void)
{
	int i;

	for (i = 0; i < REFUSALS_MAX; i++)
		EXPECT_EQ(code(dev, 1, 0), EINPROGRESS);
	EXPECT_EQ(code(dev, 1, 0), EKEYREJECTED);
	EXPECT_EQ(nl_code(&nl, 1), EKEYREJECTED);
}

static void still_waits(void) { EXPECT_EQ(code(dev, 1, 0), EINPROGRESS); }

/* Attack: an app asks and asks, until somebody presses the button for another reason. */
static void lockout(void)
{
	ASSERT_EQ(nl_slot_rights(&nl, 1, 0, VOICEPAY_RIGHTS_ALL, PAYERS, SEE_AND_CODE), 0);
	ASSERT_EQ(nl_slot_set(&nl, 1, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_ALWAYS), 0);
	as_user(ALICE, PAYERS, hammer);
	as_user(BOB, PAYERS, still_waits);
	EXPECT_EQ(nl_slot_unlock(&nl, 1), 0);
	as_user(ALICE, PAYERS, still_waits);
}

/* Attack: root switches the button off. */
static void button_cannot_be_switched_off(void)
{
	EXPECT_EQ(nl_slot_set(&nl, 1, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_NEVER), -EINPROGRESS);
	EXPECT_TRUE(strstr(nl.why, "press"));
	EXPECT_EQ(nl_slot_set(&nl, 1, VOICEPAY_A_SLOT_PRESENCE, VOICEPAY_PRESENCE_CACHED), -EINPROGRESS);
	EXPECT_EQ(nl_slot_set(&nl, 1, VOICEPAY_A_SLOT_PRESENCE_SECONDS, 3600), -EINPROGRESS);
	EXPECT_EQ(nl_slot_set(&nl, 1, VOICEPAY_A_SLOT_PRESENCE_SECONDS, 5), 0);
	EXPECT_EQ(code(dev, 1, 0), EINPROGRESS);
}

static void malformed(void)
{
	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_UID_RIGHTS, VOICEPAY_RIGHTS_ALL + 1), -EOPNOTSUPP);
	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_GID_RIGHTS, UINT32_MAX), -EOPNOTSUPP);
	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_PRESENCE, 3), -EOPNOTSUPP);
	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_PRESENCE_SECONDS, 0), -EINVAL);
	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_PRESENCE_SECONDS, 3601), -EOPNOTSUPP);
	EXPECT_EQ(nl_slot_set(&nl, 0, VOICEPAY_A_SLOT_LOCKED, 0), -EINVAL);
	EXPECT_EQ(nl_slot_set(&nl, 7, VOICEPAY_A_SLOT_UID, 0), -ENOENT);
	EXPECT_EQ(nl_slot_lock(&nl, 7), -ENOENT);
	EXPECT_EQ(nl_slot_unlock(&nl, 7), -ENOENT);
}

int main(void)
{
	dev = test_device_ready(&nl, &gw, 2);
	if (chmod(VOICEPAY_DEVICE, 0666))
		ktap_bail("cannot let others open the device");
	ktap_plan(12);
	if (test_enrol(&nl, &gw, 0) || test_enrol(&nl, &gw, 1))
		ktap_bail("cannot enrol");

	KTAP_TEST(new_slot_is_roots, "a new slot is the administrator's");
	KTAP_TEST(group_and_owner, "owner and group, and nobody else");
	KTAP_TEST(each_right_by_itself, "each right by itself");
	KTAP_TEST(borrowed_descriptors, "a descriptor gives who uses it no more than who opened it has, nor the reverse");
	KTAP_TEST(forged_credentials, "a sender is who it is, not who its message says");
	KTAP_TEST(half_a_dump, "the rest of a dump is for who reads it");
	KTAP_TEST(user_namespaces, "root of a user namespace is who it is outside");
	KTAP_TEST(locks, "locks of the owner and of the administrator");
	KTAP_TEST(budget_of_a_caller, "a caller's own budget");
	KTAP_TEST(lockout, "twenty refusals, and the caller is locked out, nobody else");
	KTAP_TEST(button_cannot_be_switched_off, "the button cannot be switched off without pressing it");
	KTAP_TEST(malformed, "slot-set with what it does not know");
	return ktap_end();
}
